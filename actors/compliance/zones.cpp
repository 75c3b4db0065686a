#include "actors/compliance/zones.hpp"

#include <date/tz.h>

#include <algorithm>

namespace parley {

using std::chrono::local_days;
using std::chrono::milliseconds;
using std::chrono::minutes;

const time_zone* find_zone(std::string_view name) {
  // The zones are sorted by name; locate_zone() would throw for an unknown one.
  const auto& zones = date::get_tzdb().zones;
  const auto found
    = std::lower_bound(zones.begin(), zones.end(), name, [](const auto& x, auto y) { return x.name() < y; });
  return found != zones.end() && found->name() == name ? &*found : nullptr;
}

std::string_view name_of(const time_zone& zone) {
  return zone.name();
}

local_moment local_time(const time_zone& zone, wall_time at) {
  const auto offset = zone.get_info(std::chrono::floor<std::chrono::seconds>(at)).offset;
  const auto local = at.time_since_epoch() + offset;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  return {local_days{day}, local - day};
}

wall_time to_instant(const time_zone& zone, local_days day, minutes time_of_day, reading which) {
  const date::local_seconds local{day.time_since_epoch() + time_of_day};
  const auto info = zone.get_info(local);
  switch (info.result) {
    case date::local_info::nonexistent: return info.first.end;
    case date::local_info::ambiguous:
      return wall_time{local.time_since_epoch() - (which == reading::later ? info.second : info.first).offset};
    default: return wall_time{local.time_since_epoch() - info.first.offset};
  }
}

std::optional<interval> span_on(const time_zone& zone, local_days day, const hours_span& span) {
  const interval out{to_instant(zone, day, span.open, reading::later),
                     to_instant(zone, day, span.close, reading::earlier)};
  return out.begin < out.end ? std::optional{out} : std::nullopt;
}

} // namespace parley
