#include "adapters/sandbox/model/realtime_session.hpp"

#include "adapters/sandbox/model/beta.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>
#include <array>

namespace parley::sandbox::model {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr size_t append_bytes_max = 15 << 20;
constexpr size_t message_bytes_max = 21 << 20; // the same in base64
/// A pause of the sender is the network's or the machine's before this much
/// real time: the person has not stopped.
constexpr auto starved_after = 300ms;
constexpr auto session_time_max = 60min;

std::chrono::seconds expiry() {
  return std::chrono::duration_cast<std::chrono::seconds>(
    (std::chrono::system_clock::now() + session_time_max).time_since_epoch());
}

} // namespace

realtime_session::realtime_session(world& around, upgrade_socket socket, std::string name, std::string model,
                                   disobedience mode, std::shared_ptr<realtime_faults> faults, bool beta)
  : world_{around}, socket_{std::move(socket)}, pace_{socket_.get_executor()}, quiet_{socket_.get_executor()},
    idle_{socket_.get_executor()}, name_{std::move(name)}, mode_{mode}, beta_{beta}, faults_{std::move(faults)},
    config_{"sess_" + name_, model, expiry()}, detector_{config_.silence_duration()} {
  socket_.read_message_max(message_bytes_max);
}

void realtime_session::start(const beast::http::request<beast::http::string_body>& upgrade) {
  socket_.async_accept(upgrade, [self = shared_from_this()](boost::system::error_code error) {
    if (error)
      return;
    self->send({{"type", "session.created"}, {"session", self->config_.as_json()}});
    self->read();
  });
}

void realtime_session::read() {
  socket_.async_read(buffer_, [self = shared_from_this()](boost::system::error_code error, size_t) {
    if (error)
      return self->close();
    const auto text = beast::buffers_to_string(self->buffer_.data());
    self->buffer_.consume(self->buffer_.size());
    const auto event = json::parse(text, nullptr, false);
    self->client_event_.clear();
    try {
      if (event.is_discarded() || !event.is_object())
        self->fail({"invalid_json", "The event is not a JSON object.", ""});
      else
        self->take(event);
    } catch (const json::exception&) { // a field that is missing or of another type
      self->fail({"invalid_type", "A field of the event is missing or has another type.", ""});
    }
    if (!self->closed_)
      self->read();
  });
}

void realtime_session::take(const json& event) {
  client_event_ = event.value("event_id", "");
  const auto type = event.value("type", "");
  if (type == "input_audio_buffer.append")
    return append_audio(event);
  if (type == "input_audio_buffer.commit")
    return commit_audio();
  if (type == "input_audio_buffer.clear") {
    detector_.take_words();
    buffered_ = 0;
    return send({{"type", "input_audio_buffer.cleared"}});
  }
  if (type == "session.update")
    return update_session(event.at("session"));
  if (type == "response.create") {
    const auto settings = event.value("response", json::object());
    return create_response(beta_ ? beta::response_from(settings) : settings);
  }
  if (type == "response.cancel") {
    if (!active_ || (event.contains("response_id") && event["response_id"] != active_->id))
      return fail({"response_cancel_not_active", "Cancellation failed: no active response found", ""});
    return cancel_response("client_cancelled");
  }
  if (type == "conversation.item.create")
    return create_item(event);
  if (type == "conversation.item.truncate")
    return truncate_item(event);
  if (type == "conversation.item.delete" || type == "conversation.item.retrieve") {
    const auto found = find_item(event.at("item_id").get<std::string>());
    if (found == items_.end())
      return fail({"item_" + type.substr(18) + "_invalid_item_id", "No such item in the conversation.", "item_id"});
    if (type.ends_with("retrieve"))
      return send({{"type", "conversation.item.retrieved"}, {"item", found->wire}});
    send({{"type", "conversation.item.deleted"}, {"item_id", found->id}});
    items_.erase(found);
    return;
  }
  if (type.empty())
    return fail({"missing_required_parameter", "Missing required parameter: 'type'.", "type"});
  fail({"invalid_value", "Invalid value: '" + type + "' is no event of a client on a WebSocket.", "type"});
}

