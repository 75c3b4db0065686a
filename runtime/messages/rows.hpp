#pragma once

#include "runtime/messages/telephony.hpp"

#include <string>
#include <variant>
#include <vector>

/// Rows of the projections: what people and reports read. Each is written
/// whole ("insert or replace by key") in the same transaction as the events
/// that changed it. Field names are the column names. JSON columns are texts.
namespace parley {

/// A person. Identity is (source, crm_id) when there is a crm_id, else
/// (phone, email).
struct prospect_row {
  prospect_id id;
  std::string source; ///< where the row came from: a CRM's name or "csv"
  std::string crm_id;
  std::string name;
  std::string email;
  std::string phone; ///< E.164
  std::string extension;
  std::string company;
  std::string role;
  std::string timezone; ///< IANA name or empty
  std::string state;    ///< two letters of the address or empty
  std::string postal_code;
  std::string consent_type;
  std::string consent_at; ///< as given, ISO date or instant
  std::string consent_source;
  std::string consent_text;
  std::string consent_seller;
  std::string notes;
  std::string attributes = "{}"; ///< further columns of the import, JSON
  wall_time created_at{};
  wall_time updated_at{};
};
PARLEY_INSPECT(prospect_row, x.id, x.source, x.crm_id, x.name, x.email, x.phone, x.extension, x.company, x.role,
               x.timezone, x.state, x.postal_code, x.consent_type, x.consent_at, x.consent_source, x.consent_text,
               x.consent_seller, x.notes, x.attributes, x.created_at, x.updated_at)

enum class campaign_status : uint8_t { draft, running, paused, stopped, completed, count_ };
PARLEY_NAMES(campaign_status, "draft", "running", "paused", "stopped", "completed")

struct campaign_row {
  campaign_id id;
  std::string name; ///< unique
  campaign_status status = campaign_status::draft;
  std::string target_filters = "{}";      ///< JSON: column → value or list of values; empty: the imported list
  int32_t min_probability_threshold = 50; ///< 0 to 100
  std::string call_script_template;
  std::string settings = "{}"; ///< JSON of campaign_policy
  wall_time created_at{};
  std::optional<wall_time> started_at;
  std::optional<wall_time> completed_at;
};
PARLEY_INSPECT(campaign_row, x.id, x.name, x.status, wire::checked(x.status), x.target_filters,
               x.min_probability_threshold, x.call_script_template, x.settings, x.created_at, x.started_at,
               x.completed_at)

/// Where a prospect stands in a campaign.
enum class enrolment_state : uint8_t {
  listed,       ///< imported for the campaign, not launched yet
  waiting,      ///< asleep until `next_due`
  awake,        ///< being researched, gated or called
  done,         ///< called to an outcome
  disqualified, ///< below the probability threshold
  blocked,      ///< a rule forbids the call
  exhausted,    ///< all attempts used
  stopped,      ///< the campaign was stopped before
  count_
};
PARLEY_NAMES(enrolment_state, "listed", "waiting", "awake", "done", "disqualified", "blocked", "exhausted", "stopped")

/// Nothing more happens to this prospect in this campaign.
constexpr bool is_final(enrolment_state s) {
  return s >= enrolment_state::done;
}

struct enrolment_row {
  campaign_id campaign;
  prospect_id prospect;
  enrolment_state state = enrolment_state::listed;
  std::optional<int32_t> probability; ///< 0 to 100, from research
  std::string strategy = "{}";        ///< JSON, from research
  int32_t attempts = 0;
  std::optional<wall_time> next_due;
  disposition last_disposition = disposition::none;
  std::string reason; ///< why waiting, blocked or disqualified: a code and a sentence
  wall_time updated_at{};
};
PARLEY_INSPECT(enrolment_row, x.campaign, x.prospect, x.state, wire::checked(x.state), x.probability, x.strategy,
               x.attempts, x.next_due, x.last_disposition, wire::checked(x.last_disposition), x.reason, x.updated_at)

struct call_row {
  call_id id;
  campaign_id campaign;
  prospect_id prospect;
  std::string call_sid; ///< unique when known
  std::string status;   ///< intended, submitted, ringing, talking, ended, unknown, submission_unknown
  wall_time initiated_at{};
  std::optional<wall_time> connected_at;
  std::optional<wall_time> ended_at;
  int32_t duration_seconds = 0;
  std::string transcript = "[]"; ///< JSON: turns with speaker, text, times, stage, marks
  double sentiment_score = 0;    ///< -1 to 1
  disposition outcome = disposition::none;
  bool meeting_booked = false;
  std::string recording_url;
  std::string metadata = "{}"; ///< JSON: attempt, answered_by, bant, objections, stage, tool calls
  wall_time created_at{};
};
PARLEY_INSPECT(call_row, x.id, x.campaign, x.prospect, x.call_sid, x.status, x.initiated_at, x.connected_at, x.ended_at,
               x.duration_seconds, x.transcript, wire::bits{x.sentiment_score}, x.outcome, wire::checked(x.outcome),
               x.meeting_booked, x.recording_url, x.metadata, x.created_at)

struct meeting_row {
  meeting_id id;
  call_id call;
  prospect_id prospect;
  manager_id account_manager;
  wall_time scheduled_at{};
  int32_t duration_minutes = 30;
  std::string meeting_type; ///< video or phone
  std::string calendar_event_id;
  std::string status = "scheduled"; ///< scheduled, moved, cancelled
  std::string zoom_link;            ///< the manager's meeting link
  wall_time created_at{};
  int32_t sequence = 0; ///< of the invitation: grows with each move and with the cancellation (RFC 5546)
  std::string papers;   ///< JSON of what went out for it (event, invitation, CRM entry), for the next change
};
PARLEY_INSPECT(meeting_row, x.id, x.call, x.prospect, x.account_manager, x.scheduled_at, x.duration_minutes,
               x.meeting_type, x.calendar_event_id, x.status, x.zoom_link, x.created_at, x.sequence, x.papers)

/// An account manager: whose diary meetings go into.
struct manager_row {
  manager_id id;
  std::string name;
  std::string email;
  std::string specialty;
  std::string timezone;
  std::string working_hours; ///< local, as in "mon-fri 09:00-12:00, 13:00-17:00"
  std::string calendar_id;
  std::string meeting_link;
  std::string crm_owner_id;
  std::string phone; ///< E.164: where calls are handed over to; empty: nowhere
};
PARLEY_INSPECT(manager_row, x.id, x.name, x.email, x.specialty, x.timezone, x.working_hours, x.calendar_id,
               x.meeting_link, x.crm_owner_id, x.phone)

/// Something remembered of a person.
struct context_row {
  uuid id;
  prospect_id prospect;
  std::string context_type; ///< transcript, note, email
  std::string content;
  std::string embedding; ///< little-endian floats, empty when there is none
  std::string metadata = "{}";
  wall_time created_at{};
  std::string embedder; ///< whose vector `embedding` is; only like is compared with like
};
PARLEY_INSPECT(context_row, x.id, x.prospect, x.context_type, x.content, x.embedding, x.metadata, x.created_at,
               x.embedder)

/// One run of the compliance gate, whatever it said.
struct ledger_row {
  uuid id;
  wall_time at{};
  campaign_id campaign;
  prospect_id prospect;
  line_id line;
  call_id call;        ///< nil unless a call was intended on it
  std::string verdict; ///< allowed, not_now, blocked
  std::string reason;  ///< stable code, e.g. hours, dnc_national
  std::string sentence;
  std::string source; ///< the rule's legal source
  std::string data_version;
  std::string rules = "[]"; ///< JSON: every rule evaluated with its result
  std::optional<wall_time> earliest_next;
};
PARLEY_INSPECT(ledger_row, x.id, x.at, x.campaign, x.prospect, x.line, x.call, x.verdict, x.reason, x.sentence,
               x.source, x.data_version, x.rules, x.earliest_next)

/// A number on our own do-not-call list, as a keyed hash. Whoever is listed
/// keeps the first entry, which is the proof; a removal is kept, too, and says
/// nothing of a number that was never listed.
struct suppression_row {
  line_id line;
  std::string source; ///< call, key, tool, import, command
  std::string reason;
  wall_time at{};
  bool removed = false; ///< taken off again by an operator
};
PARLEY_INSPECT(suppression_row, x.line, x.source, x.reason, x.at, x.removed)

/// When to wake a prospect for a campaign; `at` empty deletes the row.
struct due_row {
  campaign_id campaign;
  prospect_id prospect;
  std::optional<wall_time> at;
};
PARLEY_INSPECT(due_row, x.campaign, x.prospect, x.at)

/// Something to deliver outside, in order per prospect, at least once.
struct outbox_row {
  uuid id; ///< also the idempotency key
  prospect_id prospect;
  std::string kind;    ///< crm_activity, put_event, cancel_event, mail, recording, recording_due
  std::string payload; ///< JSON, sealed at rest with the prospect's key
  wall_time created_at{};
  /// The outside object that it writes as a whole, e.g. `event <its id>`: once a
  /// later delivery of the same object is done, this one would undo that and is
  /// not tried again. Empty: it stands alone.
  std::string object{};
};
PARLEY_INSPECT(outbox_row, x.id, x.prospect, x.kind, x.payload, x.created_at, x.object)

/// The recording of a call, kept by us: the carrier's copy is deleted once this
/// is stored.
struct recording_row {
  call_id call;
  prospect_id prospect;
  std::string recording_sid; ///< the carrier's id of it
  std::string content_type;  ///< e.g. audio/wav
  int32_t duration_seconds = 0;
  std::string audio; ///< the bytes, sealed at rest with the prospect's key
  wall_time created_at{};
};
PARLEY_INSPECT(recording_row, x.call, x.prospect, x.recording_sid, x.content_type, x.duration_seconds, x.audio,
               x.created_at)

using row = std::variant<prospect_row, campaign_row, enrolment_row, call_row, meeting_row, manager_row, context_row,
                         ledger_row, suppression_row, due_row, outbox_row, recording_row>;

} // namespace parley
