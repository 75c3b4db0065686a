#pragma once

#include "runtime/settings/section.hpp"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace parley {

/// HubSpot's ids of its default call outcomes ("Connected", "Busy", …) by
/// Parley's disposition. Source: HubSpot's documentation of the calls API.
std::map<std::string, std::string> default_call_outcomes();

/// `[crm]` with `provider = "hubspot"`. docs/crm-setup.md says how an operator
/// prepares the HubSpot account.
struct hubspot_settings {
  std::string base_url = "https://api.hubapi.com";

  // Either a private app's token or OAuth with a refresh token.
  std::string access_token;
  std::string client_id;
  std::string client_secret;
  std::string refresh_token;

  /// Our key on contacts, calls, meetings and notes; the operator creates it
  /// once, as a property with unique values.
  std::string key_property = "parley_key";
  /// Further contact properties that research gets to see.
  std::vector<std::string> properties{"industry", "city", "state", "country", "lifecyclestage", "hs_lead_status"};
  size_t interactions_max = 6;
  size_t interaction_chars_max = 600;
  size_t emails_max = 10;
  size_t email_chars_max = 4'000;
  /// Call outcome, a HubSpot id, by Parley's disposition; none where empty.
  std::map<std::string, std::string> call_outcomes = default_call_outcomes();

  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{15'000};
  /// One task of ours: all its requests, tries and waits.
  std::chrono::milliseconds total_timeout{25'000};
  /// Tries per request, the first one included.
  int attempts_max = 4;
  size_t requests_max = 8;   ///< at the same time
  size_t waiting_max = 1000; ///< requests that may wait

  bool uses_oauth() const { return access_token.empty(); }
  void describe(settings::section& s);
};

} // namespace parley
