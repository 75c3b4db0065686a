#pragma once

#include "runtime/names.hpp"

#include <cstdint>

namespace parley {

/// Who comes onto a page of the tree of which there are more than it holds:
/// figures the largest first, ages the oldest, words from the beginning.
enum class tree_order : uint8_t {
  born,     ///< the oldest, page by page
  rate,     ///< messages a second, since somebody asked for it before
  backlog,  ///< messages that wait
  errors,   ///< errors that were survived, and restarts
  age,      ///< time since birth
  handled,  ///< messages
  children, ///< living ones
  kind,
  key,
  count_
};
PARLEY_NAMES(tree_order, "born", "rate", "backlog", "errors", "age", "handled", "children", "kind", "key")

} // namespace parley
