#include "adapters/sqlite/writer.hpp"

#include "adapters/sqlite/row_io.hpp"
#include "runtime/journal/carrier_event_json.hpp"

namespace parley::sqlite {

writer::writer(std::shared_ptr<const sqlite_store> store)
  : store_{std::move(store)}, db_{store_->connect(database::access::write)}, shared_{db_}, seal_{store_->sealer()},
    shards_{store_->identity().shards} {}

uint64_t writer::begin() {
  db_->run("BEGIN IMMEDIATE");
  auto row = db_->query("UPDATE meta SET value = value + 1 WHERE key = 'position' RETURNING value");
  if (!row.next())
    throw failure{0, "the store has no position"};
  begun_ = static_cast<uint64_t>(row.integer(0));
  row.next();
  return begun_;
}

// Keys first: a sealed field without its key would be lost, a key without a
// field harms nobody.
void writer::commit() {
  seal_.keys().persist();
  db_->run("COMMIT");
}

void writer::rollback() {
  if (db_->in_transaction()) // after a full disk SQLite has done it by itself
    db_->run("ROLLBACK");
}

uint64_t writer::stored_position() {
  auto row = db_->query("SELECT value FROM meta WHERE key = 'position'");
  if (!row.next())
    throw failure{0, "the store has no position"};
  return static_cast<uint64_t>(row.integer(0));
}

sql::outcome writer::change(const sql::change& x) {
  struct visitor {
    writer& w;
    sql::outcome operator()(const parley::append& x) const {
      w.append(x);
      return committed{w.begun_};
    }
    sql::outcome operator()(const record_inbox& x) const { return w.record(x); }
    sql::outcome operator()(const outbox_result& x) const {
      w.settle(x);
      return committed{w.begun_};
    }
    sql::outcome operator()(const outbox_order& x) const { return w.change(x); }
    sql::outcome operator()(const parley::enrol& x) const { return w.enrol(x); }
  };
  try {
    return std::visit(visitor{*this}, x);
  } catch (const refusal& e) {
    return e;
  } catch (const sealing_failed& e) {
    return refusal{ec::journal_unavailable, e.what()};
  }
}

void writer::check_epoch(uint16_t shard, uint64_t epoch) {
  auto row = db_->query("SELECT epoch FROM shards WHERE shard = ?", shard);
  if (!row.next())
    throw refusal{ec::invalid_input, "there is no shard " + std::to_string(shard)};
  if (const auto current = static_cast<uint64_t>(row.integer(0)); current != epoch)
    throw refusal{ec::append_refused, "shard " + std::to_string(shard) + " is at epoch " + std::to_string(current)
                                        + ", not " + std::to_string(epoch)};
}

void writer::append(const parley::append& x) {
  atomically([&] {
    check_epoch(x.shard, x.epoch);
    for (const auto& stream : x.streams)
      write_stream(stream, x.shard);
    for (const auto& row : x.rows)
      std::visit([this](const auto& r) { write_row(r); }, row);
  });
}

namespace {

/// A sealed field or NULL, bound as it is used.
struct sealed_or_null {
  std::string bytes;
  operator std::optional<blob>() const { return bytes.empty() ? std::nullopt : std::optional{blob{bytes}}; }
};

sealed_or_null
seal_unless_empty(const sealer& seal, const std::string& text, const uuid& subject, const sealed_place& place) {
  return {text.empty() ? std::string{} : seal.seal(text, subject, place)};
}

} // namespace

void writer::write_stream(const stream_write& x, uint16_t shard) {
  if (home(x.stream) != shard)
    throw refusal{ec::invalid_input,
                  "stream " + to_string(x.stream) + " does not live in shard " + std::to_string(shard)};
  if (x.events.empty())
    throw refusal{ec::invalid_input, "stream " + to_string(x.stream) + ": a write needs an event"};
  const auto known = find_stream(x);
  const auto version = x.expected + x.events.size();
  auto at = x.expected;
  auto last = known.last_event;
  for (const auto& event : x.events) {
    ++at;
    const auto sealed = seal_unless_empty(seal_, event.personal, x.subject, {"events.personal", x.stream, at});
    const std::optional<blob> personal = sealed;
    db_->run("INSERT INTO events (stream, version, previous, type, data, personal, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
             x.stream, at, last, event.type, event.data, personal, event.at);
    last = db_->last_row();
  }
  const auto sealed
    = seal_unless_empty(seal_, x.personal_state, x.subject, {"streams.personal_state", x.stream, version});
  const std::optional<blob> personal_state = sealed;
  if (x.expected == 0)
    db_->run("INSERT INTO streams (id, kind, version, shard, last_event, state, personal_state) "
             "VALUES (?, ?, ?, ?, ?, ?, ?)",
             x.stream, x.kind, version, shard, last, x.state, personal_state);
  else
    db_->run("UPDATE streams SET version = ?, last_event = ?, state = ?, personal_state = ? WHERE rowid = ?", version,
             last, x.state, personal_state, known.row);
}

/// Where the stream stands; refused when that is not where the write begins.
writer::stream_position writer::find_stream(const stream_write& x) {
  auto found = db_->query("SELECT rowid, version, kind, last_event FROM streams WHERE id = ?", x.stream);
  const bool exists = found.next();
  const auto version = exists ? found.get<uint64_t>(1) : 0;
  if (version != x.expected || (exists && found.get<stream_kind>(2) != x.kind))
    throw refusal{ec::append_refused, std::string{to_string(x.kind)} + " " + to_string(x.stream) + " is at version "
                                        + std::to_string(version) + ", not " + std::to_string(x.expected)};
  return exists ? stream_position{found.integer(0), found.integer(3)} : stream_position{};
}

template <class Row>
void writer::write_row(const Row& x) {
  try {
    put(*db_, x, seal_, shards_);
  } catch (const failure& e) {
    if (!e.constraint())
      throw;
    throw refusal{ec::conflict, std::string{tables::table<Row>::name} + ": " + e.what()};
  }
}

// The one row that imports write as well.
void writer::write_row(const prospect_row& x) {
  write_row<prospect_row>(x);
}

// Whoever is listed keeps the first entry: it is the proof of when and how.
void writer::write_row(const suppression_row& x) {
  if (x.removed)
    db_->run("UPDATE suppressions SET source = ?, reason = ?, at = ?, removed = 1 WHERE line = ?", x.source, x.reason,
             x.at, x.line);
  else
    db_->run("INSERT INTO suppressions (line, source, reason, at, removed) VALUES (?, ?, ?, ?, 0) "
             "ON CONFLICT (line) DO UPDATE SET source = excluded.source, reason = excluded.reason, "
             "at = excluded.at, removed = 0 WHERE removed",
             x.line, x.source, x.reason, x.at);
}

void writer::write_row(const due_row& x) {
  if (x.at)
    db_->run("INSERT INTO due (campaign_id, prospect_id, shard, at) VALUES (?, ?, ?, ?) "
             "ON CONFLICT (campaign_id, prospect_id) DO UPDATE SET at = excluded.at",
             x.campaign, x.prospect, home(x.prospect), *x.at);
  else
    db_->run("DELETE FROM due WHERE campaign_id = ? AND prospect_id = ?", x.campaign, x.prospect);
}

// The same id again changes nothing: it may have been delivered already.
void writer::write_row(const outbox_row& x) {
  const auto sealed = seal_.seal(x.payload, x.prospect, {"outbox.payload", x.id, 0});
  db_->run("INSERT INTO outbox (id, prospect_id, shard, kind, payload, due_at, created_at, updated_at, "
           "object) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
           x.id, tables::nullable{x.prospect}, home(x.prospect ? uuid{x.prospect} : x.id), x.kind, blob{sealed},
           x.created_at, x.created_at, x.created_at, x.object);
}

inbox_recorded writer::record(const record_inbox& x) {
  const auto& event = x.event;
  const auto sealed = seal_.seal(x.raw, {}, {"inbox.raw", event.call, event.sequence});
  const auto added
    = db_->run("INSERT INTO inbox (call_id, sid, kind, sequence, at, event, raw) "
               "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sid, kind, sequence) DO NOTHING",
               event.call, event.sid, kind_of(event), event.sequence, event.at, to_json_text(event), blob{sealed});
  return {added == 1};
}

void writer::settle(const outbox_result& x) {
  atomically([&] {
    int64_t changed = 0;
    switch (x.result) {
      case delivery::done:
        changed = db_->run("UPDATE outbox SET state = 'done', payload = NULL, detail = ?, tries = tries + 1, "
                           "updated_at = ? WHERE id = ?",
                           x.detail, x.at, x.id);
        break;
      case delivery::again: // not one that somebody gave up meanwhile
        changed = db_->run("UPDATE outbox SET state = 'waiting', due_at = ?, detail = ?, tries = tries + 1, "
                           "updated_at = ? WHERE id = ? AND state = 'waiting'",
                           x.again_at.value_or(x.at), x.detail, x.at, x.id);
        break;
      default:
        changed = db_->run("UPDATE outbox SET state = 'parked', detail = ?, tries = tries + 1, updated_at = ? "
                           "WHERE id = ? AND state = 'waiting'",
                           x.detail, x.at, x.id);
    }
    if (changed == 1)
      return;
    if (db_->query("SELECT 1 FROM outbox WHERE id = ?", x.id).next())
      throw refusal{ec::wrong_state, "delivery " + to_string(x.id) + " waits no more: it is done, parked or dropped"};
    throw refusal{ec::not_found, "delivery " + to_string(x.id)};
  });
}

} // namespace parley::sqlite
