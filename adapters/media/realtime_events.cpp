#include "adapters/media/realtime_events.hpp"

#include "adapters/media/json_read.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace parley::media {

using kind = model_event::kind_type;

// Ids and names of tools have about 30 bytes, and we keep some of them.
static constexpr size_t id_bytes_max = 256;

// The two hot ones come first. Beta names stand behind their GA twins.
static constexpr auto kinds = std::to_array<std::pair<std::string_view, kind>>({
  {"response.output_audio.delta", kind::audio_delta},
  {"response.audio.delta", kind::audio_delta},
  {"response.output_audio_transcript.delta", kind::text_delta},
  {"response.audio_transcript.delta", kind::text_delta},
  {"response.output_audio_transcript.done", kind::text_done},
  {"response.audio_transcript.done", kind::text_done},
  {"response.output_audio.done", kind::audio_done},
  {"response.audio.done", kind::audio_done},
  {"response.created", kind::response_created},
  {"response.done", kind::response_done},
  {"response.output_item.added", kind::item_added},
  {"response.function_call_arguments.done", kind::arguments_done},
  {"input_audio_buffer.speech_started", kind::speech_started},
  {"input_audio_buffer.speech_stopped", kind::speech_stopped},
  {"input_audio_buffer.committed", kind::committed},
  {"input_audio_buffer.timeout_triggered", kind::timeout_triggered},
  {"conversation.item.input_audio_transcription.completed", kind::transcript_completed},
  {"conversation.item.input_audio_transcription.failed", kind::transcript_failed},
  {"session.created", kind::session_created},
  {"session.updated", kind::session_updated},
  {"error", kind::error},
});

static kind model_kind_of(std::string_view type) {
  for (const auto& [name, kind] : kinds)
    if (type == name)
      return kind;
  return kind::other;
}

static void read_item(json::ondemand::value value, model_event& out) {
  json::members(value, [&](std::string_view key, json::ondemand::value content) {
    if (key == "id")
      out.item = json::text(content);
    else if (key == "type")
      out.item_type = json::text(content);
    else if (key == "name")
      out.name = json::text(content);
    else if (key == "call_id")
      out.tool_call = json::text(content);
  });
}

static void read_output(json::ondemand::value value, model_event& out) {
  json::ondemand::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS)
    return;
  for (auto element : items) {
    json::ondemand::value item;
    if (element.get(item) != simdjson::SUCCESS)
      return;
    model_event::tool tool;
    bool is_tool = false;
    json::members(item, [&](std::string_view key, json::ondemand::value content) {
      if (key == "type")
        is_tool = json::text(content) == "function_call";
      else if (key == "id")
        tool.item = json::text(content);
      else if (key == "call_id")
        tool.tool_call = json::text(content);
      else if (key == "name")
        tool.name = json::text(content);
      else if (key == "arguments")
        tool.arguments = json::text(content);
      else if (key == "status")
        tool.completed = json::text(content) == "completed";
    });
    if (is_tool)
      out.tools.push_back(tool);
  }
}

static void read_error(json::ondemand::value value, model_event& out) {
  json::members(value, [&](std::string_view key, json::ondemand::value content) {
    if (key == "code")
      out.code = json::text(content);
    else if (key == "type")
      out.reason = json::text(content);
    else if (key == "event_id")
      out.event_id = json::text(content);
  });
}

static void read_response(json::ondemand::value value, model_event& out) {
  json::members(value, [&](std::string_view key, json::ondemand::value content) {
    if (key == "id")
      out.response = json::text(content);
    else if (key == "status")
      out.status = json::text(content);
    else if (key == "output")
      read_output(content, out);
    else if (key == "status_details")
      json::members(content, [&](std::string_view inner, json::ondemand::value detail) {
        if (inner == "reason")
          out.reason = json::text(detail);
        else if (inner == "error")
          read_error(detail, out);
      });
  });
}

static bool has_long_id(const model_event& x) {
  const auto longest = std::max({x.response.size(), x.item.size(), x.tool_call.size(), x.name.size()});
  return longest > id_bytes_max || std::any_of(x.tools.begin(), x.tools.end(), [](const model_event::tool& tool) {
           return std::max({tool.item.size(), tool.tool_call.size(), tool.name.size()}) > id_bytes_max;
         });
}

