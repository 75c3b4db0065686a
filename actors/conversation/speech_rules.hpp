#pragma once

#include "actors/conversation/state.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a turn of the agent must and must not say.
namespace parley::mind {

/// A rule that a turn broke, by name: disclosure, honesty, opt_out_offer,
/// recording_notice, value_proposition_length, sentences or promise.
struct violation {
  std::string rule;
  std::string detail;
  std::string correction; ///< for the model, in its instructions
};

/// The turn says who calls and that it is an AI.
bool discloses(std::string_view text, const conversation_policy& policy);
/// The turn tells how to get no more calls.
bool offers_opt_out(std::string_view text);
/// The turn tells that the call is recorded.
bool announces_recording(std::string_view text);
/// The person does not want to be recorded: the sentence that says so. Errs on
/// the person's side.
std::optional<std::string> recording_objection(std::string_view callee_text);
/// The first sentence with the notice in it: the opening must stay as short.
std::string with_recording_notice(const std::string& say_first);
bool says_goodbye(std::string_view text);
/// The turn answers truly that an AI speaks.
bool owns_up(std::string_view text);
/// The sentence that says that a human speaks, or no AI; empty if there is none.
std::string claims_human(std::string_view text);
/// The product promise in a text; empty if there is none.
std::string promise_in(std::string_view text);

/// @param x The state before the turn; `spoken` is not in it yet.
std::vector<violation>
check_agent_turn(const turn& spoken, const conversation_state& x, const conversation_policy& policy);

} // namespace parley::mind
