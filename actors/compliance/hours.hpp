#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// A stretch of a local day, [open, close), in minutes after midnight; `close`
/// may be 24:00.
struct hours_span {
  std::chrono::minutes open{0};
  std::chrono::minutes close{24 * 60};

  bool operator==(const hours_span&) const = default;
};

/// The permitted hours of one day: disjoint, sorted; empty means none.
class day_hours {
public:
  using spans = std::vector<hours_span>;

  day_hours() = default;
  /// Sorts and joins what touches or overlaps.
  /// @throws std::invalid_argument if a span ends before it opens or leaves
  ///         the day.
  explicit day_hours(spans xs);

  static day_hours whole_day() { return day_hours{spans{hours_span{}}}; }

  bool contains(std::chrono::milliseconds time_of_day) const;
  bool empty() const { return spans_.empty(); }
  spans::const_iterator begin() const { return spans_.begin(); }
  spans::const_iterator end() const { return spans_.end(); }
  bool operator==(const day_hours&) const = default;

  /// Permitted by both.
  friend day_hours operator&(const day_hours& a, const day_hours& b);

private:
  spans spans_;
};

/// "09:00-12:00, 13:00-18:00", or "no calls".
std::string to_string(const day_hours& x);

/// The permitted hours of each weekday, in local time.
struct weekly_hours {
  std::array<day_hours, 7> days; ///< by C encoding: 0 is Sunday

  static weekly_hours always();
  day_hours& on(std::chrono::weekday day) { return days[day.c_encoding()]; }
  const day_hours& on(std::chrono::weekday day) const { return days[day.c_encoding()]; }
  bool operator==(const weekly_hours&) const = default;

  friend weekly_hours operator&(const weekly_hours& a, const weekly_hours& b);
};

/// "mon" to "sun", as the rules and settings write them.
std::string_view weekday_name(std::chrono::weekday day);
/// @throws std::invalid_argument for any other text.
std::chrono::weekday parse_weekday(std::string_view text);

/// Minutes after midnight of "HH:MM", 00:00 to 24:00.
/// @throws std::invalid_argument for any other text.
std::chrono::minutes parse_time_of_day(std::string_view text);
/// "08:05"; seconds are cut off.
std::string to_clock(std::chrono::milliseconds time_of_day);

/// Hours as settings write them: days and spans, several parts separated by
/// semicolons. "tue-thu 10:00-11:00, 16:00-17:00; sat 10:00-12:00". Days that
/// are not named have no hours.
/// @throws std::invalid_argument with a sentence that names the part.
weekly_hours parse_weekly_hours(std::string_view text);

} // namespace parley
