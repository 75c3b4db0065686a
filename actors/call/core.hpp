#pragma once

#include "actors/call/doubt_events.hpp"
#include "actors/call/live_events.hpp"
#include "runtime/journal/aggregate.hpp"
#include "runtime/messages/json.hpp"
#include "runtime/messages/pacing.hpp"

#include <chrono>
#include <set>

namespace parley::calls {

/// Where a call stands. `unknown`: nobody knows whether the carrier has it, and
/// evidence is sought. `unresolved`: none could be got for so long that an
/// operator has to say (`parley call resolve`), or the call shows up at last.
enum class phase : uint8_t { intended, submitted, ringing, talking, ended, unknown, unresolved, count_ };
PARLEY_NAMES(phase, "intended", "submitted", "ringing", "talking", "ended", "unknown", "submission_unknown")

/// One line of the transcript.
struct turn {
  speaker who = speaker::agent;
  std::string text;
  int64_t started_ms = 0; ///< audio time since the stream's start
  int64_t ended_ms = 0;
  bool interrupted = false;
  std::string stage;                ///< of the conversation when it was said
  std::string item;                 ///< the model's id; a repeated one is the same turn
  std::vector<std::string> marks{}; ///< the rules that it broke, by name
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(turn, who, text, started_ms, ended_ms, interrupted, stage, item, marks)

/// Something the conversation established, did or did wrong.
struct note {
  std::string kind; ///< observation, stage, objection, tool, violation, …
  json detail = json::object();
  wall_time at{};
  uint64_t spoken = 0; ///< turns of the transcript by then: wall and audio time are not compared
  /// Turns of either side that the conversation had heard: a transcript that
  /// came late stands before them and moves `spoken`. Empty: not its note.
  std::optional<uint32_t> agent_turns{};
  std::optional<uint32_t> callee_turns{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(note, kind, detail, at, spoken, agent_turns, callee_turns)

// --- events ------------------------------------------------------------------

struct personal_brief {
  call_brief brief;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(personal_brief, brief)

/// The line decided to dial; from here on this attempt exists.
struct call_intended {
  static constexpr auto type = "call_intended";
  call_id call;
  campaign_id campaign;
  prospect_id prospect;
  line_id line;
  slot_id slot;
  int32_t attempt = 1;
  wall_time at{};
  personal_brief personal;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(call_intended, call, campaign, prospect, line, slot, attempt, at,
                                                personal)

struct call_submitted {
  static constexpr auto type = "call_submitted";
  std::string sid;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(call_submitted, sid, at)

/// The carrier certainly does not have the call.
struct call_not_created {
  static constexpr auto type = "call_not_created";
  std::string reason;
  bool number_bad = false;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(call_not_created, reason, number_bad, at)

/// Nobody knows yet; evidence is sought.
struct submission_doubted {
  static constexpr auto type = "submission_doubted";
  std::string reason;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(submission_doubted, reason, at)

/// A complete list of the carrier did not show the call.
struct absence_seen {
  static constexpr auto type = "absence_seen";
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(absence_seen, at)

struct carrier_reported {
  static constexpr auto type = "carrier_reported";
  std::string sid;
  carrier_status status = carrier_status::unknown;
  int64_t duration_s = 0;
  int32_t sip_code = 0;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(carrier_reported, sid, status, duration_s, sip_code, at)

struct answer_classified {
  static constexpr auto type = "answer_classified";
  answered_by who = answered_by::unknown;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(answer_classified, who)

struct media_changed {
  static constexpr auto type = "media_changed";
  uint32_t generation = 0;
  bool up = true;
  std::string reason;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(media_changed, generation, up, reason)

struct spoken_turn {
  turn said;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(spoken_turn, said)

struct turn_spoken {
  static constexpr auto type = "turn_spoken";
  spoken_turn personal;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(turn_spoken, personal)

struct noted_detail {
  note what;
  json mind = json::object(); ///< the conversation's own state after it
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(noted_detail, what, mind)

struct conversation_noted {
  static constexpr auto type = "conversation_noted";
  std::string stage;
  double sentiment = 0;
  noted_detail personal;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(conversation_noted, stage, sentiment, personal)

/// What the person said decides the disposition, whatever the line does next.
struct outcome_decided {
  static constexpr auto type = "outcome_decided";
  disposition outcome = disposition::none;
  std::string reason;
  std::optional<wall_time> callback_at;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(outcome_decided, outcome, reason, callback_at)

struct opted_out {
  static constexpr auto type = "opted_out";
  std::string source; ///< transcript, key, tool
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(opted_out, source)

struct meeting_agreed {
  static constexpr auto type = "meeting_agreed";
  meeting_id meeting;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(meeting_agreed, meeting)

struct hang_up_asked {
  static constexpr auto type = "hang_up_asked";
  std::string reason;
  bool only_ringing = false; ///< void once somebody answers
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(hang_up_asked, reason, only_ringing)

struct call_closed {
  static constexpr auto type = "call_closed";
  disposition outcome = disposition::none;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(call_closed, outcome, at)

// --- effects -------------------------------------------------------------------

struct do_originate {
  wall_time not_after{};
};
struct do_hang_up {
  bool cancel = false; ///< only while it is not answered
};
struct do_prepare_voice {}; ///< open the model's session while the phone rings
struct do_converse {};      ///< somebody answered and audio flows
struct do_close_voice {};
struct do_suppress {
  std::string source;
};
struct do_tell_phase {
  phase now = phase::intended;
};
struct do_seek_evidence {};
/// The carrier has not begun to dial: it may keep the call queued for hours.
struct do_check_queue {};
struct do_tell_end {};
/// A call that nobody waits for any more is up at the carrier.
struct do_end_stray {
  std::string sid;
};
/// No call of the campaign can work: it must not go on dialling.
struct do_tell_trouble {
  std::string reason;
};
/// The carrier asks for a pause.
struct do_hold_dials {
  std::chrono::milliseconds pause{0};
};

struct state {
  call_id id;
  campaign_id campaign;
  prospect_id prospect;
  line_id line;
  slot_id slot;
  int32_t attempt = 1;
  calls::phase phase = calls::phase::intended;
  std::string sid;
  carrier_status status = carrier_status::unknown;
  answered_by who = answered_by::not_asked;
  wall_time intended_at{};
  std::optional<wall_time> submitted_at;
  std::optional<wall_time> answered_at;
  std::optional<wall_time> ended_at;
  int64_t duration_s = 0;
  int32_t sip_code = 0;
  bool number_bad = false;
  std::optional<wall_time> doubted_at;
  std::vector<wall_time> absences;
  std::optional<wall_time> blind_since; ///< since then every look at the carrier failed
  bool slot_returned = false;           ///< before the end: nobody knows whether there is a call
  bool placed = false;                  ///< an operator's word, while `unresolved`
  uint32_t media_generation = 0;
  bool media_up = false;
  bool pulled = false; ///< since the last stream, or since it was taken up
  disposition wish = disposition::none;
  std::string wish_reason;
  std::optional<wall_time> callback_at;
  bool opted_out = false;
  std::optional<meeting_id> meeting;
  bool hang_up_asked = false;
  bool only_if_ringing = false; ///< the hang-up is void once somebody answers
  bool created = true;          ///< false: the carrier certainly never had the call
  disposition outcome = disposition::none;
  std::string stage = "opening";
  double sentiment = 0;
  transfer_phase transfer = transfer_phase::none;
  std::string transfer_to;
  std::string transfer_name;
  std::optional<wall_time> transfer_at;
  std::optional<wall_time> transfer_callback; ///< when to call the person if nobody takes it
  int64_t transfer_s = 0;                     ///< of the talk with the human
  message_phase message = message_phase::none;
  recording_phase recording = recording_phase::none;
  std::string recording_sid;
  bool recording_told = false;      ///< the carrier said what became of it
  bool recording_available = false; ///< and has it
  // Personal: sealed.
  call_brief brief;
  std::vector<turn> transcript;
  std::vector<note> notes;
  json mind = json::object();
};

struct core {
  using state = calls::state;
  using event
    = std::variant<call_intended, call_submitted, call_not_created, submission_doubted, absence_seen, carrier_reported,
                   answer_classified, media_changed, turn_spoken, conversation_noted, outcome_decided, opted_out,
                   meeting_agreed, hang_up_asked, call_closed, transfer_begun, transfer_accepted, transfer_dropped,
                   transfer_ended, message_begun, message_left, message_dropped, recording_allowed, recording_begun,
                   recording_dropped, recording_objected, recording_made, evidence_missed, submission_given_up,
                   submission_resolved, placed_unseen, call_pulled, pull_failed>;
  using effect
    = std::variant<do_originate, do_hang_up, do_prepare_voice, do_converse, do_close_voice, do_suppress, do_tell_phase,
                   do_seek_evidence, do_check_queue, do_tell_end, do_end_stray, do_tell_trouble, do_hold_dials,
                   do_transfer, do_take_back, do_leave_message, do_record, do_stop_recording, do_tell_unresolved,
                   do_return_slot, do_take_slot, do_answer_resolved, do_await_stream, do_pull, do_answer_hang_up>;

  static void apply(state& s, const event& e);
  static std::vector<row> rows(const state& s);
  static prospect_id subject(const state& s) { return s.prospect; }
  static json public_part(const state& s);
  static json personal_part(const state& s);
  static state restore(const json& open, const json& personal);
};

using decision = parley::decision<core>;

/// Born a moment ago: dial.
decision begin(const state& s, wall_time not_after);
/// Taken up again after its node died: whatever was under way is looked up,
/// never repeated.
decision recover(const state& s, wall_time now);
/// The telephony port's answer to the dial.
decision on_originated(const state& s, const originated& answer, wall_time now);
/// A webhook, or what a look at the carrier showed. Any order, doubles and
/// late ones are harmless.
decision on_carrier(const state& s, const std::string& sid, const call_status_event& event, wall_time now);
decision on_machine(const state& s, answered_by who, wall_time now);
/// Any signed callback carries our call's id and the SID: it proves that the
/// carrier has the call.
decision on_sid(const state& s, const std::string& sid, wall_time now);
/// Every call the carrier lists between the two numbers; `known` are the SIDs
/// that other calls of ours have.
decision on_list(const state& s, const std::vector<carrier_call>& listed, const std::set<std::string>& known,
                 wall_time now, std::chrono::milliseconds grace);
/// The carrier does not know the SID that it gave us. Two such answers a grace
/// apart, with no audio flowing, end the call as failed: the attempt counts.
decision on_sid_unknown(const state& s, wall_time now, std::chrono::milliseconds grace);
/// The carrier could not be asked, or its list is incomplete: that proves
/// nothing. Where nothing else comes for three graces, the call is given up to
/// an operator; it is not ended and nobody is dialled again.
decision on_look_failed(const state& s, wall_time now, std::chrono::milliseconds grace);
/// An operator's word on a call that is `unresolved`; nothing for any other.
/// Placed: the attempt counts and the carrier is asked once more how it ended.
/// Not placed: the attempt does not count and may be repeated.
decision resolve(const state& s, bool placed, const std::string& reason, wall_time now);
/// A look at the carrier shortly after the dial: what it has not begun to dial
/// by then is cancelled, for it may do so hours later. Only the carrier's own
/// final status ends the call.
decision on_queue_checked(const state& s, carrier_status seen);
decision on_media(const state& s, uint32_t generation, bool up, const std::string& reason);
decision
on_outcome(const state& s, disposition outcome, const std::string& reason, std::optional<wall_time> callback_at);
/// A meeting was booked in this call; it outweighs what else was said.
decision on_meeting(const state& s, meeting_id meeting);
/// The conversation's own account of how it ended, after the line was gone.
/// What was decided while it lasted stands.
decision on_concluded(const state& s, disposition outcome, std::optional<wall_time> callback_at, json mind);
decision on_opt_out(const state& s, const std::string& source);
/// The line belongs to a human of ours or to a message by now; what the agent
/// still says of the call is of a talk that is gone.
bool is_taken_from_agent(const state& s);
/// The agent is done: its last words were heard, or are not worth waiting for.
/// A hand-over or a message to a machine is not cut short by that.
decision on_talk_over(const state& s, const std::string& reason);
/// Ends the call from our side.
decision hang_up(const state& s, const std::string& reason, bool only_ringing);
/// Nothing more will come: fixes the disposition.
decision close(const state& s, wall_time now);

/// Taken up again, and no stream came: the carrier may hold one to a node that
/// hangs. The call is pulled to us, once, unless it is about to end or is no
/// longer the agent's.
decision on_no_stream(const state& s, wall_time now);
/// @param over The carrier says that there is no such call to pull.
decision on_pull_failed(const state& s, const std::string& reason, bool over);

// What a call may come to besides the talk (live.cpp).
/// Why this call cannot be handed over now; empty if it can.
std::string why_no_transfer(const state& s);
/// Hands over; nothing where `why_no_transfer` says why not.
decision begin_transfer(const state& s, const transfer_wish& wish, wall_time now);
/// The carrier's answer to it; `error` is empty when it was taken.
decision on_transfer_answer(const state& s, const std::string& error, wall_time now);
/// How a call counts that was to be handed over and that nobody took.
disposition nobody_took(const state& s);
/// How it went. Connected counts as `transferred`, else the person is called
/// again at the next working hour, unless this was the last attempt.
decision on_transfer_ended(const state& s, const transfer_ended_event& event);
/// The call is over and nobody told how the hand-over went: it counts as
/// connected when it lasted longer than any ringing.
decision settle_transfer(const state& s);
/// When somebody works again, at least an hour from now.
/// @param manager Whose hours count; null: Mon-Fri 9-17 in the person's zone.
wall_time next_working_time(const manager_row* manager, const std::string& zone, wall_time now);
/// Within their working hours, by which somebody may be rung up.
/// @param zone Counts for a manager without one of their own.
bool is_at_work(const manager_row& manager, const std::string& zone, wall_time now);

/// The carrier's answer to the message for a machine.
decision on_message_answer(const state& s, const std::string& error, wall_time now);
/// A message is left after this verdict on who answered.
bool leaves_message(const state& s, answered_by who);

decision on_recording_wish(const state& s, bool allowed, wall_time now);
/// The carrier's answer: the recording's id, or why there is none.
decision on_recording_answer(const state& s, const std::string& sid, const std::string& error);
/// The carrier is done with a recording; `rows` brings it home, or has it
/// deleted when the person objected.
decision on_recording_made(const state& s, const recording_event& event, const number_hasher& keys, wall_time now,
                           std::vector<row>& rows);
/// The carrier asks what to do next: what it was asked and never did.
decision on_resume(const state& s);
/// What `calls.recording_url` says of a call's recording.
std::string recording_name(const state& s);

/// The disposition of what is known now.
disposition outcome_of(const state& s);
/// The message to prospect and line.
call_ended end_of(const state& s);
/// The channel that a call holds by its stored state (`loaded_stream::state`); none
/// when it is over, or nobody knows whether there is a call.
std::optional<held_slot> slot_of(const std::string& stored);
/// What goes out when the call is over: the CRM activity, and for the memory
/// what was said, in full and in short with its topics.
std::vector<row> closing_rows(const state& s, const number_hasher& keys, wall_time now);

} // namespace parley::calls
