#include "adapters/postgres/writer.hpp"
#include "adapters/sql/people.hpp"
#include "adapters/sql/row_io.hpp"

#include <algorithm>

namespace parley::postgres {

namespace {

std::string folded(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// Everybody whom a slice of an import may mean: read in one go, and followed
/// while its rows change them or bring new people.
class acquaintances {
public:
  void meet(const prospect_row& x) {
    auto& known = by_id_[x.id];
    if (!known)
      known = std::make_unique<prospect_row>();
    *known = x;
    if (!x.crm_id.empty())
      by_crm_id_[{x.crm_id, x.source}] = known.get();
    by_contact_.emplace(std::pair{x.phone, folded(x.email)}, known.get());
  }

  // First by (source, crm_id), else by phone and e-mail; then a row without
  // crm_id also meets a person whom a CRM made known, and one with crm_id a
  // person whom none has named yet.
  const prospect_row* find(const prospect_row& x) const {
    if (!x.crm_id.empty())
      if (const auto at = by_crm_id_.find({x.crm_id, x.source});
          at != by_crm_id_.end() && at->second->crm_id == x.crm_id && at->second->source == x.source)
        return at->second;
    if (x.phone.empty() && x.email.empty())
      return nullptr;
    const prospect_row* out = nullptr;
    const auto email = folded(x.email);
    const auto [from, to] = by_contact_.equal_range({x.phone, email});
    for (auto at = from; at != to; ++at) {
      const auto& known = *at->second;
      if (known.phone == x.phone && folded(known.email) == email && (x.crm_id.empty() || known.crm_id.empty())
          && (!out || known.crm_id < out->crm_id))
        out = &known;
    }
    return out;
  }

private:
  std::map<uuid, std::unique_ptr<prospect_row>> by_id_;
  std::map<std::pair<std::string, std::string>, const prospect_row*> by_crm_id_;
  std::multimap<std::pair<std::string, std::string>, const prospect_row*> by_contact_;
};

acquaintances find_people(session& db, const sealer& seal, std::span<const prospect_row> rows) {
  static const auto columns = tables::column_list<prospect_row>("p.");
  static const auto by_crm_id = "SELECT DISTINCT " + columns
                                + " FROM unnest($1::text[], $2::text[]) AS w (crm_id, source) JOIN prospects p "
                                  "ON p.crm_id = w.crm_id AND p.crm_id <> '' AND p.source = w.source";
  static const auto by_contact = "SELECT DISTINCT " + columns
                                 + " FROM unnest($1::text[], $2::text[]) AS w (phone, email) JOIN prospects p "
                                   "ON p.phone = w.phone AND p.email = w.email COLLATE nocase";
  array crm_ids, sources, phones, emails;
  for (const auto& x : rows) {
    if (!x.crm_id.empty()) {
      crm_ids.add(x.crm_id);
      sources.add(x.source);
    }
    if (!x.phone.empty() || !x.email.empty()) {
      phones.add(x.phone);
      emails.add(x.email);
    }
  }
  acquaintances out;
  const auto meet = [&](const std::string& sql, array& a, array& b) {
    auto row = rows_of(db.run(sql.c_str(), {a.done(), b.done()}));
    while (row.next())
      out.meet(sql::read<prospect_row>(row, seal));
  };
  meet(by_crm_id, crm_ids, sources);
  meet(by_contact, phones, emails);
  return out;
}

} // namespace

void writer::import(const import_prospects& x, size_t from, size_t count, prospects_imported& tally) {
  const auto rows = std::span{x.prospects}.subspan(std::min(from, x.prospects.size()));
  const auto slice = rows.first(std::min(count, rows.size()));
  tally = transaction([&] {
    auto sum = tally;
    if (x.campaign && db().run("SELECT 1 FROM campaigns WHERE id = $1::uuid", {to_string(*x.campaign)}).empty())
      throw sql::refusal{ec::not_found, "campaign " + to_string(*x.campaign)};
    for (size_t i = 0; i < slice.size(); ++i)
      if (!sql::can_be_known(slice[i]))
        throw sql::refusal{ec::invalid_input,
                           "row " + std::to_string(from + i + 1)
                             + " of the import has no id, or no crm_id, phone or email to know it by"};
    auto people = find_people(db(), seal_, slice);
    std::map<uuid, prospect_row> changed; // as they are in the end
    array ids, instants, shards;
    for (const auto& told : slice) {
      auto now_known = told;
      if (const auto* known = people.find(told)) {
        now_known = sql::merged(*known, told, x);
        if (sql::differ(*known, now_known)) {
          now_known.updated_at = told.updated_at;
          ++sum.updated;
        } else {
          now_known = *known;
          ++sum.unchanged;
        }
      } else {
        ++sum.added;
      }
      ids.add(now_known.id);
      instants.add(told.updated_at);
      shards.add(home(now_known.id));
      people.meet(now_known);
      changed[now_known.id] = std::move(now_known);
    }
    auto writes = batch();
    for (const auto& [id, person] : changed)
      writes.add(person);
    writes.write(db());
    if (x.campaign)
      sum.listed += static_cast<uint32_t>(
        db()
          .run(
            "INSERT INTO enrolments (campaign_id, prospect_id, state, updated_at, shard) SELECT $1::uuid, w.id, "
            "'listed', w.at, w.shard FROM unnest($2::uuid[], $3::timestamptz[], $4::smallint[]) AS w (id, at, shard) "
            "ON CONFLICT (campaign_id, prospect_id) DO NOTHING",
            {to_string(*x.campaign), ids.done(), instants.done(), shards.done()})
          .affected_rows());
    return sum;
  });
}

uint64_t writer::import(const import_national_list& x, size_t from, size_t count) {
  return transaction([&] {
    const auto date = instant_text(x.date.value_or(x.at));
    const auto at = instant_text(x.at);
    const auto name = text_of(x.list);
    const auto version = text_of(x.version);
    if (x.first && from == 0) {
      db().run("UPDATE dnc_lists SET status = 'retired' WHERE status = 'incoming' AND name = $1", {name});
      db().run("INSERT INTO dnc_lists (name, version, date, imported_at, status) VALUES ($1, $2, $3::timestamptz, "
               "$4::timestamptz, 'incoming')",
               {name, version, date, at});
    }
    auto found = rows_of(
      db().run("SELECT id FROM dnc_lists WHERE status = 'incoming' AND name = $1 AND version = $2", {name, version}));
    const auto end = std::min(x.numbers.size(), from + count);
    const bool completes = x.last && end == x.numbers.size();
    if (!found.next()) {
      // The answer to the last commit may have been lost: then this is a slice
      // done again, and the list is in force since this very message.
      if (completes) {
        auto done = rows_of(db().run("SELECT numbers FROM dnc_lists WHERE status = 'active' AND name = $1 AND "
                                     "version = $2 AND imported_at = $3::timestamptz",
                                     {name, version, at}));
        if (done.next())
          return done.get<uint64_t>(0);
      }
      throw sql::refusal{ec::wrong_state, "no import of version " + x.version + " of the " + x.list
                                            + " list is under way; start with its first part"};
    }
    const auto list = std::to_string(found.integer(0));
    array numbers;
    for (size_t i = from; i < end; ++i)
      numbers.add(x.numbers[i]);
    auto total = rows_of(db().run("WITH added AS (INSERT INTO dnc_numbers (list, number) SELECT $1::bigint, n FROM "
                                  "unnest($2::bigint[]) n ON CONFLICT DO NOTHING RETURNING 1) UPDATE dnc_lists SET "
                                  "numbers = numbers + (SELECT count(*) FROM added) WHERE id = $1::bigint "
                                  "RETURNING numbers",
                                  {list, numbers.done()}));
    total.next();
    if (completes) {
      db().run("UPDATE dnc_lists SET status = 'retired' WHERE status = 'active' AND name = $1", {name});
      db().run("UPDATE dnc_lists SET status = 'active', imported_at = $2::timestamptz WHERE id = $1::bigint",
               {list, at});
    }
    return total.get<uint64_t>(0);
  });
}

bool writer::clear_retired_numbers(size_t count) {
  return transaction([&] {
    auto found = rows_of(db().run("SELECT id FROM dnc_lists WHERE status = 'retired' LIMIT 1"));
    if (!found.next())
      return false;
    const auto list = std::to_string(found.integer(0));
    const auto cleared = db().run(
      "DELETE FROM dnc_numbers WHERE list = $1::bigint AND number <= (SELECT max(number) FROM (SELECT number "
      "FROM dnc_numbers WHERE list = $1::bigint ORDER BY number LIMIT $2::bigint) AS first)",
      {list, std::to_string(count)});
    if (cleared.affected_rows() == 0)
      db().run("UPDATE dnc_lists SET status = 'cleared' WHERE id = $1::bigint", {list});
    return true;
  });
}

} // namespace parley::postgres
