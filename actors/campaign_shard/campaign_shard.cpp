#include "actors/campaign_shard/campaign_shard.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

namespace parley {

using namespace std::chrono_literals;

static constexpr uint32_t enrolled_at_once = 1000;
static constexpr uint32_t reopened_at_once = 100;

/// Real time after which a part that was started anew asks for its orders.
static constexpr auto orders_expected = 2s;

/// Prospects awake at the same time: this shard's part of the calls that may
/// be up, and as many again being researched or waiting for a slot.
size_t campaign_shard_state::window() const {
  const auto calls = static_cast<size_t>(std::max(1, orders->policy.calls_at_once));
  return std::max<size_t>(4, 2 * calls / ctx->shard_count + 2);
}

void campaign_shard_state::start() {
  timer.set(self, orders_expected);
}

void campaign_shard_state::tell_prospect(prospect_id prospect, order what) {
  self->send(ctx->door_of(prospect), tell{{entity::prospect, prospect}, 0, std::move(what)});
}

void campaign_shard_state::receive(shard_orders order) {
  const bool was_running = running();
  if (!orders || orders->round != order.round) {
    enrolling = true; // somebody may be new on the list
    counted = false;
    reopening = {false, ctx->clock.now(), {}, {}};
  }
  orders = std::move(order);
  if (!running() && was_running)
    for (const auto& [prospect, since] : awake)
      tell_prospect(prospect, campaign_halted{prospect, id});
  if (orders->cancel_ringing || orders->hang_up)
    for (const auto& [call, phase] : calls)
      tell_to(self, *ctx, entity::call, call, end_call{call, !orders->hang_up, "the campaign was stopped"});
  report();
  if (running())
    look();
}

void campaign_shard_state::look() {
  if (!orders) {
    report();
    timer.set(self, orders_expected);
  }
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
  else if (!reopening.through && reopening.told.empty())
    reopen_more();
  else
    wake_due();
}

void campaign_shard_state::enrol_more() {
  self->request(ctx->journal, ctx->settings.journal_timeout, enrol{id, shard, ctx->clock.now(), enrolled_at_once})
    .then(
      [this, round = orders->round](const enrolled& x) {
        newly_enrolled += x.count;
        // A full batch may leave others behind, and who came onto the list
        // since the question was asked is not in the answer.
        enrolling = x.count >= enrolled_at_once || orders->round != round;
        if (enrolling && running())
          return enrol_more();
        reopen_more();
      },
      [this](const caf::error& e) {
        spdlog::warn("campaign {} shard {}: enrolling failed ({}); goes on in a moment", to_string(id), shard,
                     self->system().render(e));
        looked();
        timer.set(self, 1s);
      });
}

void campaign_shard_state::reopen_more() {
  if (reopening.through || !reopening.told.empty())
    return wake_due();
  self
    ->request(ctx->journal, ctx->settings.journal_timeout,
              find_reopenable{id, shard, reopening.begun, reopening.after, reopened_at_once})
    .then(
      [this, round = orders->round](const reopenable& x) {
        if (orders->round == round) {
          reopening.through = x.prospects.empty();
          for (const auto& prospect : x.prospects) {
            reopening.told.insert(prospect);
            tell_prospect(prospect, reopen_enrolment{prospect, id});
          }
          if (!x.prospects.empty())
            reopening.after = x.prospects.back();
        }
        wake_due();
      },
      [this](const caf::error& e) {
        spdlog::warn("campaign {} shard {}: those whose block may be gone could not be read ({})", to_string(id), shard,
                     self->system().render(e));
        looked();
        timer.set(self, 1s);
      });
}

/// Those of a page have been told, and this one has answered or failed.
void campaign_shard_state::reopened(const prospect_rested& rested) {
  if (reopening.told.erase(rested.prospect) == 0)
    return;
  if (!is_final(rested.state))
    ++asleep;
  if (!reopening.told.empty())
    return;
  report();
  look();
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
        counted = true;
        size_t woken = 0;
        for (const auto& prospect : x.due) {
          if (!running() || awake.size() >= window())
            break;
          // Who was told to open it again rests once more before it is woken.
          if (reopening.told.contains(prospect) || !awake.try_emplace(prospect, self->clock().now()).second)
            continue;
          ++woken;
          tell_prospect(prospect, wake_prospect{prospect, orders->policy});
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
    return reopened(rested);
  if (!is_final(rested.state))
    ++asleep;
  report();
  look();
}

void campaign_shard_state::receive(const prospect_failed& failed) {
  if (awake.contains(failed.prospect) || reopening.told.contains(failed.prospect))
    set_aside(failed.prospect);
}

/// Blocks an enrolment in the projections alone: the person's own stream may
/// be what its actor fails on, and is left as it is.
void campaign_shard_state::set_aside(prospect_id prospect) {
  const auto failed = [this, prospect](const caf::error& e) {
    spdlog::warn("campaign {}: prospect {} could not be set aside ({}); tried again", to_string(id),
                 to_string(prospect), self->system().render(e));
    self->delayed_send(self, 1min, prospect_failed{prospect}); // awake until then, or it would fail in a circle
  };
  self->request(ctx->journal, ctx->settings.journal_timeout, load_enrolment{id, prospect})
    .then(
      [this, prospect, failed](enrolment_row& x) {
        x.state = enrolment_state::blocked;
        x.next_due.reset();
        x.reason = "failure: Its actor failed again and again; the node's log says how.";
        x.updated_at = ctx->clock.now();
        append batch{shard, ctx->epoch, {}, {std::move(x), due_row{id, prospect, std::nullopt}}};
        self->request(ctx->journal, ctx->settings.journal_timeout, std::move(batch))
          .then(
            [this, prospect](const committed&) {
              receive(prospect_rested{prospect, id, enrolment_state::blocked});
            },
            failed);
      },
      failed);
}

void campaign_shard_state::receive(const call_phase_changed& change) {
  // It holds no channel and nobody is talked to; its end is told once it is known. The
  // breaker must not wait for that: a carrier that loses calls is one that fails.
  const bool lost = change.phase == to_string(disposition::submission_unknown);
  if (change.phase == "ended" || lost) {
    const bool was_up = calls.erase(change.call) > 0;
    // A call that is taken up after its end, or found at last, tells it again; so does
    // one that was lost long ago, after each restart.
    if ((was_up || !lost) && ends_counted.insert(change.call).second) {
      ++newly_ended;
      newly_failed += lost || is_failure(change.outcome) ? 1 : 0;
    }
  } else {
    calls[change.call] = change.phase;
  }
  if (orders && orders->status == campaign_status::stopped && change.phase != "ended")
    tell_to(self, *ctx, entity::call, change.call, end_call{change.call, !orders->hang_up, "the campaign was stopped"});
  report();
}

/// Somebody may be left of whom the figures do not tell: a campaign that took
/// them for nobody would complete without them.
bool campaign_shard_state::may_have_more() const {
  const bool nobody = asleep == 0 && awake.empty() && calls.empty();
  return enrolling || !reopening.through || (nobody && (looking || !counted));
}

void campaign_shard_state::report() {
  self->send(ctx->door_of(id), tell{{entity::campaign, id},
                                    0,
                                    shard_progress{id, shard, std::exchange(newly_enrolled, 0), asleep, awake.size(),
                                                   calls.size(), may_have_more(), orders ? orders->round : 0,
                                                   std::exchange(newly_ended, 0), std::exchange(newly_failed, 0)}});
}

campaign_shard_actor::behavior_type
campaign_shard(campaign_shard_actor::stateful_pointer<campaign_shard_state> self, context_ptr ctx,
               caf::actor_id parent_id, campaign_id id, uint16_t shard) {
  begin(self, ctx, parent_id, campaign_shard_state::name, to_string(id));
  auto& s = self->state;
  s.ctx = std::move(ctx);
  s.id = id;
  s.shard = shard;
  s.start();
  return {
    [&s](shard_orders& x) { s.receive(std::move(x)); },
    [&s](const prospect_rested& x) { s.receive(x); },
    [&s](const prospect_failed& x) { s.receive(x); },
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
