#include "adapters/postgres/rows.hpp"

#include <algorithm>

namespace parley::postgres {

namespace {

constexpr std::array<std::string_view, 4> json_columns{"attributes", "target_filters", "settings", "rules"};

/// What a field's column is: the type of its array, and of the column where
/// that is another one.
struct column_kind {
  const char* array;
  const char* column = nullptr;
};

template <class T>
constexpr column_kind kind_of_type() {
  if constexpr (sql::is_optional<T>::value)
    return kind_of_type<typename T::value_type>();
  else if constexpr (std::is_base_of_v<uuid, T>)
    return {"uuid"};
  else if constexpr (std::is_same_v<T, wall_time>)
    return {"timestamptz"};
  else if constexpr (std::is_same_v<T, bool>)
    return {"boolean"};
  else if constexpr (std::is_floating_point_v<T>)
    return {"float8"};
  else if constexpr (std::is_integral_v<T>)
    return {"bigint"};
  else
    return {"text"}; // words of enums, too
}

template <class T>
struct field_kind : std::integral_constant<int, 0> {
  static constexpr column_kind value = kind_of_type<std::remove_cvref_t<T>>();
};
template <class T>
struct field_kind<tables::nullable<T>> {
  static constexpr column_kind value = kind_of_type<std::remove_cv_t<T>>();
};
template <class Text>
struct field_kind<tables::sealed<Text>> {
  static constexpr column_kind value{"bytea"};
};
template <>
struct field_kind<tables::home> {
  static constexpr column_kind value{"bigint"};
};

/// INSERT … SELECT … FROM unnest(…) that replaces by key.
template <class Row>
std::string upsert_sql(vector_column vectors) {
  using t = tables::table<Row>;
  using fields = decltype(t::fields(std::declval<const Row&>()));
  std::string values, arrays, keys, updates;
  [&]<size_t... Is>(std::index_sequence<Is...>) {
    const auto one = [&](size_t i, column_kind kind) {
      const std::string column = t::columns[i];
      if (column == "embedding")
        kind = {"text", vectors == vector_column::pgvector ? "vector" : "real[]"};
      else if (std::find(json_columns.begin(), json_columns.end(), column) != json_columns.end())
        kind.column = "jsonb";
      const std::string comma = i ? ", " : "";
      arrays += comma + "$" + std::to_string(i + 1) + "::" + kind.array + "[]";
      values += comma + "r." + column + (kind.column ? std::string{"::"} + kind.column : "");
      if (i < t::keys)
        keys += comma + column;
      else
        updates += (i > t::keys ? ", " : "") + column + " = excluded." + column;
    };
    (one(Is, field_kind<std::remove_cvref_t<std::tuple_element_t<Is, fields>>>::value), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<fields>>{});
  return "INSERT INTO " + std::string{t::name} + " (" + tables::column_list<Row>() + ") SELECT " + values
         + " FROM unnest(" + arrays + ") AS r (" + tables::column_list<Row>() + ") ON CONFLICT (" + keys
         + ") DO UPDATE SET " + updates;
}

/// Adds a row's fields to the columns, sealing those that are to be sealed.
struct column_binder {
  std::vector<array>& columns;
  const sealer& seal;
  uint16_t shards;
  vector_column vectors;
  size_t at = 0;

  template <class T>
  void operator()(const T& field) {
    columns[at++].add(field);
  }
  template <class Text>
  void operator()(const tables::sealed<Text>& field) {
    auto& column = columns[at++];
    if (field.column == "agent_context.embedding") { // lies open, to be searched in SQL
      if (field.text.empty() || !seal.keys().obtain(field.subject))
        column.add(nullptr);
      else
        column.add(floats_text(field.text, vectors == vector_column::pgvector ? '[' : '{', vector_floats));
      return;
    }
    column.add(sql::blob{seal.seal(field.text, field.subject, {field.column, field.owner, 0})});
  }
  void operator()(const tables::home& field) { columns[at++].add(shard_of(field.id, shards)); }
};

struct subject_finder {
  std::vector<uuid>& out;
  template <class T>
  void operator()(const T&) {}
  template <class Text>
  void operator()(const tables::sealed<Text>& field) {
    out.push_back(field.subject);
  }
};

std::vector<parameter> done(std::vector<array>& columns) {
  std::vector<parameter> out;
  for (auto& column : columns)
    out.push_back(column.done());
  return out;
}

} // namespace

template <class Row>
void row_batch::upsert(session& db) {
  const auto& rows = std::get<rows_by_key<Row>>(by_key_);
  if (rows.empty())
    return;
  static const std::array sqls{upsert_sql<Row>(vector_column::real_array), upsert_sql<Row>(vector_column::pgvector)};
  std::vector<array> columns(tables::table<Row>::columns.size());
  for (const auto& [key, row] : rows) {
    column_binder bind{columns, seal_, shards_, vectors_};
    std::apply([&](const auto&... field) { (bind(field), ...); }, tables::table<Row>::fields(*row));
  }
  db.run(sqls[static_cast<size_t>(vectors_)].c_str(), done(columns));
}

// Whoever is listed keeps the first entry: it is the proof of when and how. One
// by one, since each depends on the one before.
void row_batch::write_suppressions(session& db) {
  for (const auto* x : suppressions_)
    db.run(x->removed
             ? "UPDATE suppressions SET source = $2, reason = $3, at = $4::timestamptz, removed = true "
               "WHERE line = $1::uuid"
             : "INSERT INTO suppressions (line, source, reason, at) VALUES ($1::uuid, $2, $3, $4::timestamptz) "
               "ON CONFLICT (line) DO UPDATE SET source = excluded.source, reason = excluded.reason, "
               "at = excluded.at, removed = false WHERE suppressions.removed",
           {to_string(x->line), text_of(x->source), text_of(x->reason), instant_text(x->at)});
}

void row_batch::write_due(session& db) {
  std::vector<array> kept(4);
  std::vector<array> gone(2);
  for (const auto& [key, x] : due_) {
    auto& columns = x->at ? kept : gone;
    columns[0].add(x->campaign);
    columns[1].add(x->prospect);
    if (x->at) {
      columns[2].add(shard_of(x->prospect, shards_));
      columns[3].add(*x->at);
    }
  }
  if (!kept[0].empty())
    db.run("INSERT INTO due (campaign_id, prospect_id, shard, at) SELECT * FROM unnest($1::uuid[], $2::uuid[], "
           "$3::smallint[], $4::timestamptz[]) ON CONFLICT (campaign_id, prospect_id) DO UPDATE SET at = excluded.at",
           done(kept));
  if (!gone[0].empty())
    db.run("DELETE FROM due USING unnest($1::uuid[], $2::uuid[]) AS k (campaign_id, prospect_id) "
           "WHERE due.campaign_id = k.campaign_id AND due.prospect_id = k.prospect_id",
           done(gone));
}

// The same id again changes nothing: it may have been delivered already.
void row_batch::write_outbox(session& db) {
  if (outbox_.empty())
    return;
  std::vector<array> columns(7);
  for (const auto* x : outbox_) {
    columns[0].add(x->id);
    columns[1].add(tables::nullable{x->prospect});
    columns[2].add(shard_of(x->prospect ? uuid{x->prospect} : x->id, shards_));
    columns[3].add(x->kind);
    columns[4].add(sql::blob{seal_.seal(x->payload, x->prospect, {"outbox.payload", x->id, 0})});
    columns[5].add(x->created_at);
    columns[6].add(x->object);
  }
  db.run("INSERT INTO outbox (id, prospect_id, shard, kind, payload, due_at, created_at, updated_at, object) "
         "SELECT id, prospect_id, shard, kind, payload, at, at, at, object FROM unnest($1::uuid[], $2::uuid[], "
         "$3::smallint[], $4::text[], $5::bytea[], $6::timestamptz[], $7::text[]) "
         "WITH ORDINALITY AS r (id, prospect_id, shard, kind, payload, at, object, number) "
         "ORDER BY number ON CONFLICT (id) DO NOTHING",
         done(columns));
}

void row_batch::subjects(std::vector<uuid>& out) const {
  const auto of = [&](const auto& rows) {
    for (const auto& [key, row] : rows) {
      subject_finder find{out};
      std::apply([&](const auto&... field) { (find(field), ...); },
                 tables::table<std::remove_cvref_t<decltype(*row)>>::fields(*row));
    }
  };
  std::apply([&](const auto&... rows) { (of(rows), ...); }, by_key_);
  for (const auto* x : outbox_)
    out.push_back(x->prospect);
}

void row_batch::write(session& db) {
  upsert<prospect_row>(db);
  upsert<campaign_row>(db);
  upsert<manager_row>(db);
  upsert<enrolment_row>(db);
  upsert<call_row>(db);
  upsert<meeting_row>(db);
  upsert<context_row>(db);
  upsert<ledger_row>(db);
  upsert<recording_row>(db);
  write_suppressions(db);
  write_due(db);
  write_outbox(db);
}

} // namespace parley::postgres
