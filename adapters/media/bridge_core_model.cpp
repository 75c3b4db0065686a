// The model's side of the bridge.
#include "adapters/media/bridge_core.hpp"

#include <algorithm>
#include <utility>

namespace parley::media {

// A response that failed is asked for once more, then the model has failed.
static constexpr int failures_max = 2;
// Late audio of older cancelled responses than these has long arrived.
static constexpr size_t cancelled_max = 4;
// More tools in one response than this are not asked for by any prompt.
static constexpr size_t tools_max = 32;
// Nor do so many wait for their results.
static constexpr size_t open_tools_max = 2 * tools_max;
// Longest code of an error that is passed on.
static constexpr size_t code_bytes_max = 64;

void bridge_core::model_connected(time_point now, bridge_actions& out) {
  if (model_ != model_state::connecting)
    return;
  model_ = model_state::configuring;
  gate_.heard_from(now);
  client::session_update(out.to_model, settings_, session_);
}

void bridge_core::model_lost(ec code, const std::string& reason, time_point now, bridge_actions& out) {
  if (model_ == model_state::lost)
    return;
  const bool was_ready = configured();
  out.failure = code;
  out.end_model = reason;
  model_ = model_state::lost;
  gate_ = {};
  open_tools_.clear();
  playout_.all_done(stream_now_); // what the carrier has is still played
  send_marks(out);
  tell_turns(now, out);
  if (was_ready)
    out.reports.push_back(voice_failed{session_.call, reason});
}

bool bridge_core::flooded(time_point now) {
  if (now - window_ >= std::chrono::seconds{1}) {
    window_ = now;
    window_events_ = 0;
  }
  return ++window_events_ > settings_.model_events_per_second_max * std::max(settings_.media_speed, 1.0);
}

void bridge_core::model_message(frame_view frame, time_point now, bridge_actions& out) {
  if (model_ == model_state::lost)
    return;
  // Its list of tools must not be allocated for each frame.
  static thread_local model_event event;
  if (!parse_model_event(frame, event))
    return model_lost(ec::vendor_answered_rubbish, "the model answered rubbish", now, out);
  gate_.heard_from(now);
  if (playout_.crowded())
    return model_lost(ec::vendor_answered_rubbish, "the model floods us with items", now, out);
  // Audio that goes out is bound by what waits to be played; all other has this bound alone.
  const bool is_audio = event.kind == model_event::audio_delta;
  const bool withheld = is_audio && (!joined_ || is_cancelled(event.response) || playout_.is_cut(event.item));
  if (is_audio && !withheld && event.payload_bytes > 0)
    return agent_audio(event, now, out);
  if (flooded(now))
    return model_lost(ec::vendor_answered_rubbish, "the model floods us with events", now, out);
  if (withheld)
    return playout_.withheld(event.item, static_cast<int64_t>(event.payload_bytes));
  switch (event.kind) {
    case model_event::session_updated:
      if (model_ != model_state::configuring)
        return;
      model_ = model_state::ready;
      out.opened = true;
      return ask_for_response(now, out);
    case model_event::speech_started: return person_speaks(event, now, out);
    case model_event::speech_stopped: callee_.stopped(event.item, stream_time(event)); return gate_.speech_stopped(now);
    case model_event::committed: return gate_.speech_stopped(now);
    case model_event::transcript_completed:
      callee_.transcribed(event.item, event.text, now);
      return tell_turns(now, out);
    case model_event::transcript_failed:
      callee_.transcribed(event.item, {}, now);
      out.complaints.emplace_back("transcription_failed");
      return tell_turns(now, out);
    case model_event::response_created: return response_created(event, now, out);
    case model_event::response_done: return response_done(event, now, out);
    case model_event::item_added:
      if (event.item_type == "function_call" && tool_names_.size() < tools_max)
        tool_names_.emplace_back(event.item, event.name);
      return;
    case model_event::audio_done:
      playout_.audio_done(event.item, stream_now_);
      send_marks(out);
      return tell_turns(now, out);
    case model_event::text_delta:
      if (playout_.is_cut(event.item) || !is_cancelled(event.response))
        playout_.add_text(event.item, event.text);
      return;
    case model_event::text_done:
      if (playout_.is_cut(event.item) || !is_cancelled(event.response))
        playout_.text_done(event.item, event.text);
      return tell_turns(now, out);
    case model_event::arguments_done:
      if (!is_cancelled(event.response))
        tool_wanted({event.item, event.tool_call, event.name, event.text, true}, event.response, now, out);
      return;
    case model_event::error: return model_complained(event, now, out);
    default: return;
  }
}

void bridge_core::agent_audio(const model_event& event, time_point now, bridge_actions& out) {
  response_spoke_ = true;
  if (!first_audio_told_) {
    first_audio_told_ = true;
    out.reports.push_back(first_audio{session_.call, std::chrono::duration_cast<milliseconds>(now - joined_at_)});
  }
  // Long audio is cut where marks are due, at whole groups of base64.
  auto payload = event.payload;
  auto bytes = static_cast<int64_t>(event.payload_bytes);
  while (bytes > 0) {
    const auto room = playout_.bytes_before_mark(event.item);
    auto piece = payload;
    auto piece_bytes = bytes;
    if (bytes > room + room / 2) {
      piece_bytes = std::max<int64_t>(room / 3, 1) * 3;
      piece = payload.substr(0, static_cast<size_t>(piece_bytes / 3 * 4));
    }
    writer_->media(out.to_carrier, piece);
    playout_.sent(event.item, event.content_index, piece_bytes, stream_now_);
    send_marks(out);
    payload.remove_prefix(piece.size());
    bytes -= piece_bytes;
  }
  if (playout_.unplayed() <= settings_.unplayed_audio_max)
    return;
  interrupt(out);
  model_lost(ec::vendor_answered_rubbish, "the model floods us with audio", now, out);
}

void bridge_core::person_speaks(const model_event& event, time_point now, bridge_actions& out) {
  const auto at = stream_time(event);
  callee_.started(event.item, at);
  gate_.speech_started();
  out.barge_in = interrupt(out);
  out.reports.push_back(speech_started{session_.call, at, out.barge_in});
  tell_turns(now, out);
}

void bridge_core::response_created(const model_event& event, time_point now, bridge_actions& out) {
  response_ = event.response;
  response_spoke_ = respond_if_silent_ = false;
  seen_tools_.clear();
  tool_names_.clear();
  playback_owed_ = true;
  if (gate_.created(event.response, now)) {
    playback_owed_ = false;
    cancel_response(out);
  }
}

void bridge_core::response_done(const model_event& event, time_point now, bridge_actions& out) {
  if (!is_cancelled(event.response))
    for (const auto& tool : event.tools)
      if (tool.completed)
        tool_wanted(tool, event.response, now, out);
  if (model_ == model_state::lost)
    return;
  gate_.done();
  if (std::exchange(respond_if_silent_, false) && !response_spoke_)
    gate_.want();
  playout_.all_done(stream_now_);
  send_marks(out);
  tell_turns(now, out);
  if (event.status == "failed")
    retry_or_fail(event.code.empty() ? "response_failed" : event.code, now, out);
  else if (event.status == "completed")
    failures_ = 0;
  if (model_ == model_state::lost)
    return;
  tell_playback(out);
  ask_for_response(now, out);
}

void bridge_core::tool_wanted(const model_event::tool& tool, std::string_view response, time_point now,
                              bridge_actions& out) {
  if (model_ == model_state::lost || tool.tool_call.empty() || seen_tools_.size() >= tools_max
      || std::find(seen_tools_.begin(), seen_tools_.end(), tool.tool_call) != seen_tools_.end())
    return;
  if (open_tools_.size() >= open_tools_max)
    return model_lost(ec::vendor_answered_rubbish, "the model floods us with tools", now, out);
  std::string name{tool.name};
  if (name.empty()) // the beta names the tool only in its item
    for (const auto& [item, known] : tool_names_)
      if (item == tool.item)
        name = known;
  seen_tools_.emplace_back(tool.tool_call);
  open_tools_.push_back({std::string{tool.tool_call}, std::string{response}, now});
  out.reports.push_back(
    tool_called{session_.call, std::string{tool.tool_call}, std::move(name), std::string{tool.arguments}});
}

static ec code_of(std::string_view code, std::string_view type) {
  const auto names
    = [&](std::string_view word) { return code.find(word) != code.npos || type.find(word) != type.npos; };
  if (names("api_key") || names("authentication") || names("permission"))
    return ec::vendor_unauthorised;
  if (names("rate_limit") || names("quota") || names("server_error") || names("overloaded"))
    return ec::vendor_unavailable;
  return ec::vendor_refused;
}

// The model cancels its response by itself when it hears the person, and may
// have dropped or cut the item meanwhile: what we then ask for is done already.
static bool is_done_already(const model_event& event) {
  return event.code == "response_cancel_not_active"
         || (event.event_id == client::truncation_id
             && (event.code == "invalid_value" || event.code == "item_truncate_invalid_item_id"));
}

void bridge_core::model_complained(const model_event& event, time_point now, bridge_actions& out) {
  if (is_done_already(event))
    return;
  const std::string code{head_of(event.code.empty() ? event.reason : event.code, code_bytes_max)};
  out.complaints.push_back(code);
  if (!configured())
    return model_lost(code_of(event.code, event.reason), "the model refused the session: " + code, now, out);
  if (code == "session_expired")
    return model_lost(ec::vendor_unavailable, "the model's session expired", now, out);
  if (code == "conversation_already_has_active_response")
    return gate_.refused(true, now);
  if (event.event_id.starts_with("response-")) {
    gate_.refused(false, now);
    retry_or_fail(code, now, out);
    return ask_for_response(now, out);
  }
  // Everything else concerns one event of ours and leaves the session as it was.
}

void bridge_core::retry_or_fail(std::string_view code, time_point now, bridge_actions& out) {
  if (++failures_ >= failures_max)
    return model_lost(code_of(code, {}), "the model's responses fail: " + std::string{head_of(code, code_bytes_max)},
                      now, out);
  gate_.want();
}

void bridge_core::cancel_response(bridge_actions& out) {
  client::cancel_response(out.to_model, gate_.response());
  if (gate_.response().empty())
    return;
  if (cancelled_.size() >= cancelled_max)
    cancelled_.erase(cancelled_.begin());
  cancelled_.push_back(gate_.response());
}

bool bridge_core::is_cancelled(std::string_view response) const {
  return std::find(cancelled_.begin(), cancelled_.end(), response) != cancelled_.end();
}

// The model counts the audio that we gave it; the stream may be ahead of that
// by what it did not get.
milliseconds bridge_core::stream_time(const model_event& event) const {
  if (!event.at_ms)
    return stream_now_;
  const auto ahead = stream_now_ - milliseconds{uplink_bytes_ / audio_bytes_per_ms};
  return std::clamp(milliseconds{*event.at_ms} + ahead, milliseconds{0}, stream_now_);
}

} // namespace parley::media
