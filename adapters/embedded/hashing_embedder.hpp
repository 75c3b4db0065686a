#pragma once

#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"
#include "runtime/settings/section.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// `[embedder]` with `provider = "hashing"`.
struct hashing_settings {
  size_t dimensions = 256;

  /// Changes with whatever changes the vectors.
  std::string name() const { return "hashing-1/" + std::to_string(dimensions); }
  void describe(settings::section& s) {
    s.number<size_t>("dimensions", dimensions, 64, 4096, "numbers", "Length of a vector; more keep more words apart.");
  }
};

using hashing_embedder_actor = embedder_port::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

struct hashing_embedder_state {
  static inline constexpr const char* name = "hashing_embedder";
};

/// The EMBEDDER port without an account: see hashing.hpp. A text costs some
/// microseconds.
hashing_embedder_actor::behavior_type
hashing_embedder(hashing_embedder_actor::stateful_pointer<hashing_embedder_state> self, const context_ptr& context,
                 hashing_settings settings);

} // namespace parley
