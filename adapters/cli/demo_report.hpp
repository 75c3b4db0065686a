#pragma once

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
  double wall_seconds = 0;
  bool complete = false; ///< the campaign is through and everything is delivered
};

/// The object of `demo --json`.
nlohmann::ordered_json summary_of(const demo_result& r);

void print_report(std::ostream& out, const painter& paint, const demo_result& r);

} // namespace parley::cli
