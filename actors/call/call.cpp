#include "actors/call/call.hpp"
#include "actors/call/voicemail.hpp"

#include "actors/call/call_figures.hpp"

namespace parley {

using namespace std::chrono_literals;

void call_state::start(context_ptr context, shard_door parent, call_id call) {
  ctx = std::move(context);
  door = std::move(parent);
  id = call;
  next_look = self->clock().now();
  journal.load(
    self, ctx, call, stream_kind::call, {}, [this](auto& effect) { perform(effect); },
    [this] {
      if (journal.version() == 0) { // an order for a call that never was
        for (auto& [order, answer] : std::exchange(steers_before_load, {}))
          answer(no_call(order.call));
        return rest();
      }
      auto orders = std::exchange(before_load, {});
      for (auto& order : orders)
        order();
      for (auto& [order, answer] : std::exchange(steers_before_load, {}))
        steer_now(order, answer);
      // A newborn's order to dial may still be on its way behind it.
      if (!fresh && journal.version() == 1)
        recover_at = self->clock().now() + 1s;
      else if (!fresh)
        recover();
      timer.set(self, watch_interval());
      if (recover_at)
        timer.set(self, *recover_at);
    });
}

/// Taken up again after the node or this actor died.
void call_state::recover() {
  // Nobody will dial on this slot any more; what an earlier life of ours asked
  // the carrier's adapter for may still be on its way.
  settle_dial(!journal.state().sid.empty() || !journal.state().created);
  take(calls::recover(journal.state(), ctx->clock.now()));
  const auto& s = journal.state();
  if (s.phase == calls::phase::ended || s.meeting)
    return;
  read_meetings([] {});
}

/// The diary may have confirmed a meeting that the call never heard of.
void call_state::read_meetings(std::function<void()> then) {
  self->request(ctx->journal, ctx->settings.journal_timeout, load_meetings{id})
    .then(
      [this, then](const meeting_rows& booked) {
        for (const auto& meeting : booked.rows)
          take(calls::on_meeting(journal.state(), meeting.id));
        then();
      },
      [this, then](const caf::error& e) {
        spdlog::warn("call {}: its meetings could not be read ({})", to_string(id), self->system().render(e));
        then();
      });
}

void call_state::when_loaded(std::function<void()> what) {
  if (!journal.loaded())
    before_load.push_back(std::move(what));
  else if (journal.version() > 0)
    what();
  // A call that never was takes nothing: it waits to be let go.
}

/// Asks to be let go until the door does so: an order may be on its way.
void call_state::rest() {
  if (journal.settled())
    self->send(door, retire_request{{entity::call, id}, handled});
  timer.set(self, 1s);
}

void call_state::take(calls::decision d) {
  journal.take(std::move(d));
  const auto& s = journal.state();
  show_unresolved(s.phase == calls::phase::unresolved && !s.ended_at);
  if (!s.sid.empty())
    settle_dial(true);
  if (!s.ended_at)
    closing_since.reset(); // believed over, and proved to live
  if (s.phase == calls::phase::ringing && !rings) {
    rings = true;
    dial_since = self->clock().now();
  }
  if (voice_lost)
    timer.set(self, s.answered_at ? self->clock().now() : rung_long_enough());
  if (s.phase != calls::phase::ended && s.ended_at && !closing_since) {
    closing_since = self->clock().now();
    timer.set(self, std::min<std::chrono::milliseconds>(last_words, last_words_wait()));
  }
}

/// Tells the pacer that the dial is out of our hands, and once more when it becomes
/// known what came of it.
void call_state::settle_dial(bool known) {
  if (std::exchange(dial_known, dial_known || known))
    return;
  self->send(ctx->pacer, slot_dialled{journal.state().slot, known});
}

void call_state::dial(const start_call& order) {
  // An order to end it may have come first: then it is not dialled at all.
  const bool newborn = journal.version() == 1 || (journal.version() == 2 && journal.state().hang_up_asked);
  if (!newborn || originating)
    return; // whatever was under way is looked up instead
  fresh = true;
  take(calls::begin(journal.state(), order.not_after));
}

void call_state::originate(wall_time not_after) {
  const auto& s = journal.state();
  originating = true;
  count_dialled(ctx->telemetry, s.brief.policy);
  dial_since = self->clock().now();
  answer_by = *dial_since + ctx->settings.dial_timeout;
  timer.set(self, *answer_by);
  parley::originate request;
  request.call = id;
  request.to = s.brief.person.phone;
  request.from = s.brief.policy.from_number;
  request.not_after = not_after;
  request.ring_timeout = s.brief.policy.ring_timeout;
  request.time_limit = s.brief.policy.call_limit;
  const auto message = calls::voicemail_for(s.brief.policy, s.brief.person.name);
  request.wait_for_beep = !message.text.empty();
  if (!message.missing.empty())
    spdlog::warn("call {}: a machine gets no message: {}", to_string(id), message.missing);
  // An answer that comes after `answer_by` still tells the SID.
  self->request(ctx->telephony, std::max(ctx->settings.dial_timeout, ctx->settings.vendor_timeout), std::move(request))
    .then(
      [this](const originated& answer) {
        originating = false;
        answer_by.reset();
        settle_dial(answer.outcome != submission::unknown || !journal.state().sid.empty());
        if (answer.outcome == submission::created && !journal.state().sid.empty() && journal.state().sid != answer.sid)
          spdlog::error("call {}: the carrier answered with another SID than its callbacks", to_string(id));
        take(calls::on_originated(journal.state(), answer, ctx->clock.now()));
      },
      [this](const caf::error& e) { doubt_dial(self->system().render(e)); });
}

/// Nobody knows whether the carrier has the call: from now on evidence is sought.
void call_state::doubt_dial(const std::string& why) {
  originating = false;
  answer_by.reset();
  settle_dial(!journal.state().sid.empty());
  originated nobody_knows;
  nobody_knows.call = id;
  nobody_knows.reason = "no answer to the dial: " + why;
  take(calls::on_originated(journal.state(), nobody_knows, ctx->clock.now()));
}

void call_state::hear_carrier(const carrier_event& event) {
  const auto now = ctx->clock.now();
  if (!std::holds_alternative<call_status_event>(event.what))
    take(calls::on_sid(journal.state(), event.sid, now));
  if (const auto* status = std::get_if<call_status_event>(&event.what))
    take(calls::on_carrier(journal.state(), event.sid, *status, now));
  else if (const auto* machine = std::get_if<machine_detection_event>(&event.what))
    take(calls::on_machine(journal.state(), machine->who, now));
  else if (std::holds_alternative<resume_requested_event>(event.what))
    resume(event.at);
  else if (const auto* transfer = std::get_if<transfer_ended_event>(&event.what))
    take(calls::on_transfer_ended(journal.state(), *transfer));
  else if (const auto* recording = std::get_if<recording_event>(&event.what))
    hear_recording_event(*recording);
}

void call_state::hear_media(uint32_t generation, bool up, const std::string& reason) {
  take(calls::on_media(journal.state(), generation, up, reason));
}

void call_state::hear_turn(const turn_finished& turn) {
  const auto& s = journal.state();
  if (s.phase == calls::phase::ended || turn.text.empty())
    return;
  for (const auto& known : s.transcript)
    if (!turn.item.empty() && known.item == turn.item && known.who == turn.who)
      return;
  if (turn.who == speaker::callee && unwritten_since && turn.started >= *unwritten_since)
    unwritten_since.reset();
  calls::turn said{turn.who, turn.text, turn.started.count(), turn.ended.count(), turn.interrupted, s.stage, turn.item};
  calls::decision d;
  d.events.push_back(calls::turn_spoken{{std::move(said)}});
  take(std::move(d));
  if (mind)
    self->send(mind, turn);
}

void call_state::hear_note(const conversation_note& x) {
  if (journal.state().phase == calls::phase::ended)
    return;
  calls::decision d;
  d.events.push_back(calls::conversation_noted{
    x.stage, x.sentiment, {{x.kind, json::parse(x.detail), ctx->clock.now()}, json::parse(x.mind)}});
  take(std::move(d));
}

void call_state::hear_over(const conversation_over& over) {
  if (!over.after_playback) {
    take(calls::on_talk_over(journal.state(), over.reason));
    return;
  }
  // `playback_finished` hangs up; the watchdog does if it never comes.
  over_after_playback = true;
  over_by = self->clock().now() + farewell_max;
  self->send(ctx->voice_model, await_playback{id});
  timer.set(self, over_by);
}

void call_state::hang_up(bool cancel) {
  const auto& s = journal.state();
  if (s.sid.empty())
    return; // asked again as soon as the carrier's SID is known
  self->request(ctx->telephony, ctx->settings.vendor_timeout, end_carrier_call{id, s.sid, cancel})
    .then(
      [this](const carrier_call& x) {
        if (is_final(x.status))
          take(calls::on_carrier(journal.state(), x.sid, {x.status, x.duration, 0}, ctx->clock.now()));
      },
      [this](const caf::error& e) {
        spdlog::warn("call {}: could not be hung up yet ({}); the watchdog tries again", to_string(id),
                     self->system().render(e));
      });
}

void call_state::finish() {
  if (!journal.state().ended_at) { // proved to live while its end was being told
    concluding = false;
    return;
  }
  // A booking may have been stored whose answer did not reach the conversation.
  const bool may_have_booked = !fresh || !journal.state().transcript.empty();
  if (may_have_booked && !journal.state().meeting && !std::exchange(meetings_read, true)) {
    concluding = true;
    return read_meetings([this] { finish(); });
  }
  take(calls::settle_transfer(journal.state()));
  const auto now = ctx->clock.now();
  const auto& s = journal.state();
  auto decided = calls::close(s, now);
  auto rows = calls::closing_rows(s, ctx->hasher, now);
  closes = true;
  journal.take(std::move(decided), {}, std::move(rows));
}

void call_state::answer_end() {
  if (journal.version() > 0 && journal.state().phase == calls::phase::unresolved) {
    calls::core::effect tell = calls::do_tell_unresolved{};
    if (journal.settled())
      perform(tell);
  }
  if (journal.version() > 0 && journal.state().phase == calls::phase::ended) {
    calls::core::effect tell = calls::do_tell_end{};
    if (journal.settled())
      perform(tell);
  }
}

void call_state::perform(calls::core::effect& effect) {
  const auto& s = journal.state();
  if (perform_live(effect) || perform_doubt(effect))
    return;
  if (auto* dial = std::get_if<calls::do_originate>(&effect)) {
    originate(dial->not_after);
  } else if (auto* end = std::get_if<calls::do_hang_up>(&effect)) {
    hang_up(end->cancel);
  } else if (std::holds_alternative<calls::do_prepare_voice>(effect)) {
    prepare_voice();
  } else if (std::holds_alternative<calls::do_converse>(effect)) {
    converse();
  } else if (std::holds_alternative<calls::do_close_voice>(effect)) {
    self->send(ctx->voice_model, close_voice_session{id});
    if (mind)
      self->send_exit(mind, caf::exit_reason::user_shutdown);
  } else if (auto* suppress = std::get_if<calls::do_suppress>(&effect)) {
    tell_to(self, *ctx, entity::line, s.line, suppress_line{s.line, "call", suppress->source, false});
  } else if (auto* phase = std::get_if<calls::do_tell_phase>(&effect)) {
    self->send(ctx->door_of(s.prospect),
               tell{{entity::campaign_shard, s.campaign},
                    0,
                    call_phase_changed{id, s.campaign, s.prospect, std::string{to_string(phase->now)}, s.outcome}});
  } else if (std::holds_alternative<calls::do_seek_evidence>(effect)) {
    seek_evidence();
  } else if (std::holds_alternative<calls::do_check_queue>(effect)) {
    queue_check = self->clock().now()
                  + std::max<std::chrono::nanoseconds>(ctx->clock.real(queued_max), ctx->settings.watchdog_floor);
    timer.set(self, *queue_check);
  } else if (auto* stray = std::get_if<calls::do_end_stray>(&effect)) {
    spdlog::warn("call {}: is up at the carrier although it had ended; hung up", to_string(id));
    self->request(ctx->telephony, ctx->settings.vendor_timeout, end_carrier_call{id, stray->sid, false})
      .then([](const carrier_call&) {},
            [this](const caf::error& e) {
              spdlog::error("call {}: could not be hung up ({})", to_string(id), self->system().render(e));
            });
  } else if (auto* trouble = std::get_if<calls::do_tell_trouble>(&effect)) {
    tell_to(self, *ctx, entity::campaign, s.campaign, campaign_trouble{s.campaign, trouble->reason});
  } else if (auto* pause = std::get_if<calls::do_hold_dials>(&effect)) {
    self->send(ctx->pacer, hold_dials{pause->pause});
  } else if (std::holds_alternative<calls::do_tell_end>(effect)) {
    const auto end = calls::end_of(s);
    if (std::exchange(closes, false)) // told again whenever somebody asks
      count_ended(ctx->telemetry, s);
    self->send(ctx->pacer, return_slot{s.slot});
    tell_to(self, *ctx, entity::prospect, s.prospect, end);
    tell_to(self, *ctx, entity::line, s.line, line_released{end});
    timer.set(self, 1s);
  }
}

call_actor::behavior_type call(call_actor::stateful_pointer<call_state> self, context_ptr ctx, shard_door parent,
                               caf::actor_id parent_id, call_id id) {
  begin(self, ctx, parent_id, call_state::name, to_string(id));
  auto& s = self->state;
  self->set_down_handler([&s](caf::scheduled_actor*, caf::down_msg& down) { s.converse_no_more(down); });
  s.start(std::move(ctx), std::move(parent), id);
  return {
    // From the media plane.
    [&s](const media_started& x) { s.hear_media(x.generation, true, x.stream_sid); },
    [&s](const first_audio& x) { count_first_audio(s.ctx->telemetry, x.after); },
    [&s](const speech_started& x) { s.unwritten_since = x.at; }, // the bridge has cleared the audio already
    [&s](const turn_finished& x) { s.hear_turn(x); },
    [&s](const tool_called& x) {
      if (s.mind)
        s.self->send(s.mind, x);
    },
    [&s](const key_pressed& x) {
      if (s.mind)
        s.self->send(s.mind, x);
    },
    [&s](const playback_finished&) { s.played_out(); },
    [&s](const line_silence& x) {
      if (s.mind)
        s.self->send(s.mind, x);
    },
    [&s](const voice_failed& x) { s.lose_voice("voice model: " + x.reason); },
    [&s](const media_stopped& x) { s.hear_media(x.generation, false, x.reason); },
    // From the conversation.
    [&s](const conversation_note& x) { s.hear_note(x); },
    [&s](const conversation_outcome& x) {
      s.take(calls::on_outcome(s.journal.state(), x.outcome, x.reason, x.callback_at));
    },
    [&s](const conversation_opt_out& x) { s.take(calls::on_opt_out(s.journal.state(), x.source)); },
    [&s](const conversation_meeting& x) { s.take(calls::on_meeting(s.journal.state(), x.meeting)); },
    [&s](const conversation_over& x) { s.hear_over(x); },
    [&s](const conversation_transfer& x) { s.hear_transfer(x); },
    [&s](const conversation_recording& x) { s.hear_recording(x); },
    // Orders through the door.
    [&s](const start_call& x) {
      ++s.handled;
      s.fresh = true;
      s.when_loaded([&s, x] { s.dial(x); });
    },
    [&s](const carrier_event& x) {
      ++s.handled;
      s.when_loaded([&s, x] { s.hear_carrier(x); });
    },
    [&s](const ask_call_end&) {
      ++s.handled;
      s.when_loaded([&s] { s.answer_end(); });
    },
    [&s](const end_call& x) {
      ++s.handled;
      s.when_loaded([&s, x] { s.take(calls::hang_up(s.journal.state(), x.reason, x.only_ringing)); });
    },
    [&s](const steer_call& x) { return s.steer(x); },
    [&s](tick_atom) {
      if (s.timer.rings(s.self->clock().now()))
        s.watch();
    },
    [&s](retire_atom) { s.self->quit(); },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{json{{"state", calls::core::public_part(s.journal.state())},
                                  {"version", s.journal.version()},
                                  {"turns", s.journal.state().transcript.size()}}
                               .dump()};
    },
  };
}

} // namespace parley
