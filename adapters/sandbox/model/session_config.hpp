#pragma once

#include "adapters/sandbox/model/instructions.hpp"
#include "adapters/sandbox/model/tools.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace parley::sandbox::model {

/// Why a client event is refused, as the API words it.
struct problem {
  std::string code;
  std::string message;
  std::string param;
};

/// The settings of a realtime session: the JSON that the client sees, and
/// what the model reads from it.
class session_config {
public:
  session_config(const std::string& id, const std::string& model, std::chrono::seconds expires_at);

  /// Takes a `session.update`; an update that is refused changes nothing.
  /// @param voice_used Audio was sent: the voice cannot change any more.
  std::optional<problem> update(const nlohmann::json& session, bool voice_used);

  const nlohmann::json& as_json() const { return json_; }
  const instructions& text() const { return text_; }
  const std::vector<tool>& tools() const { return tools_; }

  bool transcribes() const { return !json_["audio"]["input"]["transcription"].is_null(); }
  bool detects_turns() const { return !detection().is_null(); }
  std::chrono::milliseconds prefix_padding() const {
    return std::chrono::milliseconds{number("prefix_padding_ms", 300)};
  }
  std::chrono::milliseconds silence_duration() const {
    return std::chrono::milliseconds{number("silence_duration_ms", 500)};
  }
  bool creates_responses() const { return flag("create_response"); }
  bool interrupts() const { return flag("interrupt_response"); }

private:
  const nlohmann::json& detection() const { return json_["audio"]["input"]["turn_detection"]; }
  bool flag(const char* name) const { return detects_turns() && detection().value(name, true); }
  int number(const char* name, int fallback) const {
    return detects_turns() ? detection().value(name, fallback) : fallback;
  }

  nlohmann::json json_;
  instructions text_;
  std::vector<tool> tools_;
};

/// The tools of a session or a response.
std::vector<tool> read_tools(const nlohmann::json& list);

} // namespace parley::sandbox::model
