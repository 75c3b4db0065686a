#include "adapters/media/bridge_core.hpp"

#include <algorithm>

namespace parley::media {

void bridge_actions::clear() {
  drop_carrier_backlog = opened = barge_in = false;
  to_carrier.clear();
  to_model.clear();
  reports.clear();
  failure = ec::none;
  end_model.clear();
  end_carrier.clear();
  complaints.clear();
}

bridge_core::bridge_core(const media_settings& settings, open_voice_session session)
  : settings_{settings}, session_{std::move(session)}, playout_{settings.mark_interval} {}

void bridge_core::reopen(open_voice_session session, time_point now, bridge_actions& out) {
  interrupt(out);
  playout_.all_done(stream_now_);
  tell_turns(now, out);
  session_ = std::move(session);
  model_ = model_state::connecting;
  gate_ = {};
  callee_ = {};
  cancelled_.clear();
  open_tools_.clear();
  seen_tools_.clear();
  tool_names_.clear();
  response_.clear();
  greeted_ = playback_owed_ = respond_if_silent_ = false;
  failures_ = 0;
  uplink_bytes_ = 0;
  if (joined_) // whoever listens now may not know
    out.reports.push_back(media_started{session_.call, generation_, stream_sid_});
}

// --- the carrier's side -----------------------------------------------------

void bridge_core::carrier_joined(std::string_view stream_sid, uint32_t generation, time_point now,
                                 bridge_actions& out) {
  if (joined_)
    carrier_lost("replaced by a newer stream", now, out);
  joined_ = true;
  generation_ = generation;
  stream_sid_ = stream_sid;
  writer_.emplace(stream_sid);
  joined_at_ = last_sound_ = now;
  first_audio_told_ = false;
  greeted_ = false; // a call that comes back must not meet silence
  stream_now_ = milliseconds{0};
  playout_.restart();
  out.reports.push_back(media_started{session_.call, generation, stream_sid_});
  // What the model has been saying to nobody would be heard from its middle.
  if (gate_.running() && !is_cancelled(gate_.response())) {
    playback_owed_ = false;
    cancel_response(out);
  }
  ask_for_response(now, out);
}

void bridge_core::carrier_message(frame_view frame, time_point now, bridge_actions& out) {
  carrier_event event;
  if (!joined_)
    return;
  note_sound(now);
  if (!parse_carrier_event(frame, event)) {
    out.end_carrier = "garbage from the carrier";
    return carrier_lost(out.end_carrier, now, out);
  }
  switch (event.kind) {
    case carrier_event::media: {
      if (!event.inbound)
        return;
      const auto bytes = static_cast<int64_t>(event.payload_bytes);
      const milliseconds length{bytes / audio_bytes_per_ms};
      stream_now_ = std::max(stream_now_, event.at_ms ? milliseconds{*event.at_ms} + length : stream_now_ + length);
      // Before the session is configured the model would take it for PCM.
      if (configured() && bytes > 0) {
        uplink_bytes_ += bytes;
        client::append_audio(out.to_model, event.payload);
      }
      return;
    }
    case carrier_event::mark:
      playout_.mark_returned(event.name, stream_now_);
      tell_turns(now, out);
      return tell_playback(out);
    case carrier_event::dtmf: out.reports.push_back(key_pressed{session_.call, std::string{event.name}}); return;
    case carrier_event::stop:
      out.end_carrier = "stopped by the carrier";
      return carrier_lost(out.end_carrier, now, out);
    case carrier_event::connected:
    case carrier_event::start:
    case carrier_event::other: return;
  }
}

void bridge_core::carrier_lost(const std::string& reason, time_point now, bridge_actions& out) {
  if (!joined_)
    return;
  interrupt(out);
  if (configured() && gate_.speaking())
    client::commit_audio(out.to_model);
  out.to_carrier.clear(); // the `clear` has nobody to go to
  tell_turns(now, out);
  joined_ = false;
  writer_.reset();
  out.reports.push_back(media_stopped{session_.call, generation_, reason});
}

// --- commands of the call ---------------------------------------------------

void bridge_core::update_instructions(std::string instructions, bridge_actions& out) {
  session_.instructions = std::move(instructions);
  if (model_ == model_state::ready || model_ == model_state::configuring)
    client::instructions_update(out.to_model, session_.instructions, settings_.speaks_beta());
}

void bridge_core::answer_tool(const parley::answer_tool& answer, time_point now, bridge_actions& out) {
  if (!configured())
    return;
  const auto tool = std::find_if(open_tools_.begin(), open_tools_.end(),
                                 [&](const open_tool& x) { return x.tool_call == answer.tool_call; });
  // If another response has come since, the agent was not silent.
  const bool of_latest = tool != open_tools_.end() && tool->response == response_;
  if (tool != open_tools_.end())
    open_tools_.erase(tool);
  client::tool_output(out.to_model, answer.tool_call, answer.output);
  if (answer.respond && answer.only_if_silent && of_latest && gate_.running())
    respond_if_silent_ = true; // it may still speak
  else if (answer.respond && (!answer.only_if_silent || (of_latest && !response_spoke_)))
    gate_.want();
  ask_for_response(now, out);
  tell_playback(out);
}

void bridge_core::prompt(const std::string& instructions, time_point now, bridge_actions& out) {
  if (model_ == model_state::lost)
    return;
  gate_.want(instructions);
  ask_for_response(now, out);
}

void bridge_core::await_playback(bridge_actions& out) {
  playback_owed_ = true;
  tell_playback(out);
}

void bridge_core::measure_silence(time_point now, bridge_actions& out) {
  note_sound(now);
  const std::chrono::duration<double, std::milli> lasted = (now - last_sound_) * settings_.media_speed;
  out.reports.push_back(line_silence{session_.call, std::chrono::duration_cast<milliseconds>(lasted)});
}

// --- both -------------------------------------------------------------------

void bridge_core::ask_for_response(time_point now, bridge_actions& out) {
  if (!joined_ || !configured())
    return;
  if (!greeted_) {
    greeted_ = true;
    gate_.want(); // the agent speaks first
  }
  const auto request = gate_.next(now, !open_tools_.empty());
  if (!request)
    return;
  // Instructions of a response would replace the session's; a message of the
  // system adds to them.
  if (!request->instructions.empty())
    client::system_message(out.to_model, request->instructions);
  client::create_response(out.to_model, "response-" + std::to_string(++asked_));
}

bool bridge_core::interrupt(bridge_actions& out) {
  const bool was_playing = playout_.playing();
  const auto cuts = playout_.interrupt(stream_now_);
  if (gate_.running())
    cancel_response(out);
  for (const auto& cut : cuts)
    client::truncate_item(out.to_model, cut.item, cut.content_index, cut.played);
  playback_owed_ = false;
  if (was_playing && writer_) {
    out.drop_carrier_backlog = true;
    out.to_carrier.clear();
    writer_->clear(out.to_carrier);
  }
  return was_playing;
}

void bridge_core::send_marks(bridge_actions& out) {
  while (const auto name = playout_.mark_due())
    if (writer_)
      writer_->mark(out.to_carrier, *name);
}

void bridge_core::tell_turns(time_point now, bridge_actions& out) {
  while (auto turn = playout_.next_turn())
    out.reports.push_back(turn_finished{session_.call, speaker::agent, std::move(turn->text), std::move(turn->item),
                                        turn->started, turn->ended, turn->interrupted});
  while (auto turn = callee_.next(now))
    out.reports.push_back(turn_finished{session_.call, speaker::callee, std::move(turn->text), std::move(turn->item),
                                        turn->started, turn->ended, false});
}

void bridge_core::tell_playback(bridge_actions& out) {
  // A tool still open may be the one that ends the call after these words, so
  // whoever answers it must not have heard of their end before.
  if (!playback_owed_ || gate_.busy() || playout_.playing() || !open_tools_.empty())
    return;
  playback_owed_ = false;
  out.reports.push_back(playback_finished{session_.call});
}

/// By the clock and not by the carrier's audio, which may stop coming.
void bridge_core::note_sound(time_point now) {
  if (gate_.busy() || gate_.speaking() || playout_.playing())
    last_sound_ = now;
}

void bridge_core::tick(time_point now, bridge_actions& out) {
  note_sound(now);
  playout_.advance(stream_now_);
  tell_turns(now, out);
  tell_playback(out);
  if (!configured())
    return;
  // A tool that nobody answers must not silence the agent for good.
  std::erase_if(open_tools_, [&](const open_tool& x) { return now - x.since > settings_.response_timeout; });
  if (gate_.check(now, settings_.response_timeout) == response_gate::verdict::failed)
    return model_lost(ec::vendor_unavailable, "the model stopped answering", now, out);
  ask_for_response(now, out);
}

} // namespace parley::media
