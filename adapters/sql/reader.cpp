#include "adapters/sql/reader.hpp"

#include "adapters/sql/reports.hpp"
#include "adapters/sql/row_io.hpp"
#include "runtime/journal/carrier_event_json.hpp"

#include <charconv>

namespace parley::sql {

/// Empty for NULL, `erased_json` when the key was destroyed.
std::string reader::opened(const rows& row, int column, const sealed_place& place) const {
  row_reader one{row, seal_, column};
  return one.opened(place);
}

loaded_stream reader::load(const load_stream& x) {
  loaded_stream out;
  auto row = db_->query("SELECT version, kind, state, personal_state FROM streams WHERE id = ?", x.stream);
  if (!row.next())
    return out;
  out.version = row.get<uint64_t>(0);
  out.kind = row.get<stream_kind>(1);
  out.state = row.text(2);
  out.personal_state = opened(row, 3, {"streams.personal_state", x.stream, out.version});
  return out;
}

stored_event reader::event_in(const rows& row, const uuid& stream) const {
  stored_event out;
  out.type = row.text(0);
  out.data = row.text(1);
  out.personal = opened(row, 2, {"events.personal", stream, row.get<uint64_t>(4)});
  out.at = row.get<wall_time>(3);
  return out;
}

events_read reader::load(const read_events& x) {
  return {events_of(x.stream)};
}

due_prospects reader::load(const due_query& x) {
  due_prospects out;
  {
    auto row = db_->query("SELECT prospect_id FROM due WHERE campaign_id = ? AND shard = ? AND at <= ? "
                          "ORDER BY at LIMIT ?",
                          x.campaign, x.shard, x.until, x.limit);
    while (row.next())
      out.due.push_back(row.get<prospect_id>(0));
  }
  {
    auto row = db_->query("SELECT min(at) FROM due WHERE campaign_id = ? AND shard = ?", x.campaign, x.shard);
    if (row.next())
      out.next = row.get<std::optional<wall_time>>(0);
  }
  auto row = db_->query("SELECT asleep FROM due_counts WHERE campaign_id = ? AND shard = ?", x.campaign, x.shard);
  if (row.next())
    out.asleep = row.get<uint64_t>(0);
  return out;
}

prospect_row reader::load(const load_prospect& x) {
  static const auto sql = "SELECT " + tables::column_list<prospect_row>() + " FROM prospects WHERE id = ?";
  auto row = db_->query(sql.c_str(), x.prospect);
  if (!row.next())
    throw refusal{ec::not_found,
                  "prospect: there is no " + to_string(x.prospect) + "; \"parley prospect list\" shows all"};
  return read<prospect_row>(row, seal_);
}

enrolment_row reader::load(const load_enrolment& x) {
  static const auto sql
    = "SELECT " + tables::column_list<enrolment_row>() + " FROM enrolments WHERE campaign_id = ? AND prospect_id = ?";
  auto row = db_->query(sql.c_str(), x.campaign, x.prospect);
  if (!row.next())
    throw refusal{ec::not_found, "enrolment of prospect " + to_string(x.prospect)};
  auto out = read<enrolment_row>(row, seal_);
  if (out.strategy.empty()) // not researched yet
    out.strategy = "{}";
  return out;
}

/// The ten digits of a number of the North American plan, which is all that
/// the imported lists have.
static std::optional<int64_t> national_number(std::string_view e164) {
  if (e164.size() != 12 || !e164.starts_with("+1"))
    return std::nullopt;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(e164.data() + 2, e164.data() + 12, number);
  return error == std::errc{} && end == e164.data() + 12 ? std::optional{number} : std::nullopt;
}

list_hits reader::load(const check_lists& x) {
  list_hits out;
  out.internal = db_->query("SELECT 1 FROM suppressions WHERE line = ? AND NOT removed", x.line).next();
  const auto number = national_number(x.number);
  auto list = db_->query("SELECT id, name, version, date FROM dnc_lists WHERE status = 'active' ORDER BY name");
  while (list.next()) {
    list_hit hit{list.get<std::string>(1), list.get<std::string>(2), list.get<wall_time>(3), false};
    hit.listed
      = number
        && db_->query("SELECT 1 FROM dnc_numbers WHERE list = ? AND number = ?", list.integer(0), *number).next();
    out.lists.push_back(std::move(hit));
  }
  return out;
}

inbox_events reader::load(const read_inbox& x) {
  inbox_events out;
  auto row = db_->query("SELECT event FROM inbox WHERE call_id = ? ORDER BY position", x.call);
  while (row.next())
    out.events.push_back(parse_carrier_event(row.text(0)));
  return out;
}

known_sids reader::load(const find_known_sids& x) {
  known_sids out;
  for (const auto& sid : x.sids)
    if (db_->query("SELECT 1 FROM calls WHERE call_sid = ? AND id <> ?", sid, x.except).next())
      out.sids.push_back(sid);
  return out;
}

meeting_rows reader::load(const load_meetings& x) {
  static const auto columns = "SELECT " + tables::column_list<meeting_row>() + " FROM meetings WHERE ";
  static const std::string rest = " = ?1 AND (?2 IS NULL OR (scheduled_at >= ?2 AND status <> 'cancelled')) "
                                  "ORDER BY scheduled_at, id";
  static const auto by_call = columns + "call_id" + rest;
  static const auto by_prospect = columns + "prospect_id" + rest;
  static const auto by_manager = columns + "account_manager_id" + rest;
  static const auto by_id = columns + "id" + rest;
  // The narrowest index there is; what else is named is compared here.
  const auto& [sql, key] = x.meeting    ? std::pair{&by_id, uuid{x.meeting}}
                           : x.call     ? std::pair{&by_call, uuid{x.call}}
                           : x.prospect ? std::pair{&by_prospect, uuid{x.prospect}}
                                        : std::pair{&by_manager, uuid{x.manager}};
  meeting_rows out;
  if (!key)
    return out;
  auto row = db_->query(sql->c_str(), key, x.from);
  while (row.next()) {
    auto found = read<meeting_row>(row, seal_);
    if ((x.call && found.call != x.call) || (x.prospect && found.prospect != x.prospect)
        || (x.manager && found.account_manager != x.manager))
      continue;
    if (found.papers == erased_json)
      found.papers.clear();
    out.rows.push_back(std::move(found));
  }
  return out;
}

open_calls reader::load(const find_open_calls& x) {
  open_calls out;
  auto row = db_->query("SELECT id, campaign_id, prospect_id FROM calls WHERE shard = ? AND ended_at IS NULL "
                        "ORDER BY id",
                        x.shard);
  while (row.next())
    out.calls.push_back({row.get<call_id>(0), row.get<campaign_id>(1), row.get<prospect_id>(2)});
  return out;
}

// A person's next delivery waits behind the one before; what belongs to nobody
// waits for nothing. One more than asked for tells when to come back.
outbox_entries reader::load(const outbox_query& x) {
  outbox_entries out;
  auto row
    = db_->query("SELECT id, prospect_id, kind, payload, created_at, tries, due_at FROM outbox o "
                 "WHERE shard = ?1 AND state = 'waiting' AND due_at <= ?2 AND NOT EXISTS (SELECT 1 FROM outbox e "
                 "WHERE e.prospect_id = o.prospect_id AND e.state = 'waiting' AND e.position < o.position) "
                 "ORDER BY position LIMIT ?3 + 1",
                 x.shard, x.now, x.limit);
  while (row.next()) {
    if (out.entries.size() == x.limit) {
      out.next = row.get<wall_time>(6);
      return out;
    }
    outbox_entry entry;
    entry.row.id = row.get<uuid>(0);
    entry.row.prospect = row.get<prospect_id>(1);
    entry.row.kind = row.text(2);
    entry.row.payload = opened(row, 3, {"outbox.payload", entry.row.id, 0});
    entry.row.created_at = row.get<wall_time>(4);
    entry.tries = row.get<uint32_t>(5);
    out.entries.push_back(std::move(entry));
  }
  auto later = db_->query(
    "SELECT min(due_at) FROM outbox o WHERE shard = ?1 AND state = 'waiting' AND due_at > ?2 AND NOT EXISTS "
    "(SELECT 1 FROM outbox e WHERE e.prospect_id = o.prospect_id AND e.state = 'waiting' AND e.position < o.position)",
    x.shard, x.now);
  if (later.next())
    out.next = later.get<std::optional<wall_time>>(0);
  return out;
}

// What was said to a person who has been erased since is not remembered.
context_rows reader::load(const load_context& x) {
  static const auto select = "SELECT " + tables::column_list<context_row>() + " FROM agent_context WHERE ";
  statement ask{select};
  ask.add("prospect_id = ?", x.prospect);
  if (!x.types.empty())
    ask.add(" AND context_type IN ").among(x.types);
  if (!x.ids.empty())
    ask.add(" AND id IN ").among(x.ids);
  ask.add(" ORDER BY created_at DESC, id DESC LIMIT ?", x.limit);
  context_rows out;
  auto row = ask.run(*db_);
  while (row.next())
    if (auto context = read<context_row>(row, seal_); context.content != erased_json)
      out.rows.push_back(std::move(context));
  return out;
}

recording_row reader::load(const load_recording& x) {
  static const auto sql = "SELECT " + tables::column_list<recording_row>() + " FROM recordings WHERE call_id = ?";
  auto row = db_->query(sql.c_str(), x.call);
  if (!row.next())
    throw refusal{ec::not_found, "recording of call " + to_string(x.call)};
  auto out = read<recording_row>(row, seal_);
  if (out.audio == erased_json)
    out.audio.clear();
  return out;
}

campaign_rows reader::load(const load_campaigns&) {
  static const auto sql = "SELECT " + tables::column_list<campaign_row>() + " FROM campaigns ORDER BY created_at, id";
  campaign_rows out;
  auto row = db_->query(sql.c_str());
  while (row.next())
    out.rows.push_back(read<campaign_row>(row, seal_));
  return out;
}

manager_rows reader::load(const load_managers& x) {
  static const auto select = "SELECT " + tables::column_list<manager_row>() + " FROM account_managers";
  static const auto all = select + " ORDER BY name, id";
  static const auto one = select + " WHERE id = ?";
  manager_rows out;
  if (x.managers.empty()) {
    auto row = db_->query(all.c_str());
    while (row.next())
      out.rows.push_back(read<manager_row>(row, seal_));
  }
  for (const auto& id : x.managers) {
    auto row = db_->query(one.c_str(), id);
    if (row.next())
      out.rows.push_back(read<manager_row>(row, seal_));
  }
  return out;
}

report reader::load(const report_query& x) {
  return {make_report(*db_, seal_, x)};
}

} // namespace parley::sql