bool parse_model_event(frame_view frame, model_event& out) {
  out = {};
  std::string_view type;
  const bool sound = json::message(frame, [&](std::string_view key, json::ondemand::value value) {
    if (key == "type")
      type = json::text(value);
    else if (key == "delta" || key == "transcript" || key == "arguments")
      out.text = json::text(value);
    else if (key == "response_id")
      out.response = json::text(value);
    else if (key == "item_id")
      out.item = json::text(value);
    else if (key == "content_index")
      out.content_index = json::number(value).value_or(0);
    else if (key == "audio_start_ms" || (key == "audio_end_ms" && !out.at_ms))
      out.at_ms = json::audio_ms(value);
    else if (key == "call_id")
      out.tool_call = json::text(value);
    else if (key == "name")
      out.name = json::text(value);
    else if (key == "item")
      read_item(value, out);
    else if (key == "response")
      read_response(value, out);
    else if (key == "error")
      read_error(value, out);
  });
  if (!sound || type.empty() || has_long_id(out))
    return false;
  out.kind = model_kind_of(type);
  switch (out.kind) {
    case kind::audio_delta: {
      out.payload = std::exchange(out.text, {});
      const auto bytes = base64_size(out.payload);
      out.payload_bytes = bytes.value_or(0);
      return bytes && out.payload.data() && !out.item.empty();
    }
    case kind::text_delta:
    case kind::text_done:
    case kind::audio_done:
    case kind::speech_started:
    case kind::speech_stopped:
    case kind::committed:
    case kind::transcript_completed:
    case kind::transcript_failed: return !out.item.empty();
    case kind::arguments_done: return !out.tool_call.empty();
    case kind::response_created:
    case kind::response_done: return !out.response.empty();
    default: return true;
  }
}

