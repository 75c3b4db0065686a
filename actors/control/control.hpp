#pragma once

#include "actors/compliance/rules.hpp"
#include "actors/control/jobs.hpp"
#include "runtime/alarm.hpp"
#include "runtime/node_context.hpp"
#include "runtime/ports/control.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <nlohmann/json.hpp>

#include <functional>
#include <map>

namespace parley {

using control_actor = control_port::extend<
  // INTERNAL: what a command put off is due.
  caf::reacts_to<tick_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

/// Told by the node, shown to whoever asks for its status.
struct node_identity {
  std::string mode = "PRACTICE"; ///< or LIVE
  std::string version;
  std::string home_region = "US";
  std::string crm = "none"; ///< provider: the source of people who are imported from it
  double minute_price = 0;  ///< of a call, all in all, for estimates; 0: not known
  std::string currency = "USD";
};

struct control_state {
  using answer = reply<control_answer>;
  using arguments = nlohmann::json;

  explicit control_state(control_actor::pointer self) : self{self} {}
  caf::result<control_answer> run(const control_command& command);

  control_actor::pointer self;
  context_ptr ctx;
  std::shared_ptr<const calling_rules> rules;
  node_identity node;
  id_source ids{0};
  commands::job_book jobs;
  uint64_t commands = 0;
  static inline constexpr const char* name = "control";

  /// Finds a campaign by id or name; answers `ec::not_found` with the names
  /// there are when it is none of them.
  void with_campaign(const arguments& args, const answer& reply, std::function<void(campaign_row)> then);
  void send_report(report_query query, const answer& reply);
  /// Where a command notes how far it is; nobody looks when it is no job.
  commands::progress_ptr progress_of(const arguments& args);
  /// Does this once so much real time has passed; never when control ends before.
  void after(std::chrono::milliseconds delay, std::function<void()> what);
  /// Does what is due.
  void wake();

private:
  /// Runs a command whose answer is fetched with `job show`; answers with the
  /// job at once.
  void begin_job(const control_command& command, arguments args, const answer& reply);

  std::multimap<caf::actor_clock::time_point, std::function<void()>> put_off_;
  alarm timer_;
};

/// The CONTROL actor: every command of a campaign manager comes through here.
/// It reads files, so it runs on a thread of its own.
control_actor::behavior_type control(control_actor::stateful_pointer<control_state> self, context_ptr ctx,
                                     std::shared_ptr<const calling_rules> rules, node_identity node);

namespace commands {

/// One command: checks its arguments, does its work, answers once.
/// Throws std::invalid_argument with a sentence that names field and remedy.
using handler = std::function<void(control_state&, const nlohmann::json&, control_state::answer)>;

/// By name, e.g. "campaign launch".
const std::map<std::string, handler>& all();

} // namespace commands

} // namespace parley
