// How a node ends: it drains, and its actors stop in the order in which they
// need one another.
#include "cluster/link/gate.hpp"
#include "cluster/node_parts.hpp"
#include "runtime/context_end.hpp"
#include "runtime/registry.hpp"

#include <caf/scoped_actor.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <chrono>
#include <functional>
#include <set>
#include <thread>
#include <utility>

namespace parley {

/// Ends actors, again and again: some may start another one before they hear
/// of it. False if some do not end.
static bool end_all(const actor_tree& tree, const std::function<bool(const std::string&)>& of_kind) {
  using namespace std::chrono_literals;
  for (int round = 0; round < 2'000; ++round) {
    size_t left = 0;
    for (const auto& [id, entry] : tree.snapshot())
      if (of_kind(entry.kind)) {
        ++left;
        if (auto handle = caf::actor_cast<caf::strong_actor_ptr>(entry.address))
          caf::anon_send_exit(caf::actor_cast<caf::actor>(handle), caf::exit_reason::user_shutdown);
      }
    if (left == 0)
      return true;
    std::this_thread::sleep_for(2ms);
  }
  return false;
}

/// First who could start others, then the aggregates while all that they ask
/// still answers, the journal last.
void node::parts::end_actors() {
  auto& ctx = *context;
  if (own_gate && cluster_port != 0)
    close_cluster_port(own_gate, cluster_port);
  for (const auto& service : keepers)
    caf::anon_send_exit(service, caf::exit_reason::user_shutdown);
  for (const auto& door : ctx.doors)
    caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
  end_all(tree, [](const std::string& kind) { return kind == "shard"; });
  static const std::set<std::string> aggregates{"campaign", "campaign_shard", "prospect", "line", "call", "diary"};
  end_all(tree, [](const std::string& kind) { return aggregates.contains(kind); });
  end_all(tree, [](const std::string& kind) { return kind != "journal"; });
  if (!end_all(tree, [](const std::string&) { return true; })) {
    spdlog::error("some actors do not end; the node stops without them");
    system->await_actors_before_shutdown(false);
  }
  keepers.clear();
  root = caf::actor{};
  joined.reset();
  own_gate = cluster_gate{};
  control = control_port{};
  inspector = inspector_port{};
  let_go_of_handles(ctx);
}

void node::drain() {
  auto& p = *parts_;
  p.health.report("node", "is draining");
  if (p.joined) { // the slots are the other node's
    caf::anon_send(p.joined->gate, leave_calls{p.introduction().name});
    return;
  }
  // Nothing is asked of the store, which may be away: the campaigns' status stays,
  // and the next start goes on with them. The pause holds even if a node that
  // hosts the calls joins meanwhile and opens the dials.
  caf::anon_send(p.context->pacer, hold_dials{std::chrono::hours{24}});
  caf::anon_send(p.context->pacer, open_dials{false});
}

size_t node::live_calls() const {
  auto& p = *parts_;
  if (p.joined)
    return p.tree.count("call");
  size_t held = 0;
  caf::scoped_actor self{*p.system};
  self->request(p.context->pacer, p.settings.actors.request_timeout, inspect_state{})
    .receive([&](const inspected_state& x) { held = nlohmann::json::parse(x.json).value("held", size_t{0}); },
             [&](const caf::error&) { held = p.tree.count("call"); });
  return held;
}

std::chrono::milliseconds node::drain_limit() const {
  return parts_->settings.actors.drain_limit;
}

void node::stop() {
  auto& p = *parts_;
  if (std::exchange(p.stopped, true))
    return;
  // A detached actor's thread lives until the last handle is gone, and the
  // sockets hold some.
  if (p.web)
    p.web->stop();
  p.web.reset();
  if (p.media)
    p.media->stop();
  if (p.system && p.context) {
    p.end_actors();
    p.context.reset();
    p.system.reset(); // waits until every actor has ended
  }
}

} // namespace parley
