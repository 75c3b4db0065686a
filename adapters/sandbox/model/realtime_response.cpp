// The other half of the realtime session: how a response comes about.
#include "adapters/sandbox/model/realtime_session.hpp"

#include <algorithm>

namespace parley::sandbox::model {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// The model thinks this long in media time before its first sound.
constexpr milliseconds thinking_time{200};
/// Who calls somebody hears their "Hello?" before the very first words: so
/// long in media time, and at least so long in real time.
constexpr milliseconds hello_time{1200};
constexpr milliseconds hello_real_min{250};
/// Audio comes in pieces of this length, so many times faster than it plays.
constexpr milliseconds piece_time{400};
constexpr int faster_than_playing = 8;

size_t tokens_of(std::string_view text) {
  return (text.size() + 3) / 4;
}

} // namespace

void realtime_session::create_response(json settings) {
  if (active_)
    return fail({"conversation_already_has_active_response",
                 "Conversation already has an active response in progress: " + active_->id, ""});
  idle_.cancel();
  active_ = std::make_unique<response>();
  active_->id = new_id("resp");
  active_->kept = settings.value("conversation", "auto") != "none";
  active_->wire = {{"id", active_->id},
                   {"object", "realtime.response"},
                   {"status", "in_progress"},
                   {"status_details", nullptr},
                   {"output", json::array()},
                   {"conversation_id", active_->kept ? json("conv_" + name_) : json{}},
                   {"output_modalities", settings.value("output_modalities", config_.as_json()["output_modalities"])},
                   {"max_output_tokens", config_.as_json()["max_output_tokens"]},
                   {"usage", nullptr},
                   {"metadata", settings.value("metadata", json{})}};
  if (!active_->kept)
    active_->wire.erase("conversation_id");
  active_->aloud = settings.value("output_modalities", config_.as_json()["output_modalities"]) != json::array({"text"});
  active_->settings = std::move(settings);
  send({{"type", "response.created"}, {"response", active_->wire}});
  send({{"type", "rate_limits.updated"},
        {"rate_limits",
         {{{"name", "requests"}, {"limit", 1000}, {"remaining", 999}, {"reset_seconds", 0.06}},
          {{"name", "tokens"}, {"limit", 50000}, {"remaining", 49000}, {"reset_seconds", 1.2}}}}});
  pace_.expires_after(time_to_think());
  pace_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && !self->closed_ && self->active_)
      self->think();
  });
}

nanoseconds realtime_session::time_to_think() const {
  const auto usual = world_.real(thinking_time + faults_->gate.latency());
  const bool nobody_spoke = std::none_of(items_.begin(), items_.end(), [](const item& x) {
    return x.memory.what == turn::kind::heard || x.memory.what == turn::kind::said;
  });
  if (!nobody_spoke || !config_.detects_turns() || !config_.interrupts() || !config_.text().resume.empty())
    return usual;
  return std::max<nanoseconds>({usual, world_.real(hello_time), hello_real_min});
}

void realtime_session::think() {
  const auto& person = config_.text().person;
  const auto occasion = person.name + " " + person.email;
  switch (faults_->gate.next(occasion)) {
    case mishap::none: break;
    case mishap::rate_limit: return fail_response("tokens", "rate_limit_exceeded");
    case mishap::outage:
    case mishap::error: return fail_response("server_error", "server_error");
  }
  try {
    plan_response();
  } catch (const json::exception&) { // a tool's schema that is none, or the like
    return fail_response("invalid_request_error", "invalid_value");
  }
  if (faults_->disconnects.strikes(occasion))
    active_->plan.hang_up = true;
  if (!active_->plan.lines.empty())
    return begin_message();
  if (active_->plan.hang_up)
    return close();
  for (const auto& call : active_->plan.calls)
    call_tool(call);
  finish_response("completed", nullptr);
}

void realtime_session::fail_response(const char* type, const char* code) {
  finish_response("failed", {{"type", "failed"}, {"error", {{"type", type}, {"code", code}}}});
}

