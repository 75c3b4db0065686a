#pragma once

#include "actors/conversation/state.hpp"

#include <optional>
#include <string>
#include <vector>

/// Where a call stands, derived from what is established: never from the time
/// that passed, and not from what the model thinks.
namespace parley::mind {

stage derive_stage(const conversation_state& x);

/// One sentence for the model: what this stage is to reach.
std::string goal_of(const conversation_state& x, const briefing& about);

/// The topics of docs/instructions.md that are still open, most urgent first.
std::vector<std::string> ask_about(const conversation_state& x);

/// What to do next, a few words.
std::string next_best_action(const conversation_state& x);

/// Why the person can't become a meeting any more, if so.
std::optional<std::string> not_qualified_because(const conversation_state& x, const conversation_policy& policy);

/// The reason of end_call that fits a disposition.
std::string end_reason_for(disposition how);

} // namespace parley::mind
