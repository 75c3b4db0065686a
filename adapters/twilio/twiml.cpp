#include "adapters/twilio/twiml.hpp"

namespace parley::twilio {

std::string twiml_path(const call_id& call) {
  return "/voice/twiml?call=" + to_string(call);
}

std::string status_path(const call_id& call) {
  return "/voice/status?call=" + to_string(call);
}

std::string machine_detection_path(const call_id& call) {
  return "/voice/amd?call=" + to_string(call);
}

std::string resume_path(const call_id& call, uint32_t round) {
  return "/voice/resume?call=" + to_string(call) + "&round=" + std::to_string(round);
}

static std::string escape(const std::string& text) {
  std::string out;
  for (const char c : text)
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  return out;
}

static std::string response(const std::string& verbs) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>" + verbs + "</Response>";
}

static std::string parameter(const std::string& name, const std::string& value) {
  return "<Parameter name=\"" + name + "\" value=\"" + escape(value) + "\"/>";
}

static std::string ask_again(const twilio_settings& settings, const call_id& call, uint32_t round) {
  return "<Pause length=\"" + std::to_string(settings.resume_pause.count()) + "\"/><Redirect method=\"POST\">"
         + escape(settings.public_address(resume_path(call, round))) + "</Redirect>";
}

std::string
connect_twiml(const twilio_settings& settings, const call_id& call, const std::string& nonce, uint32_t round) {
  return response("<Connect><Stream url=\"" + escape(settings.stream_address()) + "\">"
                  + parameter("call", to_string(call)) + parameter("nonce", nonce) + "</Stream></Connect><Say>"
                  + escape(settings.interruption_text) + "</Say>" + ask_again(settings, call, round));
}

std::string wait_twiml(const twilio_settings& settings, const call_id& call, uint32_t round) {
  if (round >= static_cast<uint32_t>(settings.resume_rounds_max))
    return hang_up_twiml();
  return response(ask_again(settings, call, round + 1));
}

std::string hang_up_twiml() {
  return response("<Hangup/>");
}

} // namespace parley::twilio
