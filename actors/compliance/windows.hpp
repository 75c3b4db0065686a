#pragma once

#include "actors/compliance/numbers.hpp"
#include "actors/compliance/rules.hpp"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace parley {

/// What is known of where a person lives or works; each may be empty.
struct address {
  std::string state;         ///< two letters
  std::string zone;          ///< IANA name
  std::string postal_code{}; ///< ZIP code as it was written
};

/// Everywhere a person may be when the phone rings. A number's place is a
/// guess and numbers are carried along, so a call must be lawful in all of it.
struct candidates {
  std::vector<const time_zone*> zones; ///< likeliest first
  std::vector<const state_rules*> states;
};

/// Why nobody can say which rules hold.
struct unlocated {
  enum class kind : uint8_t { country, state, zone } what = kind::country;
  std::string sentence;
};

/// All zones and states that the number and the address allow: the area code's,
/// the stated state and the states of the ZIP code, which is where calls are
/// told to look for the residence of whoever carried a number along. The zone
/// of the address stands for a state if it is one of the state's; otherwise all
/// zones of the state count. A ZIP code of no state forbids the call.
std::variant<candidates, unlocated>
locate(const calling_rules& rules, const phone_number& number, const address& where);

/// When calls to a person are lawful: in every candidate zone, by the hours of
/// every candidate state, of federal law and of whatever else is given, off
/// the states' holidays. Cheap to make and to throw away; the candidates'
/// rules must outlive it.
class calling_windows {
public:
  /// @param hours What holds besides the states' rules: federal hours, the
  ///        recommended ones, the campaign's, all intersected.
  calling_windows(candidates where, const weekly_hours& hours);

  /// The earliest lawful stretch that has not ended at `from`, from then on;
  /// nothing if none begins before `horizon`.
  std::optional<interval> next_lawful(wall_time from, wall_time horizon) const;
  /// When the lawful stretch around `at` ends; nothing if `at` is not lawful.
  std::optional<wall_time> lawful_end(wall_time at) const;

  const candidates& where() const { return where_; }
  /// The zone that the person most likely is in.
  const time_zone& main_zone() const { return *where_.zones.front(); }

private:
  day_hours hours_on(std::chrono::local_days date) const;
  std::optional<interval> next_in(const time_zone& zone, wall_time from, wall_time horizon) const;

  candidates where_;
  weekly_hours hours_;
};

/// The hours of every layer that binds a call, as calling_windows wants them.
weekly_hours binding_hours(const calling_rules& rules, bool recommended, const weekly_hours* campaign);

} // namespace parley
