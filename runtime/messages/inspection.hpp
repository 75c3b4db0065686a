#pragma once

#include "runtime/supervision/tree_order.hpp"
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
  uint64_t after = 0; ///< of a page: the last id of the page before
  uint32_t limit = 0; ///< actors on a page; 0: all
  std::string with{}; ///< in kind, key or last error, or the id itself; empty: all
  tree_order by = tree_order::born;
  bool reversed = false;
};
PARLEY_INSPECT(inspect_tree, x.under, x.depth, x.kind, x.after, x.limit, x.with, x.by, wire::checked(x.by), x.reversed)

struct inspected_tree {
  std::string json;
};
PARLEY_INSPECT(inspected_tree, x.json)

/// Asks the inspector what changed in the tree since this position (0: from
/// now on).
struct inspect_changes {
  uint64_t since = 0;
  uint32_t limit = 1000;
};
PARLEY_INSPECT(inspect_changes, x.since, x.limit)

struct inspected_changes {
  uint64_t position = 0; ///< for the next time
  std::string json;      ///< array of births and ends, oldest first
};
PARLEY_INSPECT(inspected_changes, x.position, x.json)

} // namespace parley
