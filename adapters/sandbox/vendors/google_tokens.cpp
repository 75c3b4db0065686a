#include "adapters/sandbox/vendors/google_tokens.hpp"

#include "adapters/sandbox/audio.hpp"
#include "adapters/sandbox/vendors/google_list.hpp"
#include "adapters/sandbox/vendors/json_http.hpp"

#include <algorithm>

namespace parley::sandbox::vendors {

using nlohmann::json;
using steady = std::chrono::steady_clock;

namespace {

/// What an assertion (a JWT) claims; no object if it cannot be read.
json claims_of(const std::string& assertion) {
  const auto begin = assertion.find('.') + 1;
  auto text = assertion.substr(begin, assertion.rfind('.') - begin);
  std::replace(text.begin(), text.end(), '-', '+'); // base64url, RFC 4648, 5
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return json::parse(from_base64(text).value_or(""), nullptr, false);
}

bool invites(const http_request& request) {
  const auto body = json::parse(request.body, nullptr, false);
  return body.is_object() && body.contains("attendees") && !body["attendees"].empty();
}

/// In Google's own words.
http_response cannot_invite() {
  constexpr auto message = "Service accounts cannot invite attendees without Domain-Wide Delegation of Authority.";
  return json_response(
    403,
    {{"error",
      {{"code", 403},
       {"message", message},
       {"errors",
        json::array({{{"domain", "calendar"}, {"reason", "forbiddenForServiceAccounts"}, {"message", message}}})}}}});
}

} // namespace

http_response google_tokens::grant(const http_request& request) {
  const auto form = parse_form(request.body);
  const auto refuse = [](const char* error, const char* why) {
    return json_response(400, {{"error", error}, {"error_description", why}});
  };
  const auto grant = value_or(form, "grant_type");
  bool may_invite = true;
  if (grant == "refresh_token" || grant == "authorization_code") {
    if (value_or(form, "client_id").empty() || (grant == "refresh_token" && value_or(form, "client_secret").empty()))
      return refuse("invalid_client", "The OAuth client was not found.");
    if (value_or(form, grant == "refresh_token" ? "refresh_token" : "code").empty())
      return refuse("invalid_grant", "Bad Request");
  } else if (grant == "urn:ietf:params:oauth:grant-type:jwt-bearer") {
    const auto assertion = value_or(form, "assertion");
    const auto claims = std::count(assertion.begin(), assertion.end(), '.') == 2 ? claims_of(assertion) : json{};
    if (!claims.is_object())
      return refuse("invalid_grant", "Invalid JWT Signature.");
    may_invite = !claims.value("sub", "").empty(); // it acts for a user
  } else {
    return refuse("unsupported_grant_type", "Invalid grant_type");
  }
  const auto made = "ya29.practice-" + std::to_string(++last_);
  given_[made] = {steady::now() + lifetime_, may_invite};
  return json_response(200, {{"access_token", made},
                             {"expires_in", lifetime_.count()},
                             {"token_type", "Bearer"},
                             {"scope", "https://www.googleapis.com/auth/calendar"}});
}

std::optional<http_response> google_tokens::refusal(const http_request& request) const {
  const auto found = given_.find(bearer_of(request));
  if (found == given_.end() || found->second.expires <= steady::now())
    return google_failure(401, "authError", "Invalid Credentials");
  if (!found->second.may_invite && invites(request))
    return cannot_invite();
  return std::nullopt;
}

} // namespace parley::sandbox::vendors