void realtime_session::plan_response() {
  std::vector<turn> turns;
  for (const auto& one : items_)
    turns.push_back(one.memory);
  auto text = config_.text();
  const auto& settings = active_->settings;
  if (settings.contains("instructions")) {
    const auto own = settings["instructions"].get<std::string>();
    if (own.starts_with("#") || own.find("\n#") != own.npos)
      text = read_instructions(own);
    else
      turns.push_back({turn::kind::note, own, {}, {}, {}, {}});
  }
  auto tools = settings.contains("tools") ? read_tools(settings["tools"]) : config_.tools();
  if (settings.value("tool_choice", config_.as_json()["tool_choice"]) == "none")
    tools.clear();
  active_->plan = decide({text, tools, turns}, mode_);
}

json realtime_session::content_of(const item& message, bool aloud) {
  const auto words = words_in(message.memory.lines);
  if (aloud)
    return json::array({{{"type", "output_audio"}, {"transcript", words}}});
  return json::array({{{"type", "output_text"}, {"text", words}}});
}

/// The same in the parts' own events, where the types have other names.
json realtime_session::part_of(const item& message, bool aloud) {
  const auto words = words_in(message.memory.lines);
  if (aloud)
    return {{"type", "audio"}, {"transcript", words}};
  return {{"type", "text"}, {"text", words}};
}

json realtime_session::place(const char* type, const item& message) const {
  return {{"type", type},
          {"response_id", active_->id},
          {"item_id", message.id},
          {"output_index", active_->wire["output"].size()},
          {"content_index", 0}};
}

void realtime_session::begin_message() {
  auto& message = active_->message;
  message.id = new_id("item");
  message.memory = {turn::kind::said, {}, active_->plan.lines, {}, {}, {}};
  message.words = words_in(active_->plan.lines);
  message.wire = {{"id", message.id},        {"object", "realtime.item"}, {"type", "message"},
                  {"status", "in_progress"}, {"role", "assistant"},       {"content", json::array()}};
  active_->speaking = true;
  if (active_->aloud)
    active_->audio = encode_utterance(message.words);
  send({{"type", "response.output_item.added"},
        {"response_id", active_->id},
        {"output_index", 0},
        {"item", message.wire}});
  if (active_->kept) {
    send({{"type", "conversation.item.added"},
          {"previous_item_id", items_.empty() ? json{} : json(items_.back().id)},
          {"item", message.wire}});
    items_.push_back(message);
  }
  auto added = place("response.content_part.added", message);
  added["part"] = part_of({}, active_->aloud);
  send(std::move(added));
  speak_on();
}

void realtime_session::speak_on() {
  auto& message = active_->message;
  const auto piece = std::string_view{active_->audio}.substr(message.sent, bytes_of(piece_time));
  if (!piece.empty()) {
    auto event = place("response.output_audio.delta", message);
    event["delta"] = to_base64(piece);
    message.sent += piece.size();
    voice_used_ = true;
    send(std::move(event));
  }
  const bool all = message.sent >= active_->audio.size();
  tell_transcript(all);
  if (active_->plan.hang_up && message.sent * 2 >= active_->audio.size())
    return close();
  if (all) {
    end_message(true);
    for (const auto& call : active_->plan.calls)
      call_tool(call);
    return finish_response("completed", nullptr);
  }
  if (const auto kept = find_item(message.id); kept != items_.end())
    kept->sent = message.sent;
  pace_.expires_after(world_.real(piece_time) / faster_than_playing);
  pace_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && !self->closed_ && self->active_ && self->active_->speaking)
      self->speak_on();
  });
}

void realtime_session::tell_transcript(bool all) {
  auto& message = active_->message;
  const auto told = all ? message.words : spoken_until(message.words, play_time(message.sent));
  if (told.size() <= active_->told)
    return;
  auto event = place(active_->aloud ? "response.output_audio_transcript.delta" : "response.output_text.delta", message);
  event["delta"] = told.substr(active_->told);
  active_->told = told.size();
  send(std::move(event));
}

