#pragma once

#include "adapters/embedded/vector_shelves.hpp"
#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"
#include "runtime/settings/section.hpp"
#include "runtime/telemetry/port_book.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// `[vector_index]` with `provider = "hnsw"`.
struct hnsw_settings {
  /// About 3 KB each at 256 numbers a vector.
  size_t vectors_max = 50'000;

  void describe(settings::section& s) {
    s.number<size_t>("vectors_max", vectors_max, 1'000, 10'000'000, "vectors",
                     "Pieces of past conversations that are kept in memory; beyond it the oldest go.");
  }
};

using hnsw_index_actor = vector_index_port::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

struct hnsw_index_state {
  std::unique_ptr<vector_shelves> shelves;
  port_book_ptr book;
  static inline constexpr const char* name = "hnsw_index";
};

/// The VECTOR_INDEX port in memory: see vector_shelves.hpp. Fails with
/// `ec::invalid_input` for a vector that its embedder cannot have made.
hnsw_index_actor::behavior_type hnsw_index(hnsw_index_actor::stateful_pointer<hnsw_index_state> self,
                                           const context_ptr& context, hnsw_settings settings);

} // namespace parley
