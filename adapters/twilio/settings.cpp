#include "adapters/twilio/settings.hpp"

#include "adapters/http/endpoint.hpp"

#include <algorithm>

namespace parley {

static bool all(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

static bool is_account_sid(std::string_view text) {
  return text.size() == 34 && text.starts_with("AC") && all(text.substr(2), "0123456789abcdefABCDEF");
}

static bool is_e164(std::string_view text) {
  return text.size() >= 8 && text.size() <= 16 && text[0] == '+' && text[1] != '0' && all(text.substr(1), "0123456789");
}

void twilio_settings::describe(settings::section& s) {
  using namespace std::chrono_literals;
  s.required("account_sid", account_sid, "The account; AC and 32 hexadecimal digits.");
  if (!account_sid.empty() && !is_account_sid(account_sid))
    s.problem("account_sid", "must be AC and 32 hexadecimal digits; copy it from the Twilio console");
  s.secret("auth_token", auth_token, "Signs our requests, and Twilio's webhooks.");
  if (auth_token.empty())
    s.problem("auth_token", "is missing; name an environment variable in auth_token_env or a file in auth_token_file");
  s.secret("auth_token_next", auth_token_next, "The other token while tokens are being rotated.");
  s.texts("numbers", numbers, "Our numbers that calls may come from, E.164.");
  for (const auto& number : numbers)
    if (!is_e164(number))
      s.problem("numbers", "\"" + number + "\" is not E.164; write + and all digits, as in \"+15005550006\"");
  s.url("base_url", base_url, "The carrier's API.");
  s.url("public_url", public_url, "Where the carrier reaches this node's webhook listener.");
  if (public_url.empty())
    s.problem("public_url",
              "is missing; name the address at which Twilio reaches this node, e.g. https://voice.example.com");
  else if (!is_protected(public_url))
    s.problem("public_url", "must be https: Twilio sends the number and opens the media socket there");
  s.duration("connect_timeout", connect_timeout, 100ms, 1min, "Name, connect and TLS handshake.");
  s.duration("request_timeout", request_timeout, 500ms, 2min, "From sending a request to the end of its answer.");
  s.duration("total_timeout", total_timeout, 1s, 10min,
             "Longest time for one task, tries and waits included; at most 5/6 of vendor_timeout of [actors].");
  s.choice("machine_detection", machine_detection, {"enable", "message_end"},
           "\"enable\" answers as soon as known, \"message_end\" waits for the end of the greeting.");
  s.duration("machine_detection_timeout", machine_detection_timeout, 3s, 59s, "Longest analysis of who answered.");
  s.duration("machine_speech_threshold", machine_speech_threshold, 1s, 6s, "Speech longer than this is a machine.");
  s.duration("machine_speech_end_threshold", machine_speech_end_threshold, 500ms, 5s,
             "Silence after speech that ends the greeting.");
  s.duration("machine_silence_timeout", machine_silence_timeout, 2s, 10s, "First silence after which it gives up.");
  s.text("interruption_text", interruption_text, "Said when the media stream broke, while the call is taken up again.");
  s.text("handover_text", handover_text,
         "Said to whoever picks up a hand-over: who calls, and that the key 1 takes the call.");
  s.duration("handover_wait", handover_wait, 3s, 20s, "Wait for that key after the words; then they are hung up on.");
  s.duration("resume_pause", resume_pause, 1s, 30s, "Wait between two tries to take a call up again.");
  s.number("resume_rounds_max", resume_rounds_max, 1, 100, "tries", "Then the call is ended.");
  s.number("list_pages_max", list_pages_max, 1, 1'000, "pages", "A longer list of calls is an error.");
}

std::string twilio_settings::stream_address() const {
  const bool secure = public_url.starts_with("https://");
  return (secure ? "wss://" : "ws://") + public_url.substr(public_url.find("://") + 3) + "/voice/stream";
}

std::vector<std::string> twilio_settings::webhook_tokens() const {
  std::vector<std::string> tokens{auth_token, auth_token_next};
  std::erase_if(tokens, [](const std::string& token) { return token.empty(); });
  return tokens;
}

} // namespace parley
