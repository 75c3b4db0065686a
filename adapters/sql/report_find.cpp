#include "adapters/sql/report_parts.hpp"
#include "runtime/clock.hpp"

#include <algorithm>

namespace parley::sql {

using object = nlohmann::ordered_json;

namespace {

/// Shorter beginnings of ids are words.
constexpr size_t digits_min = 6;

/// First and last id that begin with this text; nothing if it begins none.
std::optional<std::pair<uuid, uuid>> ids_from(std::string_view text) {
  std::string first;
  for (const char c : text) {
    if (c == '-')
      continue;
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
      return std::nullopt;
    first += c;
  }
  if (first.size() < digits_min || first.size() > 32)
    return std::nullopt;
  const auto whole = [](std::string digits, char fill) {
    digits.resize(32, fill);
    for (const size_t dash : {8, 13, 18, 23})
      digits.insert(dash, 1, '-');
    return parse_uuid(digits);
  };
  const auto from = whole(first, '0');
  const auto to = whole(first, 'f');
  return from && to ? std::optional{std::pair{*from, *to}} : std::nullopt;
}

/// Anything but letters and digits may stand between the digits of a number.
std::string digits_of(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c >= '0' && c <= '9')
      out += c;
    else if (std::string_view{" +-().\t"}.find(c) == std::string_view::npos)
      return {};
  return out.size() >= 7 ? out : "";
}

std::string like(std::string_view text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "%";
}

/// How things of a kind are selected, told apart and ordered.
struct kind_sql {
  std::string select; ///< id, name, detail; with its joins
  std::string id;
  std::string also;      ///< of the kind's own, found by the exact text
  std::string preferred; ///< where any of them is meant, these are
  std::string order;
};

const kind_sql& sql_of(report_kind kind) {
  static const kind_sql prospects{"SELECT p.id, p.name, p.company || ' ' || p.phone FROM prospects p", "p.id",
                                  "p.crm_id = ?1 AND p.crm_id <> ''", "1 = 1", "p.name, p.id"};
  static const kind_sql calls{"SELECT c.id, p.name, c.initiated_at, c.status, c.outcome FROM calls c "
                              "LEFT JOIN prospects p ON p.id = c.prospect_id",
                              "c.id", "c.call_sid = ?1", "c.ended_at IS NULL", "c.initiated_at DESC, c.id DESC"};
  static const kind_sql meetings{"SELECT m.id, p.name, m.scheduled_at, m.status, a.name FROM meetings m "
                                 "LEFT JOIN prospects p ON p.id = m.prospect_id "
                                 "LEFT JOIN account_managers a ON a.id = m.account_manager_id",
                                 "m.id", "m.calendar_event_id = ?1", "m.status <> 'cancelled'", "m.scheduled_at, m.id"};
  return kind == report_kind::find_calls ? calls : kind == report_kind::find_meetings ? meetings : prospects;
}

std::string detail_of(const rows& row) {
  if (row.columns() == 3)
    return row.get<std::string>(2);
  auto out = to_iso(row.get<wall_time>(2)) + " " + row.get<std::string>(3);
  if (const auto more = row.get<std::string>(4); !more.empty() && more != "none")
    out += " " + more;
  return out;
}

object list(rows&& row, bool exact) {
  auto out = object::array();
  while (row.next())
    out.push_back({{"id", to_string(row.get<uuid>(0))},
                   {"name", row.get<std::string>(1)},
                   {"detail", detail_of(row)},
                   {"exact", exact}});
  return out;
}

} // namespace

object find_things(connection& db, const report_query& query) {
  const auto& sql = sql_of(query.kind);
  const auto run = [&](const std::string& condition, bool exact, const auto&... values) {
    // First among those that are meant where any is, else among all.
    for (const auto& further : {sql.preferred, std::string{"1 = 1"}}) {
      const std::array<value, sizeof...(values)> bound{value{values}...};
      auto row = db.query_once(sql.select + " WHERE (" + condition + ") AND " + further + " ORDER BY " + sql.order
                                 + " LIMIT " + std::to_string(query.limit),
                               bound);
      if (auto found = list(std::move(row), exact); !found.empty())
        return found;
    }
    return object::array();
  };
  if (const auto ids = ids_from(query.text)) {
    const std::array bound{value{ids->first}, value{ids->second}};
    auto row = db.query_once(sql.select + " WHERE " + sql.id + " BETWEEN ? AND ? ORDER BY " + sql.order + " LIMIT "
                               + std::to_string(query.limit),
                             bound);
    if (auto found = list(std::move(row), ids->first == ids->second); !found.empty())
      return found;
  }
  const auto digits = digits_of(query.text);
  // As it is stored, or without the country code as people write it at home.
  if (auto found = run("p.name = ?1 COLLATE NOCASE OR (p.email = ?1 COLLATE NOCASE AND p.email <> '') OR " + sql.also
                         + " OR (?2 <> '' AND p.phone IN ('+' || ?2, '+1' || ?2))",
                       true, query.text, digits);
      !found.empty())
    return found;
  const std::string is_like{db.words().like};
  return run("p.name " + is_like + " ?1 ESCAPE '\\' OR p.company " + is_like + " ?1 ESCAPE '\\'", false,
             like(query.text));
}

} // namespace parley::sql
