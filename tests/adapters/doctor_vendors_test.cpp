// Goal: what a vendor answers to a harmless question becomes the finding that
// an operator needs; nothing but questions is asked. Method: the test plays the
// vendors, answer by answer.
#include "adapters/twilio/settings.hpp"
#include "cluster/doctor/vendor_checks.hpp"
#include "tests/support/service_account.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace doctor_vendors_test {

using namespace parley;
using namespace parley::doctor;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

http_response answered(int status, const json& body = json::object()) {
  http_response r;
  r.status = status;
  r.body = body.dump();
  return r;
}

/// Answers by the beginning of method and URL; whatever is not listed is 404.
struct vendor {
  std::map<std::string, http_response> answers;
  std::vector<http_request> asked;

  ask_http ask() {
    return [this](const http_request& request) {
      asked.push_back(request);
      const auto line = request.method + " " + request.url;
      for (const auto& [beginning, response] : answers)
        if (line.starts_with(beginning))
          return response;
      return answered(404, {{"message", "not found"}});
    };
  }
  /// Only questions: nothing that would change anything at the vendor.
  bool harmless() const {
    for (const auto& x : asked)
      if (x.method != "GET" && x.url.find("token") == std::string::npos && x.url.find("freeBusy") == std::string::npos)
        return false;
    return true;
  }
};

const finding& of(const findings& all, const std::string& check) {
  for (const auto& x : all)
    if (x.check == check)
      return x;
  FAIL("nothing was found about " << check);
  throw std::logic_error{"unreachable"};
}

struct twilio_vendor : vendor {
  twilio_vendor() {
    s.account_sid = "AC00000000000000000000000000000001";
    s.auth_token = "t0ken";
    s.numbers = {"+15005550006"};
    const auto account = "GET https://api.twilio.com/2010-04-01/Accounts/" + s.account_sid;
    answers[account + ".json"] = answered(200, {{"status", "active"}, {"type", "Full"}});
    answers[account + "/IncomingPhoneNumbers.json"] = answered(200, numbers(true));
    answers[account + "/OutgoingCallerIds.json"] = answered(200, {{"outgoing_caller_ids", json::array()}});
    answers["GET https://voice.twilio.com/v1/DialingPermissions/Countries/US"]
      = answered(200, {{"iso_code", "US"}, {"low_risk_numbers_enabled", true}});
    sid = account;
  }
  static json numbers(bool voice) {
    return {{"incoming_phone_numbers",
             json::array({{{"phone_number", "+15005550006"}, {"capabilities", {{"voice", voice}}}}})}};
  }
  findings check() { return check_twilio(s, "US", ask(), false); }
  twilio_settings s;
  std::string sid;
};

} // namespace

TEST_CASE_METHOD(twilio_vendor, "an account that can call is found fit", "[doctor]") {
  const auto all = check();
  CHECK(is_fit(all));
  CHECK(all.size() == 3);
  for (const auto& x : all)
    CHECK(x.state == health::ok);
  CHECK(harmless());
  for (const auto& x : asked)
    CHECK(std::find(x.headers.begin(), x.headers.end(), basic_auth(s.account_sid, s.auth_token)) != x.headers.end());
}

TEST_CASE_METHOD(twilio_vendor, "a refused token is said once", "[doctor]") {
  answers[sid + ".json"] = answered(401, {{"code", 20003}, {"message", "Authenticate"}});
  const auto all = check();
  REQUIRE(all.size() == 1);
  CHECK(all[0].state == health::failure);
  CHECK_THAT(all[0].remedy, Contains("auth_token"));
}

TEST_CASE_METHOD(twilio_vendor, "a suspended account cannot call, a trial hardly", "[doctor]") {
  answers[sid + ".json"] = answered(200, {{"status", "suspended"}, {"type", "Full"}});
  CHECK_THAT(check().at(0).sentence, Contains("suspended"));
  CHECK_FALSE(is_fit(check()));
  answers[sid + ".json"] = answered(200, {{"status", "active"}, {"type", "Trial"}});
  CHECK(of(check(), "telephony").state == health::warning);
}

