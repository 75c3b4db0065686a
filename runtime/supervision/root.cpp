#include "runtime/supervision/root.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

namespace parley {

using namespace std::chrono_literals;

/// Between two questions to the journal whether it is there, and the answer's limit.
static constexpr auto probe_interval = 2s;
static constexpr auto probe_patience = 2s;

void root_state::watch(std::string service, const caf::actor& who) {
  services[who.address()] = std::move(service);
  self->monitor(who);
}

void root_state::ended(const caf::down_msg& down) {
  const auto found = services.find(down.source);
  if (found == services.end())
    return;
  const auto service = found->second;
  services.erase(found);
  if (down.reason == caf::exit_reason::user_shutdown || !fatal)
    return;
  const auto why = service + " ended: " + self->system().render(down.reason);
  spdlog::critical("{}; the node ends with it", why);
  health->report(service, "has ended");
  std::exchange(fatal, nullptr)(why);
}

void root_state::probe() {
  // Any read does: this one finds nothing and costs nothing. An append of
  // nothing writes only while the store is in trouble, to see whether it heals.
  self->request(ctx->journal, probe_patience, find_known_sids{})
    .then([this](const known_sids&) { probe_writes(); },
          [this](const caf::error& e) {
            health->report("journal", "does not answer (" + self->system().render(e) + ")");
          });
  self->delayed_send(self, probe_interval, tick_atom::value);
}

void root_state::probe_writes() {
  append nothing;
  nothing.epoch = ctx->epoch;
  self->request(ctx->journal, probe_patience, std::move(nothing))
    .then([this](const committed&) { health->report("journal", ""); },
          [this](const caf::error& e) {
            health->report("journal", "takes no writes (" + self->system().render(e) + ")");
          });
}

caf::behavior node_root(caf::stateful_actor<root_state>* self, context_ptr ctx, node_health* health,
                        std::function<void(const std::string&)> fatal) {
  begin(self, ctx, 0, root_state::name, "");
  auto& s = self->state;
  s.ctx = std::move(ctx);
  s.health = health;
  s.fatal = std::move(fatal);
  self->set_down_handler([&s](caf::scheduled_actor*, caf::down_msg& down) { s.ended(down); });
  return {
    [&s](watch_atom, std::string& service, const caf::actor& who) { s.watch(std::move(service), who); },
    [&s](tick_atom) { s.probe(); },
    [self](const inspect_state&) {
      json watched = json::array();
      for (const auto& [address, service] : self->state.services)
        watched.push_back(service);
      return inspected_state{json{{"services", watched}, {"problems", self->state.health->problems()}}.dump()};
    },
  };
}

} // namespace parley
