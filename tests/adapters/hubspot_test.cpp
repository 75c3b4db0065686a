// Goal: research learns what HubSpot knows, and every activity stands in
// HubSpot exactly once, whatever gets lost on the way. Method: the adapter
// against a small HubSpot on a real socket that can be told to misbehave.
#include "adapters/hubspot/html.hpp"
#include "tests/adapters/hubspot_fixture.hpp"

namespace hubspot_test {

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using parley::test::call_activity;
using parley::test::fake_hubspot;
using parley::test::hubspot_fixture;
using parley::test::meeting_activity;
using parley::test::stub_answer;
using parley::test::stub_server;

TEST_CASE_METHOD(hubspot_fixture, "hubspot finds a contact by id, then e-mail, then phone", "[hubspot]") {
  const auto ada = hubspot.add("contacts", {{"email", "ada@example.com"},
                                            {"firstname", "Ada"},
                                            {"lastname", "Byron"},
                                            {"company", "Acme"},
                                            {"jobtitle", "CTO"},
                                            {"hubspot_owner_id", "77"},
                                            {"industry", "SOFTWARE"},
                                            {"city", nullptr}});
  const auto bob = hubspot.add("contacts", {{"hs_searchable_calculated_phone_number", "4155550199"},
                                            {"phone", "(415) 555-0199"},
                                            {"firstname", "Bob"}});
  const auto crm = start();

  const auto by_id = get<crm_contact>(crm, find_contact{ada, "bob@example.com", "", "hubspot"});
  CHECK(by_id.crm_id == ada);
  CHECK(by_id.name == "Ada Byron");
  CHECK(by_id.company == "Acme");
  CHECK(by_id.role == "CTO");
  CHECK(by_id.owner_id == "77");
  CHECK(by_id.properties == std::map<std::string, std::string>{{"industry", "SOFTWARE"}});

  CHECK(get<crm_contact>(crm, find_contact{"no-such-id", "ada@example.com", "", "hubspot"}).crm_id == ada);
  const auto by_phone = get<crm_contact>(crm, find_contact{"", "nobody@example.com", "+14155550199"});
  CHECK(by_phone.crm_id == bob);
  CHECK(by_phone.phone == "(415) 555-0199");
  CHECK_FALSE(get<crm_contact>(crm, find_contact{"", "nobody@example.com", "+14155550100"}).found);
}

TEST_CASE_METHOD(hubspot_fixture, "another system's id is nobody's at hubspot", "[hubspot]") {
  const auto stranger = hubspot.add("contacts", {{"email", "stranger@example.com"}});
  const auto ada = hubspot.add("contacts", {{"email", "ada@example.com"}});
  const auto crm = start();
  for (const auto* source : {"csv", "salesforce", ""}) {
    CAPTURE(source);
    const find_contact who{stranger, "ada@example.com", "", source};
    CHECK(get<crm_contact>(crm, who).crm_id == ada);
    auto x = call_activity();
    x.key += source;
    x.contact = who;
    CHECK(get<crm_written>(crm, x).contact_id == ada);
  }
  CHECK_FALSE(get<crm_contact>(crm, find_contact{stranger, "", "", "csv"}).found);
}

TEST_CASE_METHOD(hubspot_fixture, "two people with the same id in two systems are two contacts", "[hubspot]") {
  const auto crm = start();
  auto ann = call_activity();
  ann.contact = {"7", "ann@example.com", "", "csv"};
  auto bob = call_activity();
  bob.key = "call-8";
  bob.contact = {"7", "bob@example.com", "", "salesforce"};
  const auto first = get<crm_written>(crm, ann).contact_id;
  CHECK(get<crm_written>(crm, bob).contact_id != first);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot asks nothing when there is nothing to search for", "[hubspot]") {
  CHECK_FALSE(get<crm_contact>(start(), find_contact{}).found);
  CHECK(hubspot.seen().empty());
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot reads the latest notes and calls, newest first and shortened", "[hubspot]") {
  const auto ada = hubspot.add("contacts", {{"email", "ada@example.com"}});
  const auto of_ada = json::array({{{"to", {{"id", ada}}}}});
  const auto of_bob = json::array({{{"to", {{"id", "999"}}}}});
  hubspot.add("notes",
              {{"hs_timestamp", "2026-07-01T10:00:00Z"},
               {"hs_note_body", "<p>Prefers <b>mornings</b> &amp; e-mail</p>"}},
              of_ada);
  hubspot.add("notes", {{"hs_timestamp", "2026-07-09T10:00:00Z"}, {"hs_note_body", "somebody else's"}}, of_bob);
  hubspot.add(
    "calls",
    {{"hs_timestamp", "2026-07-05T10:00:00Z"}, {"hs_call_title", "Intro"}, {"hs_call_body", std::string(100, 'x')}},
    of_ada);
  hubspot.add("calls", {{"hs_timestamp", "2026-06-01T10:00:00Z"}, {"hs_call_title", "Old"}}, of_ada);
  settings.interactions_max = 2;
  settings.interaction_chars_max = 60;
  const auto found = get<crm_contact>(start(), find_contact{ada, "", "", "hubspot"});
  REQUIRE(found.interactions.size() == 2);
  CHECK(found.interactions[0].starts_with("2026-07-05 call: Intro: xxx"));
  CHECK(found.interactions[0].size() <= 60);
  CHECK(found.interactions[1] == "2026-07-01 note: Prefers mornings & e-mail");
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot gets a call with its contact, as text properties", "[hubspot]") {
  const auto written = get<crm_written>(start(), call_activity());
  const auto contacts = hubspot.all("contacts");
  REQUIRE(contacts.size() == 1);
  CHECK(contacts.begin()->first == written.contact_id);
  CHECK(contacts.begin()->second.properties
        == json{{"firstname", "Ada King"},
                {"lastname", "Byron"},
                {"email", "ada@example.com"},
                {"phone", "+14155550132"},
                {"company", "Acme"},
                {"jobtitle", "CTO"}});
  const auto calls = hubspot.all("calls");
  REQUIRE(calls.size() == 1);
  CHECK(calls.begin()->first == written.object_id);
  CHECK(calls.begin()->second.properties
        == json{{"hs_timestamp", "2026-08-04T12:00:00.000Z"},
                {"parley_key", "call-7"},
                {"hs_call_title", "Outbound call"},
                {"hs_call_body", "Asked for &lt;a demo&gt; &amp; prices.<br>Tuesday."},
                {"hs_call_direction", "OUTBOUND"},
                {"hs_call_status", "COMPLETED"},
                {"hs_call_disposition", "f240bbac-87c9-4f6e-bf70-924b57d47db7"},
                {"hs_call_duration", "42000"},
                {"hs_call_from_number", "+15005550006"},
                {"hs_call_to_number", "+14155550132"}});
  const auto& link = calls.begin()->second.associations.at(0);
  CHECK(link["to"]["id"] == written.contact_id);
  CHECK(link["types"][0]["associationTypeId"] == 194);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot gets meetings and notes under their own associations", "[hubspot]") {
  const auto crm = start();
  get<crm_written>(crm, meeting_activity());
  auto note = call_activity();
  note.key = "note-7";
  note.kind = crm_activity_kind::note;
  get<crm_written>(crm, note);
  const auto meeting = hubspot.all("meetings").begin()->second;
  CHECK(meeting.properties["hs_meeting_start_time"] == "2026-08-04T12:00:00.000Z");
  CHECK(meeting.properties["hs_meeting_end_time"] == "2026-08-04T12:30:00.000Z");
  CHECK(meeting.properties["hs_meeting_outcome"] == "SCHEDULED");
  CHECK(meeting.properties["hs_meeting_location"] == "https://meet.example.com/7");
  CHECK(meeting.associations[0]["types"][0]["associationTypeId"] == 200);
  CHECK(hubspot.all("notes").begin()->second.associations[0]["types"][0]["associationTypeId"] == 202);
  CHECK(hubspot.all("contacts").size() == 1);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot has one object per key, however often it is written", "[hubspot]") {
  const auto crm = start();
  const auto first = get<crm_written>(crm, call_activity());
  const auto second = get<crm_written>(crm, call_activity());
  CHECK(second.object_id == first.object_id);
  CHECK(second.contact_id == first.contact_id);
  CHECK(hubspot.all("calls").size() == 1);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot moves a meeting that is written again", "[hubspot]") {
  const auto crm = start();
  const auto first = get<crm_written>(crm, meeting_activity());
  auto moved = meeting_activity();
  moved.at += 24h;
  moved.outcome = "rescheduled";
  const auto second = get<crm_written>(crm, moved);
  CHECK(second.object_id == first.object_id);
  CHECK(second.contact_id == first.contact_id);
  REQUIRE(hubspot.all("meetings").size() == 1);
  const auto meeting = hubspot.all("meetings").begin()->second;
  CHECK(meeting.properties["hs_meeting_start_time"] == "2026-08-05T12:00:00.000Z");
  CHECK(meeting.properties["hs_meeting_outcome"] == "RESCHEDULED");
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot moves and cancels a meeting that its search does not see yet", "[hubspot]") {
  hubspot.search_lags = true;
  const auto crm = start();
  auto meeting = meeting_activity();
  get<crm_written>(crm, meeting);
  meeting.at += 24h;
  meeting.end = meeting.at + 30min;
  meeting.outcome = "rescheduled";
  get<crm_written>(crm, meeting);
  REQUIRE(hubspot.all("meetings").size() == 1);
  auto kept = hubspot.all("meetings").begin()->second.properties;
  CHECK(kept["hs_meeting_start_time"] == "2026-08-05T12:00:00.000Z");
  CHECK(kept["hs_meeting_outcome"] == "RESCHEDULED");
  meeting.outcome = "cancelled";
  get<crm_written>(crm, meeting);
  REQUIRE(hubspot.all("meetings").size() == 1);
  kept = hubspot.all("meetings").begin()->second.properties;
  CHECK(kept["hs_meeting_outcome"] == "CANCELED");
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot makes one contact for writes at the same time while its search lags",
                 "[hubspot]") {
  hubspot.search_lags = true;
  const auto crm = start();
  auto call = call_activity();
  auto meeting = meeting_activity();
  call.contact.email.clear(); // a phone is not unique in HubSpot
  meeting.contact.email.clear();
  caf::scoped_actor other{sys};
  auto pending = other->request(crm, 30s, call);
  get<crm_written>(crm, meeting);
  pending.receive([](const crm_written&) {}, [](const caf::error&) { FAIL("the call was not written"); });
  CHECK(hubspot.all("contacts").size() == 1);
  CHECK(hubspot.all("calls").size() == 1);
  CHECK(hubspot.all("meetings").size() == 1);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot adopts a contact whose e-mail is taken", "[hubspot]") {
  const auto ada = hubspot.add("contacts", {{"email", "ada@example.com"}});
  hubspot.search_lags = true;
  CHECK(get<crm_written>(start(), call_activity()).contact_id == ada);
  CHECK(hubspot.all("contacts").size() == 1);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot is asked before a creation with unknown end is repeated", "[hubspot]") {
  // The first creation is carried out, but its answer gets lost.
  bool lost = false;
  hubspot.meddle = [&](const stub_server::request& x) -> std::optional<stub_answer> {
    if (lost || x.method_string() != "POST" || fake_hubspot::path_of(x) != "/crm/v3/objects/calls")
      return std::nullopt;
    lost = true;
    hubspot.answer(x);
    stub_answer nothing;
    nothing.drop = true;
    return nothing;
  };
  const auto written = get<crm_written>(start(), call_activity());
  CHECK(lost);
  REQUIRE(hubspot.all("calls").size() == 1);
  CHECK(hubspot.all("calls").begin()->first == written.object_id);
  CHECK(hubspot.count("POST", "/crm/v3/objects/calls") == 1);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot gets a creation again that it surely did not do", "[hubspot]") {
  bool failed = false;
  hubspot.meddle = [&](const stub_server::request& x) -> std::optional<stub_answer> {
    if (failed || x.method_string() != "POST" || fake_hubspot::path_of(x) != "/crm/v3/objects/calls")
      return std::nullopt;
    failed = true;
    return fake_hubspot::error(500, "INTERNAL");
  };
  get<crm_written>(start(), call_activity());
  CHECK(hubspot.all("calls").size() == 1);
  CHECK(hubspot.count("POST", "/crm/v3/objects/calls") == 2);
  CHECK(hubspot.count("GET", "/crm/v3/objects/calls/call-7") == 1);
}

TEST_CASE("hubspot's 429 tells how long to wait by its policy's name", "[hubspot]") {
  http_response response;
  response.status = 429;
  response.body = R"({"policyName":"TEN_SECONDLY_ROLLING"})";
  CHECK(hubspot::throttled(response) == 10s);
  response.body = R"({"policyName":"SECONDLY"})";
  CHECK(hubspot::throttled(response) == 1s);
  response.body = "who knows";
  CHECK(hubspot::throttled(response) == 10s);
  response.body = R"({"policyName":"DAILY"})";
  CHECK(*hubspot::throttled(response) > retry_policy{}.delay_max);
  response.retry_after = 3s; // it says so itself
  CHECK_FALSE(hubspot::throttled(response));
  response.status = 400;
  CHECK_FALSE(hubspot::throttled(response));
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot's search limit is waited for", "[hubspot]") {
  std::atomic<int> refused = 0;
  hubspot.meddle = [&](const stub_server::request& x) -> std::optional<stub_answer> {
    if (refused > 0 || fake_hubspot::path_of(x) != "/crm/v3/objects/contacts/search")
      return std::nullopt;
    ++refused;
    return stub_answer{429, R"({"status":"error","errorType":"RATE_LIMIT","policyName":"SECONDLY"})"};
  };
  const auto begun = std::chrono::steady_clock::now();
  CHECK_FALSE(get<crm_contact>(start(), find_contact{"", "ada@example.com", ""}).found);
  CHECK(std::chrono::steady_clock::now() - begun >= 1s);
  CHECK(refused == 1);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot's failures are told apart", "[hubspot]") {
  stub_answer told;
  hubspot.meddle = [&](const stub_server::request&) { return std::optional{told}; };
  const auto crm = start();
  const find_contact ada{"", "ada@example.com", ""};

  told = fake_hubspot::error(503, "UNAVAILABLE");
  CHECK(error_of<crm_contact>(crm, ada) == ec::vendor_unavailable);
  CHECK(hubspot.seen().size() == 2); // as many tries as the settings allow

  told = fake_hubspot::error(400, "VALIDATION_ERROR", "ada@example.com is bad, PROPERTY_DOESNT_EXIST");
  const auto refused = error_of<crm_contact>(crm, ada);
  CHECK(refused == ec::vendor_refused);
  const auto text = sys.render(refused);
  CHECK(text.find("VALIDATION_ERROR c-1") != std::string::npos);
  CHECK(text.find("crm-setup.md") != std::string::npos);
  CHECK(text.find("ada@") == std::string::npos);

  told = fake_hubspot::error(403, "MISSING_SCOPES");
  CHECK(error_of<crm_contact>(crm, ada) == ec::vendor_unauthorised);
  told = {200, "<html>maintenance</html>"};
  CHECK(error_of<crm_contact>(crm, ada) == ec::vendor_answered_rubbish);
  told = {200, R"({"total":1,"results":[{"id":5,"properties":{}}]})"};
  CHECK(error_of<crm_contact>(crm, ada) == ec::vendor_answered_rubbish);
  told = {};
  told.hold = true;
  CHECK(error_of<crm_contact>(crm, ada) == ec::vendor_unavailable);
  CHECK(metrics.exposition().find(R"(operation="search_contact",outcome="vendor_refused",port="crm")")
        != std::string::npos);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot's access token is refreshed and the request repeated", "[hubspot]") {
  settings.access_token.clear();
  settings.client_id = "app";
  settings.client_secret = "secret";
  settings.refresh_token = "refresh";
  hubspot.token = "token-2";
  int issued = 0;
  hubspot.meddle = [&](const stub_server::request& x) -> std::optional<stub_answer> {
    if (x.target() != "/oauth/v1/token")
      return std::nullopt;
    if (x.body().find("refresh_token=refresh") == std::string::npos)
      return fake_hubspot::error(400, "BAD_REFRESH_TOKEN");
    const auto token = "token-" + std::to_string(++issued); // the first is refused as expired
    return stub_answer{
      200, json{{"access_token", token}, {"refresh_token", "refresh"}, {"token_type", "bearer"}, {"expires_in", 1800}}
             .dump()};
  };
  CHECK_FALSE(get<crm_contact>(start(), find_contact{"", "ada@example.com", ""}).found);
  CHECK(issued == 2);

  settings.refresh_token = "revoked";
  CHECK(error_of<crm_contact>(start(), find_contact{"", "ada@example.com", ""}) == ec::vendor_unauthorised);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot refuses an activity without a key or a person", "[hubspot]") {
  const auto crm = start();
  auto x = call_activity();
  x.key.clear();
  CHECK(error_of<crm_written>(crm, x) == ec::invalid_input);
  x = call_activity();
  x.contact = {};
  x.contact_name = x.contact_company = x.contact_role = "";
  CHECK(error_of<crm_written>(crm, x) == ec::invalid_input);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot takes text that is no UTF-8", "[hubspot]") {
  auto x = call_activity();
  x.body = "Caf\xe9";
  get<crm_written>(start(), x);
  CHECK(hubspot.all("calls").begin()->second.properties["hs_call_body"] == "Caf\xef\xbf\xbd");
}

TEST_CASE("hubspot's settings refuse what would leak or not work", "[hubspot]") {
  const auto problems_of = [](const std::string& text) {
    try {
      settings::document::parse(text, "test.toml").read([](settings::section& s) { hubspot_settings{}.describe(s); });
    } catch (const settings::invalid& e) {
      return std::string{e.what()};
    }
    return std::string{};
  };
  setenv("PARLEY_TEST_TOKEN", "pat", 1);
  const std::string token = "access_token_env = 'PARLEY_TEST_TOKEN'\n";
  CHECK(problems_of(token).empty());
  CHECK(problems_of("").find("no credentials") != std::string::npos);
  CHECK(problems_of(token + "base_url = 'http://crm.example.com'").find("in the clear") != std::string::npos);
  CHECK(problems_of(token + "base_url = 'http://127.0.0.1:4117'").empty());
  CHECK(problems_of(token + "base_url = 'http://127.0.0.1.example.com'").find("in the clear") != std::string::npos);
  CHECK(problems_of(token + "[call_outcomes]\nbusy = 'x'").empty());
  CHECK(problems_of(token + "[call_outcomes]\nbusi = 'x'").find("busy") != std::string::npos);
  unsetenv("PARLEY_TEST_TOKEN");
}

TEST_CASE("hubspot's HTML is read and written as words", "[hubspot]") {
  using namespace parley::hubspot;
  CHECK(html_of("a < b & c\r\nd") == "a &lt; b &amp; c<br>d");
  CHECK(words_of("<p>a&nbsp;&lt;b&gt;</p><p>c</p>") == "a <b> c");
  CHECK(shortened("short", 10) == "short");
  CHECK(shortened("one two three", 12) == "one two…");
  CHECK(shortened("ÄÄÄÄÄÄ", 8) == "ÄÄ…");
}

} // namespace hubspot_test
