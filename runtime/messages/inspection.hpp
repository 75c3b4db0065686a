#pragma once

#include "runtime/wire.hpp"

#include <string>

namespace parley {

/// Asks a living actor for its state.
struct inspect_state {
  uint64_t actor = 0;
};
PARLEY_INSPECT(inspect_state, x.actor)

struct inspected_state {
  std::string json;
};
PARLEY_INSPECT(inspected_state, x.json)

/// Asks the inspector for the tree, from `under` on (0: the root).
struct inspect_tree {
  uint64_t under = 0;
  uint32_t depth = 0; ///< 0: all
  std::string kind;   ///< empty: all
};
PARLEY_INSPECT(inspect_tree, x.under, x.depth, x.kind)

struct inspected_tree {
  std::string json;
};
PARLEY_INSPECT(inspected_tree, x.json)

} // namespace parley
