#pragma once

#include "adapters/cli/demo_crash.hpp"
#include "adapters/cli/output.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace parley::cli {

/// Everything that a demo has to tell at its end, as the node and the witness
/// say it.
struct demo_result {
  nlohmann::ordered_json import;      ///< answer of `prospect import`
  nlohmann::ordered_json totals;      ///< `campaign status`
  nlohmann::ordered_json calls;       ///< `call list`
  nlohmann::ordered_json meetings;    ///< `meeting list`
  nlohmann::ordered_json prospects;   ///< `prospect list`
  nlohmann::ordered_json booked_call; ///< `call show` of one that booked, or null
  nlohmann::ordered_json witness;
  std::vector<demo_crash> crashes; ///< in their order
  size_t lost_outcomes = 0;
  double wall_seconds = 0;
  bool complete = false; ///< the campaign is through and everything is delivered
};

/// Calls that the carrier made and of which the store does not hold exactly one
/// row with a disposition; those that are still up at the carrier need none.
/// @param events The witness' log. @param calls `call list`.
size_t lost_outcomes(const nlohmann::ordered_json& events, const nlohmann::ordered_json& calls);

/// The object of `demo --json`.
nlohmann::ordered_json summary_of(const demo_result& r);

/// For people, in 80 columns.
void print_report(std::ostream& out, const painter& paint, const demo_result& r);

} // namespace parley::cli
