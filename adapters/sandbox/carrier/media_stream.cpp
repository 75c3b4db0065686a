#include "adapters/sandbox/carrier/media_stream.hpp"

#include "adapters/sandbox/carrier/signature.hpp"

#include <nlohmann/json.hpp>

namespace parley::sandbox {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

// A voice model ends a turn after some 500 ms of silence; it must hear them.
constexpr milliseconds silence_in_full = 600ms;
constexpr milliseconds silence_step = 100ms;

std::string dump(const json& message) {
  return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The text in that field, or in that field of that object. Whatever else the
/// peer put there is malformed, which the carrier counts and leaves alone.
std::optional<std::string> text_in(const json& message, const char* field, const char* inner = nullptr) {
  if (!message.is_object())
    return std::nullopt;
  const auto found = message.find(field);
  if (found == message.end())
    return std::nullopt;
  if (inner != nullptr)
    return text_in(*found, inner);
  return found->is_string() ? std::optional{found->get<std::string>()} : std::nullopt;
}

} // namespace

media_stream::media_stream(identity who, twiml::connect_stream what, bool sparse, events on)
  : who_{std::move(who)}, what_{std::move(what)}, sparse_{sparse}, on_{std::move(on)} {
  // nop
}

void media_stream::open(boost::asio::any_io_executor strand) {
  const auto where = parse_url(what_.url);
  fields headers{{"X-Twilio-Signature", twilio_signature(who_.auth_token, what_.url, {})}};
  media_socket::events on;
  // The stream keeps its socket; the other way round neither would ever go.
  on.opened = [known = weak_from_this()] {
    if (const auto self = known.lock())
      self->introduce();
  };
  on.text = [known = weak_from_this()](std::string text) {
    if (const auto self = known.lock())
      self->take(text);
  };
  on.closed = [known = weak_from_this()](std::string why) {
    const auto self = known.lock();
    if (!self)
      return;
    self->open_ = false;
    self->socket_.reset();
    if (const auto closed = std::exchange(self->on_, {}).closed)
      closed(std::move(why));
  };
  socket_ = media_socket::connect(std::move(strand), *where, std::move(headers), std::move(on));
}

std::string media_stream::next_sequence() {
  return std::to_string(++sequence_);
}

void media_stream::introduce() {
  if (!socket_)
    return;
  open_ = true;
  socket_->send(dump({{"event", "connected"}, {"protocol", "Call"}, {"version", "1.0.0"}}));
  auto parameters = json::object();
  for (const auto& [name, value] : what_.parameters)
    parameters[name] = value;
  json start{{"accountSid", who_.account_sid},
             {"streamSid", who_.stream_sid},
             {"callSid", who_.call_sid},
             {"tracks", {"inbound"}},
             {"mediaFormat", {{"encoding", "audio/x-mulaw"}, {"sampleRate", 8000}, {"channels", 1}}},
             {"customParameters", std::move(parameters)}};
  socket_->send(dump({{"event", "start"},
                      {"sequenceNumber", next_sequence()},
                      {"start", std::move(start)},
                      {"streamSid", who_.stream_sid}}));
  on_.opened();
}

void media_stream::send_audio(std::string_view frame, milliseconds timestamp) {
  if (!open_)
    return;
  if (frame.find_first_not_of(silence_byte) != frame.npos)
    silent_for_ = {};
  else if (sparse_ && silent_for_ >= silence_in_full && timestamp % silence_step != 0ms)
    return;
  else
    silent_for_ += frame_time;
  // Written by hand: this is the one message of which there are thousands.
  std::string text = R"({"event":"media","sequenceNumber":")";
  text += next_sequence();
  text += R"(","media":{"track":"inbound","chunk":")";
  text += std::to_string(++chunk_);
  text += R"(","timestamp":")";
  text += std::to_string(timestamp.count());
  text += R"(","payload":")";
  text += to_base64(frame);
  text += R"("},"streamSid":")";
  text += who_.stream_sid;
  text += R"("})";
  socket_->send(std::move(text));
}

void media_stream::send_dtmf(const std::string& digit) {
  if (open_)
    socket_->send(dump({{"event", "dtmf"},
                        {"streamSid", who_.stream_sid},
                        {"sequenceNumber", next_sequence()},
                        {"dtmf", {{"track", "inbound_track"}, {"digit", digit}}}}));
}

void media_stream::send_mark(const std::string& name) {
  if (open_)
    socket_->send(dump({{"event", "mark"},
                        {"sequenceNumber", next_sequence()},
                        {"streamSid", who_.stream_sid},
                        {"mark", {{"name", name}}}}));
}

void media_stream::close() {
  on_ = {};
  if (!socket_)
    return;
  if (open_)
    socket_->send(dump({{"event", "stop"},
                        {"sequenceNumber", next_sequence()},
                        {"streamSid", who_.stream_sid},
                        {"stop", {{"accountSid", who_.account_sid}, {"callSid", who_.call_sid}}}}));
  open_ = false;
  socket_->close();
  socket_.reset();
}

void media_stream::take(const std::string& text) {
  if (!open_)
    return;
  const auto message = json::parse(text, nullptr, false);
  if (text_in(message, "streamSid") != who_.stream_sid) {
    ++malformed_;
    return;
  }
  const auto event = text_in(message, "event");
  if (event == "media") {
    const auto payload = text_in(message, "media", "payload");
    auto audio = payload ? from_base64(*payload) : std::nullopt;
    if (audio)
      on_.media(std::move(*audio));
    else
      ++malformed_;
  } else if (event == "mark") {
    if (auto name = text_in(message, "mark", "name"))
      on_.mark(std::move(*name));
    else
      ++malformed_;
  } else if (event == "clear") {
    on_.clear();
  } else {
    ++malformed_;
  }
}

} // namespace parley::sandbox
