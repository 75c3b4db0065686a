#pragma once

#include "adapters/sandbox/carrier/webhooks.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <set>
#include <string>

namespace parley::sandbox {

/// What a create-call request asks for, checked.
struct call_request {
  enum class detection { off, enable, message_end };

  std::string account_sid;
  std::string auth_token;
  std::string to;
  std::string from;
  /// Either a URL or the TwiML itself.
  std::string url;
  std::string method = "POST";
  std::string twiml;
  std::string status_callback;
  std::string status_callback_method = "POST";
  std::set<std::string> status_events{"completed"};
  milliseconds timeout{60000};
  milliseconds time_limit{4 * 3600 * 1000};
  detection machine_detection = detection::off;
  bool async_amd = false;
  std::string amd_callback;
  std::string amd_callback_method = "POST";
  milliseconds amd_timeout{30000};
};

/// The call as the REST API shows it; it shows no callback URL.
struct call_resource {
  std::string sid;
  std::string account_sid;
  std::string to;
  std::string from;
  std::string status = "queued";
  wall_time created{};
  wall_time updated{};
  std::optional<wall_time> started; ///< absent while the call is queued
  std::optional<wall_time> ended;
  /// Media time between the answer and the end.
  std::optional<milliseconds> duration;
  std::string answered_by;
  milliseconds queue_time{};

  bool is_final() const { return status != "queued" && status != "ringing" && status != "in-progress"; }
};

nlohmann::json to_json(const call_resource& call);
/// "Tue, 04 Aug 2026 12:00:00 +0000"
std::string rfc2822(wall_time at);

} // namespace parley::sandbox
