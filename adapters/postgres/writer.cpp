#include "adapters/postgres/writer.hpp"

#include "adapters/sql/targets.hpp"
#include "runtime/journal/carrier_event_json.hpp"

namespace parley::postgres {

namespace {

/// The transaction cannot go on as it is: something in it must be refused.
struct must_start_over : std::exception {};

/// A refusal for what is the input's fault; rethrows anything else.
sql::refusal refusal_of(const failure& e) {
  if (!e.input_at_fault())
    throw e;
  return {e.constraint() ? ec::conflict : ec::invalid_input, e.what()};
}

/// A later delivery of the same outside object is done: this one would undo it.
#define PARLEY_OVERTAKEN                                                                                               \
  "(o.object <> '' AND EXISTS (SELECT 1 FROM outbox l WHERE l.object = o.object AND l.position > o.position "          \
  "AND l.state = 'done'))"

} // namespace

writer::writer(std::shared_ptr<postgres_store> store)
  : store_{std::move(store)}, seal_{store_->sealer()}, shards_{store_->identity().shards} {
  connect();
}

void writer::connect() {
  session_.reset();
  session_ = store_->connect_writer();
}

// The writer's own row is locked until the end of the transaction: so whoever
// wants to know what became of it can wait for that.
void writer::begin() {
  begun_ = 0;
  db().run("BEGIN");
  auto row = rows_of(db().run("UPDATE writers SET position = nextval('positions'), at = now() WHERE id = $1::uuid "
                              "RETURNING position",
                              {to_string(store_->writer())}));
  if (!row.next())
    throw failure{"", "this process is not among the writers any more; start it again"};
  begun_ = row.get<uint64_t>(0);
}

void writer::commit() {
  db().run("COMMIT");
  position_ = begun_;
}

/// Undoes the transaction; a session that cannot even do that is of no use.
void writer::give_up() {
  try {
    if (session_)
      session_->run("ROLLBACK");
  } catch (const failure&) {
    session_.reset();
  }
}

bool writer::last_commit_stored() {
  auto row
    = rows_of(db().run("SELECT position FROM writers WHERE id = $1::uuid FOR UPDATE", {to_string(store_->writer())}));
  const bool stored = begun_ != 0 && row.next() && row.get<uint64_t>(0) == begun_;
  if (stored)
    position_ = begun_;
  return stored;
}

void writer::probe() {
  transaction([] { return true; });
}

std::vector<outcome> writer::run(const std::vector<const change*>& changes) {
  try {
    return transaction([&] { return outcomes_ = run_at_once(changes); });
  } catch (const must_start_over&) {
  } catch (const sealing_failed&) {
  } catch (const sql::refusal&) {
  } catch (const connection_lost&) {
    throw;
  } catch (const failure& e) {
    if (!e.input_at_fault() && !e.try_again())
      throw;
  }
  // Nothing of it is stored; now one of them cannot harm the others.
  return transaction([&] { return outcomes_ = run_one_by_one(changes); });
}

std::vector<outcome> writer::run_at_once(const std::vector<const change*>& changes) {
  std::vector<outcome> out;
  out.reserve(changes.size());
  for (size_t i = 0; i < changes.size();) {
    std::vector<const append*> appends;
    for (; i < changes.size() && std::holds_alternative<append>(*changes[i]); ++i)
      appends.push_back(&std::get<append>(*changes[i]));
    if (!appends.empty()) {
      if (!append_all(appends, out))
        throw must_start_over{};
      continue;
    }
    out.push_back(change_one(*changes[i++]));
  }
  return out;
}

std::vector<outcome> writer::run_one_by_one(const std::vector<const change*>& changes) {
  std::vector<outcome> out;
  const auto undo = [this] { db().run("ROLLBACK TO SAVEPOINT change"); };
  for (const auto* x : changes) {
    db().run("SAVEPOINT change");
    try {
      out.push_back(change_one(*x));
    } catch (const sql::refusal& e) {
      undo();
      out.emplace_back(e);
    } catch (const sealing_failed& e) {
      undo();
      out.emplace_back(sql::refusal{ec::journal_unavailable, e.what()});
    } catch (const connection_lost&) {
      throw;
    } catch (const failure& e) {
      const auto refused = refusal_of(e);
      undo();
      out.emplace_back(refused);
    }
    db().run("RELEASE SAVEPOINT change");
  }
  return out;
}

outcome writer::change_one(const change& x) {
  struct visitor {
    writer& w;
    outcome operator()(const append& x) { return w.append_one(x); }
    outcome operator()(const record_inbox& x) { return w.record(x); }
    outcome operator()(const outbox_result& x) { return w.settle(x); }
    outcome operator()(const outbox_order& x) { return w.decide(x); }
    outcome operator()(const parley::enrol& x) { return w.enrol_more(x); }
  };
  return std::visit(visitor{*this}, x);
}

outcome writer::record(const record_inbox& x) {
  const auto& event = x.event;
  const auto sealed = seal_.seal(x.raw, {}, {"inbox.raw", event.call, event.sequence});
  const auto added
    = db().run("INSERT INTO inbox (call_id, sid, kind, sequence, at, event, raw) VALUES ($1::uuid, $2, $3, $4::bigint, "
               "$5::timestamptz, $6::jsonb, $7::bytea) ON CONFLICT (sid, kind, sequence) DO NOTHING",
               {to_string(event.call), text_of(event.sid), std::string{kind_of(event)}, std::to_string(event.sequence),
                instant_text(event.at), text_of(to_json_text(event)), bytes_text(sealed)});
  return inbox_recorded{added.affected_rows() == 1};
}

outcome writer::settle(const outbox_result& x) {
  const char* sql = nullptr;
  switch (x.result) {
    case delivery::done:
      sql = "UPDATE outbox SET state = 'done', payload = NULL, detail = $3, tries = tries + 1, "
            "updated_at = $4::timestamptz WHERE id = $1::uuid AND $2::timestamptz IS NOT NULL";
      break;
    case delivery::again: // not one that somebody gave up meanwhile
      sql = "UPDATE outbox SET state = 'waiting', due_at = $2::timestamptz, detail = $3, tries = tries + 1, "
            "updated_at = $4::timestamptz WHERE id = $1::uuid AND state = 'waiting'";
      break;
    default:
      sql = "UPDATE outbox SET state = 'parked', detail = $3, tries = tries + 1, updated_at = $4::timestamptz "
            "WHERE id = $1::uuid AND state = 'waiting' AND $2::timestamptz IS NOT NULL";
  }
  const auto id = to_string(x.id);
  const auto changed
    = db().run(sql, {id, instant_text(x.again_at.value_or(x.at)), text_of(x.detail), instant_text(x.at)});
  if (changed.affected_rows() == 1)
    return committed{begun_};
  if (db().run("SELECT 1 FROM outbox WHERE id = $1::uuid", {id}).empty())
    return sql::refusal{ec::not_found, "delivery " + id};
  return sql::refusal{ec::wrong_state, "delivery " + id + " waits no more: it is done, parked or dropped"};
}

outcome writer::decide(const outbox_order& x) {
  outbox_changed out;
  for (const auto& id : x.ids) {
    decide_on(x, id);
    ++out.count;
  }
  if (x.what != outbox_action::retry || !x.ids.empty())
    return out;
  auto left = rows_of(db().run("SELECT count(*) FROM outbox o WHERE o.state = 'parked' AND " PARLEY_OVERTAKEN));
  left.next();
  out.left = left.get<uint32_t>(0);
  out.count = static_cast<uint32_t>(
    db()
      .run(
        "UPDATE outbox AS o SET state = 'waiting', tries = 0, due_at = $1::timestamptz, updated_at = $1::timestamptz "
        "WHERE o.state = 'parked' AND NOT " PARLEY_OVERTAKEN,
        {instant_text(x.at)})
      .affected_rows());
  return out;
}

void writer::decide_on(const outbox_order& x, const uuid& id) {
  const auto name = "delivery " + to_string(id);
  auto row
    = rows_of(db().run("SELECT o.state, " PARLEY_OVERTAKEN " FROM outbox o WHERE o.id = $1::uuid", {to_string(id)}));
  if (!row.next())
    throw sql::refusal{ec::not_found, name};
  const auto state = row.get<std::string>(0);
  const bool overtaken = row.integer(1) != 0;
  if (state == "done")
    throw sql::refusal{ec::wrong_state, name + " is done already"};
  const auto at = instant_text(x.at);
  if (x.what == outbox_action::drop) {
    if (state == "dropped")
      throw sql::refusal{ec::wrong_state, name + " is dropped already"};
    db().run("UPDATE outbox SET state = 'dropped', dropped_by = $2, dropped_at = $3::timestamptz, drop_reason = $4, "
             "updated_at = $3::timestamptz WHERE id = $1::uuid",
             {to_string(id), text_of(x.by), at, text_of(x.reason)});
    return;
  }
  if (overtaken && state != "waiting")
    throw sql::refusal{ec::wrong_state, name
                                          + " is overtaken: a later change of the same object is done, and this one "
                                            "would undo it; drop it"};
  db().run("UPDATE outbox SET state = 'waiting', tries = 0, due_at = $2::timestamptz, updated_at = $2::timestamptz, "
           "dropped_by = '', dropped_at = NULL, drop_reason = '' WHERE id = $1::uuid",
           {to_string(id), at});
}

#undef PARLEY_OVERTAKEN

outcome writer::enrol_more(const parley::enrol& x) {
  session_connection questions{db()};
  const auto filter = sql::target_filter_of(questions, x.campaign);
  // With filters everybody who matches and isn't past "listed" yet, else the
  // listed ones.
  sql::statement ask{"WITH chosen AS MATERIALIZED ("};
  if (filter.takes_list())
    ask.add("SELECT prospect_id AS id FROM enrolments WHERE campaign_id = ? AND shard = ? AND state = 'listed' "
            "ORDER BY prospect_id",
            x.campaign, x.shard);
  else
    ask.add("SELECT p.id FROM prospects p WHERE NOT EXISTS (SELECT 1 FROM enrolments e WHERE e.campaign_id = ? "
            "AND e.prospect_id = p.id AND e.state <> 'listed') AND p.shard = ?",
            x.campaign, x.shard);
  filter.restrict(ask);
  if (!filter.takes_list())
    ask.add(" ORDER BY p.id");
  ask.add(" LIMIT ?), enrolled AS (INSERT INTO enrolments (campaign_id, prospect_id, state, next_due, updated_at, "
          "shard) SELECT ?, id, 'waiting', ?, ?, ? FROM chosen ON CONFLICT (campaign_id, prospect_id) DO UPDATE SET "
          "state = excluded.state, next_due = excluded.next_due, updated_at = excluded.updated_at), ",
          x.limit, x.campaign, x.due_at, x.due_at, x.shard);
  ask.add("asleep AS (INSERT INTO due (campaign_id, prospect_id, shard, at) SELECT ?, id, ?, ? FROM chosen "
          "ON CONFLICT (campaign_id, prospect_id) DO UPDATE SET at = excluded.at) SELECT count(*) FROM chosen",
          x.campaign, x.shard, x.due_at);
  auto row = ask.run(questions);
  row.next();
  return enrolled{row.get<uint32_t>(0)};
}

} // namespace parley::postgres
