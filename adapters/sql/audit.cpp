// For those who check a store or take its events elsewhere: what lies in it,
// sound or not, so that damage is told and not thrown.
#include "adapters/sql/reader.hpp"
#include "adapters/sql/row_io.hpp"
#include "runtime/journal/row_check.hpp"

#include <algorithm>

namespace parley::sql {

namespace {

struct opened_field {
  seal_state seal = seal_state::none;
  std::string text;
};

opened_field try_open(const rows& row, int column, const sealer& seal, const sealed_place& place) {
  if (row.is_null(column) || row.type(column) == column_type::floats) // lies open
    return {};
  try {
    auto text = seal.open(row.bytes(column), place);
    return text ? opened_field{seal_state::open, std::move(*text)} : opened_field{seal_state::erased, {}};
  } catch (const sealing_failed&) {
    return {seal_state::damaged, {}};
  }
}

std::string shown(const uuid& key) {
  return to_string(key);
}

template <class Row>
std::string name_of(const Row& x) {
  const auto fields = tables::table<Row>::fields(x);
  auto out = std::string{tables::table<Row>::name} + " " + shown(std::get<0>(fields));
  if constexpr (tables::table<Row>::keys == 2)
    out += " " + shown(std::get<1>(fields));
  return out;
}

/// "calls 0199…: outcome, status differ".
std::string told(const std::string& name, const std::vector<std::string>& columns) {
  std::string list;
  for (const auto& column : columns)
    list += (list.empty() ? "" : ", ") + column;
  return columns.empty() ? "" : name + ": " + list + (columns.size() == 1 ? " differs" : " differ");
}

/// Looks up what each row is stored as; empty when that is what it should be.
class row_audit {
public:
  row_audit(connection& db, const sealer& seal) : db_{db}, seal_{seal} {}

  template <class Row>
  std::string operator()(const Row& wanted) {
    using t = tables::table<Row>;
    static const auto sql = "SELECT " + tables::column_list<Row>() + " FROM " + std::string{t::name} + " WHERE "
                            + t::columns[0] + " = ?"
                            + (t::keys == 2 ? std::string{" AND "} + t::columns[1] + " = ?" : "");
    const auto fields = t::fields(wanted);
    const uuid& first = std::get<0>(fields);
    auto row = [&] {
      if constexpr (t::keys == 2) {
        const uuid& second = std::get<1>(fields);
        return db_.query(sql.c_str(), first, second);
      } else {
        return db_.query(sql.c_str(), first);
      }
    }();
    if (!row.next())
      return name_of(wanted) + ": the row is missing";
    try {
      return told(name_of(wanted), tables::differing_columns(wanted, read<Row>(row, seal_)));
    } catch (const sealing_failed&) {
      return name_of(wanted) + ": a sealed field does not open";
    } catch (const std::runtime_error&) { // a word of no meaning; what it says would quote the field
      return name_of(wanted) + ": a field holds a value that is not known";
    }
  }

  std::string operator()(const due_row& wanted) {
    const auto name = "due " + to_string(wanted.campaign) + " " + to_string(wanted.prospect);
    std::optional<wall_time> stored;
    {
      auto row
        = db_.query("SELECT at FROM due WHERE campaign_id = ? AND prospect_id = ?", wanted.campaign, wanted.prospect);
      if (row.next())
        stored = row.get<wall_time>(0);
    }
    if (stored == wanted.at)
      return {};
    if (stored)
      return name + (wanted.at ? ": at differs" : ": there is a row, though nothing is due");
    // Blocked beside its stream, see `tables::differing_columns`.
    auto row = db_.query("SELECT state FROM enrolments WHERE campaign_id = ? AND prospect_id = ?", wanted.campaign,
                         wanted.prospect);
    const auto state = row.next() ? parse<enrolment_state>(row.text(0)) : std::nullopt;
    return state && is_final(*state) ? "" : name + ": the row is missing";
  }

