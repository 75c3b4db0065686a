#include "adapters/sql/targets.hpp"

#include "adapters/sql/reader.hpp"
#include "adapters/sql/row_io.hpp"
#include "runtime/json.hpp"
#include "runtime/messages/campaigns.hpp"

#include <algorithm>

namespace parley::sql {

target_filter target_filter_of(connection& db, const campaign_id& campaign) {
  json filters;
  {
    auto row = db.query("SELECT target_filters FROM campaigns WHERE id = ?", campaign);
    if (!row.next())
      throw refusal{ec::not_found, "campaign " + to_string(campaign)};
    filters = json::parse(row.text(0), nullptr, false);
  }
  if (filters.is_null())
    filters = json::object();
  if (!filters.is_object())
    throw refusal{ec::invalid_input, "target_filters must be a JSON object of columns and their values"};
  constexpr auto& columns = tables::target_filters;
  target_filter out;
  for (const auto& [column, wanted] : filters.items()) {
    if (std::find(columns.begin(), columns.end(), column) == columns.end())
      throw refusal{ec::invalid_input,
                    "target_filters: \"" + column + "\" is none of source, company, role, timezone, state, crm_id"};
    auto& [name, values] = out.columns.emplace_back(column, std::vector<std::string>{});
    for (const auto& value : wanted.is_array() ? wanted : json::array({wanted})) {
      if (!value.is_string())
        throw refusal{ec::invalid_input, "target_filters: " + column + " must be a text or a list of texts"};
      values.push_back(value);
    }
  }
  return out;
}

void target_filter::restrict(statement& ask) const {
  for (const auto& [column, values] : columns)
    if (values.empty()) // an empty list takes nobody
      ask.add(" AND 1 = 0");
    else
      ask.add(" AND p." + column + " COLLATE NOCASE IN ").among(values);
}

/// An enrolment's `reason` is its code, a colon and the sentence.
template <class Codes>
static std::string has_code_of(const Codes& codes) {
  std::string out;
  for (const auto code : codes)
    out += (out.empty() ? "(e.reason LIKE '" : " OR e.reason LIKE '") + std::string{code} + ":%'";
  return out + ")";
}

/// Of enrolments `e` and their people `b`: blocked for a cause that may be gone.
static void is_reopenable(statement& ask, const wall_time& before) {
  ask.add("e.state = 'blocked' AND ((e.updated_at < ? AND " + has_code_of(blocks_of_the_node), before);
  ask.add(") OR (b.updated_at > e.updated_at AND NOT " + has_code_of(blocks_for_good) + "))");
}

reopenable reader::load(const find_reopenable& x) {
  const uuid after = x.after.value_or(prospect_id{});
  statement ask{"SELECT e.prospect_id FROM enrolments e JOIN prospects b ON b.id = e.prospect_id WHERE "};
  ask.add("e.campaign_id = ? AND e.shard = ? AND e.prospect_id > ? AND ", x.campaign, x.shard, after);
  is_reopenable(ask, x.before);
  ask.add(" ORDER BY e.prospect_id LIMIT ?", x.limit);
  reopenable out;
  auto row = ask.run(*db_);
  while (row.next())
    out.prospects.push_back(row.get<prospect_id>(0));
  return out;
}

/// As `enrol` takes them: the list or, with filters, whoever matches and is
/// not enrolled yet; besides those who are enrolled and not through, or whose
/// case is opened again.
static void whom(const target_filter& filter, const campaign_id& campaign, statement& ask) {
  ask.add("(p.id IN (SELECT e.prospect_id FROM enrolments e JOIN prospects b ON b.id = e.prospect_id "
          "WHERE e.campaign_id = ? AND ",
          campaign);
  static constexpr auto whenever = wall_time::max();
  is_reopenable(ask, whenever);
  ask.add(") OR p.id IN (SELECT prospect_id FROM enrolments WHERE campaign_id = ? AND state IN ", campaign);
  if (filter.takes_list()) {
    ask.add("('listed', 'waiting', 'awake')))");
    return;
  }
  ask.add("('waiting', 'awake')) OR (NOT EXISTS (SELECT 1 FROM enrolments e WHERE e.campaign_id = ? "
          "AND e.prospect_id = p.id AND e.state <> 'listed')",
          campaign);
  filter.restrict(ask);
  ask.add("))");
}

prospect_page reader::load(const load_targets& x) {
  const auto filter = target_filter_of(*db_, x.campaign);
  prospect_page out;
  {
    statement count{"SELECT count(*) FROM prospects p WHERE "};
    whom(filter, x.campaign, count);
    if (auto total = count.run(*db_); total.next())
      out.total = total.get<uint64_t>(0);
  }
  const uuid after = x.after.value_or(prospect_id{});
  const auto one_more = x.limit + uint64_t{1};
  statement ask{"SELECT " + tables::column_list<prospect_row>() + " FROM prospects p WHERE "};
  whom(filter, x.campaign, ask);
  ask.add(" AND p.id > ?", after).add(" ORDER BY p.id LIMIT ?", one_more);
  auto row = ask.run(*db_);
  while (row.next()) {
    if (out.rows.size() == x.limit) {
      out.more = true;
      break;
    }
    out.rows.push_back(read<prospect_row>(row, seal_));
  }
  return out;
}

} // namespace parley::sql
