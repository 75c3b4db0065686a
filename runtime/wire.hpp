#pragma once

#include <caf/error.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/sec.hpp>

#include <bit>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

/// What CAF 0.17 cannot send by itself: optional, variant, checked enums and
/// exact doubles.

namespace caf { // found by argument-dependent lookup through the inspector

template <class I, class T>
typename I::result_type inspect(I& f, std::optional<T>& x) {
  bool has = x.has_value();
  if constexpr (!I::writes_state) {
    return has ? f(has, *x) : f(has);
  } else {
    x.reset();
    auto err = f(has);
    return err || !has ? err : f(x.emplace());
  }
}

template <class I, class... Ts>
typename I::result_type inspect(I& f, std::variant<Ts...>& x) {
  auto index = static_cast<uint8_t>(x.index());
  if constexpr (!I::writes_state) {
    return std::visit([&](auto& alternative) { return f(index, alternative); }, x);
  } else {
    if (auto err = f(index))
      return err;
    error result = make_error(sec::invalid_argument, "variant index");
    [&]<size_t... Is>(std::index_sequence<Is...>) {
      ((Is == index ? void(result = f(x.template emplace<Is>())) : void()), ...);
    }
    (std::index_sequence_for<Ts...>{});
    return result;
  }
}

namespace detail {
using caf::inspect; // lets to_string() print them
} // namespace detail

} // namespace caf

namespace parley::wire {

/// Refuses enum values from `count_` on. Put it right behind the enum's field.
template <class E>
auto checked(E& x) {
  return caf::meta::load_callback([&x]() -> caf::error {
    const bool known = static_cast<size_t>(x) < static_cast<size_t>(E::count_);
    return known ? caf::error{} : caf::make_error(caf::sec::invalid_argument, "enum out of range");
  });
}

/// Sends a double as its bits: CAF 0.17 loops forever on infinity and sends
/// NaN as -1.
struct bits {
  double& value;
};

template <class I>
typename I::result_type inspect(I& f, bits& x) {
  auto raw = std::bit_cast<uint64_t>(x.value);
  if constexpr (!I::writes_state) {
    return f(raw);
  } else {
    auto err = f(raw);
    x.value = std::bit_cast<double>(raw);
    return err;
  }
}

} // namespace parley::wire

/// Defines `inspect` for a message: PARLEY_INSPECT(name, x.field, …), with an
/// enum's field followed by `wire::checked(x.field)` and a double as
/// `wire::bits{x.field}`. Fields travel by position: a changed message is a
/// new struct.
#define PARLEY_INSPECT(type, ...)                                                                                      \
  template <class I>                                                                                                   \
  typename I::result_type inspect(I& f, type& x) {                                                                     \
    return f(caf::meta::type_name("parley::" #type), __VA_ARGS__);                                                     \
  }
