#pragma once

#include "runtime/messages/cluster.hpp"
#include "runtime/ports/inspector.hpp"

namespace parley {

/// The GATE: what a node shows to the other nodes of its cluster, the only
/// actor that can be found at the cluster port. Behind mutual TLS only.
using cluster_gate
  = caf::typed_actor<caf::replies_to<greet_node>::with<node_greeted>, caf::replies_to<host_calls>::with<calls_hosted>,
                     caf::reacts_to<leave_calls>, caf::replies_to<inspect_state>::with<inspected_state>>;

} // namespace parley
