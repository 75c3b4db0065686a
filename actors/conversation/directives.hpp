#pragma once

#include "actors/conversation/policy.hpp"
#include "runtime/messages/telephony.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What a conversation takes in and gives out. Plain values on both sides.
namespace parley::mind::input {

/// The voice session is open; nothing was said yet (or the call is resumed).
struct session_started {};

/// The agent finished a turn; of an interrupted one `text` is what was heard.
struct agent_turn {
  std::string text;
  std::string item;
  std::chrono::milliseconds started{0}; ///< audio time since the stream's start
  std::chrono::milliseconds ended{0};
  bool interrupted = false;
};

/// The person finished a turn, as transcribed.
struct callee_turn {
  std::string text;
  std::string item;
  std::chrono::milliseconds started{0};
  std::chrono::milliseconds ended{0};
};

struct key_pressed {
  std::string digit;
};

struct tool_called {
  std::string tool_call_id;
  std::string name;
  std::string arguments; ///< JSON as the model wrote it
};

/// The answer to `ask_side_analysis`.
struct side_analysis_result {
  uint32_t turn = 0; ///< as asked
  std::string json;
};

/// The answer to `check_availability`.
struct availability_result {
  std::string tool_call_id;
  std::vector<wall_time> slots;
  std::string error; ///< a sentence; empty if it worked
  int minutes = 30;  ///< that the slots are free for, as asked
};

/// The answer to `book`.
struct booking_result {
  std::string tool_call_id;
  bool ok = false;
  std::string meeting_id;
  wall_time at{};    ///< as booked; if refused, the slot if it is gone for good, else empty
  std::string error; ///< a sentence for the model, e.g. that the slot is taken
  int minutes = 30;  ///< as booked
};

/// The answer to `schedule_callback`: refused when no lawful time fits.
struct callback_result {
  std::string tool_call_id;
  std::optional<wall_time> at; ///< as scheduled; empty if refused
  std::string error;
};

/// Nobody has spoken for so long, in audio time, since the last word or the
/// last `silence`.
struct silence {
  std::chrono::milliseconds lasted{0};
};

/// A `wake_me` is over.
struct woken {
  std::string why;
};

/// The line is gone: the callee hung up, or the carrier ended the call.
struct call_over {};

/// An operator lets the agent say something.
struct operator_say {
  std::string text;
};

/// The answer to `reschedule`.
struct reschedule_result {
  std::string tool_call_id;
  std::optional<wall_time> at; ///< as moved; empty if refused
  wall_time refused{};         ///< the time if it is gone for good
  std::string error;           ///< a sentence for the model
};

/// The answer to `cancel`.
struct cancel_result {
  std::string tool_call_id;
  bool ok = false;
  std::string error; ///< a sentence for the model
};

/// Audio flows: the person, or a machine, is there.
struct answered {};

/// The call could not be handed over; the talk goes on.
struct transfer_failed {};

using any = std::variant<session_started, agent_turn, callee_turn, key_pressed, tool_called, side_analysis_result,
                         availability_result, booking_result, callback_result, silence, woken, call_over, operator_say,
                         answered, transfer_failed, reschedule_result, cancel_result>;

} // namespace parley::mind::input

namespace parley::mind::directive {

/// New instructions for the voice model, in force from its next turn.
struct update_instructions {
  std::string text;
  std::string reason; ///< start, stage, bant, booking, correction, ending: several joined by '+'
};

/// Whether the model speaks after a tool's answer.
enum class respond : uint8_t {
  no,
  if_silent, ///< only if the response that called the tool said nothing
  yes,
  count_
};
PARLEY_NAMES(respond, "no", "if_silent", "yes")

struct answer_tool {
  std::string tool_call_id;
  nlohmann::json output;
  enum respond respond = respond::yes;
};

/// Lets the agent speak now, following these words once.
struct speak {
  std::string instructions;
};

/// Asks `booking` for free slots.
struct check_availability {
  std::string tool_call_id;
  std::vector<std::string> dates; ///< "2026-11-26", in the person's zone
  int minutes = 30;
};

struct book {
  std::string tool_call_id;
  wall_time slot{};
  std::string email;
  std::string meeting_type; ///< video or phone
  int minutes = 30;         ///< that the slot was offered for
};

/// `tool_call_id` is empty when Parley itself keeps the person's wish.
struct schedule_callback {
  std::string tool_call_id;
  wall_time at{};
  std::string reason;
};

/// Puts the number on the do-not-call list, now.
struct list_opt_out {
  std::string source; ///< transcript, key, tool or analysis
  std::string words;  ///< what was said or pressed
};

/// May come again with another disposition: an opt-out while the last words
/// are played, or a booking that succeeds after the person has hung up.
struct end_call {
  bool after_playout = false; ///< let the last words reach the person
  enum disposition disposition = disposition::no_decision;
  std::string reason;
};

/// Hands the call over to a human, once the last words were heard.
struct transfer {
  std::string reason;
};

/// Moves the meeting that the person has.
struct reschedule {
  std::string tool_call_id;
  wall_time at{};
  std::string reason;
};

/// Calls off the meeting that the person has.
struct cancel {
  std::string tool_call_id;
  std::string reason;
};

/// The call may be recorded from now on, or never.
struct recording {
  bool allowed = false;
};

/// Something for the call's journal: kind and data.
///   observation  {turn, bant, objections, sentiment, key_points, identity_confirmed, next_action, score, source}
///   stage_changed {from, to, because}     objection {kind, quote, turn, count}
///   rule_violation {rule, hard, item, detail}   disclosed {item}   identity_confirmed {turn}
///   gatekeeper {turn}   opt_out {source, words}   callback_wished {quote, at}   callback_set {at}
///   slots_offered {slots}   details_confirmed {slots, emails}   meeting_booked {meeting_id, at, type}
///   move_asked {meeting_id, to, reason}   meeting_moved {meeting_id, at}
///   cancel_asked {meeting_id, reason}   meeting_cancelled {meeting_id}
///   tool_called {tool, arguments}, but record_observation, which is an observation by the source "model"
///   tool_refused {tool, error}   ending {disposition, reason}   key {digit}
///   analysis_rejected {turn, errors}   operator_said {}   machine_heard {turn}
///   transfer_asked {reason}   transfer_failed {}
///   recording_announced {item}   recording_objected {quote}
struct record {
  std::string kind;
  nlohmann::json data;
};

/// Asks the `llm` port to read the last turn.
struct ask_side_analysis {
  uint32_t turn = 0; ///< of the callee
  std::string prompt;
  std::string schema_name;
  std::string schema;
};

/// Give back `input::woken` after this much audio time (a real call's time;
/// the shell scales it by the media speed and keeps a floor of 2 s real time).
struct wake_me {
  std::chrono::milliseconds after{0};
  std::string why;
};

using any
  = std::variant<update_instructions, answer_tool, speak, check_availability, book, schedule_callback, list_opt_out,
                 end_call, record, ask_side_analysis, wake_me, transfer, recording, reschedule, cancel>;

} // namespace parley::mind::directive

namespace parley::mind {
using directives = std::vector<directive::any>;
}
