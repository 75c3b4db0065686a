#include "adapters/twilio/twiml.hpp"

#include "adapters/http/http_message.hpp"

namespace parley::twilio {

std::string twiml_path(const call_id& call, uint32_t round) {
  return "/voice/twiml?call=" + to_string(call) + (round > 1 ? "&round=" + std::to_string(round) : "");
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

std::string recording_path(const call_id& call) {
  return "/voice/recording?call=" + to_string(call);
}

std::string transferred_path(const call_id& call, const std::string& apology, const std::string& language) {
  return "/voice/transferred?" + form_encode({{"call", to_string(call)}, {"apology", apology}, {"language", language}});
}

std::string transferred_again_path(const call_id& call, const http_fields& told, uint32_t round) {
  http_fields query{{"call", to_string(call)}, {"round", std::to_string(round)}};
  query.insert(query.end(), told.begin(), told.end());
  return "/voice/transferred?" + form_encode(query);
}

std::string handover_path(const call_id& call) {
  return "/voice/handover?call=" + to_string(call);
}

std::string handover_key_path(const call_id& call) {
  return "/voice/handover/key?call=" + to_string(call);
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

static std::string ask_again(const twilio_settings& settings, const std::string& path) {
  return "<Pause length=\"" + std::to_string(settings.resume_pause.count()) + "\"/><Redirect method=\"POST\">"
         + escape(settings.public_address(path)) + "</Redirect>";
}

static bool is_last(const twilio_settings& settings, uint32_t round) {
  return round >= static_cast<uint32_t>(settings.resume_rounds_max);
}

std::string
connect_twiml(const twilio_settings& settings, const call_id& call, const std::string& nonce, uint32_t round) {
  return response("<Connect><Stream url=\"" + escape(settings.stream_address()) + "\">"
                  + parameter("call", to_string(call)) + parameter("nonce", nonce) + "</Stream></Connect><Say>"
                  + escape(settings.interruption_text) + "</Say>" + ask_again(settings, resume_path(call, round)));
}

std::string wait_twiml(const twilio_settings& settings, const call_id& call, uint32_t round) {
  if (is_last(settings, round))
    return hang_up_twiml();
  return response(ask_again(settings, resume_path(call, round + 1)));
}

static std::string say(const std::string& text, const std::string& language) {
  const bool regional = language.find('-') != std::string::npos;
  return "<Say" + (regional ? " language=\"" + escape(language) + "\"" : std::string{}) + ">" + escape(text) + "</Say>";
}

std::string ask_again_twiml(const twilio_settings& settings, const std::string& path, uint32_t round,
                            const std::string& apology, const std::string& language) {
  const auto words = apology.empty() ? std::string{} : say(apology, language);
  return response(words + (is_last(settings, round) ? "<Hangup/>" : ask_again(settings, path)));
}

std::string transfer_twiml(const twilio_settings& settings, const transfer_call& order) {
  const auto after = settings.public_address(transferred_path(order.call, order.apology, order.language));
  return response(say(order.announcement, order.language) + "<Dial timeout=\""
                  + std::to_string(order.ring_timeout.count()) + "\" callerId=\"" + escape(order.from)
                  + "\" answerOnBridge=\"true\" action=\"" + escape(after) + "\" method=\"POST\"><Number url=\""
                  + escape(settings.public_address(handover_path(order.call))) + "\" method=\"POST\">"
                  + escape(order.to) + "</Number></Dial>");
}

std::string handover_twiml(const twilio_settings& settings, const call_id& call) {
  return response("<Gather numDigits=\"1\" timeout=\"" + std::to_string(settings.handover_wait.count()) + "\" action=\""
                  + escape(settings.public_address(handover_key_path(call))) + "\" method=\"POST\">"
                  + say(settings.handover_text, "") + "</Gather><Hangup/>");
}

std::string handover_key_twiml(const std::string& digits) {
  return digits == "1" ? response("") : hang_up_twiml(); // nothing left to do: the two are connected
}

std::string say_twiml(const std::string& text, const std::string& language) {
  return response(say(text, language) + "<Hangup/>");
}

std::string hang_up_twiml() {
  return response("<Hangup/>");
}

} // namespace parley::twilio
