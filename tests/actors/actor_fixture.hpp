#pragma once

#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"
#include "runtime/system_config.hpp"
#include "tests/actors/wire.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <memory>
#include <optional>

namespace parley::test {

/// The answer to a request, filled in as time passes.
template <class Reply>
struct answer {
  std::optional<Reply> value;
  caf::error error;
};

/// Wall time that follows CAF's virtual clock.
class virtual_clock final : public clock {
public:
  explicit virtual_clock(caf::scheduler::test_coordinator& coordinator) : coordinator_{coordinator} {}
  wall_time now() const override {
    return start_ + std::chrono::duration_cast<std::chrono::milliseconds>(coordinator_.clock().current_time - begun_);
  }
  double speed() const override { return 1; }

private:
  caf::scheduler::test_coordinator& coordinator_;
  wall_time start_ = *parse_iso("2026-12-01T15:00:00Z");
  caf::actor_clock::time_point begun_ = coordinator_.clock().current_time;
};

/// Runs actors one by one on the test's own thread, in virtual time. Every
/// message is serialised and read back before delivery, whoever sends it to
/// whom: what works here crosses nodes.
struct actor_fixture {
  struct testing : system_config {
    testing() : system_config{1} { set("scheduler.policy", caf::atom("testing")); }
  };
  testing config;
  caf::actor_system sys{config};
  caf::scheduler::test_coordinator& coordinator = dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler());
  std::unique_ptr<virtual_clock> wall;
  actor_tree tree;
  parley::telemetry metrics;
  std::shared_ptr<node_context> context;

  actor_fixture() {
    coordinator.clock().current_time += std::chrono::hours{1};
    wall = std::make_unique<virtual_clock>(coordinator);
    context = std::make_shared<node_context>(node_context{*wall, tree, metrics, number_hasher{{}}});
    context->seed = 7;
  }
  ~actor_fixture() { settle(); }

  void settle() {
    while (!coordinator.jobs.empty()) {
      if (auto* next = dynamic_cast<caf::scheduled_actor*>(coordinator.jobs.front()))
        cross_mailbox(sys, *next);
      coordinator.run_once();
    }
  }
  /// From timer to timer, so that chained timers see the right time.
  void advance(caf::timespan d) {
    settle();
    auto& clock = coordinator.clock();
    const auto end = clock.current_time + d;
    while (!clock.schedule().empty() && clock.schedule().begin()->first <= end) {
      clock.advance_time(std::max(clock.schedule().begin()->first - clock.current_time, caf::timespan{0}));
      settle();
    }
    clock.advance_time(end - clock.current_time);
    settle();
  }

  /// Sends a request from a fresh actor.
  template <class Reply, class Handle, class Request>
  std::shared_ptr<answer<Reply>> ask(const Handle& target, const Request& request) {
    auto result = std::make_shared<answer<Reply>>();
    sys.spawn([=, message = request](caf::event_based_actor* caller) {
      caller->request(target, caf::infinite, message)
        .then([=](const Reply& x) { result->value = x; }, [=](const caf::error& x) { result->error = x; });
    });
    settle();
    return result;
  }

  template <class Handle, class Message>
  void tell(const Handle& target, const Message& message) {
    caf::anon_send(target, message);
    settle();
  }

  template <class Handle>
  void stop(const Handle& target) {
    caf::anon_send_exit(target, caf::exit_reason::user_shutdown);
    settle();
    while (coordinator.trigger_timeout())
      settle();
  }
};

} // namespace parley::test
