#include "adapters/sqlite/targets.hpp"

#include "adapters/sqlite/reader.hpp"
#include "adapters/sqlite/row_io.hpp"
#include "adapters/sqlite/writer.hpp"
#include "runtime/json.hpp"

#include <algorithm>

namespace parley::sqlite {

target_filter target_filter_of(database& db, const campaign_id& campaign) {
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
    std::string places;
    for (const auto& value : wanted.is_array() ? wanted : json::array({wanted})) {
      if (!value.is_string())
        throw refusal{ec::invalid_input, "target_filters: " + column + " must be a text or a list of texts"};
      out.values.push_back(value);
      places += places.empty() ? "?" : ", ?";
    }
    out.conditions += " AND p." + column + " COLLATE NOCASE IN (" + places + ")";
  }
  return out;
}

prospect_page reader::load(const load_targets& x) {
  const auto filter = target_filter_of(*db_, x.campaign);
  // As `enrol` takes them: the list or, with filters, whoever matches and is
  // not enrolled yet; besides those who are enrolled and not through.
  const std::string enrolled = "(p.id IN (SELECT prospect_id FROM enrolments WHERE campaign_id = ? AND state IN ";
  const auto who = filter.takes_list()
                     ? enrolled + "('listed', 'waiting', 'awake')))"
                     : enrolled
                         + "('waiting', 'awake')) OR (NOT EXISTS (SELECT 1 FROM enrolments e WHERE e.campaign_id = ? "
                           "AND e.prospect_id = p.id AND e.state <> 'listed')"
                         + filter.conditions + "))";
  const auto bind_who = [&](rows& row) {
    int at = 0;
    row.bind(++at, x.campaign);
    if (!filter.takes_list())
      row.bind(++at, x.campaign);
    for (const auto& value : filter.values)
      row.bind(++at, value);
    return at;
  };
  prospect_page out;
  {
    auto total = db_->query_once("SELECT count(*) FROM prospects p WHERE " + who);
    bind_who(total);
    if (total.next())
      out.total = total.get<uint64_t>(0);
  }
  auto row = db_->query_once("SELECT " + tables::column_list<prospect_row>() + " FROM prospects p WHERE " + who
                             + " AND p.id > ? ORDER BY p.id LIMIT ?");
  const int at = bind_who(row);
  row.bind(at + 1, x.after ? uuid{*x.after} : uuid{});
  row.bind(at + 2, x.limit + 1);
  while (row.next()) {
    if (out.rows.size() == x.limit) {
      out.more = true;
      break;
    }
    out.rows.push_back(read<prospect_row>(row, seal_));
  }
  return out;
}

} // namespace parley::sqlite
