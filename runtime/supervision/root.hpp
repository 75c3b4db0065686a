#pragma once

#include "runtime/node_context.hpp"
#include "runtime/supervision/health.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <functional>
#include <map>

namespace parley {

struct root_state {
  explicit root_state(caf::event_based_actor* self) : self{self} {}

  void watch(std::string service, const caf::actor& who);
  void ended(const caf::down_msg& down);
  void probe();
  void probe_writes();

  caf::event_based_actor* self;
  context_ptr ctx;
  node_health* health = nullptr;
  std::function<void(const std::string&)> fatal;
  std::map<caf::actor_addr, std::string> services;
  static inline constexpr const char* name = "node";
};

/// The NODE: parent of everything on it. A service that ends although nobody
/// told it to is one that its keeper gave up, or one that cannot be replaced
/// under way (the journal, the pacer, a shard): then the node ends, which is as
/// safe as losing power, and is started again by whatever runs it.
/// Answers (watch_atom, name, actor) by watching over that service.
/// @param health Outlives the actor; told when the journal does not answer or takes no writes.
/// @param fatal Ends the process; called once, from the actor's thread.
caf::behavior node_root(caf::stateful_actor<root_state>* self, context_ptr ctx, node_health* health,
                        std::function<void(const std::string&)> fatal);

} // namespace parley