TEST_CASE_METHOD(twilio_vendor, "a number needs to be ours and to have voice", "[doctor]") {
  answers[sid + "/IncomingPhoneNumbers.json"] = answered(200, numbers(false));
  CHECK_THAT(of(check(), "number +15005550006").sentence, Contains("voice"));
  CHECK_FALSE(is_fit(check()));
  answers[sid + "/IncomingPhoneNumbers.json"] = answered(200, {{"incoming_phone_numbers", json::array()}});
  answers[sid + "/OutgoingCallerIds.json"] = answered(200, {{"outgoing_caller_ids", json::array()}});
  CHECK_THAT(of(check(), "number +15005550006").sentence, Contains("no number of this Twilio account"));
  CHECK_FALSE(is_fit(check()));
  answers[sid + "/OutgoingCallerIds.json"] = answered(429); // what is not told is no verdict on the number
  CHECK(of(check(), "number +15005550006").state == health::warning);
  CHECK_THAT(of(check(), "number +15005550006").sentence, !Contains("no number of this Twilio account"));
  answers[sid + "/OutgoingCallerIds.json"]
    = answered(200, {{"outgoing_caller_ids", json::array({{{"phone_number", "+15005550006"}}})}});
  CHECK(of(check(), "number +15005550006").state == health::warning); // verified: may be shown
}

TEST_CASE_METHOD(twilio_vendor, "a node without a number cannot call", "[doctor]") {
  s.numbers.clear();
  CHECK_FALSE(is_fit(check()));
}

TEST_CASE_METHOD(twilio_vendor, "a country that the account may not call is a failure", "[doctor]") {
  answers["GET https://voice.twilio.com/v1/DialingPermissions/Countries/US"]
    = answered(200, {{"iso_code", "US"}, {"low_risk_numbers_enabled", false}});
  CHECK(of(check(), "calls to US").state == health::failure);
  answers["GET https://voice.twilio.com/v1/DialingPermissions/Countries/US"] = answered(403);
  CHECK(of(check(), "calls to US").state == health::warning); // not told
  CHECK(of(check_twilio(s, "US", ask(), true), "calls to US").state == health::skipped);
}

TEST_CASE("a model must be there for the key", "[doctor]") {
  vendor v;
  v.answers["GET https://api.openai.com/v1/models/gpt-realtime"] = answered(200, {{"id", "gpt-realtime"}});
  const auto check = [&](const char* base) { return check_model("voice_model", base, "key", "gpt-realtime", v.ask()); };
  // However the realtime endpoint is written.
  for (const auto* base : {"https://api.openai.com/v1", "wss://api.openai.com/v1", "wss://api.openai.com/v1/realtime"})
    CHECK(check(base).state == health::ok);
  CHECK(v.asked.back().headers.back() == bearer_auth("key"));
  v.answers.clear();
  CHECK_THAT(check("https://api.openai.com/v1").remedy, Contains("voice_model.model"));
  v.answers["GET https://api.openai.com/"] = answered(401, {{"error", {{"message", "Incorrect API key provided"}}}});
  CHECK_THAT(check("https://api.openai.com/v1").sentence, Contains("Incorrect API key"));
  CHECK_THAT(check("https://api.openai.com/v1").remedy, Contains("voice_model.api_key"));
  v.answers["GET https://api.openai.com/"] = answered(429);
  CHECK(check("https://api.openai.com/v1").state == health::warning);
  CHECK(v.harmless());
}

TEST_CASE("a vendor that cannot be reached is a failure that says so", "[doctor]") {
  const auto silent = [](const http_request&) {
    http_response r;
    r.failure = http_failure::connect;
    r.detail = "Could not resolve host";
    return r;
  };
  const auto x = check_model("llm", "https://api.openai.com/v1", "key", "gpt-4o-mini", silent);
  CHECK(x.state == health::failure);
  CHECK_THAT(x.sentence, Contains("Could not resolve host"));
}

