#pragma once

#include "runtime/supervision/health.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <chrono>
#include <deque>
#include <functional>

namespace parley {

/// How a kept actor is started again. More failures than `failures_max` within
/// `window` end the keeper, and with it the decision goes to its own parent.
struct restart_policy {
  uint32_t failures_max = 5;
  std::chrono::milliseconds window{60'000};
  std::chrono::milliseconds backoff{50}; ///< before the first restart; doubles with each failure in the window
};

/// Spawns the actor that is kept, under the keeper.
using kept_factory = std::function<caf::actor(caf::event_based_actor*)>;

struct keeper_state {
  explicit keeper_state(caf::event_based_actor* self) : self{self} {}

  void start();
  void ended(const caf::down_msg& down);

  caf::event_based_actor* self;
  std::string kind;
  kept_factory make;
  restart_policy policy;
  node_health* health = nullptr;
  caf::actor kept;
  std::deque<std::chrono::steady_clock::time_point> failures; // within the window
  static inline constexpr const char* name = "keeper";
};

/// Keeps one stateless service alive behind a handle that never changes: it
/// passes every message on, and starts the service again when it fails. While
/// it is down requests fail at once with `ec::vendor_unavailable`, so that
/// callers do what they do when a vendor is away: try later.
/// @param health Outlives the actor; told while the service is down.
caf::behavior keeper(caf::stateful_actor<keeper_state>* self, std::string kind, kept_factory make,
                     restart_policy policy, node_health* health);

/// Spawns a keeper that looks like what it keeps.
template <class Handle>
Handle
keep(caf::actor_system& system, std::string kind, node_health& health, kept_factory make, restart_policy policy = {}) {
  return caf::actor_cast<Handle>(system.spawn(keeper, std::move(kind), std::move(make), policy, &health));
}

} // namespace parley
