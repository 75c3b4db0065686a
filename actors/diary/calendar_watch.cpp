#include "actors/diary/calendar_watch.hpp"

#include "actors/diary/core.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

namespace parley {

using namespace std::chrono_literals;

static constexpr auto compare_every = 1h;

void calendar_watch_state::look() {
  self->request(ctx->journal, ctx->settings.journal_timeout, load_managers{})
    .then(
      [this](manager_rows& x) {
        managers = std::move(x.rows);
        ask(0);
      },
      [this](const caf::error& e) {
        spdlog::warn("calendar watch: the account managers cannot be read: {}", self->system().render(e));
        rest();
      });
}

void calendar_watch_state::ask(size_t index) {
  if (index >= managers.size())
    return rest();
  const auto& manager = managers[index];
  auto& at = places[manager.id];
  const auto now = self->clock().now();
  if (at.token.empty() || now - at.compared >= compare_every) {
    at.token.clear();
    at.compared = now;
  }
  self->request(ctx->calendar, ctx->settings.vendor_timeout, list_changes{manager.calendar_id, at.token})
    .then(
      [this, index](const event_changes& x) {
        hear(managers[index], x);
        ask(index + 1);
      },
      [this, index](const caf::error& e) {
        // Once per outage; the token stays, so nothing is missed.
        if (const auto& who = managers[index].id; failing.insert(who).second)
          spdlog::warn("calendar watch: the calendar of account manager {} cannot be read: {}", to_string(who),
                       self->system().render(e));
        ask(index + 1);
      });
}

void calendar_watch_state::hear(const manager_row& manager, const event_changes& x) {
  failing.erase(manager.id);
  places[manager.id].token = x.token;
  calendar_changed ours{manager.id, {}};
  for (const auto& change : x.changes)
    if (diaries::may_be_ours(change.event_id))
      ours.changes.push_back(change);
  if (ours.changes.empty())
    return;
  changes += ours.changes.size();
  tell_to(self, *ctx, entity::diary, manager.id, std::move(ours));
}

void calendar_watch_state::rest() {
  ++rounds;
  timer.set(self, every);
}

calendar_watch_actor::behavior_type calendar_watch(calendar_watch_actor::stateful_pointer<calendar_watch_state> self,
                                                   context_ptr ctx, std::chrono::milliseconds every) {
  begin(self, ctx, ctx->root, calendar_watch_state::name, "");
  auto& s = self->state;
  s.ctx = std::move(ctx);
  s.every = every;
  s.timer.set(self, 0s);
  return {
    [&s](tick_atom) {
      if (s.timer.rings(s.self->clock().now()))
        s.look();
    },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{json{
        {"rounds", s.rounds},
        {"managers", s.managers.size()},
        {"unreachable", s.failing.size()},
        {"changes", s.changes}}.dump()};
    },
  };
}

} // namespace parley
