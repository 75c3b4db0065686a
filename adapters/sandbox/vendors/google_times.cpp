#include "adapters/sandbox/vendors/google_times.hpp"

#include "adapters/sandbox/model/moments.hpp"
#include "adapters/sandbox/world.hpp"

#include <sstream>

namespace parley::sandbox::vendors {

using namespace std::chrono_literals;
using date::sys_seconds;
using nlohmann::json;

std::optional<sys_seconds> moment_of(const json& when, const date::time_zone* zone) {
  if (!when.is_object())
    return std::nullopt;
  const auto read = [](const std::string& text, const char* form) -> std::optional<date::local_seconds> {
    std::istringstream in{text};
    date::local_seconds local;
    in >> date::parse(form, local);
    if (in.fail())
      return std::nullopt;
    return local;
  };
  std::optional<date::local_seconds> local;
  if (when.contains("dateTime")) {
    const auto text = when["dateTime"].get<std::string>();
    if (const auto at = model::parse_instant(text))
      return at;
    if (!when.contains("timeZone"))
      return std::nullopt; // an offset or a zone is required
    local = read(text, "%FT%T");
  } else if (when.contains("date")) {
    local = read(when["date"].get<std::string>(), "%F");
  }
  if (!local)
    return std::nullopt;
  if (!when.contains("timeZone"))
    return zone ? zone->to_sys(*local, date::choose::earliest) : sys_seconds{local->time_since_epoch()};
  try {
    return date::locate_zone(when["timeZone"].get<std::string>())->to_sys(*local, date::choose::earliest);
  } catch (const std::runtime_error&) {
    return std::nullopt; // no such zone
  }
}

std::vector<period> appointments(uint64_t seed, const std::string& calendar, const date::time_zone* zone,
                                 sys_seconds from, sys_seconds to) {
  std::vector<period> result;
  const auto first = date::floor<date::days>(zone->to_local(from)) - date::days{1};
  const auto last = date::floor<date::days>(zone->to_local(to));
  for (auto day = first; day <= last; day += date::days{1}) {
    const auto weekday = date::weekday{day}.c_encoding();
    if (weekday == 0 || weekday == 6)
      continue;
    // Half an hour here and there between nine and five, about a third of the day.
    for (int half_hour = 0; half_hour < 16; ++half_hour) {
      const auto subject = "busy " + calendar + " " + model::to_iso_date(day) + " " + std::to_string(half_hour);
      if (draw(seed, subject, 3) != 0)
        continue;
      const auto start = zone->to_sys(date::local_seconds{day + 9h} + half_hour * 30min, date::choose::earliest);
      if (start < to && start + 30min > from)
        result.emplace_back(start, start + 30min);
    }
  }
  return result;
}

} // namespace parley::sandbox::vendors
