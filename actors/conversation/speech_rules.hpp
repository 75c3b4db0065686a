#pragma once

#include "actors/conversation/state.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What a turn of the agent must and must not say.
namespace parley::mind {

/// A rule that a turn broke, by name: disclosure, opt_out_offer,
/// value_proposition_length, sentences or promise.
struct violation {
  std::string rule;
  std::string detail;
  std::string correction; ///< for the model, in its instructions
};

/// The turn says who calls and that it is an AI.
bool discloses(std::string_view text, const conversation_policy& policy);
/// The turn tells how to get no more calls.
bool offers_opt_out(std::string_view text);
bool says_goodbye(std::string_view text);
/// The product promise in a text; empty if there is none.
std::string promise_in(std::string_view text);

/// @param x The state before the turn; `spoken` is not in it yet.
std::vector<violation>
check_agent_turn(const turn& spoken, const conversation_state& x, const conversation_policy& policy);

} // namespace parley::mind
