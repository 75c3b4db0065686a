#pragma once

#include "runtime/messages/rows.hpp"
#include "runtime/messages/semantics.hpp"

#include <string>
#include <vector>

namespace parley::memories {

/// What stands in a prompt of a person's past, each thing once: a call is told
/// by its note, even where its transcript was what came near. First what is
/// nearest, then, where that is less than `limit`, the newest.
/// @param newest Notes and mails, newest first.
/// @param others Rows that neighbours name besides.
std::vector<std::string> nearest_first(const std::vector<neighbour>& nearest, const std::vector<context_row>& newest,
                                       const std::vector<context_row>& others, size_t limit);

/// The same without any nearness.
std::vector<std::string> newest_first(const std::vector<context_row>& newest, size_t limit);

} // namespace parley::memories
