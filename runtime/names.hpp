#pragma once

#include <array>
#include <optional>
#include <string_view>

/// Gives an enum its stable names, one per value in order: the same words in
/// logs, JSON, SQL and dashboards. The enum ends with `count_`.
#define PARLEY_NAMES(type, ...)                                                                                        \
  inline constexpr std::array type##_names{__VA_ARGS__};                                                               \
  static_assert(type##_names.size() == static_cast<size_t>(type::count_));                                             \
  constexpr std::string_view to_string(type x) {                                                                       \
    return type##_names[static_cast<size_t>(x)];                                                                       \
  }                                                                                                                    \
  constexpr std::optional<type> parse_name(std::string_view text, type*) {                                             \
    for (size_t i = 0; i < type##_names.size(); ++i)                                                                   \
      if (text == type##_names[i])                                                                                     \
        return static_cast<type>(i);                                                                                   \
    return std::nullopt;                                                                                               \
  }

namespace parley {

/// The value with this name, e.g. `parse<disposition>("busy")`.
template <class E>
constexpr std::optional<E> parse(std::string_view text) {
  return parse_name(text, static_cast<E*>(nullptr));
}

} // namespace parley
