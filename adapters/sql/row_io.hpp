#pragma once

#include "adapters/sql/connection.hpp"
#include "runtime/journal/sealing.hpp"

namespace parley::sql {

/// Reads the fields of a row. One whose key was destroyed reads as
/// `erased_json`.
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
    if (row.type(column) == column_type::floats) // lies open, to be searched in SQL
      return std::string{row.bytes(column)};
    return seal.open(row.bytes(column), place).value_or(std::string{erased_json});
  }
};

/// The row whose columns start the result's current row.
template <class Row>
Row read(const rows& result, const sealer& seal) {
  Row row;
  row_reader read{result, seal};
  auto fields = tables::table<Row>::fields(row);
  std::apply([&](auto&... field) { (read(field), ...); }, fields);
  return row;
}

} // namespace parley::sql
