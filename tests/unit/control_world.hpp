#pragma once

#include "actors/control/control.hpp"
#include "runtime/json.hpp"
#include "tests/adapters/sqlite_backend.hpp"
#include "tests/unit/compliance_fixture.hpp"

#include <atomic>
#include <fstream>
#include <mutex>

namespace parley::test {

/// A clock that the test sets, read by actors on other threads.
class set_clock final : public clock {
public:
  wall_time now() const override { return wall_time{std::chrono::milliseconds{at_.load()}}; }
  double speed() const override { return 1; }
  void set(wall_time at) { at_ = at.time_since_epoch().count(); }

private:
  std::atomic<int64_t> at_{0};
};

/// What goes through the doors of a node.
struct door_log {
  std::mutex mutex;
  std::vector<tell> told;
  std::vector<steer_call> steered;
  std::vector<suppress_line> asked; ///< of lines, which answer this
  line_settled line;
  bool lines_silent = false;
  size_t settlings = 0; ///< how often the pacer was asked whether dials are under way; it answers this
  dials_settled dials;
  bool pacer_silent = false;
  std::vector<campaign_command> commanded;
  bool campaigns_silent = false;
  campaign_status status = campaign_status::running; ///< what a campaign answers that it is
};

/// What outlives the actor system.
struct control_surroundings {
  set_clock time;
  actor_tree tree;
  parley::telemetry metrics;
  door_log log;
};

/// A control actor over a real store. Its doors and its pacer write down what
/// they are told unless the test puts real shards behind them.
class control_world : public control_surroundings, public journal_test {
public:
  control_world();
  ~control_world();

  std::shared_ptr<node_context> context;
  control_actor control;

  /// Another control actor on the same store, as after a restart.
  control_actor start_control(node_identity identity = {});
  /// Replaces the doors by real shards and starts what these ask.
  void start_shards();

  nlohmann::json command(const std::string& name, nlohmann::json args = nlohmann::json::object());
  /// Why the command was refused.
  std::string refusal(const std::string& name, nlohmann::json args = nlohmann::json::object());
  /// A file with this text; returns its path.
  std::string file(const std::string& text);
  /// The minimum of a campaign, with changes.
  static nlohmann::json campaign_args(nlohmann::json changes = nlohmann::json::object());
  list_hits lists_of(const std::string& e164);
  /// All that the doors were told up to now, in no order between doors.
  std::vector<tell> told();
  /// Runs a command as a job and waits for its end; what `job show` says.
  nlohmann::json job(const std::string& name, nlohmann::json args = nlohmann::json::object());

  /// Waits for the end of a job; what `job show` says.
  nlohmann::json end_of_job(const nlohmann::json& id, std::chrono::seconds patience = std::chrono::seconds{30});

private:
  caf::expected<control_answer> run(const std::string& name, const nlohmann::json& args);

  std::vector<caf::actor> others_; ///< ended with the test
  int files_ = 0;
};

} // namespace parley::test
