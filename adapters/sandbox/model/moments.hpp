#pragma once

#include <date/date.h>
#include <date/tz.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sandbox::model {

using instant = date::sys_seconds;

/// The clock on the wall of the person called, read from the instructions'
/// `Local time:` line.
class person_clock {
public:
  /// Takes "2026-11-24T10:15:00-05:00", the same with "America/New_York" or
  /// "[America/New_York]" behind it, or the zone alone behind the time.
  /// Nothing when it holds no date and time.
  static std::optional<person_clock> read(std::string_view local_time);

  instant now() const { return now_; }
  date::local_seconds local(instant at) const;
  /// A local time that the clocks skip is taken at the end of the gap, one
  /// that comes twice at its first.
  instant at(date::local_seconds local) const;
  date::local_days today() const { return date::floor<date::days>(local(now_)); }
  /// "Tuesday, November 24 at 10:30 AM"
  std::string say(instant at) const;
  /// The next `count` days of work after `from`, as ISO dates.
  std::vector<std::string> work_days(date::local_days from, int count) const;

private:
  instant now_;
  const date::time_zone* zone_ = nullptr; // the offset counts without one
  std::chrono::minutes offset_{0};
};

/// What a sentence says about when.
struct spoken_time {
  std::optional<date::local_days> day;
  std::optional<std::chrono::minutes> time_of_day;
  /// "in the afternoon": the time of day is only its earliest.
  bool roughly = false;
  /// "in half an hour"
  std::optional<std::chrono::minutes> from_now;

  bool empty() const { return !day && !time_of_day && !from_now; }
};

spoken_time hear_time(std::string_view words, const person_clock& clock);

/// The instant that the words name: what they leave out is filled with the
/// same time on the next day of work.
instant resolve(const spoken_time& spoken, const person_clock& clock);

/// Which of the slots the person takes.
/// @param proposed The slots that were said aloud, in that order.
/// @param all Further ones that may be taken when named by day and time.
std::optional<instant> choose_slot(std::string_view words, const std::vector<instant>& proposed,
                                   const std::vector<instant>& all, const person_clock& clock);

std::string to_iso(instant at);
std::optional<instant> parse_instant(std::string_view iso);
std::string to_iso_date(date::local_days day);

} // namespace parley::sandbox::model
