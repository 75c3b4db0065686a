#pragma once

#include "runtime/ids.hpp"
#include "runtime/names.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace parley {

/// What the carrier says of a call (Twilio's names; `initiated` comes in
/// callbacks only).
enum class carrier_status : uint8_t {
  unknown,
  queued,
  initiated,
  ringing,
  in_progress,
  completed,
  busy,
  no_answer,
  canceled,
  failed,
  count_
};
PARLEY_NAMES(carrier_status, "unknown", "queued", "initiated", "ringing", "in-progress", "completed", "busy",
             "no-answer", "canceled", "failed")

/// No more status follows after these.
constexpr bool is_final(carrier_status s) {
  return s >= carrier_status::completed;
}

/// Who answered, as answering machine detection (AMD) says.
enum class answered_by : uint8_t {
  not_asked,
  human,
  machine_start,
  machine_end_beep,
  machine_end_silence,
  machine_end_other,
  fax,
  unknown,
  count_
};
PARLEY_NAMES(answered_by, "not_asked", "human", "machine_start", "machine_end_beep", "machine_end_silence",
             "machine_end_other", "fax", "unknown")

/// A machine answered; `unknown` is treated as a person.
constexpr bool is_machine(answered_by who) {
  return who != answered_by::not_asked && who != answered_by::human && who != answered_by::unknown;
}

/// How an attempt ended: the outcome that decides what happens next. The
/// line's own status is kept apart (`carrier_status`).
enum class disposition : uint8_t {
  none,               ///< not ended yet
  no_answer,          ///< rang out
  busy,               ///< engaged
  machine,            ///< a machine answered, no message left
  machine_message,    ///< a machine answered, message left
  congestion,         ///< the carrier or its route failed; nobody was reached
  invalid_number,     ///< number malformed, out of service or unreachable for good
  canceled,           ///< ended by us before anybody answered
  failed,             ///< our side failed after the answer
  hung_up,            ///< the person hung up before an outcome
  dead_air,           ///< nobody spoke
  callback,           ///< the person asked to be called again
  not_interested,     ///< said no
  wrong_person,       ///< somebody else's number
  do_not_call,        ///< opted out
  not_qualified,      ///< talked, but does not fit
  qualified,          ///< fits, but no meeting was agreed
  meeting_booked,     ///< agreed on a meeting
  transferred,        ///< handed over to a human
  gatekeeper,         ///< somebody else answered for the person
  language_barrier,   ///< no common language
  no_decision,        ///< talked to the end without an outcome
  submission_unknown, ///< nobody knows whether the carrier has the call
  meeting_moved,      ///< agreed on another time for the meeting that they had
  meeting_cancelled,  ///< called off the meeting that they had
  count_
};
PARLEY_NAMES(disposition, "none", "no_answer", "busy", "machine", "machine_message", "congestion", "invalid_number",
             "canceled", "failed", "hung_up", "dead_air", "callback", "not_interested", "wrong_person", "do_not_call",
             "not_qualified", "qualified", "meeting_booked", "transferred", "gatekeeper", "language_barrier",
             "no_decision", "submission_unknown", "meeting_moved", "meeting_cancelled")

/// Calls that say something is wrong with us or the carrier, not with the
/// person: what the circuit breaker of a campaign counts. `failed` is among
/// them for refusals too (SIP 403, 603, 608): a number that is blocked by the
/// networks must not go on dialling. `canceled` is our own doing.
constexpr bool is_failure(disposition x) {
  return x == disposition::congestion || x == disposition::failed || x == disposition::dead_air
         || x == disposition::submission_unknown;
}

