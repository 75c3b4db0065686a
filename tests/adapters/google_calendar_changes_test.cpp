// Goal: what was changed by hand in Google's calendar is noticed, and a service
// account may look, too. Method: as google_calendar_test.
#include "tests/adapters/google_calendar_fixture.hpp"
#include "tests/support/service_account.hpp"

namespace google_calendar_changes_test {

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using parley::test::demo;
using parley::test::google_fixture;
using parley::test::stub_answer;
using parley::test::stub_server;

namespace {

/// What a list of events is asked with.
std::map<std::string, std::string> query_of(const stub_server::request& x) {
  const std::string target{x.target()};
  std::map<std::string, std::string> out;
  const auto query = form_decode(target.substr(target.find('?') + 1)).value();
  for (const auto& [name, value] : query)
    out[name] = value;
  return out;
}

json listed(const std::string& id, const std::string& start, const std::string& end) {
  return {{"id", id}, {"status", "confirmed"}, {"start", {{"dateTime", start}}}, {"end", {{"dateTime", end}}}};
}

struct changes_fixture : google_fixture {
  std::vector<std::map<std::string, std::string>> lists;
  std::vector<stub_answer> pages; ///< in order

  changes_fixture() {
    meddle = [this](const stub_server::request& x) -> std::optional<stub_answer> {
      if (x.method_string() != "GET")
        return std::nullopt;
      std::lock_guard guard{mutex};
      lists.push_back(query_of(x));
      if (pages.empty())
        return error(500, "backendError");
      auto page = pages.front();
      pages.erase(pages.begin());
      return page;
    };
  }
  static stub_answer page(json items, const char* what, const std::string& token) {
    return {200, json{{"items", std::move(items)}, {what, token}}.dump()};
  }
};

} // namespace

TEST_CASE_METHOD(changes_fixture, "an all-day event lasts a day of the calendar's zone", "[google]") {
  const json day{
    {"id", "m1234"}, {"status", "confirmed"}, {"start", {{"date", "2026-11-27"}}}, {"end", {{"date", "2026-11-28"}}}};
  auto answer = json{{"items", json::array({day})}, {"nextSyncToken", "sync-9"}, {"timeZone", "America/New_York"}};
  pages = {{200, answer.dump()}};
  const auto got = get<event_changes>(start(), list_changes{"grace@example.com", "sync-8"});
  REQUIRE(got.changes.size() == 1);
  CHECK(got.changes[0].when == time_range{*parse_iso("2026-11-27T05:00:00Z"), *parse_iso("2026-11-28T05:00:00Z")});
  CHECK(lists[0].at("fields").starts_with("timeZone,"));
}

TEST_CASE_METHOD(changes_fixture, "google lists what changed, page by page", "[google]") {
  auto moved = listed("m1234", "2026-11-27T10:00:00-05:00", "2026-11-27T10:30:00-05:00");
  moved["extendedProperties"] = {{"private", {{"parleySequence", "3"}}}};
  const json holiday{
    {"id", "holiday"}, {"status", "confirmed"}, {"start", {{"date", "2026-11-27"}}}, {"end", {{"date", "2026-11-28"}}}};
  const json gone{{"id", "m5678"}, {"status", "cancelled"}};
  pages
    = {page(json::array({moved, holiday}), "nextPageToken", "2"), page(json::array({gone}), "nextSyncToken", "sync-9")};
  const auto got = get<event_changes>(start(), list_changes{"grace@example.com", "sync-8"});
  CHECK(got.token == "sync-9");
  REQUIRE(got.changes.size() == 3);
  CHECK(got.changes[0].event_id == "m1234");
  CHECK_FALSE(got.changes[0].cancelled);
  CHECK(got.changes[0].when == time_range{*parse_iso("2026-11-27T15:00:00Z"), *parse_iso("2026-11-27T15:30:00Z")});
  CHECK(got.changes[0].sequence == std::optional<uint32_t>{3});
  // All of its day, by UTC where the calendar tells no zone.
  CHECK(got.changes[1].when == time_range{*parse_iso("2026-11-27T00:00:00Z"), *parse_iso("2026-11-28T00:00:00Z")});
  CHECK(got.changes[2].cancelled);
  CHECK_FALSE(got.changes[2].sequence.has_value());
  REQUIRE(lists.size() == 2);
  CHECK(lists[0].at("syncToken") == "sync-8");
  CHECK(lists[0].at("showDeleted") == "true");
  CHECK_FALSE(lists[0].contains("timeMin")); // refused beside a token
  CHECK(lists[1].at("pageToken") == "2");
  CHECK(lists[1].at("syncToken") == "sync-8");
}

TEST_CASE_METHOD(changes_fixture, "google lists all that has not ended without a token, or with one it forgot",
                 "[google]") {
  const auto all = page(json::array(), "nextSyncToken", "sync-1");
  pages = {all, error(410, "fullSyncRequired"), all};
  const auto calendar = start();
  CHECK(get<event_changes>(calendar, list_changes{"grace@example.com", ""}).token == "sync-1");
  CHECK(lists[0].contains("timeMin"));
  CHECK_FALSE(lists[0].contains("syncToken"));
  CHECK(get<event_changes>(calendar, list_changes{"grace@example.com", "too-old"}).token == "sync-1");
  REQUIRE(lists.size() == 3);
  CHECK(lists[1].at("syncToken") == "too-old");
  CHECK_FALSE(lists[2].contains("syncToken"));
}

TEST_CASE_METHOD(changes_fixture, "a list of google's that makes no sense is rubbish, an outage an outage",
                 "[google]") {
  const auto calendar = start();
  const list_changes all{"grace@example.com", ""};
  pages = {{200, R"({"items":[]})"}}; // neither another page nor an end
  CHECK(error_of<event_changes>(calendar, all) == ec::vendor_answered_rubbish);
  pages = {page(json::array({listed("m1", "soon", "later")}), "nextSyncToken", "s")};
  CHECK(error_of<event_changes>(calendar, all) == ec::vendor_answered_rubbish);
  CHECK(error_of<event_changes>(calendar, all) == ec::vendor_unavailable);
}

// -- Service accounts --------------------------------------------------------

TEST_CASE_METHOD(google_fixture, "google takes a service account's key instead of a refresh token", "[google]") {
  settings.client_id.clear();
  settings.client_secret.clear();
  settings.refresh_token.clear();
  settings.account = test::practice_account(settings.token_url);
  settings.account->subject = "grace@example.com";
  get<event_written>(start(), demo());
  const auto asked = form_decode(server.seen().front().body());
  REQUIRE(asked);
  const std::map<std::string, std::string> form{asked->begin(), asked->end()};
  CHECK(form.at("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const auto claims = test::verified_claims(form.at("assertion"));
  CHECK(claims["iss"] == settings.account->client_email);
  CHECK(claims["sub"] == "grace@example.com");
  CHECK(claims["aud"] == settings.token_url);
  CHECK(claims["scope"] == "https://www.googleapis.com/auth/calendar");
}

TEST_CASE_METHOD(google_fixture, "google's service account has guests in its events only when it acts for a user",
                 "[google]") {
  settings.account = test::practice_account(settings.token_url);
  const auto id = demo().event_id;
  for (const auto* subject : {"", "grace@example.com"}) {
    settings.account->subject = subject;
    const auto calendar = start();
    token = "token-" + std::to_string(issued + 1);
    for (const auto* order : {"inserted", "updated"}) {
      CAPTURE(subject, order);
      get<event_written>(calendar, demo());
      CHECK(events[id].contains("attendees") == (*subject != 0));
    }
    CHECK(events[id]["summary"] == demo().title);
    events.clear();
  }
}

TEST_CASE("google's settings want one way in, and a key that can be used", "[google]") {
  const auto problems = [](const std::string& text) -> std::string {
    try {
      google_calendar_settings x;
      settings::document::parse(text, "test.toml").read([&](settings::section& s) { x.describe(s); });
      return "";
    } catch (const settings::invalid& e) {
      return e.what();
    }
  };
  CHECK_THAT(problems(""), Catch::Contains("client_id") && Catch::Contains("service_account_file"));
  CHECK_THAT(problems("service_account_file = \"/nowhere.json\""), Catch::Contains("cannot be read"));
  CHECK_THAT(problems("service_account_file = \"/dev/null\""), Catch::Contains("no JSON object"));
  CHECK_THAT(problems("service_account_file = \"/dev/null\"\nclient_id = \"x\""), Catch::Contains("keep one way"));
  CHECK_THAT(problems("client_id = \"x\"\nsubject = \"me\""), Catch::Contains("for service accounts"));
}

} // namespace google_calendar_changes_test