// Text that came over a wire may be broken UTF-8: replaced, never thrown over.
static std::string dump(const nlohmann::json& x) {
  return x.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

namespace client {

static nlohmann::json turn_detection(const media_settings& s) {
  nlohmann::json out{{"type", s.turn_detection}, {"create_response", true}, {"interrupt_response", true}};
  if (s.turn_detection == "server_vad") {
    out["threshold"] = s.vad_threshold;
    out["prefix_padding_ms"] = s.vad_prefix_padding.count();
    out["silence_duration_ms"] = s.vad_silence_duration.count();
  } else {
    out["eagerness"] = "auto";
  }
  return out;
}

static nlohmann::json tools(const std::vector<tool_definition>& definitions) {
  auto out = nlohmann::json::array();
  for (const auto& tool : definitions) {
    // A schema that does not parse is our own mistake; an empty object keeps
    // the tool callable, and its arguments are checked anyway.
    auto parameters = nlohmann::json::parse(tool.parameters, nullptr, false);
    if (!parameters.is_object())
      parameters = {{"type", "object"}};
    out.push_back({{"type", "function"},
                   {"name", tool.name},
                   {"description", tool.description},
                   {"parameters", std::move(parameters)}});
  }
  return out;
}

static nlohmann::json transcription(const media_settings& s, const open_voice_session& session) {
  nlohmann::json out{{"model", s.transcription_model}};
  if (!session.language.empty())
    out["language"] = session.language;
  return out;
}

static nlohmann::json noise_reduction(const media_settings& s) {
  return s.noise_reduction == "none" ? nlohmann::json{} : nlohmann::json{{"type", s.noise_reduction}};
}

/// The beta's session is flat, and its model also writes what it says.
static nlohmann::json beta_session(const media_settings& s, const open_voice_session& session) {
  return {{"modalities", {"audio", "text"}},
          {"instructions", session.instructions},
          {"voice", session.voice.empty() ? s.voice : session.voice},
          {"input_audio_format", "g711_ulaw"},
          {"output_audio_format", "g711_ulaw"},
          {"input_audio_transcription", transcription(s, session)},
          {"input_audio_noise_reduction", noise_reduction(s)},
          {"turn_detection", turn_detection(s)},
          {"tools", tools(session.tools)},
          {"tool_choice", "auto"},
          {"max_response_output_tokens", s.response_tokens_max}};
}

static nlohmann::json ga_session(const media_settings& s, const open_voice_session& session) {
  const nlohmann::json mulaw{{"type", "audio/pcmu"}};
  const nlohmann::json input{{"format", mulaw},
                             {"transcription", transcription(s, session)},
                             {"noise_reduction", noise_reduction(s)},
                             {"turn_detection", turn_detection(s)}};
  const nlohmann::json output{{"format", mulaw}, {"voice", session.voice.empty() ? s.voice : session.voice}};
  return {{"type", "realtime"},
          {"output_modalities", {"audio"}},
          {"instructions", session.instructions},
          {"audio", {{"input", input}, {"output", output}}},
          {"tools", tools(session.tools)},
          {"tool_choice", "auto"},
          {"max_output_tokens", s.response_tokens_max}};
}

void session_update(frame_list& out, const media_settings& s, const open_voice_session& session) {
  out.add(dump({{"type", "session.update"},
                {"event_id", "session"},
                {"session", s.speaks_beta() ? beta_session(s, session) : ga_session(s, session)}}));
}

void instructions_update(frame_list& out, std::string_view instructions, bool beta) {
  nlohmann::json session{{"instructions", instructions}};
  if (!beta)
    session["type"] = "realtime";
  out.add(dump({{"type", "session.update"}, {"session", std::move(session)}}));
}

void append_audio(frame_list& out, std::string_view payload) {
  out.buffer().append(R"({"type":"input_audio_buffer.append","audio":")").append(payload).append("\"}");
  out.end_frame();
}

void commit_audio(frame_list& out) {
  out.add(R"({"type":"input_audio_buffer.commit"})");
}

void create_response(frame_list& out, std::string_view event_id) {
  out.add(dump({{"type", "response.create"}, {"event_id", event_id}}));
}

void system_message(frame_list& out, std::string_view text) {
  const nlohmann::json part{{"type", "input_text"}, {"text", text}};
  const nlohmann::json item{{"type", "message"}, {"role", "system"}, {"content", nlohmann::json::array({part})}};
  out.add(dump({{"type", "conversation.item.create"}, {"item", item}}));
}

void cancel_response(frame_list& out, std::string_view response) {
  nlohmann::json event{{"type", "response.cancel"}};
  if (!response.empty())
    event["response_id"] = response;
  out.add(dump(event));
}

void truncate_item(frame_list& out, std::string_view item, int64_t content_index, std::chrono::milliseconds played) {
  out.add(dump({{"type", "conversation.item.truncate"},
                {"event_id", truncation_id},
                {"item_id", item},
                {"content_index", content_index},
                {"audio_end_ms", played.count()}}));
}

void tool_output(frame_list& out, std::string_view tool_call, std::string_view output) {
  const nlohmann::json item{{"type", "function_call_output"}, {"call_id", tool_call}, {"output", output}};
  out.add(dump({{"type", "conversation.item.create"}, {"item", item}}));
}

} // namespace client

static std::string url_encoded(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_')
      out += c;
    else
      out.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
  return out;
}

std::optional<realtime_address> realtime_address_of(const std::string& base_url, const std::string& model, bool beta) {
  const auto scheme_end = base_url.find("://");
  if (scheme_end == std::string::npos)
    return std::nullopt;
  const auto scheme = base_url.substr(0, scheme_end);
  realtime_address out;
  out.tls = scheme == "https" || scheme == "wss";
  if (!out.tls && scheme != "http" && scheme != "ws")
    return std::nullopt;
  auto rest = base_url.substr(scheme_end + 3);
  const auto slash = std::min(rest.find('/'), rest.size());
  auto path = rest.substr(slash);
  const auto authority = rest.substr(0, slash);
  while (path.ends_with('/'))
    path.pop_back();
  // The port stands behind the last colon that is not inside [an IPv6 address].
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  out.host = has_port ? authority.substr(0, colon) : authority;
  out.port = has_port ? authority.substr(colon + 1) : (out.tls ? "443" : "80");
  if (out.host.starts_with('[') && out.host.ends_with(']'))
    out.host = out.host.substr(1, out.host.size() - 2);
  if (out.host.empty() || out.port.empty())
    return std::nullopt;
  if (path.empty())
    path = "/v1";
  if (!path.ends_with("/realtime"))
    path += "/realtime";
  out.target = path + "?model=" + url_encoded(model);
  out.beta = beta;
  return out;
}

} // namespace parley::media
