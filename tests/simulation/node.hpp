#pragma once

#include "actors/pacer/pacer.hpp"
#include "actors/shard/shard.hpp"
#include "runtime/supervision/actor_tree.hpp"
#include "runtime/system_config.hpp"
#include "tests/simulation/adapters.hpp"

#include <caf/scheduler/test_coordinator.hpp>

namespace parley::simulation {

/// Wall time of the world.
class world_clock final : public clock {
public:
  explicit world_clock(const outside& o) : o_{o} {}
  wall_time now() const override { return o_.wall(); }
  double speed() const override { return 1; }

private:
  const outside& o_;
};

/// One life of a node: an actor system with the real actors, stepped from
/// outside. Its end is a crash: nobody is asked to finish anything.
class node {
public:
  node(outside& o, carrier& phone, vendors& offices, talks& voices, const std::vector<manager_row>& managers);
  ~node();

  // Steps. Which actor runs next and which timer fires is drawn.
  size_t runnable() const { return coordinator_.jobs.size(); }
  size_t due_timers();
  void run_one();
  void fire_one();
  /// The next timer that has anything to do.
  std::optional<nanoseconds> next_timer();

  // What comes in.
  void bring(const carrier_event& event, std::function<void(bool)> answered);
  bool expects_stream(call_id call) const { return world_->sessions.contains(call); }
  void tell_media(call_id call, const media_event& what);
  /// A manager's command. `done` hears the answer, unless the node dies first.
  void command(const std::string& name, const std::string& arguments,
               std::function<void(bool ok, const std::string& text)> done);

  // What can be looked at while nothing runs.
  const pacer_state& pacer() const;
  const shard_state* shard(uint16_t number) const;
  const node_context& context() const { return *context_; }
  /// The journal gave no trouble in this life.
  bool calm() const { return o_.journal_troubles == troubles_before_; }
  /// It gave none for so long that whoever died of one was missed, and what they
  /// left behind was put right.
  bool quiet() const { return calm() || o_.now - o_.journal_trouble_at > std::chrono::minutes{10}; }

  /// The state of an actor of this system; null if it has ended or is another.
  template <class Actor, class State>
  static const State* look(const caf::actor& handle) {
    auto* actor
      = dynamic_cast<typename Actor::template stateful_pointer<State>>(caf::actor_cast<caf::abstract_actor*>(handle));
    return actor ? &actor->state : nullptr;
  }

private:
  struct testing : system_config {
    testing() : system_config{1} { set("scheduler.policy", caf::atom("testing")); }
  };
  using schedule = caf::detail::simple_actor_clock::schedule_map;

  void spawn_ports();
  void spawn_actors();
  void spawn_survivor();
  void adopt_open_calls();
  void watch(const caf::actor& service, const char* name);
  void tick_clock();
  schedule& timers();
  nanoseconds when(caf::actor_clock::time_point t) const { return t - zero_; }
  bool has_work(const caf::detail::simple_actor_clock::delayed_event& x, nanoseconds at) const;

  outside& o_;
  const uint64_t troubles_before_ = o_.journal_troubles;
  world_clock clock_;
  actor_tree tree_; // these outlive the system's actors
  parley::telemetry metrics_;
  testing config_;
  caf::actor_system system_{config_};
  caf::scheduler::test_coordinator& coordinator_;
  caf::actor_clock::time_point zero_;
  std::shared_ptr<node_context> context_;
  world_ptr world_;
  std::vector<caf::actor> adapters_; ///< by `port`
  std::vector<caf::actor> others_;
  std::vector<shard_door> inner_;
  checked_pacer_actor pacing_;
  control_port control_;
  std::vector<manager_row> managers_;
  std::map<uint64_t, std::function<void(bool)>> acknowledgements_;
  uint64_t last_ticket_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace parley::simulation