void realtime_session::update_session(const json& session) {
  auto wanted = beta_ ? beta::session_from(session) : std::variant<json, problem>{session};
  if (const auto* wrong = std::get_if<problem>(&wanted))
    return fail(*wrong);
  if (const auto wrong = config_.update(std::get<json>(wanted), voice_used_))
    return fail(*wrong);
  detector_.wait_for(config_.detects_turns() ? config_.silence_duration() : session_time_max);
  send({{"type", "session.updated"}, {"session", config_.as_json()}});
}

void realtime_session::send(json event) {
  if (closed_)
    return;
  if (beta_) {
    auto older = beta::event_of(std::move(event));
    if (!older)
      return;
    event = std::move(*older);
  }
  event["event_id"] = new_id("event");
  outbox_.push_back(event.dump(-1, ' ', false, json::error_handler_t::replace));
  if (outbox_.size() == 1)
    write();
}

void realtime_session::write() {
  socket_.text(true);
  socket_.async_write(asio::buffer(outbox_.front()),
                      [self = shared_from_this()](boost::system::error_code error, size_t) {
                        if (error)
                          return self->close();
                        self->outbox_.pop_front();
                        if (!self->outbox_.empty())
                          self->write();
                      });
}

void realtime_session::fail(const problem& what) {
  json error{{"type", "invalid_request_error"},
             {"code", what.code},
             {"message", what.message},
             {"param", nullptr},
             {"event_id", nullptr}};
  if (!what.param.empty())
    error["param"] = what.param;
  if (!client_event_.empty())
    error["event_id"] = client_event_;
  send({{"type", "error"}, {"error", std::move(error)}});
}

void realtime_session::close() {
  closed_ = true;
  pace_.cancel();
  quiet_.cancel();
  idle_.cancel();
  boost::system::error_code ignored; // it may be closed already
  socket_.next_layer().close(ignored);
}

std::string realtime_session::new_id(const char* kind) {
  return std::string{kind} + "_" + name_ + "_" + std::to_string(++last_id_);
}

// -- input -------------------------------------------------------------------

void realtime_session::append_audio(const json& event) {
  const auto bytes = from_base64(event.at("audio").get_ref<const std::string&>());
  if (!bytes)
    return fail({"invalid_value", "Invalid 'audio'. Expected base64-encoded audio bytes.", "audio"});
  if (bytes->size() > append_bytes_max)
    return fail({"invalid_value", "At most 15 MiB of audio in one event.", "audio"});
  buffered_ += bytes->size();
  hear(detector_.feed(*bytes));
  wait_for_quiet();
}

void realtime_session::commit_audio() {
  if (buffered_ == 0)
    return fail({"input_audio_buffer_commit_empty", "Error committing input audio buffer: buffer too small.", ""});
  if (speech_item_.empty())
    speech_item_ = new_id("item");
  end_turn(detector_.take_words(), detector_.position());
}

void realtime_session::hear(const std::vector<turn_event>& events) {
  if (!config_.detects_turns())
    return; // the client commits
  for (const auto& event : events) {
    if (event.what == turn_event::kind::started) {
      idle_.cancel();
      speech_item_ = new_id("item");
      const auto from = std::max(0ms, event.at - config_.prefix_padding());
      send(
        {{"type", "input_audio_buffer.speech_started"}, {"audio_start_ms", from.count()}, {"item_id", speech_item_}});
      if (active_ && config_.interrupts())
        cancel_response("turn_detected");
    } else {
      send(
        {{"type", "input_audio_buffer.speech_stopped"}, {"audio_end_ms", event.at.count()}, {"item_id", speech_item_}});
      end_turn(event.words, event.at);
    }
  }
}

