#include "adapters/sqlite/connection.hpp"

namespace parley::sqlite {

namespace {

class sqlite_cursor final : public sql::cursor {
public:
  explicit sqlite_cursor(rows&& from) : from_{std::move(from)} {}

  bool next() override { return from_.next(); }
  int columns() const override { return from_.columns(); }
  std::string column_name(int column) const override { return from_.column_name(column); }
  // The schema's own words, each before the type that SQLite keeps it as.
  sql::column_type type(int column) const override {
    const auto declared = from_.declared_type(column);
    if (declared.starts_with("UUID"))
      return sql::column_type::uuid;
    if (declared.starts_with("INSTANT"))
      return sql::column_type::instant;
    if (declared.starts_with("JSON"))
      return sql::column_type::json;
    if (declared.starts_with("BOOLEAN"))
      return sql::column_type::boolean;
    if (declared.starts_with("SEALED"))
      return sql::column_type::sealed;
    return from_.is_integer(column) ? sql::column_type::integer
           : from_.is_real(column)  ? sql::column_type::real
                                    : sql::column_type::text;
  }
  bool is_null(int column) const override { return from_.is_null(column); }
  int64_t integer(int column) const override { return from_.integer(column); }
  double real(int column) const override { return from_.real(column); }
  std::string_view text(int column) const override { return from_.text(column); }
  std::string_view bytes(int column) const override { return from_.bytes(column); }
  uuid id(int column) const override { return from_.get<uuid>(column); }
  wall_time instant(int column) const override { return from_.get<wall_time>(column); }

private:
  rows from_;
};

std::unique_ptr<sql::cursor> bound(rows&& statement, std::span<const sql::value> values) {
  int at = 0;
  for (const auto& value : values)
    statement.bind(++at, value);
  return std::make_unique<sqlite_cursor>(std::move(statement));
}

} // namespace

const sql::dialect& connection::words() const {
  static constexpr sql::dialect words{"LIKE", "+"};
  return words;
}

std::unique_ptr<sql::cursor> connection::run(const char* sql, std::span<const sql::value> values) {
  return bound(db_->query(sql), values);
}

std::unique_ptr<sql::cursor> connection::run_once(const std::string& sql, std::span<const sql::value> values) {
  return bound(db_->query_once(sql), values);
}

} // namespace parley::sqlite
