#pragma once

#include "runtime/clock.hpp"
#include "runtime/names.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>

/// JSON forms of the basic types: ids as text with dashes, instants in ISO,
/// durations in milliseconds, enums by name, absent optionals as null.

namespace nlohmann {

template <>
struct adl_serializer<parley::wall_time> {
  static void to_json(json& j, const parley::wall_time& t) { j = parley::to_iso(t); }
  static void from_json(const json& j, parley::wall_time& t) {
    const auto parsed = parley::parse_iso(j.get_ref<const std::string&>());
    if (!parsed)
      throw std::invalid_argument{"no ISO instant: " + j.get<std::string>()};
    t = *parsed;
  }
};

template <class Rep, class Period>
struct adl_serializer<std::chrono::duration<Rep, Period>> {
  using value = std::chrono::duration<Rep, Period>;
  static void to_json(json& j, const value& x) { j = std::chrono::duration_cast<std::chrono::milliseconds>(x).count(); }
  static void from_json(const json& j, value& x) {
    x = std::chrono::duration_cast<value>(std::chrono::milliseconds{j.get<int64_t>()});
  }
};

template <class T>
struct adl_serializer<std::optional<T>> {
  static void to_json(json& j, const std::optional<T>& x) {
    if (x)
      j = *x;
    else
      j = nullptr;
  }
  static void from_json(const json& j, std::optional<T>& x) {
    if (j.is_null())
      x.reset();
    else
      x = j.get<T>();
  }
};

} // namespace nlohmann

namespace parley {

using nlohmann::json;

template <class E>
concept named_enum = std::is_enum_v<E> && requires(E* e) {
  parse_name(std::string_view{}, e);
};

template <named_enum E>
void to_json(nlohmann::json& j, const E& x) {
  j = std::string{to_string(x)};
}

template <named_enum E>
void from_json(const nlohmann::json& j, E& x) {
  const auto parsed = parse<E>(j.get_ref<const std::string&>());
  if (!parsed)
    throw std::invalid_argument{"unknown name: " + j.get<std::string>()};
  x = *parsed;
}

inline void to_json(nlohmann::json& j, const uuid& x) {
  j = to_string(x);
}

inline void from_json(const nlohmann::json& j, uuid& x) {
  const auto parsed = parse_uuid(j.get_ref<const std::string&>());
  if (!parsed)
    throw std::invalid_argument{"no id: " + j.get<std::string>()};
  x.high = parsed->high;
  x.low = parsed->low;
}

} // namespace parley
