#include "adapters/google_calendar/settings.hpp"

#include "adapters/http/endpoint.hpp"

namespace parley {

using namespace std::chrono_literals;

void google_calendar_settings::describe(settings::section& s) {
  s.url("base_url", base_url, "Google's API; another one only for practice and tests.");
  s.url("token_url", token_url, "Where the refresh token is exchanged for access tokens.");
  s.required("client_id", client_id, "OAuth client id, from the Google Cloud console.");
  s.secret("client_secret", client_secret, "OAuth client secret.");
  s.secret("refresh_token", refresh_token, "OAuth refresh token of the account whose calendars are used.");
  s.duration("connect_timeout", connect_timeout, 100ms, 60s, "Longest wait for a connection, TLS included.");
  s.duration("request_timeout", request_timeout, 500ms, 120s, "Longest wait for one answer.");
  s.duration("total_timeout", total_timeout, 1s, 10min,
             "Longest time for one task, tries and waits included; at most 5/6 of vendor_timeout of [actors].");
  s.number("attempts_max", attempts_max, 1, 10, "tries", "Tries per request, the first one included.");
  s.number<size_t>("requests_max", requests_max, 1, 100, "requests", "Requests at the same time.");
  s.number<size_t>("waiting_max", waiting_max, 1, 100'000, "requests", "Requests that may wait; more are refused.");

  for (const auto& [key, value] : {std::pair{"client_secret", &client_secret}, {"refresh_token", &refresh_token}})
    if (value->empty())
      s.problem(key, std::string{"is missing; name it in "} + key + "_env or " + key + "_file");
  for (const auto& [key, value] : {std::pair{"base_url", &base_url}, {"token_url", &token_url}})
    if (!is_protected(*value))
      s.problem(key, "credentials would travel in the clear; use https:// (http:// only to this machine)");
}

} // namespace parley