void realtime_session::end_turn(const std::string& words, milliseconds) {
  const auto length = play_time(std::exchange(buffered_, 0)).count();
  item spoken;
  spoken.id = std::exchange(speech_item_, {});
  spoken.wire = {{"id", spoken.id},   {"object", "realtime.item"},
                 {"type", "message"}, {"status", "completed"},
                 {"role", "user"},    {"content", json::array({{{"type", "input_audio"}}})}};
  spoken.memory = {turn::kind::heard, words, {}, {}, {}, {}};
  const auto id = spoken.id;
  send({{"type", "input_audio_buffer.committed"},
        {"previous_item_id", items_.empty() ? json{} : json(items_.back().id)},
        {"item_id", id}});
  add_item(std::move(spoken), items_.end());
  if (config_.transcribes())
    send({{"type", "conversation.item.input_audio_transcription.completed"},
          {"item_id", id},
          {"content_index", 0},
          {"transcript", words},
          {"usage",
           {{"type", "tokens"},
            {"input_tokens", length / 100},
            {"output_tokens", words.size() / 4},
            {"total_tokens", length / 100 + static_cast<int64_t>(words.size() / 4)}}}});
  // A cough is committed like a word, but nobody answers it.
  if (words.empty() || !config_.creates_responses())
    return;
  if (active_)
    answer_later_ = true;
  else
    create_response(json::object());
}

/// A carrier may leave out the frames of silence. So time that brings no
/// audio counts as silence, too, once it lasts as long in real time.
void realtime_session::wait_for_quiet() {
  if (!config_.detects_turns() || !detector_.open())
    return;
  const auto wait = std::max<nanoseconds>(world_.real(detector_.left()), starved_after);
  quiet_.expires_after(wait);
  quiet_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error || self->closed_)
      return;
    self->hear(self->detector_.skip(std::max(self->detector_.left(), 200ms)));
    self->wait_for_quiet();
  });
}

void realtime_session::wait_for_idle(milliseconds audio) {
  const auto& detection = config_.as_json()["audio"]["input"]["turn_detection"];
  if (!detection.is_object() || !detection.contains("idle_timeout_ms")
      || !detection["idle_timeout_ms"].is_number_integer())
    return;
  const milliseconds patience{detection["idle_timeout_ms"].get<int64_t>()};
  idle_.expires_after(world_.real(audio + patience));
  idle_.async_wait([self = shared_from_this(), patience](boost::system::error_code error) {
    if (error || self->closed_ || self->active_ || self->detector_.open())
      return;
    self->speech_item_ = self->new_id("item");
    const auto end = self->detector_.position();
    self->send({{"type", "input_audio_buffer.timeout_triggered"},
                {"audio_start_ms", std::max(0ms, end - patience).count()},
                {"audio_end_ms", end.count()},
                {"item_id", self->speech_item_}});
    self->end_turn("", end);
    self->create_response(json::object());
  });
}

// -- items -------------------------------------------------------------------

std::vector<realtime_session::item>::iterator realtime_session::find_item(const std::string& id) {
  return std::find_if(items_.begin(), items_.end(), [&](const item& x) { return x.id == id; });
}

json realtime_session::after(const std::string& id) const {
  json previous;
  for (const auto& one : items_) {
    if (one.id == id)
      return previous;
    previous = one.id;
  }
  return previous;
}

void realtime_session::add_item(item one, std::vector<item>::iterator before) {
  const auto added = items_.insert(before, std::move(one));
  const auto previous = added == items_.begin() ? json{} : json(std::prev(added)->id);
  for (const char* type : {"conversation.item.added", "conversation.item.done"})
    send({{"type", type}, {"previous_item_id", previous}, {"item", added->wire}});
}

