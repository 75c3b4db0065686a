#pragma once

#include "runtime/messages/semantics.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The EMBEDDER port: text to vectors. Fails with `ec::vendor_…` after its own
/// bounded retries.
using embedder_port = caf::typed_actor<caf::replies_to<embed>::with<embedded>>;

} // namespace parley
