#include "adapters/sql/people.hpp"
#include "adapters/sql/row_io.hpp"
#include "adapters/sql/targets.hpp"
#include "adapters/sqlite/writer.hpp"

#include <algorithm>

namespace parley::sqlite {

// First by (source, crm_id), else by phone and e-mail; then a row without
// crm_id also meets a person whom a CRM made known, and one with crm_id a
// person whom none has named yet.
std::optional<prospect_row> writer::find_same_person(const prospect_row& x) {
  static const auto select = "SELECT " + tables::column_list<prospect_row>() + " FROM prospects WHERE ";
  static const auto by_crm_id = select + "crm_id = ? AND crm_id <> '' AND source = ? LIMIT 1";
  static const auto by_contact = select
                                 + "phone = ? AND email = ? COLLATE NOCASE AND (?3 = '' OR crm_id = '') "
                                   "ORDER BY crm_id LIMIT 1";
  if (!x.crm_id.empty()) {
    auto found = shared_.query(by_crm_id.c_str(), x.crm_id, x.source);
    if (found.next())
      return sql::read<prospect_row>(found, seal_);
  }
  if (x.phone.empty() && x.email.empty())
    return std::nullopt;
  auto found = shared_.query(by_contact.c_str(), x.phone, x.email, x.crm_id);
  return found.next() ? std::optional{sql::read<prospect_row>(found, seal_)} : std::nullopt;
}

void writer::import_one(const prospect_row& x, const import_prospects& from, prospects_imported& tally) {
  auto id = x.id;
  if (const auto known = find_same_person(x)) {
    id = known->id;
    auto now_known = sql::merged(*known, x, from);
    if (sql::differ(*known, now_known)) {
      now_known.updated_at = x.updated_at;
      write_row(now_known);
      ++tally.updated;
    } else {
      ++tally.unchanged;
    }
  } else {
    write_row(x);
    ++tally.added;
  }
  if (!from.campaign)
    return;
  tally.listed += static_cast<uint32_t>(
    db_->run("INSERT INTO enrolments (campaign_id, prospect_id, state, updated_at, shard) VALUES (?, ?, ?, ?, ?) "
             "ON CONFLICT (campaign_id, prospect_id) DO NOTHING",
             *from.campaign, id, enrolment_state::listed, x.updated_at, home(id)));
}

void writer::import(const import_prospects& x, size_t from, size_t count, prospects_imported& tally) {
  const auto end = std::min(x.prospects.size(), from + count);
  tally = atomically([&] {
    auto sum = tally;
    if (x.campaign && !db_->query("SELECT 1 FROM campaigns WHERE id = ?", *x.campaign).next())
      throw refusal{ec::not_found, "campaign " + to_string(*x.campaign)};
    for (size_t i = from; i < end; ++i) {
      const auto& prospect = x.prospects[i];
      if (!sql::can_be_known(prospect))
        throw refusal{ec::invalid_input, "row " + std::to_string(i + 1)
                                           + " of the import has no id, or no crm_id, phone or email to know it by"};
      import_one(prospect, x, sum);
    }
    return sum;
  });
}

std::vector<prospect_id> writer::find_to_enrol(const parley::enrol& x) {
  const auto filter = sql::target_filter_of(shared_, x.campaign);
  // With filters everybody who matches and isn't past "listed" yet, else the
  // listed ones.
  sql::statement ask{filter.takes_list()
                       ? "SELECT prospect_id FROM enrolments WHERE campaign_id = ? AND shard = ? AND state = 'listed'"
                       : "SELECT p.id FROM prospects p WHERE NOT EXISTS (SELECT 1 FROM enrolments e WHERE "
                         "e.campaign_id = ? AND e.prospect_id = p.id AND e.state <> 'listed') AND p.shard = ?"};
  ask.add("", x.campaign, x.shard);
  filter.restrict(ask);
  ask.add(filter.takes_list() ? " ORDER BY prospect_id LIMIT ?" : " ORDER BY p.id LIMIT ?", x.limit);
  auto found = ask.run(shared_);
  std::vector<prospect_id> out;
  while (found.next())
    out.push_back(found.get<prospect_id>(0));
  return out;
}

enrolled writer::enrol(const parley::enrol& x) {
  return atomically([&] {
    const auto chosen = find_to_enrol(x);
    for (const auto& prospect : chosen) {
      db_->run("INSERT INTO enrolments (campaign_id, prospect_id, state, next_due, updated_at, shard) "
               "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (campaign_id, prospect_id) DO UPDATE SET state = excluded.state, "
               "next_due = excluded.next_due, updated_at = excluded.updated_at",
               x.campaign, prospect, enrolment_state::waiting, x.due_at, x.due_at, x.shard);
      write_row(due_row{x.campaign, prospect, x.due_at});
    }
    return enrolled{static_cast<uint32_t>(chosen.size())};
  });
}

void writer::start_list(const import_national_list& x) {
  db_->run("UPDATE dnc_lists SET status = 'retired' WHERE status = 'incoming' AND name = ?", x.list);
  db_->run("INSERT INTO dnc_lists (name, version, date, imported_at, status) VALUES (?, ?, ?, ?, 'incoming')", x.list,
           x.version, x.date.value_or(x.at), x.at);
}

uint64_t writer::import(const import_national_list& x, size_t from, size_t count) {
  return atomically([&] {
    if (x.first && from == 0)
      start_list(x);
    int64_t list = 0;
    {
      auto row = db_->query("SELECT id FROM dnc_lists WHERE status = 'incoming' AND name = ? AND version = ?", x.list,
                            x.version);
      if (!row.next())
        throw refusal{ec::wrong_state, "no import of version " + x.version + " of the " + x.list
                                         + " list is under way; start with its first part"};
      list = row.integer(0);
    }
    const auto end = std::min(x.numbers.size(), from + count);
    int64_t added = 0;
    for (size_t i = from; i < end; ++i)
      added += db_->run("INSERT INTO dnc_numbers VALUES (?, ?) ON CONFLICT DO NOTHING", list, x.numbers[i]);
    db_->run("UPDATE dnc_lists SET numbers = numbers + ? WHERE id = ?", added, list);
    if (x.last && end == x.numbers.size()) {
      db_->run("UPDATE dnc_lists SET status = 'retired' WHERE status = 'active' AND name = ?", x.list);
      db_->run("UPDATE dnc_lists SET status = 'active', imported_at = ? WHERE id = ?", x.at, list);
    }
    auto row = db_->query("SELECT numbers FROM dnc_lists WHERE id = ?", list);
    row.next();
    return static_cast<uint64_t>(row.integer(0));
  });
}

bool writer::has_retired_numbers() {
  return db_->query("SELECT 1 FROM dnc_lists WHERE status = 'retired' LIMIT 1").next();
}

bool writer::clear_retired_numbers(size_t count) {
  int64_t list = 0;
  {
    auto row = db_->query("SELECT id FROM dnc_lists WHERE status = 'retired' LIMIT 1");
    if (!row.next())
      return false;
    list = row.integer(0);
  }
  const auto cleared = db_->run("DELETE FROM dnc_numbers WHERE list = ?1 AND number <= (SELECT max(number) FROM "
                                "(SELECT number FROM dnc_numbers WHERE list = ?1 ORDER BY number LIMIT ?2))",
                                list, count);
  if (cleared == 0)
    db_->run("UPDATE dnc_lists SET status = 'cleared' WHERE id = ?", list);
  return true;
}

} // namespace parley::sqlite
