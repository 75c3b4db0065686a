#include "actors/pacer/pacer.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"

namespace parley {

using std::chrono::ceil;
using std::chrono::duration;

static auto gap(const pacer_settings& x) {
  return ceil<caf::actor_clock::duration_type>(duration<double>{1.0 / x.calls_per_second});
}

caf::result<slot_grant> pacer_state::admit(const slot_request& request) {
  auto& campaign = campaigns[request.campaign];
  if (!campaign.open)
    return caf::make_error(ec::wrong_state, "the campaign does not run");
  if (waiting >= limits.waiting_max)
    return caf::make_error(ec::queue_full, "too many prospects wait for a slot");
  reply<slot_grant> answer{self};
  campaign.waiting.push_back({request, answer});
  ++waiting;
  turn();
  return answer.later();
}

bool pacer_state::grant_one() {
  if (held.size() >= limits.calls_at_once || campaigns.empty())
    return false;
  // Round robin, beginning behind the campaign that was served last.
  auto it = campaigns.upper_bound(last_served);
  for (size_t i = 0; i < campaigns.size(); ++i, ++it) {
    if (it == campaigns.end())
      it = campaigns.begin();
    auto& [id, campaign] = *it;
    if (campaign.waiting.empty())
      continue;
    const auto own_limit = static_cast<uint32_t>(std::max(1, campaign.waiting.front().request.calls_at_once));
    if (campaign.held >= own_limit)
      continue;
    auto next = std::move(campaign.waiting.front());
    campaign.waiting.pop_front();
    --waiting;
    const auto now = self->clock().now();
    const auto granted = ids.next<slot_id>(ctx->clock.now());
    held[granted] = {id, stage::granted, now + limits.slot_expiry};
    ++campaign.held;
    last_served = id;
    next_start = std::max(now, next_start) + gap(limits);
    next.answer(slot_grant{granted, ctx->clock.now() + ctx->clock.wall(limits.slot_expiry)});
    return true;
  }
  return false;
}

void pacer_state::turn() {
  const auto now = self->clock().now();
  // Granted and never used: the prospect or line has died, or time ran out.
  for (auto it = held.begin(); it != held.end();) {
    const auto next = std::next(it);
    if (it->second.stage == stage::granted && it->second.expires <= now)
      give_back(it->first);
    it = next;
  }
  while (waiting > 0 && now >= next_start)
    if (!grant_one())
      break;
  if (waiting > 0 && held.size() < limits.calls_at_once && now < next_start)
    timer.set(self, next_start);
  for (const auto& [id, x] : held)
    if (x.stage == stage::granted) {
      timer.set(self, x.expires); // the oldest grant: ids, and so the map, are in order of time
      break;
    }
}

caf::result<slot_used> pacer_state::use(const use_slot& order) {
  const auto found = held.find(order.slot);
  if (found == held.end() || found->second.stage != stage::granted)
    return caf::make_error(ec::slot_expired, to_string(order.slot));
  if (!campaigns[found->second.campaign].open) {
    give_back(order.slot);
    return caf::make_error(ec::slot_expired, to_string(order.slot));
  }
  found->second.stage = stage::used;
  return slot_used{order.slot};
}

void pacer_state::dialled(slot_id slot) {
  const auto found = held.find(slot);
  if (found == held.end())
    return;
  found->second.stage = stage::busy;
  const auto id = found->second.campaign;
  answer_closing(campaigns[id], id);
}

void pacer_state::give_back(slot_id slot) {
  const auto found = held.find(slot);
  if (found == held.end())
    return;
  const auto id = found->second.campaign;
  held.erase(found);
  auto& campaign = campaigns[id];
  --campaign.held;
  answer_closing(campaign, id);
  if (waiting > 0)
    timer.set(self, self->clock().now());
}

void pacer_state::answer_closing(share& campaign, campaign_id id) {
  if (campaign.open || campaign.closing.empty())
    return;
  for (const auto& [slot, x] : held)
    if (x.campaign == id && x.stage == stage::used)
      return;
  for (const auto& answer : std::exchange(campaign.closing, {}))
    answer(campaign_gated{id, false});
}

caf::result<campaign_gated> pacer_state::gate(const gate_campaign& order) {
  auto& campaign = campaigns[order.campaign];
  campaign.open = order.open;
  if (order.open)
    return campaign_gated{order.campaign, true};
  for (auto& x : std::exchange(campaign.waiting, {})) {
    --waiting;
    x.answer(caf::make_error(ec::wrong_state, "the campaign does not run"));
  }
  std::vector<slot_id> revoked;
  for (const auto& [slot, x] : held)
    if (x.campaign == order.campaign && x.stage == stage::granted)
      revoked.push_back(slot);
  for (const auto& slot : revoked)
    give_back(slot);
  // What a line is committing at this moment may still be dialled; the answer
  // waits until that is settled.
  reply<campaign_gated> answer{self};
  campaign.closing.push_back(answer);
  answer_closing(campaign, order.campaign);
  return answer.later();
}

void pacer_state::adopt(const adopt_slots& order) {
  for (size_t i = 0; i < order.slots.size() && i < order.campaigns.size(); ++i)
    if (held.try_emplace(order.slots[i], slot{order.campaigns[i], stage::busy, {}}).second)
      ++campaigns[order.campaigns[i]].held;
}

pacer_actor::behavior_type
pacer(pacer_actor::stateful_pointer<pacer_state> self, context_ptr ctx, pacer_settings limits) {
  begin(self, ctx, ctx->root, pacer_state::name, "");
  auto& s = self->state;
  s.ids = id_source{ctx->seed ^ static_cast<uint64_t>(ctx->clock.now().time_since_epoch().count())};
  s.ctx = std::move(ctx);
  s.limits = limits;
  s.next_start = self->clock().now();
  return {
    [&s](const slot_request& x) { return s.admit(x); },
    [&s](const use_slot& x) { return s.use(x); },
    [&s](const slot_dialled& x) { s.dialled(x.slot); },
    [&s](const return_slot& x) { s.give_back(x.slot); },
    [&s](const gate_campaign& x) { return s.gate(x); },
    [&s](const adopt_slots& x) { s.adopt(x); },
    [&s](tick_atom) {
      if (s.timer.rings(s.self->clock().now()))
        s.turn();
    },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      json campaigns = json::object();
      for (const auto& [id, x] : s.campaigns)
        campaigns[to_string(id)] = {{"open", x.open}, {"held", x.held}, {"waiting", x.waiting.size()}};
      return inspected_state{json{
        {"held", s.held.size()},
        {"waiting", s.waiting},
        {"calls_at_once", s.limits.calls_at_once},
        {"calls_per_second", s.limits.calls_per_second},
        {"campaigns",
         campaigns}}.dump()};
    },
  };
}

} // namespace parley