/// Starts a call. The adapter writes the request only before `not_after` and
/// never repeats it.
struct originate {
  call_id call;
  std::string to;   ///< E.164
  std::string from; ///< E.164, our number
  wall_time not_after{};
  std::chrono::seconds ring_timeout{25}; ///< at least 15 s: 47 CFR 64.1200(a)(6)
  std::chrono::seconds time_limit{900};  ///< the carrier ends the call after this
  bool detect_machine = true;
  bool wait_for_beep = false; ///< AMD goes on until a machine's greeting is over: a message is to be left
};
PARLEY_INSPECT(originate, x.call, x.to, x.from, x.not_after, x.ring_timeout, x.time_limit, x.detect_machine,
               x.wait_for_beep)

/// What became of a dial request.
enum class submission : uint8_t {
  created,     ///< the carrier has the call: `sid`
  not_created, ///< the carrier refused it, or it was never written
  unknown,     ///< it may or may not exist; only evidence decides
  count_
};
PARLEY_NAMES(submission, "created", "not_created", "unknown")

struct originated {
  call_id call;
  submission outcome = submission::unknown;
  std::string sid;                          ///< the carrier's id when created
  int32_t vendor_code = 0;                  ///< the carrier's error code, 0 if none
  std::string reason;                       ///< why not created or unknown; never a number
  bool number_bad = false;                  ///< the number itself is at fault: do not try it again
  bool account_bad = false;                 ///< our account or number is at fault: stop the campaign
  bool opted_out = false;                   ///< the person opted out at the carrier: list the number as ours
  std::chrono::milliseconds retry_after{0}; ///< the carrier's wish after a rate limit, real time
};
PARLEY_INSPECT(originated, x.call, x.outcome, wire::checked(x.outcome), x.sid, x.vendor_code, x.reason, x.number_bad,
               x.account_bad, x.opted_out, x.retry_after)

/// A call as the carrier's API shows it. Callback URLs are not among it.
struct carrier_call {
  std::string sid;
  std::string to;
  std::string from;
  std::string direction;
  carrier_status status = carrier_status::unknown;
  answered_by who = answered_by::not_asked;
  wall_time created{};
  std::optional<wall_time> started;
  std::optional<wall_time> ended;
  std::chrono::seconds duration{0};
};
PARLEY_INSPECT(carrier_call, x.sid, x.to, x.from, x.direction, x.status, wire::checked(x.status), x.who,
               wire::checked(x.who), x.created, x.started, x.ended, x.duration)

struct fetch_call {
  call_id call;
  std::string sid;
};
PARLEY_INSPECT(fetch_call, x.call, x.sid)

/// All calls between two numbers, every page, without a start-time filter
/// (it filters by day, and a queued call has none).
struct find_calls {
  std::string to;
  std::string from;
};
PARLEY_INSPECT(find_calls, x.to, x.from)

struct carrier_calls {
  std::vector<carrier_call> calls;
};
PARLEY_INSPECT(carrier_calls, x.calls)

/// Ends a call by status. `cancel` stops it only while queued or ringing.
struct end_carrier_call {
  call_id call;
  std::string sid;
  bool cancel = false;
};
PARLEY_INSPECT(end_carrier_call, x.call, x.sid, x.cancel)

/// Sends a live call to another page of ours (path and query under
/// `public_url`), e.g. /voice/resume.
struct redirect_call {
  call_id call;
  std::string sid;
  std::string path;
};
PARLEY_INSPECT(redirect_call, x.call, x.sid, x.path)

/// Hands a live call over: the person hears `announcement` and then rings
/// through to `to`. If nobody takes it, the person hears `apology` and the call
/// ends. The carrier tells how it went (`transfer_ended_event`).
struct transfer_call {
  call_id call;
  std::string sid;
  std::string to;   ///< E.164
  std::string from; ///< E.164, our number
  std::string announcement;
  std::string apology;
  std::string language; ///< as in campaign_policy
  std::chrono::seconds ring_timeout{20};
};
PARLEY_INSPECT(transfer_call, x.call, x.sid, x.to, x.from, x.announcement, x.apology, x.language, x.ring_timeout)