  // Deliveries have a life of their own.
  std::string operator()(const outbox_row&) { return {}; }

private:
  connection& db_;
  const sealer& seal_;
};

std::optional<uuid> named(const uuid& id) {
  return id ? std::optional{id} : std::nullopt;
}

} // namespace

audited_event reader::audited(const rows& row, int first, const uuid& stream) const {
  audited_event out;
  out.version = row.get<uint64_t>(first);
  out.type = row.get<std::string>(first + 1);
  out.data = row.get<std::string>(first + 2);
  auto field = try_open(row, first + 3, seal(), {"events.personal", stream, out.version});
  out.seal = field.seal;
  out.personal = std::move(field.text);
  out.at = row.get<wall_time>(first + 4);
  return out;
}

// Later ones may have come since the stream was read.
void reader::audit_events(const uuid& stream, audited_stream& out) {
  auto row = db().query("SELECT version, type, data, personal, at FROM events WHERE stream = ? AND version <= ? "
                        "ORDER BY version",
                        stream, out.version);
  while (row.next())
    out.events.push_back(audited(row, 0, stream));
}

stream_page reader::load(const list_streams& x) {
  stream_page out;
  {
    auto row = db().query("SELECT id FROM streams WHERE id > ? ORDER BY id LIMIT ?", x.after, x.limit + 1);
    while (row.next()) {
      if (out.streams.size() == x.limit) {
        out.more = true;
        break;
      }
      out.streams.push_back(row.get<uuid>(0));
    }
  }
  {
    auto row = db().query("SELECT (SELECT count(*) FROM streams), (SELECT count(*) FROM events)");
    row.next();
    out.total = row.get<uint64_t>(0);
    out.events = row.get<uint64_t>(1);
  }
  if (x.after)
    return out;
  auto row = db().query("SELECT 'calls', id FROM calls WHERE id NOT IN (SELECT id FROM streams) UNION ALL "
                        "SELECT 'campaigns', id FROM campaigns WHERE id NOT IN (SELECT id FROM streams) LIMIT 100");
  while (row.next())
    out.orphans.push_back(row.get<std::string>(0) + " " + to_string(row.get<uuid>(1)));
  return out;
}

audited_stream reader::load(const audit_stream& x) {
  audited_stream out;
  {
    auto row = db().query("SELECT version, kind, shard, state, personal_state FROM streams WHERE id = ?", x.stream);
    if (!row.next())
      return out;
    out.version = row.get<uint64_t>(0);
    out.kind = row.get<std::string>(1);
    out.shard = row.get<uint16_t>(2);
    out.state = row.get<std::string>(3);
    auto field = try_open(row, 4, seal(), {"streams.personal_state", x.stream, out.version});
    out.seal = field.seal;
    out.personal_state = std::move(field.text);
  }
  audit_events(x.stream, out);
  return out;
}

audited_rows reader::load(const audit_rows& x) {
  row_audit audit{db(), seal()};
  audited_rows out;
  for (const auto& row : x.rows)
    if (auto difference = std::visit(audit, row); !difference.empty())
      out.differences.push_back(std::move(difference));
  return out;
}

audited_seals reader::load(const audit_seals& x) {
  struct sealed_table {
    const char* name;
    const char* sql; ///< id, version of the place, then the sealed columns
  };
  static constexpr sealed_table known[] = {
    {"meetings", "SELECT id, 0, papers FROM meetings WHERE id > ? ORDER BY id LIMIT ?"},
    {"agent_context", "SELECT id, 0, content, embedding, metadata FROM agent_context WHERE id > ? ORDER BY id LIMIT ?"},
    {"outbox", "SELECT id, 0, payload FROM outbox WHERE id > ? ORDER BY id LIMIT ?"},
    {"recordings", "SELECT call_id, 0, audio FROM recordings WHERE call_id > ? ORDER BY call_id LIMIT ?"},
    // All events of a call are on one page: its id is the cursor.
    {"inbox", "SELECT call_id, sequence, raw FROM inbox WHERE call_id IN (SELECT DISTINCT call_id FROM inbox "
              "WHERE call_id > ? ORDER BY call_id LIMIT ?) ORDER BY call_id"}};
  const auto* found
    = std::find_if(std::begin(known), std::end(known), [&](const auto& table) { return x.table == table.name; });
  if (found == std::end(known))
    throw refusal{ec::invalid_input, "no sealed fields are kept in a table \"" + x.table + "\""};
  audited_seals out;
  std::optional<uuid> last;
  uint32_t owners = 0;
  auto row = db().query(found->sql, x.after, x.limit);
  while (row.next()) {
    const auto owner = row.get<uuid>(0);
    owners += last != owner ? 1 : 0;
    last = owner;
    for (int i = 2; i < row.columns(); ++i) {
      const auto column = row.column_name(i);
      const auto place = x.table + "." + column;
      const auto read = try_open(row, i, seal(), {place, owner, row.get<uint64_t>(1)}).seal;
      out.checked += read != seal_state::none ? 1 : 0;
      out.erased += read == seal_state::erased ? 1 : 0;
      if (read == seal_state::damaged)
        out.damaged.push_back(x.table + " " + to_string(owner) + ": " + column);
    }
  }
  if (owners == x.limit)
    out.last = last;
  return out;
}

exported_events reader::load(const export_events& x) {
  statement ask{"SELECT e.position, e.stream, s.kind, e.version, e.type, e.data, e.personal, e.at FROM events e "
                "LEFT JOIN streams s ON s.id = e.stream WHERE e.position > "};
  const auto stream = named(x.stream);
  const auto campaign = named(x.campaign);
  const auto prospect = named(x.prospect);
  const auto rows_max = x.limit + 1;
  ask.add("?", x.after);
  if (x.since)
    ask.add(" AND e.at >= ?", *x.since);
  if (x.until)
    ask.add(" AND e.at < ?", *x.until);
  if (stream)
    ask.add(" AND e.stream = ?", *stream);
  if (campaign)
    ask.add(" AND (e.stream = ? OR e.stream IN (SELECT id FROM calls WHERE campaign_id = ?))", *campaign, *campaign);
  if (prospect)
    ask.add(" AND (e.stream = ? OR e.stream IN (SELECT id FROM calls WHERE prospect_id = ?))", *prospect, *prospect);
  ask.add(" ORDER BY e.position LIMIT ?", rows_max);
  exported_events out;
  auto row = ask.run(db());
  while (row.next()) {
    if (out.events.size() == x.limit) {
      out.more = true;
      break;
    }
    exported_event one;
    one.position = row.get<uint64_t>(0);
    one.stream = row.get<uuid>(1);
    if (!row.is_null(2))
      one.kind = row.get<std::string>(2);
    one.event = audited(row, 3, one.stream);
    if (!x.personal)
      one.event.personal.clear();
    out.events.push_back(std::move(one));
  }
  return out;
}

} // namespace parley::sql