TEST_CASE("HubSpot needs a token and the property that holds our keys", "[doctor]") {
  vendor v;
  hubspot_settings s;
  s.access_token = "pat";
  v.answers["GET https://api.hubapi.com/crm/v3/objects/contacts"] = answered(200, {{"results", json::array()}});
  for (const auto* object : {"contacts", "calls", "meetings"})
    v.answers[std::string{"GET https://api.hubapi.com/crm/v3/properties/"} + object + "/parley_key"]
      = answered(200, {{"name", "parley_key"}, {"hasUniqueValue", true}});
  CHECK(is_fit(check_hubspot(s, v.ask())));
  v.answers["GET https://api.hubapi.com/crm/v3/properties/calls/parley_key"]
    = answered(200, {{"name", "parley_key"}, {"hasUniqueValue", false}});
  CHECK(of(check_hubspot(s, v.ask()), "crm calls").state == health::failure);
  v.answers.erase("GET https://api.hubapi.com/crm/v3/properties/meetings/parley_key");
  CHECK_THAT(of(check_hubspot(s, v.ask()), "crm meetings").remedy, Contains("docs/crm-setup.md"));
  v.answers.erase("GET https://api.hubapi.com/crm/v3/properties/contacts/parley_key");
  CHECK_THAT(of(check_hubspot(s, v.ask()), "crm contacts").remedy, Contains("docs/crm-setup.md"));
  v.answers["GET https://api.hubapi.com/crm/v3/objects/contacts"] = answered(403, {{"message", "scopes missing"}});
  const auto refused = check_hubspot(s, v.ask());
  REQUIRE(refused.size() == 1);
  CHECK_THAT(refused[0].remedy, Contains("scopes"));
  CHECK(v.harmless());
}

TEST_CASE("HubSpot's OAuth is exchanged first", "[doctor]") {
  vendor v;
  hubspot_settings s;
  s.client_id = "id";
  s.refresh_token = "r";
  v.answers["POST https://api.hubapi.com/oauth/v1/token"] = answered(400, {{"message", "bad refresh token"}});
  CHECK_FALSE(is_fit(check_hubspot(s, v.ask())));
  CHECK(v.asked.size() == 1);
  v.answers["POST https://api.hubapi.com/oauth/v1/token"] = answered(200, {{"access_token", "fresh"}});
  check_hubspot(s, v.ask());
  CHECK(v.asked.at(2).headers.back() == bearer_auth("fresh"));
}

namespace {

/// Ann's and Bob's calendars, of which Google shows Ann's alone.
struct google_vendor : vendor {
  google_vendor() {
    s.client_id = "id";
    s.client_secret = "secret";
    s.refresh_token = "r";
    ann.name = "Ann";
    ann.calendar_id = "ann@example.com";
    bob.name = "Bob";
    bob.calendar_id = "bob@example.com";
    answers["POST https://oauth2.googleapis.com/token"] = answered(200, {{"access_token", "fresh"}});
    answers["POST https://www.googleapis.com/calendar/v3/freeBusy"]
      = answered(200, {{"calendars",
                        {{"ann@example.com", {{"busy", json::array()}}},
                         {"bob@example.com", {{"errors", json::array({{{"reason", "notFound"}}})}}}}}});
    answers[anns_events] = answered(200, {{"accessRole", "owner"}});
  }
  findings check(const std::vector<manager_row>& managers) {
    return check_google(s, managers, *parse_iso("2026-11-26T12:00:00Z"), ask());
  }
  const std::string anns_events = "GET https://www.googleapis.com/calendar/v3/calendars/ann%40example.com/events";
  google_calendar_settings s;
  manager_row ann, bob;
};

} // namespace

TEST_CASE_METHOD(google_vendor, "each account manager's calendar must be readable", "[doctor]") {
  const auto all = check({ann, bob});
  CHECK(of(all, "calendar of Ann").state == health::ok);
  CHECK(of(all, "calendar of Bob").state == health::failure);
  CHECK_THAT(of(all, "calendar of Bob").sentence, Contains("notFound"));
  CHECK(harmless());
  answers["POST https://oauth2.googleapis.com/token"] = answered(400, {{"error", "invalid_grant"}});
  CHECK_THAT(check({ann}).at(0).remedy, Contains("refresh_token"));
}

