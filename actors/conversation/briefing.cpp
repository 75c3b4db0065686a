// What a conversation starts with: what may be done in this call is looked up
// while the phone rings.
#include "actors/call/core.hpp"
#include "actors/conversation/conversation.hpp"
#include "actors/conversation/setup.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

namespace parley {

caf::result<agent_briefed> conversation_shell::brief_agent(const parley::brief_agent& x) {
  if (started)
    return briefed(x.resume);
  const reply<agent_briefed> answer{self};
  ask_recording_rule(
    [this, answer, resume = x.resume] { find_humans([this, answer, resume] { answer(briefed(resume)); }); });
  return answer.later();
}

agent_briefed conversation_shell::briefed(const std::string& resume) {
  if (!std::exchange(started, true)) {
    if (!resume.empty()) {
      const auto before = json::parse(resume);
      about.resume = before.value("summary", std::string{});
      confirm_meetings = before.value("confirm_meetings", false);
      if (before.contains("state"))
        state = mind::state_from_json(before.at("state"));
      // Whoever would have answered these is gone.
      state.booking.reset();
      state.waiting.reset();
      state.moving = false;
      state.cancelling = false;
      // A hand-over is the call's own: it goes on or is taken back (mind::recover).
      if (state.ended)
        self->send(call, conversation_over{false, "the talk was over before it was taken up again"});
    }
    hear(mind::input::session_started{});
    if (live)
      hear(mind::input::answered{});
  }
  agent_briefed out;
  out.instructions = first_instructions;
  for (auto& tool : mind::tools(policy, about.person.meeting.has_value()))
    out.tools.push_back({tool.name, tool.description, tool.parameters.dump()});
  return out;
}

void conversation_shell::go_live() {
  live = true;
  last_speech = self->clock().now();
  timer.set(self, patience(policy.dead_air_max));
  if (started)
    hear(mind::input::answered{});
}

/// Without an answer the person is told, which is right everywhere.
void conversation_shell::ask_recording_rule(std::function<void()> then) {
  if (!policy.record)
    return then();
  self->request(ctx->compliance, ctx->settings.request_timeout / 3, recording_check{brief.person.phone, brief.person})
    .then(
      [this, then](const recording_rule& rule) {
        policy.announce_recording = rule.announce;
        then();
      },
      [this, then](const caf::error& e) {
        spdlog::warn("call {}: nobody said whether its recording must be announced, so it is ({})", to_string(id),
                     self->system().render(e));
        then();
      });
}

/// Those of the campaign's account managers who can be rung up now. Nobody's turn
/// is used up by looking.
void conversation_shell::find_humans(std::function<void()> then) {
  if (!brief.policy.transfers)
    return then();
  self->request(ctx->journal, ctx->settings.request_timeout / 3, load_managers{})
    .then(
      [this, then](const manager_rows& all) {
        humans = mind::humans_of(brief, all.rows, ctx->clock.now());
        mind::name_humans(policy, humans);
        then();
      },
      [this, then](const caf::error& e) {
        spdlog::warn("call {}: the account managers could not be read, so it cannot be handed over ({})", to_string(id),
                     self->system().render(e));
        then();
      });
}

/// To whoever would hold the meeting, else to the first who has a phone. Since
/// the phone rang somebody's working day may have ended.
void conversation_shell::carry_out(const mind::directive::transfer& x) {
  choose_manager([this, x](const caf::error&) {
    const auto is_there = [this, now = ctx->clock.now()](const manager_row& one) {
      return !one.phone.empty() && calls::is_at_work(one, brief.zone, now);
    };
    std::erase_if(humans, std::not_fn(is_there));
    if (humans.empty())
      return hear(mind::input::transfer_failed{});
    const bool theirs = manager && is_there(*manager);
    self->send(call, conversation_transfer{x.reason, theirs ? *manager : humans.front()});
  });
}

} // namespace parley
