#include "runtime/supervision/keeper.hpp"

#include "runtime/guard.hpp"
#include "runtime/ports/atoms.hpp"

#include <spdlog/spdlog.h>

namespace parley {

void keeper_state::start() {
  kept = make(self);
  self->monitor(kept);
  health->report(kind, "");
}

void keeper_state::ended(const caf::down_msg& down) {
  if (!kept || down.source != kept.address())
    return;
  kept = caf::actor{};
  const bool told_to = down.reason == caf::exit_reason::user_shutdown || down.reason == caf::exit_reason::kill;
  if (told_to) {
    self->quit(down.reason);
    return;
  }
  const auto why = down.reason ? self->system().render(down.reason) : std::string{"it ended by itself"};
  const auto now = self->clock().now();
  while (!failures.empty() && now - failures.front() > policy.window)
    failures.pop_front();
  failures.push_back(now);
  if (failures.size() > policy.failures_max) {
    spdlog::error("{} failed {} times in {} s, the last time: {}; gives up", kind, failures.size(),
                  std::chrono::duration_cast<std::chrono::seconds>(policy.window).count(), why);
    self->quit(caf::make_error(ec::shutting_down, kind + " keeps failing"));
    return;
  }
  const auto pause = policy.backoff * (1 << (failures.size() - 1));
  spdlog::error("{} failed: {}; starts again in {} ms", kind, why, pause.count());
  health->report(kind, "is being started again");
  self->delayed_send(self, pause, restart_atom::value);
}

caf::behavior keeper(caf::stateful_actor<keeper_state>* self, std::string kind, kept_factory make,
                     restart_policy policy, node_health* health) {
  guard(self);
  auto& s = self->state;
  s.kind = std::move(kind);
  s.make = std::move(make);
  s.policy = policy;
  s.health = health;
  self->set_down_handler([&s](caf::scheduled_actor*, caf::down_msg& down) { s.ended(down); });
  self->set_default_handler([self, &s](caf::scheduled_actor*, caf::message_view& x) -> caf::result<caf::message> {
    if (s.kept)
      return self->delegate(s.kept, x.move_content_to_message());
    return caf::make_error(ec::vendor_unavailable, s.kind + " is being started again");
  });
  s.start();
  return {[&s](restart_atom) {
    if (!s.kept)
      s.start();
  }};
}

} // namespace parley
