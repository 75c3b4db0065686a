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

/// Inserts a row, or replaces the one with its key.
template <class Row>
void put(database& db, const Row& row, const sealer& seal, uint16_t shards) {
  static const auto sql = tables::upsert<Row>([](size_t) { return std::string{"?"}; });
  auto statement = db.query(sql.c_str());
  row_binder bind{statement, seal, shards};
  std::apply([&](const auto&... field) { (bind(field), ...); }, tables::table<Row>::fields(row));
  statement.next();
}

} // namespace parley::sqlite
