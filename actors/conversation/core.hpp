#pragma once

#include "actors/conversation/directives.hpp"
#include "actors/conversation/state.hpp"
#include "actors/conversation/tools.hpp"

/// The mind of a call. It hears what the media plane hears, keeps what is
/// established, and steers the voice model by instructions and by its answers
/// to tools. What the model may not do, it can't: every hard rule is decided
/// here, by the transcript.
namespace parley::mind {

/// The state after an input, and what is to be done about it, in order.
struct reaction {
  conversation_state state;
  directives out;
};

/// One step: pure and deterministic. The shell keeps the state, feeds every
/// input in the order of its arrival, and carries the directives out.
///
/// After `end_call` the call counts as over: later words are still kept in
/// the transcript, an opt-out among them is still listed, and the answer to a
/// booking under way still counts. `conclude(state)` is how the call ended.
reaction step(conversation_state state, const input::any& in, wall_time now, const conversation_policy& policy,
              const briefing& about);

} // namespace parley::mind
