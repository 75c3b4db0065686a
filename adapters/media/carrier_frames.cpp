#include "adapters/media/carrier_frames.hpp"

#include "adapters/media/json_read.hpp"

#include <nlohmann/json.hpp>

namespace parley::media {

static carrier_event::kind_type carrier_kind_of(std::string_view event) {
  if (event == "media")
    return carrier_event::media;
  if (event == "mark")
    return carrier_event::mark;
  if (event == "dtmf")
    return carrier_event::dtmf;
  if (event == "start")
    return carrier_event::start;
  if (event == "stop")
    return carrier_event::stop;
  if (event == "connected")
    return carrier_event::connected;
  return carrier_event::other;
}

static void read_media(json::ondemand::value value, carrier_event& out) {
  json::members(value, [&](std::string_view key, json::ondemand::value content) {
    if (key == "payload")
      out.payload = json::text(content);
    else if (key == "timestamp")
      out.at_ms = json::audio_ms(content);
    else if (key == "track")
      out.inbound = !json::text(content).starts_with("outbound");
  });
}

static void read_start(json::ondemand::value value, carrier_event& out) {
  json::members(value, [&](std::string_view key, json::ondemand::value content) {
    if (key == "streamSid") {
      out.stream_sid = json::text(content);
    } else if (key == "mediaFormat") {
      json::members(content, [&](std::string_view format_key, json::ondemand::value format) {
        if (format_key == "encoding")
          out.encoding = json::text(format);
        else if (format_key == "sampleRate")
          out.sample_rate = json::number(format).value_or(0);
        else if (format_key == "channels")
          out.channels = json::number(format).value_or(0);
      });
    } else if (key == "customParameters") {
      json::members(content, [&](std::string_view name, json::ondemand::value parameter) {
        if (name == "call")
          out.call = json::text(parameter);
        else if (name == "nonce")
          out.nonce = json::text(parameter);
        else if (name == "generation")
          out.generation = json::number(parameter);
      });
    }
  });
}

bool parse_carrier_event(frame_view frame, carrier_event& out) {
  out = {};
  std::string_view event;
  const bool sound = json::message(frame, [&](std::string_view key, json::ondemand::value value) {
    if (key == "event")
      event = json::text(value);
    else if (key == "media")
      read_media(value, out);
    else if (key == "streamSid")
      out.stream_sid = json::text(value);
    else if (key == "start")
      read_start(value, out);
    else if (key == "mark" || key == "dtmf")
      json::members(value, [&](std::string_view inner, json::ondemand::value content) {
        if (inner == "name" || inner == "digit")
          out.name = json::text(content);
      });
  });
  if (!sound || event.empty())
    return false;
  out.kind = carrier_kind_of(event);
  switch (out.kind) {
    case carrier_event::media: {
      const auto bytes = base64_size(out.payload);
      out.payload_bytes = bytes.value_or(0);
      return out.payload.data() != nullptr && bytes.has_value();
    }
    case carrier_event::start: return !out.stream_sid.empty();
    case carrier_event::mark:
    case carrier_event::dtmf: return !out.name.empty();
    default: return true;
  }
}

carrier_writer::carrier_writer(std::string_view stream_sid) {
  const auto sid = nlohmann::json(stream_sid).dump();
  media_head_ = R"({"event":"media","streamSid":)" + sid + R"(,"media":{"payload":")";
  mark_head_ = R"({"event":"mark","streamSid":)" + sid + R"(,"mark":{"name":")";
  clear_ = R"({"event":"clear","streamSid":)" + sid + "}";
}

void carrier_writer::media(frame_list& out, std::string_view payload) const {
  out.buffer().append(media_head_).append(payload).append("\"}}");
  out.end_frame();
}

void carrier_writer::mark(frame_list& out, uint64_t name) const {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, name).ptr;
  out.buffer().append(mark_head_).append(digits, end).append("\"}}");
  out.end_frame();
}

void carrier_writer::clear(frame_list& out) const {
  out.add(clear_);
}

} // namespace parley::media
