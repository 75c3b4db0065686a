#include "adapters/sandbox/model/beta.hpp"

#include <map>
#include <set>

namespace parley::sandbox::model::beta {

using nlohmann::json;

namespace {

const std::map<std::string, std::string> formats{
  {"pcm16", "audio/pcm"}, {"g711_ulaw", "audio/pcmu"}, {"g711_alaw", "audio/pcma"}};

/// The beta's names where they differ.
const std::map<std::string, std::string> event_names{
  {"response.output_audio.delta", "response.audio.delta"},
  {"response.output_audio.done", "response.audio.done"},
  {"response.output_audio_transcript.delta", "response.audio_transcript.delta"},
  {"response.output_audio_transcript.done", "response.audio_transcript.done"},
  {"response.output_text.delta", "response.text.delta"},
  {"response.output_text.done", "response.text.done"},
  {"conversation.item.added", "conversation.item.created"},
};

/// What came with the current shape.
const std::set<std::string> without{"conversation.item.done", "input_audio_buffer.timeout_triggered"};

problem unknown(const std::string& key) {
  return {"unknown_parameter", "Unknown parameter: 'session." + key + "'.", "session." + key};
}

/// A beta session says ["text", "audio"] and speaks; ["text"] only writes.
json modalities_from(const json& flat) {
  for (const auto& one : flat)
    if (one == "audio")
      return json::array({"audio"});
  return json::array({"text"});
}

json modalities_of(const json& modalities) {
  return modalities == json::array({"text"}) ? json::array({"text"}) : json::array({"text", "audio"});
}

std::string format_name(const json& format) {
  for (const auto& [name, type] : formats)
    if (format.value("type", "") == type)
      return name;
  return "pcm16";
}

json flat_session(const json& session) {
  const auto& input = session["audio"]["input"];
  const auto& output = session["audio"]["output"];
  json out{{"id", session["id"]},
           {"object", "realtime.session"},
           {"model", session["model"]},
           {"expires_at", session["expires_at"]},
           {"modalities", modalities_of(session["output_modalities"])},
           {"instructions", session["instructions"]},
           {"voice", output["voice"]},
           {"input_audio_format", format_name(input["format"])},
           {"output_audio_format", format_name(output["format"])},
           {"input_audio_transcription", input["transcription"]},
           {"input_audio_noise_reduction", input["noise_reduction"]},
           {"turn_detection", input["turn_detection"]},
           {"tools", session["tools"]},
           {"tool_choice", session["tool_choice"]},
           {"temperature", 0.8},
           {"max_response_output_tokens", session["max_output_tokens"]}};
  if (out["turn_detection"].is_object())
    out["turn_detection"].erase("idle_timeout_ms");
  return out;
}

void rename_content(json& item) {
  if (!item.contains("content") || !item["content"].is_array())
    return;
  for (auto& part : item["content"]) {
    if (part.value("type", "") == "output_audio")
      part["type"] = "audio";
    else if (part.value("type", "") == "output_text")
      part["type"] = "text";
  }
}

json flat_response(json response) {
  if (response.contains("output_modalities")) {
    response["modalities"] = modalities_of(response["output_modalities"]);
    response.erase("output_modalities");
  }
  response.erase("audio");
  for (auto& item : response["output"])
    rename_content(item);
  return response;
}

} // namespace

std::variant<json, problem> session_from(const json& flat) {
  if (!flat.is_object())
    return problem{"invalid_type", "Invalid type for 'session': expected an object.", "session"};
  json session{{"type", "realtime"}};
  for (const auto& [key, value] : flat.items()) {
    if (key == "modalities") {
      session["output_modalities"] = modalities_from(value);
    } else if (key == "voice" || key == "speed") {
      session["audio"]["output"][key] = value;
    } else if (key == "input_audio_format" || key == "output_audio_format") {
      const auto known = formats.find(value.is_string() ? value.get<std::string>() : "");
      if (known == formats.end())
        return problem{"invalid_value", "Invalid value for 'session." + key + "'.", "session." + key};
      session["audio"][key == "input_audio_format" ? "input" : "output"]["format"] = {{"type", known->second}};
    } else if (key == "input_audio_transcription") {
      session["audio"]["input"]["transcription"] = value;
    } else if (key == "input_audio_noise_reduction") {
      session["audio"]["input"]["noise_reduction"] = value;
    } else if (key == "turn_detection") {
      session["audio"]["input"]["turn_detection"] = value;
    } else if (key == "max_response_output_tokens") {
      session["max_output_tokens"] = value;
    } else if (key == "model" || key == "instructions" || key == "tools" || key == "tool_choice" || key == "tracing"
               || key == "prompt" || key == "include") {
      session[key] = value;
    } else if (key != "temperature") { // which the practice model does not have
      return unknown(key);
    }
  }
  return session;
}

json response_from(const json& flat) {
  auto out = flat;
  if (out.is_object() && out.contains("modalities")) {
    out["output_modalities"] = modalities_from(out["modalities"]);
    out.erase("modalities");
  }
  return out;
}

std::optional<json> event_of(json event) {
  const auto type = event.value("type", "");
  if (without.contains(type))
    return std::nullopt;
  if (const auto known = event_names.find(type); known != event_names.end())
    event["type"] = known->second;
  if (event.contains("session"))
    event["session"] = flat_session(event["session"]);
  if (event.contains("item"))
    rename_content(event["item"]);
  if (event.contains("response"))
    event["response"] = flat_response(std::move(event["response"]));
  return event;
}

} // namespace parley::sandbox::model::beta