TEST_CASE_METHOD(google_vendor, "a calendar that is shared read-only is found before a meeting is", "[doctor]") {
  for (const auto* role : {"owner", "writer"}) {
    answers[anns_events] = answered(200, {{"accessRole", role}});
    CHECK(of(check({ann}), "calendar of Ann").state == health::ok);
  }
  CHECK(asked.back().url.find("fields=accessRole") != std::string::npos); // no event is looked at
  CHECK(asked.back().headers.back() == bearer_auth("fresh"));
  for (const auto* role : {"reader", "freeBusyReader"}) {
    answers[anns_events] = answered(200, {{"accessRole", role}});
    const auto x = of(check({ann}), "calendar of Ann");
    CHECK(x.state == health::failure);
    CHECK_THAT(x.sentence, Contains("not written") && Contains(role));
    CHECK_THAT(x.remedy, Contains("account of the refresh token") && Contains("make changes to events"));
  }
  s.account.emplace();
  s.account->client_email = "parley@practice.iam.gserviceaccount.com";
  s.account->private_key = test::practice_pem();
  s.account->token_url = "https://oauth2.googleapis.com/token";
  CHECK_THAT(of(check({ann}), "calendar of Ann").remedy, Contains("parley@practice.iam.gserviceaccount.com"));
  answers[anns_events] = answered(403, {{"error", {{"code", 403}, {"message", "Forbidden"}}}});
  CHECK_THAT(of(check({ann}), "calendar of Ann").sentence, Contains("cannot be read") && Contains("Forbidden"));
  answers[anns_events] = answered(200); // says nothing: not taken for a yes
  CHECK(of(check({ann}), "calendar of Ann").state == health::failure);
  CHECK(harmless());
}

TEST_CASE("Apollo answers 200 to keys that it does not know", "[doctor]") {
  vendor v;
  v.answers["GET https://api.apollo.io/v1/auth/health"] = answered(200, {{"healthy", true}, {"is_logged_in", true}});
  CHECK(check_apollo("https://api.apollo.io", "key", v.ask()).state == health::ok);
  CHECK(check_apollo("https://api.apollo.io/api/v1", "key", v.ask()).state == health::ok);
  v.answers["GET https://api.apollo.io/v1/auth/health"] = answered(200, {{"healthy", true}, {"is_logged_in", false}});
  CHECK(check_apollo("https://api.apollo.io", "key", v.ask()).state == health::failure);
}

TEST_CASE("what a mail server refused decides the remedy", "[doctor]") {
  smtp_settings s;
  s.user = "parley";
  CHECK(check_mail_server(s, {true, true, false, ""}).state == health::ok);
  CHECK_THAT(check_mail_server(s, {true, false, true, "535 no"}).remedy, Contains("password"));
  CHECK_THAT(check_mail_server(s, {true, false, false, "no STARTTLS"}).remedy, Contains("security"));
  CHECK_THAT(check_mail_server(s, {false, false, false, "refused"}).remedy, Contains("base_url"));
}

TEST_CASE("clocks of vendors are noted, those of this machine are not", "[doctor]") {
  std::vector<clock_facts> clocks;
  const auto ask = noting_clocks(
    [](const http_request&) {
      http_response r;
      r.status = 200;
      r.headers = {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}};
      return r;
    },
    clocks);
  ask(get("http://127.0.0.1:4011/x"));
  CHECK(clocks.empty());
  ask(get("https://api.twilio.com/x"));
  REQUIRE(clocks.size() == 1);
  CHECK(clocks[0].who == "api.twilio.com");
  CHECK(clocks[0].ahead > 24h); // it is later now
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")->time_since_epoch() == 784111777s);
  CHECK_FALSE(parse_http_date("yesterday-ish"));
}

} // namespace doctor_vendors_test
