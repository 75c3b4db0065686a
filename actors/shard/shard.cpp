#include "actors/shard/shard.hpp"

#include "actors/call/call.hpp"
#include "actors/campaign/campaign.hpp"
#include "actors/campaign_shard/campaign_shard.hpp"
#include "actors/diary/diary.hpp"
#include "actors/line/line.hpp"
#include "actors/prospect/prospect.hpp"
#include "runtime/registry.hpp"

namespace parley {

using namespace std::chrono_literals;

/// A child that fails more often than this in a minute is left alone until the
/// minute is over, or the next order or due row asks for it; its journal keeps
/// everything.
static constexpr uint32_t failures_max = 5;
static constexpr auto failures_forgotten = 1min;

/// These have work that nobody else would ask for again. Of a line: the call
/// that it stored and, by a commit that was answered too late, never began.
static bool goes_on_by_itself(entity kind) {
  return kind == entity::call || kind == entity::campaign || kind == entity::campaign_shard || kind == entity::line;
}

void shard_state::start(context_ptr context, uint16_t shard) {
  ctx = std::move(context);
  number = shard;
  if (!ctx->opposite_doors.empty())
    meet(caf::actor_cast<caf::actor>(ctx->opposite_doors[number]));
  // What was under way when the node stopped goes on.
  if (ctx->lives_here(entity::call))
    self->request(ctx->journal, ctx->settings.journal_timeout, find_open_calls{number})
      .then(
        [this](const open_calls& x) {
          for (const auto& open : x.calls)
            of({entity::call, open.call});
        },
        [this](caf::error& e) { self->quit(std::move(e)); });
  if (ctx->lives_here(entity::campaign))
    self->request(ctx->journal, ctx->settings.journal_timeout, load_campaigns{})
      .then(
        [this](const campaign_rows& x) {
          for (const auto& row : x.rows)
            if (shard_of(row.id, ctx->shard_count) == number
                && (row.status == campaign_status::running || row.status == campaign_status::paused
                    || row.status == campaign_status::stopped))
              of({entity::campaign, row.id});
        },
        [this](caf::error& e) { self->quit(std::move(e)); });
  if (ctx->lives_here(entity::prospect))
    outbox.emplace(self, ctx, number);
  timer.set(self, 250ms);
}

caf::actor shard_state::spawn(const entity_key& key) {
  const shard_door me{self};
  switch (key.kind) {
    case entity::campaign:
      return caf::actor_cast<caf::actor>(self->spawn(campaign, ctx, self->id(), campaign_id{key.id}));
    case entity::campaign_shard:
      return caf::actor_cast<caf::actor>(self->spawn(campaign_shard, ctx, self->id(), campaign_id{key.id}, number));
    case entity::prospect:
      return caf::actor_cast<caf::actor>(self->spawn(prospect, ctx, me, self->id(), prospect_id{key.id}));
    case entity::line: return caf::actor_cast<caf::actor>(self->spawn(line, ctx, me, self->id(), line_id{key.id}));
    case entity::call: return caf::actor_cast<caf::actor>(self->spawn(call, ctx, me, self->id(), call_id{key.id}));
    default: return caf::actor_cast<caf::actor>(self->spawn(diary, ctx, me, self->id(), manager_id{key.id}));
  }
}

shard_state::child& shard_state::of(const entity_key& key) {
  auto& entry = children[key];
  if (!entry.handle) {
    entry.handle = spawn(key);
    entry.orders = 0;
    keys[entry.handle.address()] = key;
    self->monitor(entry.handle);
  }
  return entry;
}

void shard_state::receive(tell order) {
  if (order.epoch != 0 && order.epoch != ctx->epoch) {
    spdlog::warn("shard {}: order of epoch {} refused, the current one is {}", number, order.epoch, ctx->epoch);
    return;
  }
  if (!ctx->lives_here(order.to.kind))
    return hand_over(order);
  if (const auto* suppress = std::get_if<suppress_line>(&order.what);
      suppress && suppress->only_awake && !children.contains(order.to))
    return;
  auto& to = of(order.to);
  ++to.orders;
  std::visit([&](auto& what) { caf::anon_send(to.handle, std::move(what)); }, order.what);
}

void shard_state::receive(const carrier_event& event) {
  if (!ctx->lives_here(entity::call))
    return hand_over(event);
  auto& to = of({entity::call, event.call});
  ++to.orders;
  caf::anon_send(to.handle, event);
}

void shard_state::meet(const caf::actor& door) {
  if (opposite)
    self->demonitor(opposite.address());
  opposite = caf::actor_cast<shard_door>(door);
  self->monitor(opposite);
}

template <class Message>
void shard_state::hand_over(const Message& message) {
  if (opposite && self->current_sender() == opposite) // both take the other for the home
    spdlog::error("shard {}: an order came back from the node that it was passed on to", number);
  else if (opposite)
    return self->send(opposite, message);
  ++lost;
}

template <class Handle, class Reply, class Message>
caf::result<Reply> shard_state::pass_on(entity kind, const uuid& id, const Message& message) {
  if (ctx->lives_here(kind)) {
    auto& to = of({kind, id});
    ++to.orders;
    return self->delegate(caf::actor_cast<Handle>(to.handle), message);
  }
  if (opposite)
    return self->delegate(opposite, message);
  return caf::make_error(ec::vendor_unavailable, "the node where a " + std::string{to_string(kind)} + " lives is away");
}

void shard_state::retire(const retire_request& request) {
  const auto found = children.find(request.key);
  if (found == children.end() || found->second.orders != request.handled)
    return; // another order is on its way; the child asks again afterwards
  keys.erase(found->second.handle.address());
  self->demonitor(found->second.handle.address());
  caf::anon_send(found->second.handle, retire_atom::value);
  children.erase(found);
}

void shard_state::child_ended(const caf::down_msg& down) {
  if (opposite && down.source == opposite.address()) {
    opposite = shard_door{}; // the old handle stays dead; a new one is brought
    return;
  }
  const auto found = keys.find(down.source);
  if (found == keys.end())
    return;
  const auto key = found->second;
  keys.erase(found);
  children.erase(key);
  if (!down.reason || down.reason == caf::exit_reason::user_shutdown)
    return;
  spdlog::warn("shard {}: {} {} failed: {}", number, to_string(key.kind), to_string(key.id),
               self->system().render(down.reason));
  auto& history = failed[key];
  const auto now = self->clock().now();
  if (now - history.first > failures_forgotten)
    history = {0, now};
  ++history.count;
  const bool too_often = history.count > failures_max;
  if (key.kind == entity::prospect)
    return prospect_ended(prospect_id{key.id}, down.reason, too_often);
  if (!too_often && goes_on_by_itself(key.kind))
    of(key); // a campaign's part asks for its orders
}

/// The part that woke it, whichever that is, hears of it.
void shard_state::prospect_ended(prospect_id prospect, const caf::error& reason, bool too_often) {
  for (const auto& [other, entry] : children) {
    if (other.kind != entity::campaign_shard)
      continue;
    // Its due row is still there, so the campaign's part wakes it again.
    const prospect_rested again{prospect, campaign_id{other.id}, enrolment_state::waiting};
    if (!too_often)
      caf::anon_send(entry.handle, again);
    else if (reason == ec::append_refused) // the store's trouble, and no fault of this person's data
      self->delayed_anon_send(caf::actor_cast<campaign_shard_actor>(entry.handle), failures_forgotten, again);
    else
      caf::anon_send(entry.handle, prospect_failed{prospect});
  }
}

void shard_state::look() {
  if (outbox)
    outbox->look();
  std::vector<entity_key> again;
  std::erase_if(failed, [&again, now = self->clock().now()](const auto& x) {
    if (now - x.second.first <= failures_forgotten)
      return false;
    if (x.second.count > failures_max && goes_on_by_itself(x.first.kind))
      again.push_back(x.first);
    return true;
  });
  for (const auto& key : again)
    of(key);
  timer.set(self, 500ms);
}

shard_door::behavior_type shard(shard_door::stateful_pointer<shard_state> self, context_ptr ctx, uint16_t number) {
  begin(self, ctx, ctx->root, shard_state::name, std::to_string(number));
  auto& s = self->state;
  self->set_down_handler([&s](caf::scheduled_actor*, caf::down_msg& down) { s.child_ended(down); });
  s.start(std::move(ctx), number);
  return {
    [&s](const carrier_event& x) { s.receive(x); },
    [&s](tell& x) { s.receive(std::move(x)); },
    [&s](const campaign_command& x) {
      return s.pass_on<campaign_actor, campaign_state>(entity::campaign, x.campaign, x);
    },
    [&s](const assign_manager& x) {
      return s.pass_on<campaign_actor, manager_assigned>(entity::campaign, x.campaign, x);
    },
    [&s](const find_slots& x) { return s.pass_on<diary_actor, free_slots>(entity::diary, x.manager, x); },
    [&s](const hold_slot& x) { return s.pass_on<diary_actor, slot_held>(entity::diary, x.manager, x); },
    [&s](const confirm_slot& x) { return s.pass_on<diary_actor, slot_confirmed>(entity::diary, x.manager, x); },
    [&s](const move_meeting& x) { return s.pass_on<diary_actor, meeting_changed>(entity::diary, x.manager, x); },
    [&s](const cancel_meeting& x) { return s.pass_on<diary_actor, meeting_changed>(entity::diary, x.manager, x); },
    [&s](const steer_call& x) { return s.pass_on<call_actor, call_steered>(entity::call, x.call, x); },
    [&s](const suppress_line& x) { return s.pass_on<line_actor, line_settled>(entity::line, x.line, x); },
    [&s](const retire_request& x) { s.retire(x); },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      std::map<std::string, size_t> counts;
      for (const auto& [key, child] : s.children)
        ++counts[std::string{to_string(key.kind)}];
      return inspected_state{json{{"number", s.number},
                                  {"epoch", s.ctx->epoch},
                                  {"children", counts},
                                  {"failed_lately", s.failed.size()},
                                  {"orders_lost", s.lost},
                                  {"deliveries_in_flight", s.outbox ? s.outbox->in_flight() : 0}}
                               .dump()};
    },
    [&s](opposite_atom, const caf::actor& door) { s.meet(door); },
    [&s](tick_atom) {
      if (s.timer.rings(s.self->clock().now()))
        s.look();
    },
  };
}

} // namespace parley
