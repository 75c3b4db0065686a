#pragma once

#include "runtime/clock.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace parley {

/// An account manager's week, in memory: what a practice talk offers its slots
/// from. Working hours are Monday to Friday, 9 to 12 and 13 to 17, in the
/// prospect's zone; some of the half hours are taken already, by seed.
class talk_diary {
public:
  /// @param zone IANA name; an unknown one means UTC.
  talk_diary(uint64_t seed, std::string zone) : seed_{seed}, zone_{std::move(zone)} {}

  /// Free times on these local dates (ISO; none: the next five working days),
  /// a few of each day, sorted.
  std::vector<wall_time>
  free(const std::vector<std::string>& dates, std::chrono::minutes length, size_t limit, wall_time now) const;
  /// Books a time, or says in a sentence why that is not possible.
  std::optional<std::string> book(wall_time at, std::chrono::minutes length, wall_time now);

private:
  bool taken(wall_time at, std::chrono::minutes length) const;

  uint64_t seed_;
  std::string zone_;
  std::vector<std::pair<wall_time, std::chrono::minutes>> booked_;
};

/// `at`, or the next 8 o'clock, when it lies outside 8 to 21 local time: nobody
/// is called then (47 CFR 64.1200(c)(1)). A campaign's node applies the state's
/// hours besides; a talk has no number to tell the state from.
wall_time next_callable(wall_time at, const std::string& zone);

} // namespace parley
