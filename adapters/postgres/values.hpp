#pragma once

#include "adapters/postgres/session.hpp"
#include "runtime/journal/sealing.hpp"

/// How Parley's types are spelled for PostgreSQL, which is given text alone.
namespace parley::postgres {

/// ISO in UTC; the ends of time are the infinities.
std::string instant_text(wall_time at);
wall_time parse_instant(std::string_view text);
/// Bytes as \x and hex digits.
std::string bytes_text(std::string_view bytes);
/// PostgreSQL takes neither broken UTF-8 nor zero bytes in text: they become
/// U+FFFD.
std::string text_of(std::string_view text);
parameter parameter_of(const sql::value& value);

/// Little-endian floats as {1,2.5} or [1,2.5], the latter filled up with zeros
/// to `length`. Throws `sql::refusal` for what is no vector of finite numbers
/// or too long.
std::string floats_text(std::string_view bytes, char open, size_t length);
std::string floats_bytes(std::string_view text, size_t length_max);

/// One parameter that holds a whole column of rows, for unnest().
class array {
public:
  void add(std::nullptr_t) { next() += "NULL"; }
  void add(std::integral auto x) { next() += std::to_string(x); }
  void add(bool x) { next() += x ? "t" : "f"; }
  void add(double x);
  void add(std::string_view x) { is_plain(x) ? quote(x) : quote(text_of(x)); }
  void add(const std::string& x) { add(std::string_view{x}); }
  void add(const char* x) { add(std::string_view{x}); }
  void add(const uuid& x) { next() += to_string(x); }
  void add(wall_time x) { quote(instant_text(x)); }
  void add(sql::blob x) { quote(bytes_text(x.bytes)); }
  template <class E>
  requires std::is_enum_v<E>
  void add(E x) { add(to_string(x)); }
  template <class T>
  void add(const std::optional<T>& x) {
    x ? add(*x) : add(nullptr);
  }
  template <class T>
  void add(const tables::nullable<T>& x) {
    if constexpr (std::is_base_of_v<uuid, std::remove_const_t<T>>)
      x.value ? add(static_cast<const uuid&>(x.value)) : add(nullptr);
    else
      x.value.empty() ? add(nullptr) : add(x.value);
  }

  bool empty() const { return text_.empty(); }
  parameter done() { return (text_.empty() ? "{" : std::move(text_)) + "}"; }

private:
  std::string& next() { return text_ += text_.empty() ? '{' : ','; }
  static bool is_plain(std::string_view x); ///< ASCII without zero bytes
  void quote(std::string_view x);

  std::string text_;
};

} // namespace parley::postgres
