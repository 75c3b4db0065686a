#pragma once

#include "runtime/clock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Times as people say them, in the zone of the person called.
namespace parley::mind {

/// A zone by its IANA name; unknown names mean UTC.
std::string local_iso(wall_time t, const std::string& zone);    ///< "2026-11-24T10:00:00-05:00 America/New_York"
std::string local_spoken(wall_time t, const std::string& zone); ///< "Tuesday, November 24 at 10:00 AM"
std::string local_date(wall_time t, const std::string& zone);   ///< "2026-11-24"

/// "tomorrow at three", "next Tuesday", "in an hour", "this afternoon".
/// Without a time of day it is the middle of the morning; an hour from one to
/// six without AM or PM is taken as afternoon. Empty if the text names no time
/// later than `now`.
std::optional<wall_time> spoken_time(std::string_view text, wall_time now, const std::string& zone);

/// The slots that the text speaks of: those whose weekday, day and time of day
/// agree with all it names. Nothing named gives no slot.
std::vector<wall_time> slots_named(std::string_view text, const std::vector<wall_time>& slots, const std::string& zone);

/// True if the text names a weekday, a day or a time of day at all.
bool names_time(std::string_view text);

/// True if every weekday and time of day in `answer` was named in `offer` too.
bool echoes_time(std::string_view answer, std::string_view offer);

} // namespace parley::mind
