#pragma once

#include "cluster/link/settings.hpp"
#include "runtime/node_context.hpp"
#include "runtime/ports/cluster.hpp"
#include "runtime/supervision/health.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

struct gate_state {
  explicit gate_state(cluster_gate::pointer self) : self{self} {}

  caf::result<node_greeted> greet(const greet_node& peer);
  caf::result<calls_hosted> host(const host_calls& offer);
  void leave(const leave_calls& order);
  void peer_ended(const caf::down_msg& down);
  void away(const std::string& why);

  cluster_gate::pointer self;
  context_ptr ctx;
  node_health* health = nullptr;
  node_greeted facts;
  greet_node own; ///< what a peer must match
  std::string host_name;
  shard_door watched; ///< one of the host's doors; all go with its connection
  static inline constexpr const char* name = "gate";
};

/// The GATE of a node whose calls live elsewhere, or of one that only keeps the
/// port: tells a peer what it needs, and the shards' doors who hosts the calls.
/// One host at a time. While there is none, nothing is dialled: slots are not
/// granted, and /readyz says why. When it comes back, its doors find the open
/// calls in the journal and take them up again.
/// @param own Name, version and mode of this node.
/// @param facts What a peer is told.
/// @param health Outlives the actor.
cluster_gate::behavior_type gate(cluster_gate::stateful_pointer<gate_state> self, context_ptr ctx, greet_node own,
                                 node_greeted facts, node_health* health);

/// Opens the cluster port for the gate, with mutual TLS. Returns the port.
/// Throws std::runtime_error with a sentence for the operator.
uint16_t open_cluster_port(const cluster_gate& gate, const cluster_settings& settings);
/// No more peers come; those that are connected stay.
void close_cluster_port(const cluster_gate& gate, uint16_t port);

} // namespace parley
