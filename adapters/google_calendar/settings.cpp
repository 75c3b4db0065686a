#include "adapters/google_calendar/settings.hpp"

#include "adapters/http/endpoint.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace parley {

using namespace std::chrono_literals;

/// What a user's own access takes.
void google_calendar_settings::check_refresh_token(settings::section& s) const {
  if (client_id.empty())
    s.problem("client_id", "is missing; give the OAuth client's, or a service_account_file instead");
  for (const auto& [key, value] : {std::pair{"client_secret", &client_secret}, {"refresh_token", &refresh_token}})
    if (value->empty())
      s.problem(key, std::string{"is missing; name it in "} + key + "_env or " + key + "_file");
  if (!subject.empty())
    s.problem("subject", "is for service accounts; name a service_account_file or leave it out");
}

void google_calendar_settings::read_account(settings::section& s) {
  if (!client_id.empty() || !client_secret.empty() || !refresh_token.empty())
    return s.problem("service_account_file", "stands beside client_id, client_secret or refresh_token; keep one way");
  std::ifstream in{service_account_file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in)
    return s.problem("service_account_file",
                     "\"" + service_account_file + "\" cannot be read; give the path of the JSON key file");
  try {
    account = read_service_account(text);
  } catch (const std::invalid_argument& e) {
    return s.problem("service_account_file", std::string{"cannot be used: "} + e.what());
  }
  account->token_url = token_url;
  account->scope = "https://www.googleapis.com/auth/calendar";
  account->subject = subject;
}

void google_calendar_settings::describe(settings::section& s) {
  s.url("base_url", base_url, "Google's API; another one only for practice and tests.");
  s.url("token_url", token_url, "Where the refresh token is exchanged for access tokens.");
  s.file("service_account_file", service_account_file,
         "Key file (JSON) of a service account, instead of client_id, client_secret and refresh_token.");
  s.text("subject", subject, "User that the service account acts for (domain-wide delegation); empty: itself.");
  s.text("client_id", client_id, "OAuth client id, from the Google Cloud console.");
  s.secret("client_secret", client_secret, "OAuth client secret.");
  s.secret("refresh_token", refresh_token, "OAuth refresh token of the account whose calendars are used.");
  s.duration("poll_interval", poll_interval, 200ms, 1h, "Between two looks for changes by hand; real time.");
  s.duration("connect_timeout", connect_timeout, 100ms, 60s, "Longest wait for a connection, TLS included.");
  s.duration("request_timeout", request_timeout, 500ms, 120s, "Longest wait for one answer.");
  s.duration("total_timeout", total_timeout, 1s, 10min,
             "Longest time for one task, tries and waits included; at most 5/6 of vendor_timeout of [actors].");
  s.number("attempts_max", attempts_max, 1, 10, "tries", "Tries per request, the first one included.");
  s.number<size_t>("requests_max", requests_max, 1, 100, "requests", "Requests at the same time.");
  s.number<size_t>("waiting_max", waiting_max, 1, 100'000, "requests", "Requests that may wait; more are refused.");

  if (service_account_file.empty())
    check_refresh_token(s);
  else
    read_account(s);
  for (const auto& [key, value] : {std::pair{"base_url", &base_url}, {"token_url", &token_url}})
    if (!is_protected(*value))
      s.problem(key, "credentials would travel in the clear; use https:// (http:// only to this machine)");
}

} // namespace parley
