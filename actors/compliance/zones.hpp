#pragma once

#include "actors/compliance/hours.hpp"
#include "runtime/ids.hpp"

#include <optional>
#include <string_view>

namespace date {
class time_zone;
}

/// Between local clocks and instants. Every edge is built from a local date
/// and a wall clock reading, never by adding hours to a midnight, so that the
/// days on which clocks change come out right.
namespace parley {

using time_zone = date::time_zone;

/// A stretch of time, [begin, end).
struct interval {
  wall_time begin;
  wall_time end;

  bool operator==(const interval&) const = default;
};

/// What clock and calendar on the wall show.
struct local_moment {
  std::chrono::local_days date;
  std::chrono::milliseconds time_of_day;
};

/// The zone of this IANA name ("America/New_York"), or null.
const time_zone* find_zone(std::string_view name);
std::string_view name_of(const time_zone& zone);

local_moment local_time(const time_zone& zone, wall_time at);

/// Which reading of an hour that the clocks show twice.
enum class reading { earlier, later };

/// The instant at which clocks show this time; if they skip it, the first
/// instant after the gap.
wall_time
to_instant(const time_zone& zone, std::chrono::local_days date, std::chrono::minutes time_of_day, reading which);

/// The permitted span on this local date. A start in a repeated hour means
/// its later reading, an end the earlier one, so the span is permitted by both
/// readings. Nothing if the clocks skip all of it.
std::optional<interval> span_on(const time_zone& zone, std::chrono::local_days date, const hours_span& span);

} // namespace parley
