#include "cluster/doctor/vendor_checks.hpp"

#include "adapters/http/endpoint.hpp"

namespace parley::doctor {

using nlohmann::json;

namespace {

/// Nothing where there is none.
json object_in(const http_response& response) {
  auto x = json::parse(response.body, nullptr, false);
  return x.is_object() ? x : json::object();
}

/// What a vendor says of itself in an error, shortened; vendors quote no
/// credentials and these questions name no person.
std::string words_of(const http_response& response) {
  const auto x = object_in(response);
  const auto text = [](const json& in, const char* key) {
    const auto found = in.find(key);
    return found != in.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  auto words = text(x, "message"); // Twilio, HubSpot
  if (x.contains("error") && x["error"].is_object())
    words = text(x["error"], "message"); // OpenAI, Google's APIs
  if (words.empty() && x.contains("error_description"))
    words = text(x, "error_description"); // OAuth
  return words.empty() ? words : ": " + words.substr(0, 160);
}

bool is_flag(const json& in, const char* key) {
  return in.contains(key) && in[key].is_boolean() && in[key].get<bool>();
}

/// An array of objects, as vendors list things; empty when it is none.
/// A copy, since the answer that it is in seldom outlives the expression.
json list_in(const json& in, const char* key) {
  const auto found = in.find(key);
  return found != in.end() && found->is_array() ? *found : json::array();
}

} // namespace

finding failed_answer(const std::string& check, const http_response& response, const std::string& secret) {
  if (response.failure != http_failure::none)
    return failure(check, "no answer (" + std::string{to_string(response.failure)} + "): " + response.detail,
                   "see that this machine may reach the vendor, and that base_url is right");
  const auto said = "status " + std::to_string(response.status) + words_of(response);
  switch (response.status) {
    case 401: return failure(check, "the credentials are refused, " + said, "give the current one in " + secret);
    case 403:
      return failure(check, "the credentials are good but not allowed to do this, " + said,
                     "give the key or app the missing rights (scopes)");
    case 404: return failure(check, "not found, " + said, "see that base_url is the vendor's");
    case 429:
      return warning(check, "too many requests or no quota left, " + said,
                     "see the account's limits, and that it is paid for");
    default:
      return response.status >= 500 ? warning(check, "the vendor fails, " + said, "look again in some minutes")
                                    : failure(check, "the question is refused, " + said, "see what the vendor says");
  }
}

// --- Twilio --------------------------------------------------------------------

namespace {

http_request twilio_get(const twilio_settings& s, const std::string& url, const http_fields& query = {}) {
  auto request = get(url, query);
  request.headers.push_back(basic_auth(s.account_sid, s.auth_token));
  request.connect_timeout = s.connect_timeout;
  request.timeout = s.request_timeout;
  return request;
}

std::string account_url(const twilio_settings& s) {
  return s.base_url + "/2010-04-01/Accounts/" + s.account_sid;
}

finding check_account(const http_response& response) {
  constexpr auto check = "telephony";
  if (!response.ok())
    return failed_answer(check, response, "telephony.auth_token (and see account_sid)");
  const auto account = object_in(response);
  const auto status = account.value("status", std::string{"unknown"});
  if (status != "active")
    return failure(check, "the Twilio account is " + status, "see the notices in the Twilio console");
  if (account.value("type", std::string{}) == "Trial")
    return warning(check, "the Twilio account is a trial: it calls verified numbers only and speaks a notice first",
                   "verify the number you want to call in the console, or upgrade the account");
  return ok(check, "the Twilio account is active and takes our token");
}

finding check_caller_id(const twilio_settings& s, const std::string& number, const ask_http& ask) {
  const auto check = "number " + number;
  const http_fields query{{"PhoneNumber", number}};
  const auto owned = ask(twilio_get(s, account_url(s) + "/IncomingPhoneNumbers.json", query));
  if (!owned.ok())
    return failed_answer(check, owned, "telephony.auth_token");
  for (const auto& x : list_in(object_in(owned), "incoming_phone_numbers"))
    if (x.value("phone_number", std::string{}) == number)
      return x.contains("capabilities") && is_flag(x["capabilities"], "voice")
               ? ok(check, "belongs to the account and can make calls")
               : failure(check, "belongs to the account but has no voice capability",
                         "buy a number with voice, or name another in telephony.numbers");
  const auto verified = ask(twilio_get(s, account_url(s) + "/OutgoingCallerIds.json", query));
  if (!verified.ok())
    return failed_answer(check, verified, "telephony.auth_token");
  for (const auto& x : list_in(object_in(verified), "outgoing_caller_ids"))
    if (x.value("phone_number", std::string{}) == number)
      return warning(check, "is a verified caller ID, not a number of the account: calls back go where it rings",
                     "see that somebody takes do-not-call requests there (47 CFR 64.1601(e)), or buy a number");
  return failure(check, "is no number of this Twilio account, so no call may come from it",
                 "buy it, verify it as caller ID, or name another in telephony.numbers");
}

/// Permissions live at another host of the carrier's: voice.twilio.com for
/// api.twilio.com.
std::string permissions_base(const std::string& base_url) {
  const auto at = base_url.find("://api.");
  return at == base_url.npos ? base_url : base_url.substr(0, at) + "://voice." + base_url.substr(at + 7);
}

finding check_permission(const twilio_settings& s, const std::string& region, const ask_http& ask) {
  const auto check = "calls to " + region;
  const auto response = ask(twilio_get(s, permissions_base(s.base_url) + "/v1/DialingPermissions/Countries/" + region));
  if (response.failure != http_failure::none || !response.ok())
    return warning(check,
                   "the carrier does not tell whether the country may be called (status "
                     + std::to_string(response.status) + ")",
                   "look at Voice > Settings > Geo permissions in the Twilio console");
  if (is_flag(object_in(response), "low_risk_numbers_enabled"))
    return ok(check, "the account may call there");
  return failure(check, "the account may not call there",
                 "allow " + region + " in Voice > Settings > Geo permissions of the Twilio console");
}

} // namespace

findings check_twilio(const twilio_settings& s, const std::string& region, const ask_http& ask, bool practice) {
  findings out{check_account(ask(twilio_get(s, account_url(s) + ".json")))};
  if (!is_fit(out))
    return out; // the rest would say the same
  if (s.numbers.empty())
    out.push_back(failure("number", "there is no number that calls could come from",
                          "name one of the Twilio account in telephony.numbers"));
  for (const auto& number : s.numbers)
    out.push_back(check_caller_id(s, number, ask));
  out.push_back(practice ? skipped("calls to " + region, "practice: every country may be called")
                         : check_permission(s, region, ask));
  return out;
}

// --- OpenAI and those that speak its language -----------------------------------

/// Root of the API over http(s), without the realtime endpoint.
static std::string api_root(std::string url) {
  if (url.starts_with("ws")) // ws, wss
    url.replace(0, 2, "http");
  constexpr std::string_view realtime = "/realtime";
  if (url.ends_with(realtime))
    url.resize(url.size() - realtime.size());
  return url;
}

finding check_model(const std::string& check, const std::string& base_url, const std::string& api_key,
                    const std::string& model, const ask_http& ask) {
  auto request = get(api_root(base_url) + "/models/" + model);
  if (!api_key.empty())
    request.headers.push_back(bearer_auth(api_key));
  const auto response = ask(request);
  if (response.ok())
    return ok(check, "the key is good for the model " + model);
  if (response.failure == http_failure::none && response.status == 404)
    return failure(check, "the model " + model + " is not there for this key" + words_of(response),
                   "name a model that the account's project may use in " + check + ".model");
  return failed_answer(check, response, check + ".api_key");
}

// --- HubSpot -------------------------------------------------------------------

findings check_hubspot(const hubspot_settings& s, const ask_http& ask) {
  constexpr auto check = "crm";
  auto token = s.access_token;
  if (s.uses_oauth()) {
    const auto granted = ask(post_form(s.base_url + "/oauth/v1/token", {{"grant_type", "refresh_token"},
                                                                        {"client_id", s.client_id},
                                                                        {"client_secret", s.client_secret},
                                                                        {"refresh_token", s.refresh_token}}));
    if (!granted.ok())
      return {failed_answer(check, granted, "crm.client_id, client_secret and refresh_token")};
    token = object_in(granted).value("access_token", std::string{});
  }
  const auto ask_crm = [&](const std::string& path, const http_fields& query = {}) {
    auto request = get(s.base_url + path, query);
    request.headers.push_back(bearer_auth(token));
    request.connect_timeout = s.connect_timeout;
    request.timeout = s.request_timeout;
    return ask(request);
  };
  const auto contact = ask_crm("/crm/v3/objects/contacts", {{"limit", "1"}});
  if (!contact.ok())
    return {failed_answer(check, contact, s.uses_oauth() ? "crm.refresh_token" : "crm.access_token")};
  findings out{ok(check, "HubSpot takes our token and shows contacts")};
  for (const auto* object : {"contacts", "calls", "meetings"}) {
    const auto name = std::string{check} + " " + object;
    const auto property = ask_crm(std::string{"/crm/v3/properties/"} + object + "/" + s.key_property);
    if (property.failure == http_failure::none && property.status == 404)
      out.push_back(failure(name, "there is no property " + s.key_property + ", so what we write could come twice",
                            "create it with unique values, as docs/crm-setup.md says"));
    else if (!property.ok())
      out.push_back(failed_answer(name, property, "crm.access_token"));
    else if (const auto x = object_in(property); x.contains("hasUniqueValue") && !is_flag(x, "hasUniqueValue"))
      out.push_back(failure(name, "the property " + s.key_property + " does not have unique values",
                            "create another with unique values and name it in crm.key_property (docs/crm-setup.md)"));
    else
      out.push_back(ok(name, "the property " + s.key_property + " is there"));
  }
  return out;
}

// --- Google --------------------------------------------------------------------

using ask_google = std::function<http_response(http_request)>;

/// Whom a calendar is to be shared with, as a remedy.
static std::string share_it(const google_calendar_settings& s) {
  const auto with = !s.account                   ? std::string{"the account of the refresh token"}
                    : s.account->subject.empty() ? s.account->client_email
                                                 : s.account->subject;
  return "share it with " + with + ", with the right to make changes to events (docs/crm-setup.md)";
}

/// Free and busy times are shown to more accounts than may write: what ours may
/// do stands in any list of events, of which the rest is not asked for.
static finding check_right(const google_calendar_settings& s, const std::string& check, const manager_row& manager,
                           const ask_google& ask) {
  const auto response = ask(get(s.base_url + "/calendar/v3/calendars/" + url_encode(manager.calendar_id) + "/events",
                                {{"maxResults", "1"}, {"fields", "accessRole"}}));
  const auto is = [&](int status) { return response.failure == http_failure::none && response.status == status; };
  if (is(403) || is(404)) // only free and busy times are shared
    return failure(check, "its events cannot be read, so none can be written" + words_of(response), share_it(s));
  if (!response.ok())
    return failed_answer(check, response, "calendar");
  const auto told = object_in(response);
  const auto role = told.contains("accessRole") && told["accessRole"].is_string()
                      ? told["accessRole"].get<std::string>()
                      : std::string{"unknown"};
  if (role == "owner" || role == "writer")
    return ok(check, "free and busy times can be read, and events be written");
  return failure(check, "it can be read but not written (" + role + "), so no meeting would stand in it", share_it(s));
}

static finding check_calendar(const google_calendar_settings& s, const manager_row& manager, const json& calendars,
                              const ask_google& ask) {
  const auto check = "calendar of " + manager.name;
  const auto found = calendars.find(manager.calendar_id);
  if (found == calendars.end())
    return failure(check, "Google says nothing of it", "see the manager's calendar_id");
  const auto errors = list_in(*found, "errors");
  if (errors.empty())
    return check_right(s, check, manager, ask);
  const auto reason = errors[0].value("reason", std::string{"unknown"});
  return failure(check, "cannot be read (" + reason + ")", share_it(s) + ", or correct the manager's calendar_id");
}

static findings check_calendars(const google_calendar_settings& s, const std::vector<manager_row>& managers,
                                wall_time now, const std::string& token, const ask_http& ask) {
  constexpr auto check = "calendar";
  if (managers.empty())
    return {warning(check, "Google gives us access, but there is no account manager whose calendar could be asked",
                    "describe each in a [[manager]]")};
  json question{{"timeMin", to_iso(now)}, {"timeMax", to_iso(now + std::chrono::hours{24})}, {"items", json::array()}};
  for (const auto& manager : managers)
    question["items"].push_back({{"id", manager.calendar_id}});
  const auto ask_with_token = [&](http_request request) {
    request.headers.push_back(bearer_auth(token));
    request.connect_timeout = s.connect_timeout;
    request.timeout = s.request_timeout;
    return ask(request);
  };
  const auto response = ask_with_token(post_json(s.base_url + "/calendar/v3/freeBusy", question.dump()));
  if (!response.ok())
    return {failed_answer(check, response, "calendar (its account needs the scope calendar)")};
  findings out{ok(check, "Google gives us access")};
  const auto answer = object_in(response);
  const auto calendars = answer.value("calendars", json::object());
  for (const auto& manager : managers)
    out.push_back(check_calendar(s, manager, calendars, ask_with_token));
  return out;
}

/// The question that is answered with an access token.
static http_request google_grant(const google_calendar_settings& s) {
  if (s.account)
    return post_form(s.account->token_url, {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                                            {"assertion", assertion_of(*s.account, std::chrono::system_clock::now())}});
  return post_form(s.token_url, {{"grant_type", "refresh_token"},
                                 {"client_id", s.client_id},
                                 {"client_secret", s.client_secret},
                                 {"refresh_token", s.refresh_token}});
}

findings check_google(const google_calendar_settings& s, const std::vector<manager_row>& managers, wall_time now,
                      const ask_http& ask) {
  constexpr auto check = "calendar";
  const auto granted = ask(google_grant(s));
  const auto* credentials
    = s.account ? "calendar.service_account_file" : "calendar.client_id, client_secret and refresh_token";
  if (granted.failure == http_failure::none && granted.status == 400) // RFC 6749, 5.2: invalid_grant and the like
    return {failure(check, "Google refuses the credentials" + words_of(granted),
                    s.account ? "give a current key in calendar.service_account_file, and see that the clock is right"
                              : "have the account agree once more and give the new calendar.refresh_token")};
  if (!granted.ok())
    return {failed_answer(check, granted, credentials)};
  return check_calendars(s, managers, now, object_in(granted).value("access_token", std::string{}), ask);
}

// --- Apollo --------------------------------------------------------------------

finding check_apollo(const std::string& base_url, const std::string& api_key, const ask_http& ask) {
  constexpr auto check = "enrichment";
  // The health of a key is told beside the API's root, not under it.
  auto root = base_url;
  for (const std::string_view suffix : {"/api/v1", "/v1"})
    if (root.ends_with(suffix)) {
      root.resize(root.size() - suffix.size());
      break;
    }
  auto request = get(root + "/v1/auth/health");
  request.headers.emplace_back("X-Api-Key", api_key);
  const auto response = ask(request);
  if (!response.ok())
    return failed_answer(check, response, "enrichment.api_key");
  // It answers 200 to a key that it does not know, too.
  if (!is_flag(object_in(response), "is_logged_in"))
    return failure(check, "Apollo does not know our key", "give the current one in enrichment.api_key");
  return ok(check, "Apollo takes our key");
}

// --- mail ----------------------------------------------------------------------

finding check_mail_server(const smtp_settings& s, const mail_answer& answer) {
  constexpr auto check = "mailer";
  if (answer.taken)
    return ok(check, s.user.empty() ? "the mail server answers" : "the mail server takes our login");
  if (answer.login_bad)
    return failure(check, "the mail server refuses the login: " + answer.problem,
                   "give the current mailer.user and mailer.password");
  if (answer.reached)
    return failure(check, "the mail server breaks off: " + answer.problem,
                   "see mailer.security (starttls, or smtps:// in base_url) and the server's certificate");
  return failure(check, "the mail server cannot be reached: " + answer.problem,
                 "see mailer.base_url, and that this machine may reach the port");
}

} // namespace parley::doctor
