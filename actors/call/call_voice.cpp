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
  mind_briefed = false;
  if (fresh)
    return open_voice("");
  recover_mind([this](const std::string& known) { open_voice(known); });
}

/// What the mind goes on from after the death of the one before. A tool whose
/// answer was lost may have done its work all the same: the store and our own
/// journal know, and the agent is told before it speaks, or it would book a second
/// meeting, or go on as if it had promised nothing.
void call_state::recover_mind(std::function<void(const std::string&)> then) {
  if (journal.state().mind.empty())
    return then("");
  const std::chrono::duration<double, std::nano> audio{std::chrono::nanoseconds{tools_wait} / ctx->media_speed};
  const auto wait = std::max(std::chrono::duration_cast<std::chrono::nanoseconds>(audio),
                             std::chrono::nanoseconds{ctx->settings.watchdog_floor});
  reading = tool_reading{};
  reading->then = std::move(then);
  reading->by = self->clock().now() + wait;
  read_tools();
}

void call_state::read_tools() {
  reading->again_at.reset();
  const auto patience = std::min(ctx->settings.journal_timeout, tools_answer);
  const auto failed = [this](const caf::error& e) { tools_unread(e); };
  self->request(ctx->journal, patience, load_meetings{id})
    .then(
      [this, patience, failed](const meeting_rows& booked) {
        mind::tool_outcomes known;
        known.booked = booked.rows;
        const auto& earlier = journal.state().brief.meeting;
        if (!earlier)
          return tools_read(std::move(known));
        load_meetings ask{};
        ask.meeting = earlier->id;
        self->request(ctx->journal, patience, std::move(ask))
          .then(
            [this, known](const meeting_rows& now) mutable {
              if (!now.rows.empty())
                known.earlier = now.rows.front();
              tools_read(std::move(known));
            },
            failed);
      },
      failed);
}

/// Nobody may speak as if nothing were pending: asked again while the person waits,
/// and then the agent is told that it is not known.
void call_state::tools_unread(const caf::error& e) {
  if (!reading)
    return;
  const auto next = self->clock().now() + reading->pause;
  const auto why = self->system().render(e);
  if (next < reading->by) {
    spdlog::info("call {}: what its last tools did cannot be read yet ({})", to_string(id), why);
    reading->pause = std::min(reading->pause * 2, tools_pause_max);
    reading->again_at = next;
    timer.set(self, next);
    return;
  }
  spdlog::warn("call {}: goes on without knowing what its last tools did ({})", to_string(id), why);
  mind::tool_outcomes unknown;
  unknown.meetings_read = false;
  tools_read(std::move(unknown));
}

void call_state::tools_read(mind::tool_outcomes known) {
  if (!reading)
    return;
  const auto then = std::move(reading->then);
  reading.reset();
  then(recovered_mind(std::move(known)));
}

static mind::handover handover_of(calls::transfer_phase x) {
  if (x == calls::transfer_phase::asked || calls::is_handed_over(x))
    return mind::handover::begun;
  return x == calls::transfer_phase::refused ? mind::handover::refused : mind::handover::none;
}

std::string call_state::recovered_mind(mind::tool_outcomes known) const {
  const auto& s = journal.state();
  auto out = s.mind;
  if (!out.contains("state"))
    return out.dump();
  if (s.brief.meeting)
    known.earlier_at = s.brief.meeting->scheduled_at;
  if (s.wish == disposition::callback || s.wish == disposition::gatekeeper)
    known.callback = s.callback_at;
  known.transfer = handover_of(s.transfer);
  known.transfer_name = s.transfer_name;
  auto state = mind::state_from_json(out.at("state"));
  out["confirm_meetings"]
    = out.value("confirm_meetings", false) || !known.meetings_read || mind::meeting_may_change(state);
  const auto lost = mind::recover(state, known, s.brief.zone);
  out["state"] = mind::to_json(state);
  if (!lost.empty())
    out["summary"] = lost + " " + out.value("summary", std::string{});
  return out.dump();
}

void call_state::open_voice(const std::string& known) {
  if (!mind) // it failed meanwhile
    return;
  self->request(mind, ctx->settings.request_timeout, brief_agent{id, known})
    .then(
      [this](agent_briefed& brief) {
        const auto& s = journal.state();
        if (s.phase == calls::phase::ended || concluding)
          return;
        mind_briefed = true;
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
  if (calls::is_taken_from_agent(s) || s.transfer == calls::transfer_phase::asked)
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
void call_state::resume(wall_time asked_at) {
  if (asked_at >= stream_awaited_since) // an older one is read from the inbox when the call is looked up
    pull_at.reset();
  take(calls::on_resume(journal.state()));
}

/// After a pull that failed the carrier is given as long as between two looks.
void call_state::await_stream() {
  const std::chrono::duration<double, std::nano> audio{std::chrono::nanoseconds{stream_wait} / ctx->media_speed};
  const auto first = std::max(std::chrono::duration_cast<std::chrono::nanoseconds>(audio),
                              std::chrono::nanoseconds{ctx->settings.watchdog_floor});
  const bool again = stream_awaited_since != wall_time{};
  stream_awaited_since = ctx->clock.now();
  pull_at = self->clock().now() + (again ? watch_interval() : first);
  timer.set(self, *pull_at);
}

/// Sends the carrier to where it asks what to do next, as if the stream had
/// broken. The rounds of asking begin anew.
void call_state::pull() {
  spdlog::warn("call {}: no stream came to us; pulled away from where it may be", to_string(id));
  self
    ->request(ctx->telephony, ctx->settings.vendor_timeout,
              redirect_call{id, journal.state().sid, "/voice/resume?call=" + to_string(id) + "&round=1"})
    .then([](const carrier_call&) {},
          [this](const caf::error& e) {
            const auto why = self->system().render(e);
            spdlog::warn("call {}: could not be pulled ({})", to_string(id), why);
            take(calls::on_pull_failed(journal.state(), why, e == ec::wrong_state || e == ec::not_found));
          });
}

/// Without its mind the model would talk on with nobody to hear an opt-out or
/// to hold it to the rules.
void call_state::converse_no_more(const caf::down_msg& down) {
  if (!mind || down.source != mind.address())
    return;
  mind = conversation_actor{};
  mind_briefed = false;
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
  reading.reset();
  if (mind && mind_briefed)
    return ask_conclusion();
  // The mind or the node died while they talked, and one that was not briefed yet
  // knows nothing: what was said still decides.
  if (!mind)
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
