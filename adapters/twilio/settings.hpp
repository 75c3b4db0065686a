#pragma once

#include "runtime/settings/section.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace parley {

/// One Twilio account, and how its calls are set up.
struct twilio_settings {
  std::string account_sid;
  std::string auth_token;
  /// The other token while tokens are being rotated; webhooks signed with
  /// either are accepted.
  std::string auth_token_next;
  std::vector<std::string> numbers; ///< E.164, ours, that calls may come from
  /// Set by a node that is not live, from its allow_numbers: whom alone a call
  /// may be handed over to. (Dials have passed the gate, which knows the same list.)
  std::optional<std::vector<std::string>> only_numbers;
  std::string base_url = "https://api.twilio.com";
  std::string public_url; ///< where Twilio reaches this node
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{10'000};
  /// One task of ours, not the dial: all its requests, tries and waits.
  std::chrono::milliseconds total_timeout{25'000};
  std::string machine_detection = "enable";
  std::chrono::seconds machine_detection_timeout{30};
  std::chrono::milliseconds machine_speech_threshold{2'400};
  std::chrono::milliseconds machine_speech_end_threshold{1'200};
  std::chrono::milliseconds machine_silence_timeout{5'000};
  std::string interruption_text = "One moment, please.";
  /// Said to whoever picks up a hand-over, before the two are connected.
  std::string handover_text
    = "This is your calling campaign. A person on the phone asks for you. Press 1 to take the call.";
  std::chrono::seconds handover_wait{6};
  std::chrono::seconds resume_pause{2};
  int resume_rounds_max = 10;
  int list_pages_max = 50;

  void describe(settings::section& s);

  /// An address under `public_url`; `path` begins with a slash.
  std::string public_address(const std::string& path) const { return public_url + path; }
  /// Where Twilio opens the media socket: the same host, ws or wss.
  std::string stream_address() const;
  /// The tokens that a webhook may be signed with.
  std::vector<std::string> webhook_tokens() const;
};

} // namespace parley
