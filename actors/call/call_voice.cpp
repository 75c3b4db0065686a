// The call and its voice: the session with the model, the mind that steers it,
// and what the mind says about the end.
#include "actors/call/call.hpp"
#include "actors/conversation/conversation.hpp"
#include "runtime/nonce.hpp"

namespace parley {

using namespace std::chrono_literals;

void call_state::prepare_voice() {
  if (mind)
    return;
  const auto& s = journal.state();
  mind = self->spawn(conversation, ctx, caf::actor_cast<conversation_listener>(self), self->id(), id, s.brief);
  self->monitor(mind);
  self->request(mind, ctx->settings.request_timeout, brief_agent{id, s.mind.empty() ? "" : s.mind.dump()})
    .then(
      [this](agent_briefed& brief) {
        const auto& s = journal.state();
        if (s.phase == calls::phase::ended)
          return;
        if (!fresh)
          replay_to_mind();
        open_voice_session open;
        open.call = id;
        open.stream_key = stream_key(ctx->stream_secret, id);
        open.instructions = std::move(brief.instructions);
        open.tools = std::move(brief.tools);
        open.voice = s.brief.policy.voice;
        open.language = s.brief.policy.language;
        open.events = caf::actor_cast<media_events_port>(self);
        self->request(ctx->voice_model, ctx->settings.vendor_timeout, std::move(open))
          .then([](const voice_session_opened&) {},
                [this](const caf::error& e) { lose_voice("no voice model: " + self->system().render(e)); });
      },
      [this](const caf::error& e) { lose_voice("no instructions: " + self->system().render(e)); });
}

/// There is nobody to talk with. A phone that rings is not hung up before 15 s
/// of it (47 CFR 64.1200(a)(6)); whoever answers is not left with silence.
void call_state::lose_voice(const std::string& reason) {
  const auto& s = journal.state();
  if (s.ended_at || s.phase == calls::phase::ended)
    return;
  // The agent is not needed any more, or in a moment.
  if (calls::is_handed_over(s.transfer) || s.transfer == calls::transfer_phase::asked
      || s.message == calls::message_phase::asked || s.message == calls::message_phase::left)
    return;
  if (s.answered_at) {
    take(calls::hang_up(s, reason, false));
    return;
  }
  spdlog::warn("call {}: {}; hung up when it has rung long enough", to_string(id), reason);
  voice_lost = reason;
  timer.set(self, rung_long_enough());
}

/// 15 s after the ringing began; until it does, after the longest ringing.
caf::actor_clock::time_point call_state::rung_long_enough() const {
  const std::chrono::nanoseconds ring = rings ? 15s : 15s + journal.state().brief.policy.ring_timeout;
  const auto real = std::chrono::duration<double, std::nano>{ring} / ctx->media_speed;
  return dial_since.value_or(self->clock().now()) + std::chrono::duration_cast<std::chrono::nanoseconds>(real);
}

/// What was said after the mind's last note is told to the one that takes over:
/// an opt-out may be among it.
void call_state::replay_to_mind() {
  const auto& s = journal.state();
  const auto known = s.mind.value("state", json::object());
  auto agent = known.value("agent_turns", uint32_t{0});
  auto callee = known.value("callee_turns", uint32_t{0});
  for (const auto& turn : s.transcript) {
    auto& left = turn.who == speaker::agent ? agent : callee;
    if (left > 0) {
      --left;
      continue;
    }
    self->send(mind, turn_finished{id, turn.who, turn.text, turn.item, std::chrono::milliseconds{turn.started_ms},
                                   std::chrono::milliseconds{turn.ended_ms}, turn.interrupted});
  }
}

/// The carrier asks what to do with a call whose stream is gone. A voice
/// session that lives expects the next stream; after the death of a node a new
/// one goes on from what was known.
void call_state::resume() {
  take(calls::on_resume(journal.state()));
}

/// Without its mind the model would talk on with nobody to hear an opt-out or
/// to hold it to the rules.
void call_state::converse_no_more(const caf::down_msg& down) {
  if (!mind || down.source != mind.address())
    return;
  mind = conversation_actor{};
  if (down.reason != caf::exit_reason::user_shutdown)
    lose_voice("the conversation failed: " + self->system().render(down.reason));
}

void call_state::converse() {
  prepare_voice();
  if (!std::exchange(converses, true) && mind)
    self->send(mind, begin_conversation{id, journal.state().mind.empty() ? "" : journal.state().mind.dump()});
}

/// What the person said decides the disposition, also when they hung up first:
/// the conversation says how it ended, after a booking that is under way.
void call_state::conclude() {
  const auto& s = journal.state();
  const bool talked
    = std::any_of(s.transcript.begin(), s.transcript.end(), [](const auto& t) { return t.who == speaker::callee; });
  if (!talked)
    return finish();
  concluding = true;
  if (mind)
    return ask_conclusion();
  // The mind or the node died while they talked: what was said still decides.
  mind = self->spawn(conversation, ctx, caf::actor_cast<conversation_listener>(self), self->id(), id, s.brief);
  self->request(mind, ctx->settings.request_timeout, brief_agent{id, s.mind.empty() ? "" : s.mind.dump()})
    .then(
      [this](const agent_briefed&) {
        replay_to_mind();
        ask_conclusion();
      },
      [this](const caf::error& e) { finish_without(e); });
}

void call_state::ask_conclusion() {
  self->request(mind, ctx->settings.vendor_timeout * 2, conclude_conversation{id})
    .then(
      [this](const conversation_concluded& x) {
        take(calls::on_concluded(journal.state(), x.outcome, x.callback_at, json::parse(x.mind)));
        finish();
      },
      [this](const caf::error& e) { finish_without(e); });
}

void call_state::finish_without(const caf::error& e) {
  spdlog::warn("call {}: the conversation did not say how it ended ({})", to_string(id), self->system().render(e));
  finish();
}

} // namespace parley
