#pragma once

#include "adapters/sandbox/people/person.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace parley::sandbox {

/// True for the questions that come before any talk about the matter.
inline bool is_opening(subject about) {
  return about == subject::who || about == subject::still_there || about == subject::hold;
}

/// Of people with whom there is nothing to win; null for the other kinds, which
/// `make_person` makes itself.
std::unique_ptr<person> make_refusing(persona_kind kind, uint64_t seed, std::string voice, manners habits);

} // namespace parley::sandbox
