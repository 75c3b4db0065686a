#pragma once

#include "runtime/messages/rows.hpp"

#include <set>

namespace parley {

/// What a stream of events belongs to.
enum class stream_kind : uint8_t { campaign, prospect, line, call, diary, count_ };
PARLEY_NAMES(stream_kind, "campaign", "prospect", "line", "call", "diary")

/// One event. `personal` holds the fields that name or quote a person; it is
/// sealed at rest with the subject's key, so that destroying the key erases
/// them. Both are JSON objects; `personal` may be empty.
struct stored_event {
  std::string type;
  std::string data = "{}";
  std::string personal;
  wall_time at{};
};
PARLEY_INSPECT(stored_event, x.type, x.data, x.personal, x.at)

/// New events of one stream and the state after them.
struct stream_write {
  uuid stream;
  stream_kind kind = stream_kind::campaign;
  uint64_t expected = 0; ///< version before; 0 means the stream must not exist
  std::vector<stored_event> events;
  std::string state;          ///< JSON after the last event
  std::string personal_state; ///< the part of it to seal
  prospect_id subject;        ///< whose key seals; nil when nothing is personal
};
PARLEY_INSPECT(stream_write, x.stream, x.kind, wire::checked(x.kind), x.expected, x.events, x.state, x.personal_state,
               x.subject)

/// One append: streams of one shard, each with its expected version, and the
/// rows that change with them. All or nothing.
struct append {
  uint16_t shard = 0;
  uint64_t epoch = 0; ///< the shard's epoch that the writer owns
  std::vector<stream_write> streams;
  std::vector<row> rows;
};
PARLEY_INSPECT(append, x.shard, x.epoch, x.streams, x.rows)

struct committed {
  uint64_t position = 0; ///< grows with each transaction of the store
};
PARLEY_INSPECT(committed, x.position)

struct load_stream {
  uuid stream;
};
PARLEY_INSPECT(load_stream, x.stream)

/// Version 0 and empty states when there is no such stream.
struct loaded_stream {
  uint64_t version = 0;
  stream_kind kind = stream_kind::campaign;
  std::string state;
  std::string personal_state;
};
PARLEY_INSPECT(loaded_stream, x.version, x.kind, wire::checked(x.kind), x.state, x.personal_state)

/// All events of a stream, for verify, replay and tests.
struct read_events {
  uuid stream;
};
PARLEY_INSPECT(read_events, x.stream)

struct events_read {
  std::vector<stored_event> events;
};
PARLEY_INSPECT(events_read, x.events)

/// Enrols a campaign's prospects of one shard, up to `limit` at a time: its
/// `listed` ones, or with target filters all matching prospects; each gets an
/// enrolment `waiting` and a due row. Repeating it enrols nobody twice.
struct enrol {
  campaign_id campaign;
  uint16_t shard = 0;
  wall_time due_at{};
  uint32_t limit = 1000;
};
PARLEY_INSPECT(enrol, x.campaign, x.shard, x.due_at, x.limit)

struct enrolled {
  uint32_t count = 0; ///< 0: all are enrolled
};
PARLEY_INSPECT(enrolled, x.count)

/// Whose enrolment in this campaign is blocked for a cause that may be gone:
/// their data changed since, or it was the node's own (`blocks_of_the_node`),
/// decided before the instant `before`. By id.
struct find_reopenable {
  campaign_id campaign;
  uint16_t shard = 0;
  wall_time before{};
  std::optional<prospect_id> after; ///< the last one of the page before
  uint32_t limit = 100;
};
PARLEY_INSPECT(find_reopenable, x.campaign, x.shard, x.before, x.after, x.limit)

struct reopenable {
  std::vector<prospect_id> prospects;
};
PARLEY_INSPECT(reopenable, x.prospects)

struct due_query {
  campaign_id campaign;
  uint16_t shard = 0;
  wall_time until{};
  uint32_t limit = 100;
};
PARLEY_INSPECT(due_query, x.campaign, x.shard, x.until, x.limit)

struct due_prospects {
  std::vector<prospect_id> due;  ///< earliest first
  std::optional<wall_time> next; ///< earliest row of all, also past `until`
  uint64_t asleep = 0;           ///< all due rows of the campaign in the shard
};
PARLEY_INSPECT(due_prospects, x.due, x.next, x.asleep)

/// Stores prospects; known ones (same identity) keep their id and are updated
/// only where a field changed. With a campaign, each is also `listed` in it.
struct import_prospects {
  std::optional<campaign_id> campaign;
  std::vector<prospect_row> prospects;
  bool consent_told = true; ///< false: they say nothing of consents, so known ones stay
  /// Whose zone nobody told, it was only found from the number: a known one stays.
  std::set<prospect_id> zones_found{};
};
PARLEY_INSPECT(import_prospects, x.campaign, x.prospects, x.consent_told, x.zones_found)

struct prospects_imported {
  uint32_t added = 0;
  uint32_t updated = 0;
  uint32_t unchanged = 0;
  uint32_t listed = 0; ///< new in the campaign
};
PARLEY_INSPECT(prospects_imported, x.added, x.updated, x.unchanged, x.listed)

/// Everybody whom a launch at this moment would enrol or go on with, by id:
/// the campaign's list or whoever its target filters take, without those who
/// are through. Answered with a page; `ec::not_found` for no campaign.
struct load_targets {
  campaign_id campaign;
  std::optional<prospect_id> after; ///< the last page's last one
  uint32_t limit = 1000;
};
PARLEY_INSPECT(load_targets, x.campaign, x.after, x.limit)

struct load_prospect {
  prospect_id prospect;
};
PARLEY_INSPECT(load_prospect, x.prospect)

struct load_enrolment {
  campaign_id campaign;
  prospect_id prospect;
};
PARLEY_INSPECT(load_enrolment, x.campaign, x.prospect)

/// Which do-not-call lists is this number on?
struct check_lists {
  line_id line;
  std::string number; ///< E.164
};
PARLEY_INSPECT(check_lists, x.line, x.number)

/// Our copy of an imported do-not-call list, and whether it has the number.
struct list_hit {
  std::string list; ///< "national", or the two letters of the state that keeps it
  std::string version;
  wall_time date{}; ///< the list's own; its age counts from then
  bool listed = false;
};
PARLEY_INSPECT(list_hit, x.list, x.version, x.date, x.listed)

struct list_hits {
  bool internal = false;       ///< on our own do-not-call list
  std::vector<list_hit> lists; ///< one for each list that there is a copy of
};
PARLEY_INSPECT(list_hits, x.internal, x.lists)

/// Replaces the copy of a do-not-call list, the national one or a state's, with
/// these numbers of the North American plan (ten digits as integers). Comes in
/// parts; the last one activates it, and until then the old copy counts.
struct import_national_list {
  std::string version;
  std::vector<int64_t> numbers;
  bool first = true;
  bool last = true;
  wall_time at{};
  std::string list = "national"; ///< or the two letters of a state
  std::optional<wall_time> date; ///< the list's own; empty: `at`
};
PARLEY_INSPECT(import_national_list, x.version, x.numbers, x.first, x.last, x.at, x.list, x.date)

struct national_list_imported {
  uint64_t numbers = 0; ///< so far
};
PARLEY_INSPECT(national_list_imported, x.numbers)

/// A webhook, stored before it is acknowledged.
struct record_inbox {
  carrier_event event;
  std::string raw; ///< the body as received, sealed at rest
};
PARLEY_INSPECT(record_inbox, x.event, x.raw)

struct inbox_recorded {
  bool fresh = true; ///< false: seen before (same SID, kind and sequence)
};
PARLEY_INSPECT(inbox_recorded, x.fresh)

/// All carrier events stored for a call, in order of arrival.
struct read_inbox {
  call_id call;
};
PARLEY_INSPECT(read_inbox, x.call)

struct inbox_events {
  std::vector<carrier_event> events;
};
PARLEY_INSPECT(inbox_events, x.events)

/// Which of these carrier ids belong to other calls of ours.
struct find_known_sids {
  call_id except;
  std::vector<std::string> sids;
};
PARLEY_INSPECT(find_known_sids, x.except, x.sids)

struct known_sids {
  std::vector<std::string> sids;
};
PARLEY_INSPECT(known_sids, x.sids)

/// Meetings by what is not nil: booked in a call, with a person, in a diary,
/// this one. Earliest first; all nil finds none.
struct load_meetings {
  call_id call;
  prospect_id prospect{};
  manager_id manager{};
  meeting_id meeting{};
  std::optional<wall_time> from{}; ///< only those that begin then or later and are not cancelled
};
PARLEY_INSPECT(load_meetings, x.call, x.prospect, x.manager, x.meeting, x.from)

struct meeting_rows {
  std::vector<meeting_row> rows;
};
PARLEY_INSPECT(meeting_rows, x.rows)

/// Calls of a shard without an end: what a node must take up again.
struct find_open_calls {
  uint16_t shard = 0;
};
PARLEY_INSPECT(find_open_calls, x.shard)

struct open_call {
  call_id call;
  campaign_id campaign;
  prospect_id prospect;
};
PARLEY_INSPECT(open_call, x.call, x.campaign, x.prospect)

struct open_calls {
  std::vector<open_call> calls;
};
PARLEY_INSPECT(open_calls, x.calls)

/// Deliveries that are due, oldest first, at most one per prospect: the next
/// one of a person waits until the one before is done or parked.
struct outbox_query {
  uint16_t shard = 0;
  wall_time now{};
  uint32_t limit = 50;
};
PARLEY_INSPECT(outbox_query, x.shard, x.now, x.limit)

struct outbox_entry {
  outbox_row row;
  uint32_t tries = 0;
};
PARLEY_INSPECT(outbox_entry, x.row, x.tries)

struct outbox_entries {
  std::vector<outbox_entry> entries;
  std::optional<wall_time> next; ///< when the next one is due that is not among them
};
PARLEY_INSPECT(outbox_entries, x.entries, x.next)

enum class delivery : uint8_t { done, again, parked, count_ };
PARLEY_NAMES(delivery, "done", "again", "parked")

struct outbox_result {
  uuid id;
  delivery result = delivery::done;
  std::string detail; ///< the object's id, or the error
  std::optional<wall_time> again_at;
  wall_time at{};
};
PARLEY_INSPECT(outbox_result, x.id, x.result, wire::checked(x.result), x.detail, x.again_at, x.at)

struct load_context {
  prospect_id prospect;
  uint32_t limit = 5;             ///< newest first
  std::vector<std::string> types; ///< of `context_type`; empty: all
  std::vector<uuid> ids;          ///< only these of the person's; empty: all
};
PARLEY_INSPECT(load_context, x.prospect, x.limit, x.types, x.ids)

struct context_rows {
  std::vector<context_row> rows;
};
PARLEY_INSPECT(context_rows, x.rows)

/// Where a walk through `agent_context` stands: the last row that was looked
/// at, whoever it belonged to.
struct context_cursor {
  std::string embedder;
  wall_time created_at{};
  uuid id;
};
PARLEY_INSPECT(context_cursor, x.embedder, x.created_at, x.id)

/// What is still to be embedded: rows without a vector of this embedder, in an
/// order that stays.
struct find_stale_context {
  std::string embedder;
  std::optional<context_cursor> after; ///< the last page's `last`
  uint32_t limit = 64;
};
PARLEY_INSPECT(find_stale_context, x.embedder, x.after, x.limit)

/// The vectors of this embedder, newest first; of the rows only `id`,
/// `prospect`, `embedding`, `embedder` and `created_at` are filled.
struct load_vectors {
  std::string embedder;
  std::optional<context_cursor> after; ///< the last page's `last`
  uint32_t limit = 500;
};
PARLEY_INSPECT(load_vectors, x.embedder, x.after, x.limit)

/// What was said to a person who has been erased since is left out, so a page
/// may be shorter than asked for and not the last.
struct context_page {
  std::vector<context_row> rows;
  std::optional<context_cursor> last; ///< empty: that was all
};
PARLEY_INSPECT(context_page, x.rows, x.last)

/// People in our own tables, by the columns `tables::search_columns`: every
/// column must equal its value or one of its values. `ec::invalid_input` for
/// another column.
struct search_prospects {
  std::map<std::string, std::vector<std::string>> filter;
  std::optional<prospect_id> after; ///< the last page's last one
  uint32_t limit = 100;
};
PARLEY_INSPECT(search_prospects, x.filter, x.after, x.limit)

struct prospect_page {
  std::vector<prospect_row> rows; ///< by id
  bool more = false;
  uint64_t total = 0; ///< of all pages
};
PARLEY_INSPECT(prospect_page, x.rows, x.more, x.total)

/// The recording of a call as we keep it. `ec::not_found` when we have none;
/// `audio` is empty when the person was erased.
struct load_recording {
  call_id call;
};
PARLEY_INSPECT(load_recording, x.call)

struct load_campaigns {};
template <class I>
typename I::result_type inspect(I& f, load_campaigns&) {
  return f(caf::meta::type_name("parley::load_campaigns"));
}

struct campaign_rows {
  std::vector<campaign_row> rows;
};
PARLEY_INSPECT(campaign_rows, x.rows)

struct load_managers {
  std::vector<manager_id> managers; ///< empty: all
};
PARLEY_INSPECT(load_managers, x.managers)

struct manager_rows {
  std::vector<manager_row> rows;
};
PARLEY_INSPECT(manager_rows, x.rows)

/// A question that people ask, answered as JSON with the columns' names.
enum class report_kind : uint8_t {
  campaigns,       ///< all, with counts by enrolment state, calls and meetings
  campaign_totals, ///< of one campaign: states, dispositions, calls, meetings, blocked by reason
  calls,           ///< of a campaign or prospect, newest first, without transcripts
  call,            ///< one, whole
  prospects,       ///< of a campaign, with enrolment
  prospect,        ///< one, with enrolments, calls and ledger
  meetings,        ///< with prospect's and manager's names
  ledger,          ///< of a prospect or campaign, newest first
  outbox,          ///< deliveries in the state `text`, else parked and waiting ones; of a campaign or prospect
  campaign_funnel, ///< of one campaign: how many are how far, and its pace at the instant `now`
  call_averages,   ///< of a campaign's ended calls, or of all: how many, how many billed minutes
  find_prospects,  ///< that `text` may mean, exact ones first: id, name, detail, exact
  find_calls,      ///< the same
  find_meetings,   ///< the same
  store_figures,   ///< of the whole store at the instant `now`, for the metrics: counts and oldest ones
  count_
};
PARLEY_NAMES(report_kind, "campaigns", "campaign_totals", "calls", "call", "prospects", "prospect", "meetings",
             "ledger", "outbox", "campaign_funnel", "call_averages", "find_prospects", "find_calls", "find_meetings",
             "store_figures")

struct report_query {
  report_kind kind = report_kind::campaigns;
  std::optional<campaign_id> campaign;
  std::optional<prospect_id> prospect;
  std::optional<call_id> call;
  uint32_t limit = 100;
  uint32_t offset = 0;
  std::string text;  ///< an id or its beginning, a name, a number, an address
  wall_time now{};   ///< that a pace is measured back from
  bool open = false; ///< of `calls`: only those that are up
};
PARLEY_INSPECT(report_query, x.kind, wire::checked(x.kind), x.campaign, x.prospect, x.call, x.limit, x.offset, x.text,
               x.now, x.open)

struct report {
  std::string json; ///< an array, or an object for kinds of one thing
};
PARLEY_INSPECT(report, x.json)

} // namespace parley
