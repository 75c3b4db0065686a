// Walks through `agent_context`, and people by what they are like.
#include "adapters/sql/reader.hpp"
#include "adapters/sql/row_io.hpp"

#include <algorithm>

namespace parley::sql {

static constexpr uuid last_id{~uint64_t{0}, ~uint64_t{0}};

// Rows of other embedders lie on both sides of this one's in the index, so a
// page is read from up to two ranges and never touches what is done already.
context_page reader::load(const find_stale_context& x) {
  static const auto select = "SELECT " + tables::column_list<context_row>() + " FROM agent_context WHERE ";
  static const std::string rest = " ?1 AND (embedder, created_at, id) > (?2, ?3, ?4) "
                                  "ORDER BY embedder, created_at, id LIMIT ?5";
  static const auto before = select + "embedder <" + rest;
  static const auto behind = select + "embedder >" + rest;
  // Leaves the index to the cursor, which is behind the embedder.
  static const auto behind_cursor = select + "+embedder >" + rest;
  context_page out;
  auto at = x.after.value_or(context_cursor{{}, wall_time::min(), {}}); // below every row there is
  uint32_t left = x.limit;
  const auto* second = db_->words().unindexed.empty() ? &behind : &behind_cursor;
  for (const auto* sql : {&before, second}) {
    if (left == 0)
      break;
    if (sql == second && at.embedder <= x.embedder)
      at = {x.embedder, wall_time::max(), last_id};
    auto row = db_->query(sql->c_str(), x.embedder, at.embedder, at.created_at, at.id, left);
    while (row.next()) {
      --left;
      auto found = read<context_row>(row, seal_);
      at = {found.embedder, found.created_at, found.id};
      if (found.content != erased_json)
        out.rows.push_back(std::move(found));
    }
  }
  if (left == 0)
    out.last = at;
  return out;
}

context_page reader::load(const load_vectors& x) {
  static const std::string sql = "SELECT id, prospect_id, embedding, created_at FROM agent_context WHERE embedder = ?1 "
                                 "AND (created_at, id) < (?2, ?3) ORDER BY created_at DESC, id DESC LIMIT ?4";
  context_page out;
  const auto from = x.after.value_or(context_cursor{{}, wall_time::max(), last_id}); // above every row there is
  uint32_t left = x.limit;
  auto row = db_->query(sql.c_str(), x.embedder, from.created_at, from.id, x.limit);
  while (row.next()) {
    --left;
    context_row found;
    found.id = row.get<uuid>(0);
    found.prospect = row.get<prospect_id>(1);
    found.embedding = opened(row, 2, {"agent_context.embedding", found.id, 0});
    found.created_at = row.get<wall_time>(3);
    found.embedder = x.embedder;
    out.last = context_cursor{x.embedder, found.created_at, found.id};
    const bool erased
      = row.type(2) == column_type::floats ? !seal_.keys().find(found.prospect) : found.embedding == erased_json;
    if (!erased)
      out.rows.push_back(std::move(found));
  }
  if (left > 0)
    out.last.reset();
  return out;
}

/// Adds " AND a IN (…) AND …" over known columns.
static void restrict_to(const search_prospects& x, statement& ask) {
  for (const auto& [column, values] : x.filter) {
    const auto& known = tables::search_columns;
    if (std::find(known.begin(), known.end(), column) == known.end())
      throw refusal{ec::invalid_input, "\"" + column + "\" is no column that people can be searched by"};
    if (values.empty())
      throw refusal{ec::invalid_input, "the filter on " + column + " has no value; leave it out to take everybody"};
    // An address is the same person's however it is written.
    ask.add(" AND " + column + (column == "email" ? " COLLATE NOCASE" : "") + " IN ").among(values);
    // Its index knows only people with one.
    if (column == "crm_id" && std::find(values.begin(), values.end(), "") == values.end())
      ask.add(" AND crm_id <> ''");
  }
}

prospect_page reader::load(const search_prospects& x) {
  prospect_page out;
  {
    statement count{"SELECT count(*) FROM prospects WHERE 1 = 1"};
    restrict_to(x, count);
    if (auto row = count.run(*db_); row.next())
      out.total = row.get<uint64_t>(0);
  }
  // One person is found by their own index, not along all ids.
  const bool by_index = x.filter.contains("crm_id") || x.filter.contains("email") || x.filter.contains("phone");
  const uuid after = x.after.value_or(prospect_id{});
  const auto one_more = x.limit + uint64_t{1};
  statement ask{"SELECT " + tables::column_list<prospect_row>() + " FROM prospects WHERE "};
  ask.add(by_index ? db_->words().unindexed : "").add("id > ?", after);
  restrict_to(x, ask);
  ask.add(" ORDER BY id LIMIT ?", one_more);
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
