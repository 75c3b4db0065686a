#pragma once

#include "runtime/node_context.hpp"

#include <memory>

namespace parley::test {

/// A clock that stands still.
class still_clock final : public clock {
public:
  explicit still_clock(wall_time now) : now_{now} {}
  wall_time now() const override { return now_; }
  double speed() const override { return 1; }

private:
  wall_time now_;
};

/// What an adapter's actor is given at birth. Outlives the actor system.
struct port_context {
  explicit port_context(const char* now = "2026-11-24T09:30:05Z") : wall{*parse_iso(now)} {}

  still_clock wall;
  actor_tree tree;
  telemetry metrics;
  std::shared_ptr<node_context> context
    = std::make_shared<node_context>(node_context{wall, tree, metrics, number_hasher{{}}});

  context_ptr ctx() const { return context; }

  /// Tells everybody in the tree to end, as a node does when it stops: a timer
  /// may hold an actor that nobody else knows any more.
  void end_actors() const {
    for (const auto& [id, entry] : tree.snapshot())
      if (auto handle = caf::actor_cast<caf::strong_actor_ptr>(entry.address))
        caf::anon_send_exit(caf::actor_cast<caf::actor>(handle), caf::exit_reason::user_shutdown);
  }
};

} // namespace parley::test
