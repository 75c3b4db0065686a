#include "actors/pacer/pacer.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"
#include "runtime/telephony/dial_outcome.hpp"

namespace parley {

using namespace std::chrono_literals;
using std::chrono::ceil;
using std::chrono::duration;

/// Sets the pacer's chance apart from that of other owners. Ids carry the time
/// besides, so that a run with the same seed repeats and another one differs.
static constexpr uint64_t pacer_salt = 0x70616365725f6964;

static auto gap(const pacer_settings& x) {
  return ceil<caf::actor_clock::duration_type>(duration<double>{1.0 / x.calls_per_second});
}

caf::result<slot_grant> pacer_state::admit(const slot_request& request) {
  auto& campaign = campaigns[request.campaign];
  if (!campaign.open)
    return caf::make_error(ec::wrong_state, "the campaign does not run");
  const auto until = self->clock().now() + std::clamp<std::chrono::milliseconds>(request.patience, 0ms, 24h);
  if (const auto before = campaign.places.find(request.prospect); before != campaign.places.end()) {
    // It gave up on its first request and asks again: one place, kept.
    reply<slot_grant> answer{self};
    *before->second = {request, answer, until};
    return answer.later();
  }
  if (waiting >= limits.waiting_max) {
    metrics->refused.Increment();
    return caf::make_error(ec::queue_full, "too many prospects wait for a slot");
  }
  reply<slot_grant> answer{self};
  campaign.places[request.prospect] = campaign.waiting.insert(campaign.waiting.end(), {request, answer, until});
  ++waiting;
  turn();
  return answer.later();
}

/// The oldest request that somebody still waits for.
std::optional<pacer_state::queued> pacer_state::next_of(share& campaign) {
  const auto now = self->clock().now();
  while (!campaign.waiting.empty()) {
    auto& first = campaign.waiting.front();
    const auto own_limit = static_cast<uint32_t>(std::max(1, first.request.calls_at_once));
    const bool in_time = first.until > now;
    if (in_time && campaign.held >= own_limit)
      return std::nullopt;
    auto next = std::move(first);
    campaign.places.erase(next.request.prospect);
    campaign.waiting.pop_front();
    --waiting;
    if (in_time)
      return next;
  }
  return std::nullopt;
}

bool pacer_state::grant_one() {
  if (!dials_open || held.size() >= limits.calls_at_once || campaigns.empty())
    return false;
  // Round robin, beginning behind the campaign that was served last.
  auto it = campaigns.upper_bound(last_served);
  for (size_t i = 0; i < campaigns.size(); ++i, ++it) {
    if (it == campaigns.end())
      it = campaigns.begin();
    auto& [id, campaign] = *it;
    const auto next = next_of(campaign);
    if (!next)
      continue;
    const auto now = self->clock().now();
    const auto granted = ids.next<slot_id>(ctx->clock.now());
    held[granted] = {id, stage::granted, now + limits.slot_expiry, now + limits.slot_expiry + dial_margin};
    ++campaign.held;
    metrics->granted.Increment();
    last_served = id;
    next_start = std::max(now, next_start) + gap(limits);
    next->answer(slot_grant{granted, ctx->clock.now() + ctx->clock.wall(limits.slot_expiry)});
    return true;
  }
  return false;
}

void pacer_state::turn() {
  const auto now = self->clock().now();
  answer_settling(); // before those of which nobody knows are taken back
  // Granted and never used, or used and never dialled: the prospect, the line
  // or the call has died, or time ran out.
  for (auto it = held.begin(); it != held.end();) {
    const auto next = std::next(it);
    if (it->second.stage != stage::busy && it->second.expires <= now) {
      metrics->expired.Increment();
      give_back(it->first);
    }
    it = next;
  }
  while (waiting > 0 && now >= next_start)
    if (!grant_one())
      break;
  if (dials_open && waiting > 0 && held.size() < limits.calls_at_once && now < next_start)
    timer.set(self, next_start);
  for (auto& [id, campaign] : campaigns)
    answer_closing(campaign, id);
  std::optional<caf::actor_clock::time_point> first;
  const auto wake_at = [&first](caf::actor_clock::time_point when) {
    if (!first || when < *first)
      first = when;
  };
  for (const auto& [id, x] : held)
    if (x.stage != stage::busy)
      wake_at(x.expires);
    else if (may_still_dial(x) && !campaigns[x.campaign].closing.empty())
      wake_at(x.dial_until);
  for (const auto& x : settlings)
    for (const auto& slot : x.open)
      wake_at(held.at(slot).dial_until);
  if (first)
    timer.set(self, *first);
  show();
}

void pacer_state::show() const {
  metrics->held.Set(static_cast<double>(held.size()));
  metrics->waiting.Set(waiting);
}

caf::result<slot_used> pacer_state::use(const use_slot& order) {
  const auto found = held.find(order.slot);
  if (found == held.end() || found->second.stage != stage::granted)
    return caf::make_error(ec::slot_expired, to_string(order.slot));
  if (!dials_open || !campaigns[found->second.campaign].open) {
    give_back(order.slot);
    return caf::make_error(ec::slot_expired, to_string(order.slot));
  }
  auto& used = found->second;
  used.stage = stage::used;
  used.expires = self->clock().now() + ctx->settings.dial_limit();
  // One that is written at the last instant may wait for its answer.
  used.expires = std::max(used.expires, used.dial_until + ctx->settings.dial_timeout);
  timer.set(self, used.expires);
  return slot_used{order.slot};
}

void pacer_state::dialled(const slot_dialled& order) {
  const auto found = held.find(order.slot);
  if (found == held.end())
    return;
  found->second.stage = stage::busy;
  found->second.settled = found->second.settled || order.known;
  if (may_still_dial(found->second)) // nobody knows: its time has to run out
    timer.set(self, found->second.dial_until);
  const auto id = found->second.campaign;
  answer_closing(campaigns[id], id);
  answer_settling();
}

void pacer_state::give_back(slot_id slot) {
  const auto found = held.find(slot);
  if (found == held.end())
    return;
  const auto id = found->second.campaign;
  held.erase(found);
  metrics->returned.Increment();
  show();
  auto& campaign = campaigns[id];
  --campaign.held;
  answer_closing(campaign, id);
  answer_settling();
  if (waiting > 0)
    timer.set(self, self->clock().now());
}

/// Slots that nobody has used yet; who asks leave to dial on one is told that it is gone.
void pacer_state::revoke(const std::function<bool(const slot&)>& of_them) {
  std::vector<slot_id> revoked;
  for (const auto& [id, x] : held)
    if (x.stage == stage::granted && of_them(x))
      revoked.push_back(id);
  for (const auto& id : revoked)
    give_back(id);
}

void pacer_state::answer_closing(share& campaign, campaign_id id) {
  if (campaign.open || campaign.closing.empty())
    return;
  for (const auto& [slot, x] : held)
    if (x.campaign == id && (x.stage == stage::used || (x.stage == stage::busy && may_still_dial(x))))
      return;
  for (const auto& answer : std::exchange(campaign.closing, {}))
    answer(campaign_gated{id, false});
}

caf::result<campaign_gated> pacer_state::gate(const gate_campaign& order) {
  auto& campaign = campaigns[order.campaign];
  campaign.open = order.open;
  if (order.open) {
    // Whoever waits for the closing learns that it was overtaken.
    for (const auto& answer : std::exchange(campaign.closing, {}))
      answer(campaign_gated{order.campaign, true});
    return campaign_gated{order.campaign, true};
  }
  campaign.places.clear();
  for (auto& x : std::exchange(campaign.waiting, {})) {
    --waiting;
    x.answer(caf::make_error(ec::wrong_state, "the campaign does not run"));
  }
  revoke([&](const slot& x) { return x.campaign == order.campaign; });
  show();
  // What a line is committing at this moment may still be dialled; the answer
  // waits until that is settled.
  reply<campaign_gated> answer{self};
  campaign.closing.push_back(answer);
  answer_closing(campaign, order.campaign);
  if (!campaign.closing.empty())
    timer.set(self, self->clock().now()); // to know when the last one of them is over
  return answer.later();
}

/// Also on a slot that was granted and is not used yet: its line may have read
/// the lists already, and ask for leave to dial a moment from now.
bool pacer_state::may_still_dial(const slot& x) const {
  return !x.settled && self->clock().now() < x.dial_until;
}

/// Used, its time is over, and nobody said what became of its dial.
bool pacer_state::is_unknown(const slot& x) const {
  return x.stage != stage::granted && !x.settled && !may_still_dial(x);
}

void pacer_state::answer_settling() {
  std::vector<settling> waits;
  for (auto& asked : std::exchange(settlings, {})) {
    std::vector<slot_id> open;
    for (const auto& slot : asked.open) {
      const auto found = held.find(slot);
      if (found == held.end())
        continue; // given up, or over
      if (may_still_dial(found->second))
        open.push_back(slot);
      else if (is_unknown(found->second))
        ++asked.unknown;
    }
    asked.open = std::move(open);
    if (asked.open.empty())
      asked.answer(dials_settled{asked.unknown});
    else
      waits.push_back(std::move(asked));
  }
  settlings = std::move(waits);
}

caf::result<dials_settled> pacer_state::settle(const settle_dials& order) {
  if (settlings.size() >= limits.waiting_max)
    return caf::make_error(ec::queue_full, "too many ask whether dials are settled");
  reply<dials_settled> answer{self};
  auto later = answer.later();
  settling asked{std::move(answer), {}, 0};
  const auto note = [&](const slot_id& id, const slot& x) {
    if (may_still_dial(x)) {
      asked.open.push_back(id);
      timer.set(self, x.dial_until);
    } else if (is_unknown(x)) {
      ++asked.unknown;
    }
  };
  for (const auto& id : order.slots)
    if (const auto found = held.find(id); found != held.end())
      note(id, found->second);
    else
      ++asked.unknown;
  if (order.slots.empty())
    for (const auto& [id, x] : held)
      note(id, x);
  settlings.push_back(std::move(asked));
  answer_settling();
  return later;
}

/// Another life of the node, or a call that we did not hear of, may have handed its
/// dial to the carrier's adapter a moment ago: each counts as dialled until the
/// longest time that a slot is good.
void pacer_state::adopt(const adopt_slots& order) {
  const auto dial_until = self->clock().now() + limits.slot_expiry + dial_margin;
  for (const auto& x : order.slots) {
    if (held.try_emplace(x.slot, slot{x.campaign, stage::busy, {}, dial_until, x.known}).second) {
      ++campaigns[x.campaign].held;
      metrics->adopted.Increment();
      timer.set(self, dial_until);
    } else if (x.known) {
      dialled({x.slot, true});
    }
  }
  show();
}

/// What the carrier asks for, or more where its last pause did not help.
std::chrono::milliseconds pacer_state::grown_pause(std::chrono::milliseconds asked) const {
  const auto now = self->clock().now();
  const bool again = pause > 0ms && now <= pause_until + pause + limits.slot_expiry + ctx->settings.dial_limit();
  // A long pause that the carrier named itself is not doubled.
  return again ? std::max(asked, std::min(pause * 2, limits.refusal_pause_max)) : asked;
}

void pacer_state::hold(const hold_dials& order) {
  const auto now = self->clock().now();
  const auto asked = std::clamp<std::chrono::milliseconds>(order.pause, 0ms, 24h);
  if (now >= pause_until) {
    pause = grown_pause(asked);
    pause_until = now + pause;
  } else if (now + asked > pause_until) {
    pause = std::max(pause, asked);
    pause_until = now + asked;
  }
  next_start = std::max(next_start, pause_until);
}

void pacer_state::open(const open_dials& order) {
  dials_open = order.open;
  if (!dials_open)
    revoke([](const slot&) { return true; });
  if (dials_open && waiting > 0)
    timer.set(self, self->clock().now());
}

slots_checked pacer_state::check(const check_slots& open) {
  slots_checked out;
  std::set<slot_id> known;
  std::set<slot_id> leaks;
  std::set<slot_id> missing;
  for (const auto& x : open.slots) {
    known.insert(x.slot);
    if (held.contains(x.slot)) {
      if (x.known)
        dialled({x.slot, true});
      continue;
    }
    if (!missing_suspects.contains(x.slot)) {
      missing.insert(x.slot);
      continue;
    }
    ++out.missing;
    metrics->missing.Increment();
    adopt({{x}});
  }
  // Those that are granted or used expire by themselves.
  for (const auto& [slot, x] : held)
    if (x.stage == stage::busy && !known.contains(slot))
      leaks.insert(slot);
  for (const auto& slot : leaks)
    if (leak_suspects.contains(slot)) {
      ++out.leaked;
      metrics->leaked.Increment();
      give_back(slot);
    }
  std::erase_if(leaks, [this](const slot_id& slot) { return !held.contains(slot); });
  leak_suspects = std::move(leaks);
  missing_suspects = std::move(missing);
  out.held = static_cast<uint32_t>(held.size());
  out.open = static_cast<uint32_t>(known.size());
  metrics->open_calls.Set(out.open);
  metrics->checks.Increment();
  return out;
}

checked_pacer_actor::behavior_type
pacer(checked_pacer_actor::stateful_pointer<pacer_state> self, context_ptr ctx, pacer_settings limits) {
  begin(self, ctx, ctx->root, pacer_state::name, "");
  auto& s = self->state;
  s.ids = id_source{ctx->seed ^ pacer_salt};
  s.ctx = std::move(ctx);
  s.limits = limits;
  s.metrics.emplace(s.ctx->telemetry);
  s.metrics->limit.Set(limits.calls_at_once);
  s.next_start = self->clock().now();
  return {
    [&s](const slot_request& x) { return s.admit(x); },
    [&s](const use_slot& x) { return s.use(x); },
    [&s](const slot_dialled& x) { s.dialled(x); },
    [&s](const return_slot& x) { s.give_back(x.slot); },
    [&s](const gate_campaign& x) { return s.gate(x); },
    [&s](const adopt_slots& x) { s.adopt(x); },
    [&s](const hold_dials& x) { s.hold(x); },
    [&s](const open_dials& x) { s.open(x); },
    [&s](const settle_dials& x) { return s.settle(x); },
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
        {"settling", s.settlings.size()},
        {"dials_open", s.dials_open},
        {"calls_at_once", s.limits.calls_at_once},
        {"calls_per_second", s.limits.calls_per_second},
        {"pause_ms", s.self->clock().now() < s.pause_until ? s.pause.count() : 0},
        {"campaigns",
         campaigns}}.dump()};
    },
    [&s](const check_slots& x) -> caf::result<slots_checked> { return s.check(x); },
  };
}

} // namespace parley
