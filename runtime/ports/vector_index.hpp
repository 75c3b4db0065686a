#pragma once

#include "runtime/messages/semantics.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The VECTOR_INDEX port: nearest neighbours. It may be empty after a restart
/// and is filled from `agent_context`.
using vector_index_port
  = caf::typed_actor<caf::replies_to<index_vector>::with<vector_indexed>,
                     caf::replies_to<find_nearest>::with<neighbours>, caf::reacts_to<forget_vectors>>;

} // namespace parley
