#pragma once

#include "adapters/sql/connection.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

/// A thin, typed cover of SQLite's C interface: connections, cached prepared
/// statements, binding and reading of Parley's types.
namespace parley::sqlite {

/// SQLite refused a statement.
class failure : public std::runtime_error {
public:
  failure(int code, const std::string& what) : std::runtime_error{what}, code_{code} {}
  int code() const { return code_; } ///< SQLite's extended result code
  /// A uniqueness rule or reference was violated: the input is at fault, not
  /// the storage.
  bool constraint() const;
  /// No room, no rights, a lock of somebody else or a disk that fails: the same
  /// may work later.
  bool passing() const;

private:
  int code_;
};

/// What an operator can do about it: "; make room on the disk".
std::string remedy_of(const failure& e);

using sql::blob;

/// One execution of a prepared statement. Ending it resets the statement, so
/// that it can run again; only one execution of a statement at a time.
class rows {
public:
  rows(sqlite3* db, sqlite3_stmt* statement, bool owned) : db_{db}, statement_{statement}, owned_{owned} {}
  rows(rows&& other) noexcept;
  rows(const rows&) = delete;
  ~rows();

  /// Moves on to the next row; false after the last one.
  bool next();

  bool is_null(int column) const;
  int columns() const;
  std::string column_name(int column) const;
  /// As in the schema, e.g. "UUID BLOB"; empty for an expression.
  std::string_view declared_type(int column) const;
  bool is_integer(int column) const;
  bool is_real(int column) const;

  int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const; ///< valid until next()
  std::string_view bytes(int column) const;

  /// Reads one of Parley's types; NULL reads as an empty optional, nil id or
  /// empty text.
  template <class T>
  T get(int column) const;

  // Binding, by position from 1.
  void bind(int at, std::nullptr_t);
  void bind(int at, int64_t value);
  void bind(int at, double value);
  void bind(int at, std::string_view value);
  void bind(int at, const char* value) { bind(at, std::string_view{value}); }
  void bind(int at, const std::string& value) { bind(at, std::string_view{value}); }
  void bind(int at, blob value);
  void bind(int at, const sql::value& value);
  void bind(int at, const uuid& value);
  void bind(int at, wall_time value) { bind(at, static_cast<int64_t>(value.time_since_epoch().count())); }
  template <std::integral T>
  void bind(int at, T value) {
    bind(at, static_cast<int64_t>(value));
  }
  template <class E>
  requires std::is_enum_v<E>
  void bind(int at, E value) {
    bind(at, to_string(value)); // the stable name
  }
  template <class T>
  void bind(int at, const std::optional<T>& value) {
    if (value)
      bind(at, *value);
    else
      bind(at, nullptr);
  }
  template <class T>
  void bind(int at, const tables::nullable<T>& field) {
    if constexpr (std::is_base_of_v<uuid, std::remove_const_t<T>>)
      field.value ? bind(at, static_cast<const uuid&>(field.value)) : bind(at, nullptr);
    else
      field.value.empty() ? bind(at, nullptr) : bind(at, field.value);
  }

private:
  [[noreturn]] void fail(int code) const;

  sqlite3* db_;
  sqlite3_stmt* statement_;
  bool owned_; ///< finalised at the end instead of reset
};

/// One connection, used by one thread at a time.
class database {
public:
  enum class access { write, read };

  /// Opens (and with `write` makes) the file. Throws `failure`.
  database(const std::filesystem::path& file, access mode, std::chrono::milliseconds busy_timeout);
  ~database();
  database(const database&) = delete;

  /// Runs statements without parameters or results, several if need be.
  void execute(const std::string& sql);

  /// Runs a statement that stays prepared: `sql` must be a literal, its
  /// address is the key.
  template <class... Ts>
  rows query(const char* sql, const Ts&... values) {
    rows out{handle_, cached(sql), false};
    int at = 0;
    (out.bind(++at, values), ...);
    return out;
  }
  /// The same for a statement made up at run time, forgotten afterwards.
  rows query_once(const std::string& sql);

  /// Runs a cached statement to its end and tells how many rows it changed.
  template <class... Ts>
  int64_t run(const char* sql, const Ts&... values) {
    finish(query(sql, values...));
    return changes();
  }

  int64_t changes() const;
  int64_t last_row() const; ///< key of the row inserted last
  bool in_transaction() const;

private:
  sqlite3_stmt* cached(const char* sql);
  sqlite3_stmt* prepare(std::string_view sql, bool keep);
  static void finish(rows&& running) {
    while (running.next()) {
    }
  }

  sqlite3* handle_ = nullptr;
  std::unordered_map<const void*, sqlite3_stmt*> statements_;
};

uuid to_uuid(std::string_view bytes);

template <class T>
T rows::get(int column) const {
  if constexpr (sql::is_optional<T>::value) {
    return is_null(column) ? T{} : T{get<typename T::value_type>(column)};
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::string{text(column)};
  } else if constexpr (std::is_base_of_v<uuid, T>) {
    return T{to_uuid(bytes(column))};
  } else if constexpr (std::is_same_v<T, wall_time>) {
    return wall_time{std::chrono::milliseconds{integer(column)}};
  } else if constexpr (std::is_enum_v<T>) {
    const auto value = parse<T>(text(column));
    if (!value)
      sql::unknown_word(text(column));
    return *value;
  } else if constexpr (std::is_floating_point_v<T>) {
    return real(column);
  } else {
    return static_cast<T>(integer(column));
  }
}

} // namespace parley::sqlite
