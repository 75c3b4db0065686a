#include "adapters/sqlite/row_io.hpp"
#include "adapters/sqlite/targets.hpp"
#include "adapters/sqlite/writer.hpp"

#include <algorithm>

namespace parley::sqlite {

/// Fields in which two rows of one person may differ.
static auto told_fields(auto& x) {
  return std::tie(x.name, x.email, x.phone, x.extension, x.company, x.role, x.timezone, x.state, x.postal_code,
                  x.notes);
}

/// All of consent, which counts as one: a row that leaves it out takes it
/// back, so that nobody is called on a consent that the list no longer shows.
static auto consent_fields(auto& x) {
  return std::tie(x.consent_type, x.consent_at, x.consent_source, x.consent_text, x.consent_seller);
}

/// What we know after hearing `told` of a person that we know as `known`: an
/// empty field says nothing, except of consent where the source tells of it.
static prospect_row merged(const prospect_row& known, const prospect_row& told, bool consent_told) {
  auto out = known;
  if (!told.crm_id.empty()) {
    out.source = told.source;
    out.crm_id = told.crm_id;
  }
  auto into = told_fields(out);
  const auto from = told_fields(told);
  [&]<size_t... Is>(std::index_sequence<Is...>) {
    (void(std::get<Is>(from).empty() ? std::get<Is>(into) : std::get<Is>(into) = std::get<Is>(from)), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<decltype(into)>>{});
  if (consent_told)
    consent_fields(out) = consent_fields(told);
  if (told.attributes != "{}" && !told.attributes.empty())
    out.attributes = told.attributes;
  return out;
}

static bool differ(const prospect_row& a, const prospect_row& b) {
  return a.source != b.source || a.crm_id != b.crm_id || a.attributes != b.attributes
         || told_fields(a) != told_fields(b) || consent_fields(a) != consent_fields(b);
}

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
    auto found = db_->query(by_crm_id.c_str(), x.crm_id, x.source);
    if (found.next())
      return read<prospect_row>(found, seal_);
  }
  if (x.phone.empty() && x.email.empty())
    return std::nullopt;
  auto found = db_->query(by_contact.c_str(), x.phone, x.email, x.crm_id);
  return found.next() ? std::optional{read<prospect_row>(found, seal_)} : std::nullopt;
}

void writer::import_one(const prospect_row& x, const import_prospects& from, prospects_imported& tally) {
  auto id = x.id;
  if (const auto known = find_same_person(x)) {
    id = known->id;
    auto now_known = merged(*known, x, from.consent_told);
    if (differ(*known, now_known)) {
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
      if (!prospect.id || (prospect.crm_id.empty() && prospect.phone.empty() && prospect.email.empty()))
        throw refusal{ec::invalid_input, "row " + std::to_string(i + 1)
                                           + " of the import has no id, or no crm_id, phone or email to know it by"};
      import_one(prospect, x, sum);
    }
    return sum;
  });
}

std::vector<prospect_id> writer::find_to_enrol(const parley::enrol& x) {
  const auto filter = target_filter_of(*db_, x.campaign);
  // With filters everybody who matches and isn't past "listed" yet, else the
  // listed ones.
  auto found = filter.takes_list()
                 ? db_->query_once("SELECT prospect_id FROM enrolments WHERE campaign_id = ? AND shard = ? "
                                   "AND state = 'listed' ORDER BY prospect_id LIMIT ?")
                 : db_->query_once("SELECT p.id FROM prospects p WHERE NOT EXISTS (SELECT 1 FROM enrolments e WHERE "
                                   "e.campaign_id = ? AND e.prospect_id = p.id AND e.state <> 'listed') AND p.shard = ?"
                                   + filter.conditions + " ORDER BY p.id LIMIT ?");
  int at = 0;
  found.bind(++at, x.campaign);
  found.bind(++at, x.shard);
  for (const auto& value : filter.values)
    found.bind(++at, value);
  found.bind(++at, x.limit);
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
