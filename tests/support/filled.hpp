#pragma once

#include <caf/actor_system.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deserializer.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace parley::test {

/// Reads a message out of nothing: every field that a message names for the
/// wire gets a value of its own, optionals are there, sequences hold two. What
/// is read twice comes out different.
class filler final : public caf::deserializer {
public:
  explicit filler(uint64_t seed = 1) : next_{seed * 1'000} {}

  caf::error begin_object(uint16_t&, std::string&) override { return caf::sec::invalid_argument; }
  caf::error end_object() override { return caf::none; }
  caf::error begin_sequence(size_t& size) override {
    size = 2;
    return caf::none;
  }
  caf::error end_sequence() override { return caf::none; }
  caf::error apply_raw(size_t size, void* data) override {
    for (size_t i = 0; i < size; ++i)
      static_cast<uint8_t*>(data)[i] = static_cast<uint8_t>(++next_);
    return caf::none;
  }

protected:
  template <class T>
  caf::error give(T& x) {
    x = static_cast<T>(++next_);
    return caf::none;
  }
  // Bytes are enums, booleans and the choice of a variant: 1 is good for each.
  caf::error apply_impl(int8_t& x) override { return x = 1, caf::none; }
  caf::error apply_impl(uint8_t& x) override { return x = 1, caf::none; }
  caf::error apply_impl(int16_t& x) override { return give(x); }
  caf::error apply_impl(uint16_t& x) override { return give(x); }
  caf::error apply_impl(int32_t& x) override { return give(x); }
  caf::error apply_impl(uint32_t& x) override { return give(x); }
  caf::error apply_impl(int64_t& x) override { return give(x); }
  caf::error apply_impl(uint64_t& x) override { return give(x); }
  caf::error apply_impl(float& x) override { return give(x); }
  caf::error apply_impl(double& x) override { return give(x); }
  caf::error apply_impl(long double& x) override { return give(x); }
  caf::error apply_impl(std::string& x) override { return x = "text " + std::to_string(++next_), caf::none; }
  caf::error apply_impl(std::u16string& x) override { return x = u"text", caf::none; }
  caf::error apply_impl(std::u32string& x) override { return x = U"text", caf::none; }

private:
  uint64_t next_;
};

/// A message with something in every field. Throws std::logic_error when it
/// refuses that.
template <class T>
T filled(uint64_t seed = 1) {
  T out{};
  filler source{seed};
  if (const auto e = source(out))
    throw std::logic_error{"refuses to be filled: " + caf::to_string(e)};
  return out;
}

/// One of each kind that the variant can hold, filled.
template <class... Ts>
std::vector<std::variant<Ts...>> one_of_each(const std::variant<Ts...>*) {
  return {std::variant<Ts...>{filled<Ts>()}...};
}

/// What a message looks like on the wire.
template <class T>
std::vector<char> on_the_wire(caf::actor_system& system, T message) {
  std::vector<char> bytes;
  caf::binary_serializer sink{system, bytes};
  if (const auto e = sink(message))
    throw std::logic_error{"cannot be serialised: " + system.render(e)};
  return bytes;
}

} // namespace parley::test
