#pragma once

#include "actors/call/core.hpp"
#include "actors/conversation/policy.hpp"

#include <variant>

/// A call's events once more, through the cores that made them: what was known
/// after each, and what the model would have been told with another prompt.
namespace parley::replay {

/// One object an event: version, type, at, seconds (since the first), phase,
/// status, stage, sentiment, outcome, score, bant (what is known), next_action;
/// `said` or `noted` of the event itself; `changed`, the fields of the call's
/// state that are new. Personal fields that were erased are left out.
/// @throws std::invalid_argument or nlohmann::json::exception on events that no
/// call has.
nlohmann::ordered_json steps(const std::vector<stored_event>& events);

/// What the person was called with, from the first event.
call_brief brief_of(const std::vector<stored_event>& events);

/// Something that goes to the voice model, in the words of its protocol.
struct model_message {
  std::string type; ///< session.update: instructions; response.create: instructions for the next words
  std::string reason;
  std::string text;
};

/// At one event of the call.
struct what_if {
  uint64_t version = 0;
  std::string event;
  bool sent = false; ///< the conversation sent something at this event; else the text is what was in force
  std::vector<model_message> own;
  std::vector<model_message> other; ///< with the other prompt
};

/// What the conversation sent from an event on, and what it would have sent
/// with another prompt: its core is asked with the state that it had. The
/// first entry is the event itself, with what is in force there where nothing
/// was sent; then one for each later event at which something was. An error is
/// a sentence about the prompt or the call.
/// @param from Version of the event, from 1.
/// @param policy As the call was held with; its `prompt` is the campaign's.
/// @param prompt A template with the placeholders of docs/instructions.md.
std::variant<std::vector<what_if>, std::string>
with_prompt(const std::vector<stored_event>& events, uint64_t from, const mind::conversation_policy& policy,
            const mind::briefing& about, const std::string& prompt);

} // namespace parley::replay
