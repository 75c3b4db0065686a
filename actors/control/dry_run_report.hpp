#pragma once

#include "actors/control/arguments.hpp"
#include "actors/control/line_plan.hpp"

#include <vector>

namespace parley::commands {

/// Fewer calls than this say nothing of those to come.
inline constexpr uint64_t calls_for_average = 10;

/// What a dry run comes to, as it goes.
struct plan_summary {
  campaign_policy policy;
  campaign_status status = campaign_status::draft;
  wall_time now{};
  size_t listed_max = 50;
  double price = 0; ///< of a minute; 0: not known
  std::string currency;
  uint64_t past_calls = 0; ///< ended calls that the carrier had
  uint64_t past_minutes = 0;
  bool past_of_all = false; ///< of all campaigns, not of this one alone

  /// What one call is taken to last while it is planned.
  std::chrono::milliseconds call_length() const;
  void take(dry::planned x);
  /// The answer of the command.
  args told() const;

private:
  args minutes() const;
  args cost(const args& minutes) const;

  std::vector<dry::planned> called_;
  std::vector<dry::planned> others_;
};

} // namespace parley::commands
