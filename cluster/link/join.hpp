#pragma once

#include "cluster/link/settings.hpp"
#include "runtime/ports/cluster.hpp"

#include <caf/actor_system.hpp>

#include <stdexcept>

namespace parley {

/// The cluster cannot be joined; what() says whom we asked, why and the remedy.
class cannot_join : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// A node that we have joined.
struct joined_node {
  cluster_gate gate;
  node_greeted facts;
};

/// Connects over mutual TLS and introduces this node; tries again, each time
/// after a pause, until `join_patience` is over. Blocks. Throws `cannot_join`,
/// at once when the two nodes do not fit together.
joined_node join_cluster(caf::actor_system& system, const cluster_settings& settings, const greet_node& own);

/// Offers to host the calls; tries again while the node that hosted them before
/// still counts as there. Throws `cannot_join`.
void offer_to_host(caf::actor_system& system, const cluster_settings& settings, const cluster_gate& gate,
                   const host_calls& offer);

} // namespace parley
