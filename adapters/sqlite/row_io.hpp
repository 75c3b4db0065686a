#pragma once

#include "adapters/sqlite/database.hpp"
#include "runtime/journal/sealing.hpp"
#include "runtime/journal/tables.hpp"

namespace parley::sqlite {

/// Binds the fields of rows, sealing those that are to be sealed.
struct row_binder {
  rows& statement;
  const sealer& seal;
  uint16_t shards;
  int at = 0;

  template <class T>
  void operator()(const T& field) {
    statement.bind(++at, field);
  }
  template <class Text>
  void operator()(const tables::sealed<Text>& field) {
    statement.bind(++at, blob{seal.seal(field.text, field.subject, {field.column, field.owner, 0})});
  }
  void operator()(const tables::home& field) { statement.bind(++at, shard_of(field.id, shards)); }
};

/// Reads them back. A field whose key was destroyed reads as `erased_json`.
struct row_reader {
  const rows& row;
  const sealer& seal;
  int at = 0;

  template <class T>
  void operator()(T& field) {
    field = row.get<T>(at++);
  }
  template <class T>
  void operator()(tables::nullable<T>& field) {
    field.value = row.get<T>(at++);
  }
  template <class Text>
  void operator()(tables::sealed<Text>& field) {
    field.text = opened({field.column, field.owner, 0});
  }
  void operator()(tables::home&) { ++at; }

  std::string opened(const sealed_place& place) {
    const int column = at++;
    if (row.is_null(column))
      return {};
    return seal.open(row.bytes(column), place).value_or(std::string{erased_json});
  }
};

/// Inserts a row, or replaces the one with its key.
template <class Row>
void put(database& db, const Row& row, const sealer& seal, uint16_t shards) {
  static const auto sql = tables::upsert<Row>([](size_t) { return std::string{"?"}; });
  auto statement = db.query(sql.c_str());
  row_binder bind{statement, seal, shards};
  std::apply([&](const auto&... field) { (bind(field), ...); }, tables::table<Row>::fields(row));
  statement.next();
}

/// The row whose columns start the result's current row.
template <class Row>
Row read(const rows& result, const sealer& seal) {
  Row row;
  row_reader read{result, seal};
  auto fields = tables::table<Row>::fields(row);
  std::apply([&](auto&... field) { (read(field), ...); }, fields);
  return row;
}

} // namespace parley::sqlite