/// Speaks a message on a live call and hangs up: to a machine, after its beep.
struct leave_message {
  call_id call;
  std::string sid;
  std::string text;
  std::string language;
};
PARLEY_INSPECT(leave_message, x.call, x.sid, x.text, x.language)

/// Records a live call from now on, both sides. Told of its end by a
/// `recording_event`.
struct start_recording {
  call_id call;
  std::string sid;
};
PARLEY_INSPECT(start_recording, x.call, x.sid)

struct recording_started {
  std::string recording_sid;
};
PARLEY_INSPECT(recording_started, x.recording_sid)

/// Ends a recording while the call goes on. One that has ended already is no
/// error.
struct stop_recording {
  call_id call;
  std::string sid;
  std::string recording_sid;
};
PARLEY_INSPECT(stop_recording, x.call, x.sid, x.recording_sid)

struct recording_stopped {
  std::string recording_sid;
};
PARLEY_INSPECT(recording_stopped, x.recording_sid)

/// The audio of a finished recording. `ec::not_found` when the carrier has it
/// no more.
struct fetch_recording {
  call_id call;
  std::string recording_sid;
};
PARLEY_INSPECT(fetch_recording, x.call, x.recording_sid)

struct recording_audio {
  std::string bytes;
  std::string content_type; ///< e.g. audio/wav
};
PARLEY_INSPECT(recording_audio, x.bytes, x.content_type)

/// A delivery of the outbox, kind "recording": brings a finished recording home
/// and deletes the carrier's copy; with `discard` it is deleted unheard.
struct keep_recording {
  call_id call;
  prospect_id prospect;
  std::string recording_sid;
  int32_t duration_seconds = 0;
  bool discard = false; ///< the person objected
};
PARLEY_INSPECT(keep_recording, x.call, x.prospect, x.recording_sid, x.duration_seconds, x.discard)

/// Deletes a recording at the carrier. One that is gone already is no error.
struct delete_recording {
  call_id call;
  std::string recording_sid;
};
PARLEY_INSPECT(delete_recording, x.call, x.recording_sid)

struct recording_deleted {
  std::string recording_sid;
};
PARLEY_INSPECT(recording_deleted, x.recording_sid)

/// A status webhook, verified and translated.
struct call_status_event {
  carrier_status status = carrier_status::unknown;
  std::chrono::seconds duration{0};
  int32_t sip_code = 0;
};
PARLEY_INSPECT(call_status_event, x.status, wire::checked(x.status), x.duration, x.sip_code)

/// An AMD webhook.
struct machine_detection_event {
  answered_by who = answered_by::unknown;
  std::chrono::milliseconds took{0};
};
PARLEY_INSPECT(machine_detection_event, x.who, wire::checked(x.who), x.took)

/// The carrier asked what to do next after the media stream closed.
struct resume_requested_event {
  uint32_t round = 0;
};
PARLEY_INSPECT(resume_requested_event, x.round)

/// A hand-over is over: connected and hung up again, or never taken.
struct transfer_ended_event {
  bool connected = false;
  std::chrono::seconds duration{0}; ///< of the talk with the human
};
PARLEY_INSPECT(transfer_ended_event, x.connected, x.duration)

/// A recording is ready to be fetched, or will never be.
struct recording_event {
  std::string recording_sid;
  bool available = false;
  std::chrono::seconds duration{0};
};
PARLEY_INSPECT(recording_event, x.recording_sid, x.available, x.duration)

/// Anything the carrier tells of a call. Unique by (sid, kind, sequence); may
/// come doubled, late and in any order.
struct carrier_event {
  call_id call;
  std::string sid;
  uint32_t sequence = 0;
  wall_time at{};
  std::variant<call_status_event, machine_detection_event, resume_requested_event, transfer_ended_event,
               recording_event>
    what;
};
PARLEY_INSPECT(carrier_event, x.call, x.sid, x.sequence, x.at, x.what)

} // namespace parley
