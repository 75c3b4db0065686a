#pragma once

#include "adapters/http/service_account.hpp"
#include "runtime/settings/section.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace parley {

/// `[calendar]` with `provider = "google"`. The account needs the scope
/// https://www.googleapis.com/auth/calendar, or calendar.events together with
/// calendar.freebusy. Either a user's refresh token or a service account's key
/// gives access; the latter sees calendars that are shared with it, or with
/// `subject` all of that user's, and can put the guest into the event only so.
struct google_calendar_settings {
  std::string base_url = "https://www.googleapis.com";
  std::string token_url = "https://oauth2.googleapis.com/token";
  std::string client_id;
  std::string client_secret;
  std::string refresh_token;
  std::string service_account_file;
  std::string subject;
  std::optional<service_account> account; ///< read from that file

  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{10'000};
  /// One task of ours: all its requests, tries and waits.
  std::chrono::milliseconds total_timeout{25'000};
  /// Tries per request, the first one included.
  int attempts_max = 4;
  size_t requests_max = 8;   ///< at the same time
  size_t waiting_max = 1000; ///< requests that may wait
  /// Between two looks for changes by hand.
  std::chrono::milliseconds poll_interval{60'000};

  void describe(settings::section& s);

private:
  void check_refresh_token(settings::section& s) const;
  void read_account(settings::section& s);
};

} // namespace parley
