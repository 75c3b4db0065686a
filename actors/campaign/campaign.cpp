#include "actors/campaign/campaign.hpp"

#include "actors/call/call_figures.hpp"
#include "runtime/telephony/dial_outcome.hpp"

namespace parley {

using namespace std::chrono_literals;

/// For the pacer's answer: a slot that a line has begun to use keeps it waiting until
/// it is dialled or its time is up.
static std::chrono::milliseconds gate_limit(const node_context& ctx) {
  const auto& limits = ctx.settings;
  return std::max(limits.dial_limit(), ctx.slot_expiry + dial_margin + limits.dial_timeout) + limits.request_timeout;
}

static prometheus::Counter& breaker_trips(telemetry& t, const campaign_policy& policy) {
  return t.counter("parley_campaign_breaker_trips_total",
                   "Times that a campaign paused itself because too many of its calls failed.",
                   {{"campaign", t.bounded("campaign", policy.name)}});
}

void campaign_actor_state::start(context_ptr context, campaign_id campaign) {
  ctx = std::move(context);
  id = campaign;
  journal.load(
    self, ctx, campaign, stream_kind::campaign, {}, [this](auto& effect) { perform(effect); },
    [this] {
      // Taken up again after a restart: the parts and the pacer know nothing yet.
      if (journal.version() > 0 && journal.state().status != campaign_status::draft) {
        self
          ->request(ctx->pacer, gate_limit(*ctx), gate_campaign{id, journal.state().status == campaign_status::running})
          .then([](const campaign_gated&) {},
                [this](const caf::error& e) {
                  spdlog::warn("campaign {}: the pacer did not answer ({})", to_string(id), self->system().render(e));
                });
        begin_round();
        send_orders(false, false);
      }
      for (auto& order : std::exchange(before_load, {}))
        order();
    });
}

campaign_state campaign_actor_state::view() const {
  const auto& s = journal.state();
  campaign_state out{id, s.policy.name, s.status, enrolled, s.reason, 0, 0, 0, parts.size() < ctx->doors.size()};
  for (const auto& [shard, part] : parts) {
    out.asleep += part.asleep;
    out.awake += part.awake;
    out.calls_up += part.calls_up;
    out.enrolling = out.enrolling || part.enrolling;
  }
  return out;
}

void campaign_actor_state::when_loaded(std::function<void()> what) {
  if (journal.loaded())
    what();
  else
    before_load.push_back(std::move(what));
}

caf::result<campaign_state> campaign_actor_state::command(const campaign_command& order) {
  reply<campaign_state> answer{self};
  when_loaded([this, action = order.action, answer] { run(action, answer); });
  return answer.later();
}

void campaign_actor_state::run(campaign_action action, const reply<campaign_state>& answer) {
  if (journal.version() == 0) {
    answer(caf::make_error(ec::not_found, "no campaign " + to_string(id)));
    return;
  }
  if (action == campaign_action::look)
    return answer(view());
  auto decided = campaigns::command(journal.state(), action, ctx->clock.now(), ++asked);
  if (const auto* why_not = std::get_if<std::string>(&decided)) {
    answer(caf::make_error(ec::wrong_state, *why_not));
    return;
  }
  commands.emplace(asked, answer);
  journal.take(std::move(std::get<campaigns::decision>(decided)));
}

caf::result<manager_assigned> campaign_actor_state::assign(const assign_manager& order) {
  reply<manager_assigned> answer{self};
  when_loaded([this, owner = order.owner_id, answer] { assign(owner, answer); });
  return answer.later();
}

void campaign_actor_state::assign(const std::string& owner, const reply<manager_assigned>& answer) {
  self->request(ctx->journal, ctx->settings.journal_timeout, load_managers{})
    .then(
      [this, owner, answer](const manager_rows& all) {
        auto decided = journal.version() == 0
                         ? std::nullopt
                         : campaigns::assign(journal.state(), all.rows, owner, ctx->clock.now(), ++asked);
        if (!decided)
          return answer(caf::make_error(
            ec::not_found,
            std::string{
              "managers: none of the campaign's account managers is known here; describe each in a [[manager]] of "
              "the node's configuration"}));
        assignments.emplace(asked, answer);
        journal.take(std::move(*decided));
      },
      [answer](caf::error& e) { answer(std::move(e)); });
}

void campaign_actor_state::perform(campaigns::core::effect& effect) {
  if (auto* what = std::get_if<campaigns::do_enforce>(&effect)) {
    enforce(*what);
  } else if (auto* choice = std::get_if<campaigns::do_assign>(&effect)) {
    if (const auto found = assignments.extract(choice->asked))
      found.mapped()(manager_assigned{std::move(choice->manager)});
  } else {
    send_orders(false, false);
  }
}

/// The pacer first: once it has closed the campaign no slot can start a call,
/// whatever the parts still have under way.
void campaign_actor_state::enforce(const campaigns::do_enforce& what) {
  const auto action = what.action;
  const bool open = action == campaign_action::launch || action == campaign_action::resume;
  std::optional<reply<campaign_state>> asker; // nobody when it pauses itself
  if (const auto found = commands.extract(what.asked))
    asker = found.mapped();
  self->request(ctx->pacer, gate_limit(*ctx), gate_campaign{id, open})
    .then(
      [this, asker](const campaign_gated&) {
        if (asker)
          (*asker)(view());
      },
      [this, asker](caf::error& e) {
        if (asker)
          (*asker)(std::move(e));
        else
          spdlog::warn("campaign {}: the pacer did not answer ({})", to_string(id), self->system().render(e));
      });
  if (open) {
    breaker.reset(); // whoever resumes it has seen to the cause
    begin_round();
  }
  send_orders(action == campaign_action::stop || action == campaign_action::stop_now,
              action == campaign_action::stop_now);
}

/// New orders to all parts: what they reported before counts no more, and
/// whoever is new on the list is enrolled.
void campaign_actor_state::begin_round() {
  // From the clock, so that another life of this actor does not repeat one.
  round = std::max<uint64_t>(round + 1, static_cast<uint64_t>(ctx->clock.now().time_since_epoch().count()));
  parts.clear();
  // At 0 before its first call, for the alerts; one that has ended makes no figures any
  // more and must not take a name from those that do.
  const auto status = journal.state().status;
  if (status != campaign_status::running && status != campaign_status::paused)
    return;
  show_call_figures(ctx->telemetry, journal.state().policy);
  breaker_trips(ctx->telemetry, journal.state().policy);
}

shard_orders campaign_actor_state::orders(bool cancel_ringing, bool hang_up) const {
  return {journal.state().policy, journal.state().status, cancel_ringing, hang_up, round};
}

void campaign_actor_state::send_orders(bool cancel_ringing, bool hang_up) {
  for (const auto& door : ctx->doors)
    self->send(door, tell{{entity::campaign_shard, id}, 0, orders(cancel_ringing, hang_up)});
}

/// The circuit breaker: a campaign whose calls fail stops to dial by itself.
void campaign_actor_state::count_ended(const shard_progress& progress) {
  if (progress.ended == 0 || journal.version() == 0)
    return;
  const auto now = ctx->clock.now();
  breaker.count(progress.ended, progress.failed, now);
  const auto why = breaker.trips(journal.state().policy, now);
  if (!why)
    return;
  auto decided = campaigns::on_breaker(journal.state(), *why, now);
  if (decided.events.empty())
    return; // calls that were up when it paused still end
  breaker.reset();
  spdlog::warn("campaign {}: pauses itself: {}", to_string(id), *why);
  breaker_trips(ctx->telemetry, journal.state().policy).Increment();
  journal.take(std::move(decided));
}

void campaign_actor_state::receive(const shard_progress& progress) {
  enrolled += progress.enrolled;
  when_loaded([this, progress] { count_ended(progress); });
  if (!journal.loaded())
    return;
  if (progress.round == 0 && round != 0 && journal.state().status != campaign_status::draft
      && progress.shard < ctx->doors.size()) {
    // The part failed and was started again.
    self->send(ctx->doors[progress.shard], tell{{entity::campaign_shard, id}, 0, orders(false, false)});
    return;
  }
  if (progress.round != round)
    return; // sent before it heard of the current orders
  parts[progress.shard] = progress;
  if (parts.size() < ctx->doors.size())
    return;
  for (const auto& [shard, part] : parts)
    if (part.enrolling || part.asleep || part.awake || part.calls_up)
      return;
  journal.take(campaigns::complete(journal.state(), ctx->clock.now()));
}

void campaign_actor_state::receive(const prospects_added& news) {
  when_loaded([this, news] {
    if (news.campaign != id || journal.state().status != campaign_status::running)
      return; // enrolled at the next launch
    begin_round();
    send_orders(false, false);
  });
}

void campaign_actor_state::receive(const campaign_trouble& trouble) {
  when_loaded([this, trouble] {
    auto decided = campaigns::on_trouble(journal.state(), trouble.reason, ctx->clock.now());
    if (!decided.events.empty())
      spdlog::warn("campaign {}: pauses itself, its status says why", to_string(id));
    journal.take(std::move(decided));
  });
}

campaign_actor::behavior_type campaign(campaign_actor::stateful_pointer<campaign_actor_state> self, context_ptr ctx,
                                       caf::actor_id parent_id, campaign_id id) {
  begin(self, ctx, parent_id, campaign_actor_state::name, to_string(id));
  auto& s = self->state;
  s.start(std::move(ctx), id);
  return {
    [&s](const campaign_command& x) { return s.command(x); },
    [&s](const assign_manager& x) { return s.assign(x); },
    [&s](const shard_progress& x) { s.receive(x); },
    [&s](const prospects_added& x) { s.receive(x); },
    [&s](const campaign_trouble& x) { s.receive(x); },
    [](tick_atom) {},
    [self](retire_atom) { self->quit(); },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      json parts = json::object();
      for (const auto& [shard, p] : s.parts)
        parts[std::to_string(shard)]
          = {{"asleep", p.asleep}, {"awake", p.awake}, {"calls_up", p.calls_up}, {"enrolling", p.enrolling}};
      return inspected_state{json{
        {"name", s.journal.state().policy.name},
        {"status", s.journal.state().status},
        {"reason", s.journal.state().reason},
        {"version", s.journal.version()},
        {"parts", parts}}.dump()};
    },
  };
}

} // namespace parley
