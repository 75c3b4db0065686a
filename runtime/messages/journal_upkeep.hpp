#pragma once

#include "runtime/messages/journal.hpp"

namespace parley {

/// What somebody decides about deliveries.
enum class outbox_action : uint8_t { retry, drop, count_ };
PARLEY_NAMES(outbox_action, "retry", "drop")

/// An operator's word on deliveries. `retry`: due at once with its tries
/// counted anew, a parked or dropped one waits again. `drop`: it is not
/// delivered any more, and whoever comes behind it goes on. `ec::wrong_state`
/// for a done one, and for the retry of one when a later one of the same
/// object is done: it would undo that.
struct outbox_order {
  outbox_action what = outbox_action::retry;
  std::vector<uuid> ids; ///< with retry, none: every parked one
  std::string by;        ///< who decides
  std::string reason;    ///< of a drop
  wall_time at{};
};
PARLEY_INSPECT(outbox_order, x.what, wire::checked(x.what), x.ids, x.by, x.reason, x.at)

struct outbox_changed {
  uint32_t count = 0;
  uint32_t left = 0; ///< parked ones that a later one of the same object has overtaken
};
PARLEY_INSPECT(outbox_changed, x.count, x.left)

// For those who check a store or take its events elsewhere.

/// Streams by id, and what belongs to no stream.
struct list_streams {
  uuid after; ///< the last page's last one
  uint32_t limit = 500;
};
PARLEY_INSPECT(list_streams, x.after, x.limit)

struct stream_page {
  std::vector<uuid> streams;
  bool more = false;
  uint64_t total = 0;               ///< streams of all pages
  uint64_t events = 0;              ///< in the store, whoever's they are
  std::vector<std::string> orphans; ///< on the first page: rows whose stream there is not, at most 100
};
PARLEY_INSPECT(stream_page, x.streams, x.more, x.total, x.events, x.orphans)

/// How a sealed field reads.
enum class seal_state : uint8_t { none, open, erased, damaged, count_ };
PARLEY_NAMES(seal_state, "none", "open", "erased", "damaged")

/// A stream with all its events, all of one moment, as they lie in the store.
struct audit_stream {
  uuid stream;
};
PARLEY_INSPECT(audit_stream, x.stream)

struct audited_event {
  uint64_t version = 0;
  std::string type;
  std::string data;
  std::string personal; ///< empty unless it is open
  seal_state seal = seal_state::none;
  wall_time at{};
};
PARLEY_INSPECT(audited_event, x.version, x.type, x.data, x.personal, x.seal, wire::checked(x.seal), x.at)

/// Version 0 when there is no such stream.
struct audited_stream {
  uint64_t version = 0;
  std::string kind; ///< of `stream_kind`, if the store is sound
  uint16_t shard = 0;
  std::string state;
  std::string personal_state; ///< empty unless it is open
  seal_state seal = seal_state::none;
  std::vector<audited_event> events; ///< oldest first
  std::string damage;                ///< why there are not more of them
};
PARLEY_INSPECT(audited_stream, x.version, x.kind, x.shard, x.state, x.personal_state, x.seal, wire::checked(x.seal),
               x.events, x.damage)

/// Are these rows stored as they are here?
struct audit_rows {
  std::vector<row> rows;
};
PARLEY_INSPECT(audit_rows, x.rows)

struct audited_rows {
  std::vector<std::string> differences; ///< "calls 0199…: ended_at, outcome differ", without their values
};
PARLEY_INSPECT(audited_rows, x.differences)

/// Do the sealed fields of a table open that no stream's `rows` write?
/// Tables: meetings, agent_context, outbox, inbox, recordings.
struct audit_seals {
  std::string table;
  uuid after; ///< the last page's `last`
  uint32_t limit = 200;
};
PARLEY_INSPECT(audit_seals, x.table, x.after, x.limit)

struct audited_seals {
  uint64_t checked = 0;
  uint64_t erased = 0;
  std::vector<std::string> damaged; ///< "outbox 0199…: payload"
  std::optional<uuid> last;         ///< empty: that was all
};
PARLEY_INSPECT(audited_seals, x.checked, x.erased, x.damaged, x.last)

/// Events in the order of their commits. Of one stream, of a campaign with its
/// calls or of a person with theirs, if that is named.
struct export_events {
  uint64_t after = 0; ///< the position of the last page's last one
  std::optional<wall_time> since;
  std::optional<wall_time> until; ///< exclusive
  uuid stream;
  campaign_id campaign;
  prospect_id prospect;
  bool personal = false; ///< open what is sealed, too
  uint32_t limit = 500;
};
PARLEY_INSPECT(export_events, x.after, x.since, x.until, x.stream, x.campaign, x.prospect, x.personal, x.limit)

struct exported_event {
  uint64_t position = 0;
  uuid stream;
  std::string kind;
  audited_event event;
};
PARLEY_INSPECT(exported_event, x.position, x.stream, x.kind, x.event)

struct exported_events {
  std::vector<exported_event> events;
  bool more = false;
};
PARLEY_INSPECT(exported_events, x.events, x.more)

/// Checks the whole journal; answered with a report of findings.
struct audit_journal {
  bool live = true;             ///< somebody writes meanwhile
  uint32_t findings_max = 1000; ///< the rest is only counted
};
PARLEY_INSPECT(audit_journal, x.live, x.findings_max)

} // namespace parley
