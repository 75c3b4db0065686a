#pragma once

#include "actors/compliance/windows.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// When it is worth calling, within what is lawful.
namespace parley {

/// The hours of the week in which people best answer, in their local time.
struct best_times {
  /// Hours for people whose role has one of these words (lower case).
  struct role_hours {
    std::vector<std::string> words;
    weekly_hours hours;
  };

  /// For everybody else. Gong 2017, Cognism 2025: Tuesday to Thursday.
  weekly_hours general = parse_weekly_hours("tue-thu 10:00-11:00, 16:00-17:00");
  /// The first one that fits a role wins. Executives: before and after their
  /// meetings.
  std::vector<role_hours> by_role{{{"chief", "ceo", "cfo", "coo", "cto", "cio", "cmo", "president", "founder", "owner",
                                    "partner", "vp", "svp", "evp"},
                                   parse_weekly_hours("tue-thu 08:00-09:00, 17:00-18:00")}};

  const weekly_hours& of(std::string_view role) const;
};

/// Whether one of these words (lower case) is a word of the role.
bool role_has(std::string_view role, const std::vector<std::string>& words);

/// The next instant from `from` on that is lawful and in the best hours of the
/// person's main zone; if no best hour is lawful before `horizon`, the next
/// lawful instant; nothing if there is none either.
///
/// Every seed has a point of its own in each stretch of best hours, so that
/// not everybody is called on the stroke of the hour. Whoever asks after his
/// point has passed, but within the stretch, gets `from`: asking again when
/// the time has come changes nothing.
std::optional<wall_time>
next_best(const calling_windows& lawful, const weekly_hours& best, wall_time from, wall_time horizon, uint64_t seed);

} // namespace parley
