#pragma once

#include <caf/all.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <stdexcept>
#include <vector>

namespace parley::test {

/// What the message looks like on the other side of a wire.
template <class T>
T across_the_wire(caf::actor_system& system, const T& message) {
  std::vector<char> bytes;
  caf::binary_serializer sink{system, bytes};
  T copy = message;
  if (auto err = sink(copy))
    throw std::logic_error{"cannot be serialised: " + system.render(err)};
  T out;
  caf::binary_deserializer source{system, bytes};
  if (auto err = source(out))
    throw std::logic_error{"cannot be read back: " + system.render(err)};
  return out;
}

} // namespace parley::test
