#include "actors/campaign/campaign.hpp"

namespace parley {

using namespace std::chrono_literals;

void campaign_actor_state::start(context_ptr context, campaign_id campaign) {
  ctx = std::move(context);
  id = campaign;
  journal.load(
    self, ctx, campaign, stream_kind::campaign, {}, [this](auto& effect) { perform(effect); },
    [this] {
      // Taken up again after a restart: the parts and the pacer know nothing yet.
      if (journal.version() > 0 && journal.state().status != campaign_status::draft) {
        self
          ->request(ctx->pacer, ctx->settings.request_timeout,
                    gate_campaign{id, journal.state().status == campaign_status::running})
          .then([](const campaign_gated&) {}, [](const caf::error&) {});
        send_orders(false, false);
      }
      for (auto& order : std::exchange(before_load, {}))
        order();
    });
}

campaign_state campaign_actor_state::view() const {
  const auto& s = journal.state();
  return {id, s.policy.name, s.status, enrolled};
}

caf::result<campaign_state> campaign_actor_state::command(const campaign_command& order) {
  reply<campaign_state> answer{self};
  if (journal.loaded())
    run(order.action, answer);
  else
    before_load.push_back([this, action = order.action, answer] { run(action, answer); });
  return answer.later();
}

void campaign_actor_state::run(campaign_action action, const reply<campaign_state>& answer) {
  if (journal.version() == 0) {
    answer(caf::make_error(ec::not_found, "no campaign " + to_string(id)));
    return;
  }
  auto decided = campaigns::command(journal.state(), action, ctx->clock.now());
  if (const auto* why_not = std::get_if<std::string>(&decided)) {
    answer(caf::make_error(ec::wrong_state, *why_not));
    return;
  }
  commands.emplace_back(action, answer);
  journal.take(std::move(std::get<campaigns::decision>(decided)));
}

void campaign_actor_state::perform(campaigns::core::effect& effect) {
  if (auto* what = std::get_if<campaigns::do_enforce>(&effect))
    enforce(what->action);
  else
    send_orders(false, false);
}

/// The pacer first: once it has closed the campaign no slot can start a call,
/// whatever the parts still have under way.
void campaign_actor_state::enforce(campaign_action action) {
  const bool open = action == campaign_action::launch || action == campaign_action::resume;
  send_orders(action == campaign_action::stop || action == campaign_action::stop_now,
              action == campaign_action::stop_now);
  auto answer = [this](std::optional<caf::error> e) {
    if (commands.empty())
      return;
    auto [action, reply] = std::move(commands.front());
    commands.pop_front();
    if (e)
      reply(std::move(*e));
    else
      reply(view());
  };
  self->request(ctx->pacer, ctx->settings.dial_timeout + ctx->settings.request_timeout, gate_campaign{id, open})
    .then([answer](const campaign_gated&) { answer(std::nullopt); }, [answer](caf::error& e) { answer(std::move(e)); });
}

void campaign_actor_state::send_orders(bool cancel_ringing, bool hang_up) {
  const auto& s = journal.state();
  for (const auto& door : ctx->doors)
    self->send(door, tell{{entity::campaign_shard, id}, 0, shard_orders{s.policy, s.status, cancel_ringing, hang_up}});
}

void campaign_actor_state::receive(const shard_progress& progress) {
  enrolled += progress.enrolled;
  parts[progress.shard] = progress;
  if (!journal.loaded() || parts.size() < ctx->doors.size())
    return;
  for (const auto& [shard, part] : parts)
    if (part.enrolling || part.asleep || part.awake || part.calls_up)
      return;
  journal.take(campaigns::complete(journal.state(), ctx->clock.now()));
}

campaign_actor::behavior_type campaign(campaign_actor::stateful_pointer<campaign_actor_state> self, context_ptr ctx,
                                       caf::actor_id parent_id, campaign_id id) {
  begin(self, ctx, parent_id, campaign_actor_state::name, to_string(id));
  auto& s = self->state;
  s.start(std::move(ctx), id);
  return {
    [&s](const campaign_command& x) { return s.command(x); },
    [&s](const shard_progress& x) { s.receive(x); },
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
        {"version", s.journal.version()},
        {"parts", parts}}.dump()};
    },
  };
}

} // namespace parley