realtime_session::item realtime_session::read_item(const json& wire) {
  item one;
  one.wire = wire;
  one.wire["object"] = "realtime.item";
  one.wire["status"] = "completed";
  one.id = wire.value("id", "");
  if (one.id.empty())
    one.id = new_id("item");
  one.wire["id"] = one.id;
  const auto type = wire.at("type").get<std::string>();
  if (type == "message") {
    const auto role = wire.at("role").get<std::string>();
    std::string text;
    for (const auto& part : wire.at("content")) {
      if (part.contains("audio")) {
        listener ear;
        for (const auto& noticed : ear.feed(from_base64(part["audio"].get<std::string>()).value_or("")))
          if (noticed.kind == heard::word)
            text += (text.empty() ? "" : " ") + noticed.text;
      } else {
        text += (text.empty() ? "" : " ") + part.value("text", part.value("transcript", ""));
      }
    }
    if (role == "assistant") {
      one.memory = {turn::kind::said, {}, {{topic::none, text}}, {}, {}, {}};
      one.words = text;
    } else {
      one.memory = {role == "system" ? turn::kind::note : turn::kind::heard, text, {}, {}, {}, {}};
    }
  } else if (type == "function_call_output") {
    const auto call = wire.at("call_id").get<std::string>();
    const auto output = wire.at("output").get<std::string>();
    one.memory = {turn::kind::result, {}, {}, {}, call, json::parse(output, nullptr, false)};
    if (one.memory.data.is_discarded())
      one.memory.data = output;
    for (const auto& other : items_)
      if (other.memory.what == turn::kind::called && other.memory.call_id == call)
        one.memory.tool = other.memory.tool;
  } else if (type == "function_call") {
    const auto arguments = wire.at("arguments").get<std::string>();
    one.memory = {turn::kind::called,
                  {},
                  {},
                  wire.at("name").get<std::string>(),
                  wire.value("call_id", ""),
                  json::parse(arguments, nullptr, false)};
  }
  return one;
}

void realtime_session::create_item(const json& event) {
  const auto& wire = event.at("item");
  const auto type = wire.at("type").get<std::string>();
  if (type != "message" && type != "function_call" && type != "function_call_output")
    return fail({"invalid_value", "Invalid value: '" + type + "' is no type of an item.", "item.type"});
  auto one = read_item(wire);
  if (find_item(one.id) != items_.end())
    return fail({"item_create_duplicate_id", "The conversation has an item with this id already.", "item.id"});
  if (one.memory.what == turn::kind::result && one.memory.tool.empty())
    return fail(
      {"invalid_tool_call_id", "Tool call ID '" + one.memory.call_id + "' not found in conversation.", "item.call_id"});
  auto before = items_.end();
  if (const auto previous = event.value("previous_item_id", json{}); previous == "root") {
    before = items_.begin();
  } else if (previous.is_string()) {
    before = find_item(previous.get<std::string>());
    if (before == items_.end())
      return fail(
        {"item_create_invalid_previous_item_id", "No item has the id of 'previous_item_id'.", "previous_item_id"});
    ++before;
  }
  add_item(std::move(one), before);
}

void realtime_session::truncate_item(const json& event) {
  const auto id = event.at("item_id").get<std::string>();
  const auto end = event.at("audio_end_ms").get<int64_t>();
  const auto found = find_item(id);
  if (found == items_.end() || found->memory.what != turn::kind::said)
    return fail({"item_truncate_invalid_item_id", "Only an assistant's message of the conversation can be truncated.",
                 "item_id"});
  if (event.at("content_index").get<int64_t>() != 0)
    return fail({"invalid_value", "The item has one content part only.", "content_index"});
  if (end < 0 || end > play_time(found->sent).count())
    return fail({"invalid_value",
                 "Audio content of " + std::to_string(play_time(found->sent).count()) + "ms is already shorter than "
                   + std::to_string(end) + "ms",
                 "audio_end_ms"});
  const auto kept = spoken_until(found->words, milliseconds{end});
  found->memory.cut(kept);
  found->sent = bytes_of(milliseconds{end});
  found->wire["content"] = content_of(*found, true);
  send({{"type", "conversation.item.truncated"}, {"item_id", id}, {"content_index", 0}, {"audio_end_ms", end}});
}

} // namespace parley::sandbox::model
