#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

/// When a holiday falls, as the rules file defines it:
///
///     07-04                                a fixed date
///     4th thu nov                          the nth weekday of a month
///     last mon may
///     4th thu nov +1                       so many days after another rule
///     easter-47                            so many days around Easter Sunday
///     tue after 1st mon nov (even years)   the weekday after, some years only
class holiday_rule {
public:
  /// @throws std::invalid_argument for a text of no known form.
  explicit holiday_rule(std::string_view definition);

  /// The date in this year, if the holiday is kept in it.
  std::optional<std::chrono::local_days> in(std::chrono::year year) const;

private:
  enum class kind { fixed, nth_weekday, easter };

  kind kind_ = kind::fixed;
  std::chrono::month_day fixed_{};
  unsigned nth_ = 0; ///< 1 to 5; 0 is the last
  std::chrono::weekday weekday_{};
  std::chrono::month month_{};
  std::chrono::days offset_{0};
  bool even_years_only_ = false;
};

/// Easter Sunday of the Western churches.
std::chrono::local_days easter(std::chrono::year year);

/// Which other days a state keeps for a holiday. The stricter reading: the day
/// itself stays a day off, too.
struct holiday_shift {
  bool saturday_to_friday = false;
  bool sunday_to_monday = false;
  /// Utah keeps Juneteenth on "a nearby Monday"; both nearest ones count.
  bool juneteenth_near_monday = false;

  /// @throws std::invalid_argument for a text that it does not know.
  static holiday_shift parse(std::string_view text);
};

/// One holiday as a state keeps it.
struct holiday {
  std::string id;   ///< as in the rules file, e.g. day_after_thanksgiving
  std::string name; ///< the same in words
  holiday_rule rule;
  holiday_shift shift;

  /// The day itself in this year and the days that are kept for it, which may
  /// fall into the years around.
  std::vector<std::chrono::local_days> kept_in(std::chrono::year year) const;
};

/// All holidays of a state. Days of the decades around are looked up, those
/// beyond are worked out: both give the same.
class holiday_calendar {
public:
  holiday_calendar() = default;
  explicit holiday_calendar(std::vector<holiday> holidays);

  /// The holiday that falls on this date or is kept on it, or null.
  const holiday* on(std::chrono::local_days date) const;
  bool empty() const { return holidays_.empty(); }

private:
  std::vector<holiday> holidays_;
  /// Date and index of its holiday, in order; complete from `first_` up to,
  /// not including, `end_`.
  std::vector<std::pair<std::chrono::local_days, size_t>> days_;
  std::chrono::local_days first_{};
  std::chrono::local_days end_{};
};

} // namespace parley