void realtime_session::end_message(bool complete) {
  auto& message = active_->message;
  active_->speaking = false;
  if (!complete)
    message.memory.cut(spoken_until(message.words, play_time(message.sent)));
  message.wire["status"] = complete ? "completed" : "incomplete";
  message.wire["content"] = content_of(message, active_->aloud);
  const auto words = words_in(message.memory.lines);
  if (active_->aloud) {
    send(place("response.output_audio.done", message));
    auto transcript = place("response.output_audio_transcript.done", message);
    transcript["transcript"] = words;
    send(std::move(transcript));
  } else {
    auto text = place("response.output_text.done", message);
    text["text"] = words;
    send(std::move(text));
  }
  auto part = place("response.content_part.done", message);
  part["part"] = part_of(message, active_->aloud);
  send(std::move(part));
  send({{"type", "response.output_item.done"},
        {"response_id", active_->id},
        {"output_index", active_->wire["output"].size()},
        {"item", message.wire}});
  if (const auto kept = find_item(message.id); kept != items_.end()) {
    // The client may have truncated it meanwhile: that stays.
    if (words_in(kept->memory.lines).size() < words.size())
      message.memory = kept->memory;
    *kept = message;
    send({{"type", "conversation.item.done"}, {"previous_item_id", after(message.id)}, {"item", message.wire}});
  }
  active_->wire["output"].push_back(message.wire);
}

void realtime_session::call_tool(const tool_call& call) {
  item made;
  made.id = new_id("item");
  const auto call_id = new_id("call");
  made.memory = {turn::kind::called, {}, {}, call.tool, call_id, json::parse(call.arguments, nullptr, false)};
  made.wire = {{"id", made.id},     {"object", "realtime.item"}, {"type", "function_call"}, {"status", "in_progress"},
               {"name", call.tool}, {"call_id", call_id},        {"arguments", ""}};
  const auto index = active_->wire["output"].size();
  const auto previous = items_.empty() ? json{} : json(items_.back().id);
  send({{"type", "response.output_item.added"},
        {"response_id", active_->id},
        {"output_index", index},
        {"item", made.wire}});
  if (active_->kept)
    send({{"type", "conversation.item.added"}, {"previous_item_id", previous}, {"item", made.wire}});
  const json where{{"response_id", active_->id}, {"item_id", made.id}, {"output_index", index}, {"call_id", call_id}};
  const auto half = call.arguments.size() / 2;
  for (const auto& piece : {call.arguments.substr(0, half), call.arguments.substr(half)}) {
    auto delta = where;
    delta["type"] = "response.function_call_arguments.delta";
    delta["delta"] = piece;
    send(std::move(delta));
  }
  auto done = where;
  done["type"] = "response.function_call_arguments.done";
  done["name"] = call.tool;
  done["arguments"] = call.arguments;
  send(std::move(done));
  made.wire["status"] = "completed";
  made.wire["arguments"] = call.arguments;
  send({{"type", "response.output_item.done"},
        {"response_id", active_->id},
        {"output_index", index},
        {"item", made.wire}});
  if (active_->kept)
    send({{"type", "conversation.item.done"}, {"previous_item_id", previous}, {"item", made.wire}});
  active_->wire["output"].push_back(made.wire);
  if (active_->kept)
    items_.push_back(std::move(made));
}

void realtime_session::finish_response(const char* status, json details) {
  auto& wire = active_->wire;
  wire["status"] = status;
  wire["status_details"] = std::move(details);
  size_t input = tokens_of(config_.as_json()["instructions"].get_ref<const std::string&>());
  for (const auto& one : items_)
    input += tokens_of(one.memory.words) + tokens_of(one.words);
  const auto audio = static_cast<size_t>(play_time(active_->message.sent).count()) / 50;
  const auto text = tokens_of(active_->message.words);
  wire["usage"] = {{"total_tokens", input + audio + text},
                   {"input_tokens", input},
                   {"output_tokens", audio + text},
                   {"input_token_details", {{"text_tokens", input}, {"audio_tokens", 0}, {"cached_tokens", 0}}},
                   {"output_token_details", {{"text_tokens", text}, {"audio_tokens", audio}}}};
  const auto done = std::move(active_);
  send({{"type", "response.done"}, {"response", done->wire}});
  if (std::exchange(answer_later_, false))
    create_response(json::object());
  else
    wait_for_idle(play_time(done->message.sent));
}

void realtime_session::cancel_response(const char* reason) {
  pace_.cancel();
  if (active_->speaking)
    end_message(false);
  finish_response("cancelled", {{"type", "cancelled"}, {"reason", reason}});
}

} // namespace parley::sandbox::model
