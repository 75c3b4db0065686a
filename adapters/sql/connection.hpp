#pragma once

#include "runtime/errors.hpp"
#include "runtime/ids.hpp"
#include "runtime/journal/tables.hpp"
#include "runtime/names.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace parley {

/// A store cannot be used; what() names where it is and the remedy.
class store_unusable : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

} // namespace parley

/// What the stores share: questions in SQL that each of them understands, and
/// the answers in Parley's types. A store decides how it is connected, how it
/// spells types, and writes in its own way.
namespace parley::sql {

/// A request was refused; nothing of it is stored, others in the same
/// transaction are unharmed.
class refusal : public std::runtime_error {
public:
  refusal(ec code, const std::string& why) : std::runtime_error{why}, code_{code} {}
  ec code() const { return code_; }

private:
  ec code_;
};

/// Bytes, where text would be ambiguous.
struct blob {
  std::string_view bytes;
};

/// What a column means.
enum class column_type : uint8_t { integer, real, text, boolean, uuid, instant, json, sealed, floats };

/// One value to bind. It refers to what it was made from, and knows its type
/// also when it is NULL.
struct value {
  enum class kind_type : uint8_t { integer, real, text, bytes, id, instant };

  value(std::integral auto x) : kind{kind_type::integer}, number{static_cast<int64_t>(x)} {}
  value(double x) : kind{kind_type::real}, real{x} {}
  value(std::string_view x) : kind{kind_type::text}, text{x} {}
  value(const char* x) : value{std::string_view{x}} {}
  value(const std::string& x) : value{std::string_view{x}} {}
  value(blob x) : kind{kind_type::bytes}, text{x.bytes} {}
  value(const uuid& x) : kind{kind_type::id}, id{x} {}
  value(wall_time x) : kind{kind_type::instant}, number{static_cast<int64_t>(x.time_since_epoch().count())} {}
  template <class E>
  requires std::is_enum_v<E> value(E x) : value{to_string(x)} {} // the stable name
  template <class T>
  value(const std::optional<T>& x) : value{x ? value{*x} : value{T{}}} {
    null = !x;
  }

  wall_time instant() const { return wall_time{std::chrono::milliseconds{number}}; }

  kind_type kind;
  bool null = false;
  int64_t number = 0; ///< also of an instant: Unix milliseconds
  double real = 0;
  std::string_view text; ///< also of bytes
  uuid id;
};

/// The result of one question. Only one runs on a connection at a time for
/// each statement.
class cursor {
public:
  virtual ~cursor() = default;
  virtual bool next() = 0; ///< false after the last row
  virtual int columns() const = 0;
  virtual std::string column_name(int column) const = 0;
  virtual column_type type(int column) const = 0;
  virtual bool is_null(int column) const = 0;
  virtual int64_t integer(int column) const = 0;
  virtual double real(int column) const = 0;
  virtual std::string_view text(int column) const = 0; ///< valid until next()
  /// Of a sealed column or of vectors (little-endian floats); valid until the
  /// next call.
  virtual std::string_view bytes(int column) const = 0;
  virtual uuid id(int column) const = 0; ///< nil for NULL
  virtual wall_time instant(int column) const = 0;
};

[[noreturn]] void unknown_word(std::string_view word);

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

/// A result in Parley's types; NULL reads as an empty optional, nil id or empty
/// text.
class rows {
public:
  explicit rows(std::unique_ptr<cursor> from) : from_{std::move(from)} {}

  bool next() { return from_->next(); }
  int columns() const { return from_->columns(); }
  std::string column_name(int column) const { return from_->column_name(column); }
  column_type type(int column) const { return from_->type(column); }
  bool is_null(int column) const { return from_->is_null(column); }
  int64_t integer(int column) const { return from_->integer(column); }
  double real(int column) const { return from_->real(column); }
  std::string_view text(int column) const { return from_->text(column); }
  std::string_view bytes(int column) const { return from_->bytes(column); }

  template <class T>
  T get(int column) const {
    if constexpr (is_optional<T>::value) {
      return is_null(column) ? T{} : T{get<typename T::value_type>(column)};
    } else if constexpr (std::is_same_v<T, std::string>) {
      return std::string{text(column)};
    } else if constexpr (std::is_base_of_v<uuid, T>) {
      return T{from_->id(column)};
    } else if constexpr (std::is_same_v<T, wall_time>) {
      return from_->instant(column);
    } else if constexpr (std::is_enum_v<T>) {
      const auto value = parse<T>(text(column));
      if (!value)
        unknown_word(text(column));
      return *value;
    } else if constexpr (std::is_floating_point_v<T>) {
      return real(column);
    } else {
      return static_cast<T>(integer(column));
    }
  }

private:
  std::unique_ptr<cursor> from_;
};

/// Where the stores' SQL differs in words.
struct dialect {
  std::string_view like;      ///< a comparison that ignores case
  std::string_view unindexed; ///< before a column that no index shall be chosen for
};

/// One connection, used by one thread at a time. Placeholders are `?`, or `?1`
/// and so on. Throws what the store throws when it fails.
class connection {
public:
  virtual ~connection() = default;
  virtual const dialect& words() const = 0;

  /// A statement that stays prepared: `sql` must stay where it is, its address
  /// is the key.
  template <class... Ts>
  rows query(const char* sql, const Ts&... values) {
    const std::array<value, sizeof...(Ts)> bound{value{values}...};
    return rows{run(sql, bound)};
  }
  /// The same for a statement made up at run time, forgotten afterwards.
  rows query_once(const std::string& sql, std::span<const value> values) { return rows{run_once(sql, values)}; }

protected:
  virtual std::unique_ptr<cursor> run(const char* sql, std::span<const value> values) = 0;
  virtual std::unique_ptr<cursor> run_once(const std::string& sql, std::span<const value> values) = 0;
};

/// A statement with the values of its placeholders, put together bit by bit.
class statement {
public:
  statement(std::string sql) : sql_{std::move(sql)} {}

  statement& add(std::string_view more) {
    sql_ += more;
    return *this;
  }
  /// Values must outlive the statement.
  template <class... Ts>
  statement& add(std::string_view more, const Ts&... values) {
    sql_ += more;
    (values_.emplace_back(values), ...);
    return *this;
  }
  /// "(?, ?, …)" of a list that is not empty.
  template <class T>
  statement& among(const std::vector<T>& list) {
    for (size_t i = 0; i < list.size(); ++i)
      add(i ? ", ?" : "(?", list[i]);
    return add(")");
  }
  rows run(connection& db) const { return db.query_once(sql_, values_); }

private:
  std::string sql_;
  std::vector<value> values_;
};

} // namespace parley::sql
