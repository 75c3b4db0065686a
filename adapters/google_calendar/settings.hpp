#pragma once

#include "runtime/settings/section.hpp"

#include <chrono>
#include <string>

namespace parley {

/// `[calendar]` with `provider = "google"`. The account needs the scope
/// https://www.googleapis.com/auth/calendar, or calendar.events together with
/// calendar.freebusy.
struct google_calendar_settings {
  std::string base_url = "https://www.googleapis.com";
  std::string token_url = "https://oauth2.googleapis.com/token";
  std::string client_id;
  std::string client_secret;
  std::string refresh_token;

  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{10'000};
  /// One task of ours: all its requests, tries and waits.
  std::chrono::milliseconds total_timeout{25'000};
  /// Tries per request, the first one included.
  int attempts_max = 4;
  size_t requests_max = 8;   ///< at the same time
  size_t waiting_max = 1000; ///< requests that may wait

  void describe(settings::section& s);
};

} // namespace parley
