#pragma once

#include "runtime/messages/dialling.hpp"
#include "runtime/messages/media.hpp"

namespace parley {

/// The call to its conversation: audio flows, the person is there.
struct begin_conversation {
  call_id call;
  std::string resume; ///< JSON of an earlier conversation's mind after a restart, else empty
};
PARLEY_INSPECT(begin_conversation, x.call, x.resume)

/// Asked before the call is answered: what the model's session starts with.
struct brief_agent {
  call_id call;
  std::string resume;
};
PARLEY_INSPECT(brief_agent, x.call, x.resume)

struct agent_briefed {
  std::string instructions;
  std::vector<tool_definition> tools;
};
PARLEY_INSPECT(agent_briefed, x.instructions, x.tools)

/// The conversation established, did or found wrong something; `mind` is its
/// own state afterwards, JSON, which it can be restarted from.
struct conversation_note {
  std::string kind; ///< observation, stage, objection, tool, violation, …
  std::string detail = "{}";
  std::string stage;
  double sentiment = 0; ///< -1 to 1
  std::string mind = "{}";
};
PARLEY_INSPECT(conversation_note, x.kind, x.detail, x.stage, wire::bits{x.sentiment}, x.mind)

/// What the person's words decide.
struct conversation_outcome {
  disposition outcome = disposition::none;
  std::string reason;
  std::optional<wall_time> callback_at;
};
PARLEY_INSPECT(conversation_outcome, x.outcome, wire::checked(x.outcome), x.reason, x.callback_at)

/// The person wants no more calls.
struct conversation_opt_out {
  std::string source; ///< transcript, key, tool
};
PARLEY_INSPECT(conversation_opt_out, x.source)

struct conversation_meeting {
  meeting_id meeting;
};
PARLEY_INSPECT(conversation_meeting, x.meeting)

/// The line is gone. Answered with how the conversation ended, once nothing
/// that it asked for (a booking, a callback) is open any more.
struct conclude_conversation {
  call_id call;
};
PARLEY_INSPECT(conclude_conversation, x.call)

struct conversation_concluded {
  disposition outcome = disposition::none; ///< `hung_up` when nothing was decided
  std::optional<wall_time> callback_at;
  std::string mind = "{}"; ///< the conversation's last state, as in a note
};
PARLEY_INSPECT(conversation_concluded, x.outcome, wire::checked(x.outcome), x.callback_at, x.mind)

/// The model hands the call over to a human.
struct conversation_transfer {
  std::string reason;  ///< for the account manager and the transcript
  manager_row manager; ///< with a phone
};
PARLEY_INSPECT(conversation_transfer, x.reason, x.manager)

/// The call could not be handed over, or nobody is there: the talk goes on.
struct transfer_refused {
  std::string reason;
};
PARLEY_INSPECT(transfer_refused, x.reason)

/// Whether the call may be recorded now: the person was told where they must
/// be, or they object. An objection is final.
struct conversation_recording {
  bool allowed = false;
};
PARLEY_INSPECT(conversation_recording, x.allowed)

/// A manager wants the agent to say this next; told to the conversation.
struct say_next {
  std::string text;
};
PARLEY_INSPECT(say_next, x.text)

/// The conversation is over: hang up, now or once the last words were played.
struct conversation_over {
  bool after_playback = true;
  std::string reason;
};
PARLEY_INSPECT(conversation_over, x.after_playback, x.reason)

} // namespace parley
