#include "adapters/sandbox/model/session_config.hpp"

#include <array>
#include <set>

namespace parley::sandbox::model {
namespace {

using nlohmann::json;

problem wrong_type(const std::string& param, const std::string& wanted) {
  return {"invalid_type", "Invalid type for '" + param + "': expected " + wanted + ".", param};
}
problem wrong_value(const std::string& param, const std::string& message) {
  return {"invalid_value", "Invalid value for '" + param + "': " + message, param};
}

/// Every key must be known to the API: a typing error is no silent default.
std::optional<problem> check_keys(const json& object, const std::string& path, const std::set<std::string>& known) {
  if (!object.is_object())
    return wrong_type(path, "an object");
  for (const auto& [key, value] : object.items())
    if (!known.contains(key))
      return problem{"unknown_parameter", "Unknown parameter: '" + path + "." + key + "'.", path + "." + key};
  return std::nullopt;
}

std::optional<problem> check_format(const json& side, const std::string& path) {
  if (!side.contains("format"))
    return std::nullopt;
  const auto& format = side["format"];
  if (!format.is_object() || !format.contains("type"))
    return wrong_type(path + ".format", "an object with a type");
  // Words travel as μ-law here; another format would be deaf and dumb.
  if (format["type"] != "audio/pcmu")
    return wrong_value(path + ".format.type", "the practice model speaks 'audio/pcmu' only.");
  return std::nullopt;
}

std::optional<problem> check_detection(const json& detection) {
  const std::string path = "session.audio.input.turn_detection";
  if (detection.is_null())
    return std::nullopt;
  if (!detection.is_object() || !detection.contains("type"))
    return wrong_type(path, "an object with a type");
  if (detection["type"] != "server_vad" && detection["type"] != "semantic_vad")
    return wrong_value(path + ".type", "supported are 'server_vad' and 'semantic_vad'.");
  const bool server = detection["type"] == "server_vad";
  const std::set<std::string> known
    = server ? std::set<std::string>{"type",
                                     "threshold",
                                     "prefix_padding_ms",
                                     "silence_duration_ms",
                                     "create_response",
                                     "interrupt_response",
                                     "idle_timeout_ms"}
             : std::set<std::string>{"type", "eagerness", "create_response", "interrupt_response"};
  if (auto found = check_keys(detection, path, known))
    return found;
  for (const char* name : {"prefix_padding_ms", "silence_duration_ms"})
    if (detection.contains(name) && (!detection[name].is_number_integer() || detection[name] < 0))
      return wrong_type(path + "." + name, "an integer of 0 or more");
  for (const char* name : {"create_response", "interrupt_response"})
    if (detection.contains(name) && !detection[name].is_boolean())
      return wrong_type(path + "." + name, "a boolean");
  return std::nullopt;
}

std::optional<problem> check_audio(const json& audio) {
  if (auto found = check_keys(audio, "session.audio", {"input", "output"}))
    return found;
  if (audio.contains("input")) {
    const auto& input = audio["input"];
    if (auto found
        = check_keys(input, "session.audio.input", {"format", "transcription", "noise_reduction", "turn_detection"}))
      return found;
    if (auto found = check_format(input, "session.audio.input"))
      return found;
    if (input.contains("turn_detection"))
      return check_detection(input["turn_detection"]);
  }
  if (audio.contains("output")) {
    if (auto found = check_keys(audio["output"], "session.audio.output", {"format", "voice", "speed"}))
      return found;
    return check_format(audio["output"], "session.audio.output");
  }
  return std::nullopt;
}

std::optional<problem> check_tools(const json& tools) {
  if (!tools.is_array())
    return wrong_type("session.tools", "an array");
  for (size_t i = 0; i < tools.size(); ++i) {
    const auto path = "session.tools[" + std::to_string(i) + "]";
    if (auto found = check_keys(tools[i], path, {"type", "name", "description", "parameters"}))
      return found;
    if (tools[i].value("type", json{}) != "function")
      return wrong_value(path + ".type", "supported is 'function'.");
    if (!tools[i].contains("name") || !tools[i]["name"].is_string() || tools[i]["name"].get<std::string>().empty())
      return problem{"missing_required_parameter", "Missing required parameter: '" + path + ".name'.", path + ".name"};
    if (tools[i].contains("description") && !tools[i]["description"].is_string())
      return wrong_type(path + ".description", "a string");
    if (tools[i].contains("parameters") && !tools[i]["parameters"].is_object())
      return wrong_type(path + ".parameters", "a JSON schema");
  }
  return std::nullopt;
}

std::optional<problem> check(const json& session, const json& now, bool voice_used) {
  if (auto found
      = check_keys(session, "session",
                   {"type", "model", "output_modalities", "instructions", "audio", "include", "tracing", "tools",
                    "tool_choice", "parallel_tool_calls", "reasoning", "max_output_tokens", "truncation", "prompt"}))
    return found;
  if (!session.contains("type"))
    return problem{"missing_required_parameter", "Missing required parameter: 'session.type'.", "session.type"};
  if (session["type"] != "realtime")
    return wrong_value("session.type", "supported is 'realtime'.");
  if (session.contains("model") && session["model"] != now["model"])
    return wrong_value("session.model", "the model of a session cannot change.");
  if (session.contains("instructions") && !session["instructions"].is_string())
    return wrong_type("session.instructions", "a string");
  if (session.contains("output_modalities")) {
    const auto& wanted = session["output_modalities"];
    if (wanted != json::array({"audio"}) && wanted != json::array({"text"}))
      return wrong_value("session.output_modalities", "supported are ['audio'] and ['text'].");
  }
  if (session.contains("tools"))
    if (auto found = check_tools(session["tools"]))
      return found;
  if (session.contains("audio")) {
    if (auto found = check_audio(session["audio"]))
      return found;
    const auto voice = json::json_pointer{"/audio/output/voice"};
    if (voice_used && session.contains(voice) && session[voice] != now[voice])
      return problem{"cannot_update_voice", "Cannot update a conversation's voice if assistant audio is present.",
                     "session.audio.output.voice"};
  }
  return std::nullopt;
}

} // namespace

session_config::session_config(const std::string& id, const std::string& model, std::chrono::seconds expires_at)
  : json_(json::parse(
    R"({"type":"realtime","object":"realtime.session","output_modalities":["audio"],"instructions":"","tools":[],
      "tool_choice":"auto","max_output_tokens":"inf","tracing":null,"prompt":null,"truncation":"auto","include":null,
      "audio":{"input":{"format":{"type":"audio/pcm","rate":24000},"transcription":null,"noise_reduction":null,
      "turn_detection":{"type":"server_vad","threshold":0.5,"prefix_padding_ms":300,"silence_duration_ms":500,"idle_timeout_ms":null,
      "create_response":true,"interrupt_response":true}},"output":{"format":{"type":"audio/pcm","rate":24000},"voice":"marin","speed":1}}})")) {
  json_["id"] = id;
  json_["model"] = model;
  json_["expires_at"] = expires_at.count();
}

std::optional<problem> session_config::update(const json& session, bool voice_used) {
  if (auto found = check(session, json_, voice_used))
    return found;
  for (const auto& [key, value] : session.items())
    if (key != "audio")
      json_[key] = value;
  if (session.contains("audio"))
    for (const auto& [side, settings] : session["audio"].items())
      for (const auto& [key, value] : settings.items())
        json_["audio"][side][key] = value;
  if (session.contains("instructions"))
    text_ = read_instructions(json_["instructions"].get<std::string>());
  if (session.contains("tools"))
    tools_ = read_tools(json_["tools"]);
  return std::nullopt;
}

std::vector<tool> read_tools(const nlohmann::json& list) {
  std::vector<tool> tools;
  for (const auto& one : list)
    tools.push_back(
      {one.value("name", ""), one.value("description", ""), one.value("parameters", nlohmann::json::object())});
  return tools;
}

} // namespace parley::sandbox::model
