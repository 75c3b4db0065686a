#include "actors/campaign_shard/campaign_shard.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

namespace parley {

using namespace std::chrono_literals;

static constexpr uint32_t enrolled_at_once = 1000;

/// Prospects awake at the same time: this shard's part of the calls that may
/// be up, and as many again being researched or waiting for a slot.
size_t campaign_shard_state::window() const {
  const auto calls = static_cast<size_t>(std::max(1, orders->policy.calls_at_once));
  return std::max<size_t>(4, 2 * calls / ctx->shard_count + 2);
}

void campaign_shard_state::receive(shard_orders order) {
  const bool was_running = running();
  orders = std::move(order);
  if (!running() && was_running)
    for (const auto& [prospect, since] : awake)
      self->send(door, tell{{entity::prospect, prospect}, 0, campaign_halted{prospect, id}});
  if (orders->cancel_ringing || orders->hang_up)
    for (const auto& [call, phase] : calls)
      tell_to(self, *ctx, entity::call, call, end_call{call, !orders->hang_up, "the campaign was stopped"});
  report();
  if (running())
    look();
}

void campaign_shard_state::look() {
  if (!running())
    return;
  if (looking) {
    look_again = true;
    return;
  }
  looking = true;
  look_again = false;
  if (enrolling)
    enrol_more();
  else
    wake_due();
}

void campaign_shard_state::enrol_more() {
  self->request(ctx->journal, ctx->settings.journal_timeout, enrol{id, shard, ctx->clock.now(), enrolled_at_once})
    .then(
      [this](const enrolled& x) {
        newly_enrolled += x.count;
        if (x.count == enrolled_at_once && running())
          return enrol_more();
        enrolling = false;
        wake_due();
      },
      [this](const caf::error& e) {
        spdlog::warn("campaign {} shard {}: enrolling failed ({}); goes on in a moment", to_string(id), shard,
                     self->system().render(e));
        looked();
        timer.set(self, 1s);
      });
}

void campaign_shard_state::wake_due() {
  const auto now = ctx->clock.now();
  const auto room = window() > awake.size() ? window() - awake.size() : 0;
  // Awake ones still have their due row, so ask for that many more.
  self
    ->request(ctx->journal, ctx->settings.journal_timeout,
              due_query{id, shard, now, static_cast<uint32_t>(room + awake.size())})
    .then(
      [this, now](const due_prospects& x) {
        asleep = x.asleep >= awake.size() ? x.asleep - awake.size() : 0;
        size_t woken = 0;
        for (const auto& prospect : x.due) {
          if (!running() || awake.size() >= window())
            break;
          if (!awake.try_emplace(prospect, self->clock().now()).second)
            continue;
          ++woken;
          self->send(door, tell{{entity::prospect, prospect}, 0, wake_prospect{prospect, orders->policy}});
        }
        asleep -= std::min<uint64_t>(asleep, woken);
        looked();
        report();
        if (x.next && awake.size() < window()) {
          const auto wait = *x.next > now ? *x.next - now : std::chrono::milliseconds{1};
          // Due ones that are awake already must not make us spin.
          timer.set(self, std::max<caf::actor_clock::duration_type>(wake_after(*ctx, wait), 250ms));
        }
      },
      [this](const caf::error& e) {
        spdlog::warn("campaign {} shard {}: due prospects could not be read ({})", to_string(id), shard,
                     self->system().render(e));
        looked();
        timer.set(self, 1s);
      });
}

void campaign_shard_state::looked() {
  looking = false;
  if (look_again)
    look();
}

void campaign_shard_state::receive(const prospect_rested& rested) {
  if (awake.erase(rested.prospect) == 0)
    return;
  if (!is_final(rested.state))
    ++asleep;
  report();
  look();
}

void campaign_shard_state::receive(const call_phase_changed& change) {
  if (change.phase == "ended")
    calls.erase(change.call);
  else
    calls[change.call] = change.phase;
  if (orders && orders->status == campaign_status::stopped && change.phase != "ended")
    tell_to(self, *ctx, entity::call, change.call, end_call{change.call, !orders->hang_up, "the campaign was stopped"});
  report();
}

void campaign_shard_state::report() {
  self->send(ctx->door_of(id), tell{{entity::campaign, id},
                                    0,
                                    shard_progress{id, shard, std::exchange(newly_enrolled, 0), asleep, awake.size(),
                                                   calls.size(), enrolling}});
}

campaign_shard_actor::behavior_type
campaign_shard(campaign_shard_actor::stateful_pointer<campaign_shard_state> self, context_ptr ctx, shard_door parent,
               caf::actor_id parent_id, campaign_id id, uint16_t shard) {
  begin(self, ctx, parent_id, campaign_shard_state::name, to_string(id));
  auto& s = self->state;
  s.ctx = std::move(ctx);
  s.door = std::move(parent);
  s.id = id;
  s.shard = shard;
  return {
    [&s](shard_orders& x) { s.receive(std::move(x)); },
    [&s](const prospect_rested& x) { s.receive(x); },
    [&s](const call_phase_changed& x) { s.receive(x); },
    [&s](tick_atom) {
      if (s.timer.rings(s.self->clock().now()))
        s.look();
    },
    [self](retire_atom) { self->quit(); },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      json calls = json::object();
      for (const auto& [call, phase] : s.calls)
        calls[to_string(call)] = phase;
      return inspected_state{json{
        {"campaign", s.id},
        {"shard", s.shard},
        {"status", s.orders ? s.orders->status : campaign_status::draft},
        {"asleep", s.asleep},
        {"awake", s.awake.size()},
        {"calls", calls}}.dump()};
    },
  };
}

} // namespace parley
