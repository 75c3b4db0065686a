#pragma once

#include "actors/conversation/state.hpp"
#include "actors/research/prompt_template.hpp"

#include <string>
#include <string_view>
#include <variant>

/// Writes what the voice model is told (docs/instructions.md).
namespace parley::mind {

/// The built-in template (config/prompts/conversation.md).
std::string_view conversation_template();

/// The instructions for the call as it stands. Fails on a template with an
/// unknown placeholder.
std::variant<std::string, template_error>
instructions(const conversation_state& x, wall_time now, const conversation_policy& policy, const briefing& about,
             std::string_view prompt);

/// The parts of the state that the instructions depend on: they are issued
/// again only when this changes. The time of day alone changes nothing.
std::string fingerprint(const conversation_state& x, const briefing& about);

} // namespace parley::mind
