#pragma once

#include "runtime/supervision/actor_tree.hpp"

#include <string>

namespace parley {

/// A page of the tree as JSON: `actors` (how many live), `kinds` (how many of
/// each), `tree`, `more` and `next` (what to ask with as `after`; null when
/// that was all, or the page is chosen by a figure), `matching` (how many there
/// are, where all were looked at). Whoever's parent is on the page stands in its `children`,
/// the others at the top. Ids and figures only, no words of anybody.
/// Written by hand: it is asked for every second while somebody looks.
std::string
tree_json(const tree_page& page, const std::map<std::string, size_t>& kinds, std::chrono::steady_clock::time_point now);

/// An array of {position, what, id, parent, kind, key, reason, at}, oldest
/// first; `what` is born, ended, failed, trouble, or reset for changes that
/// were forgotten before they were read.
std::string changes_json(const tree_changes& changes);

} // namespace parley
