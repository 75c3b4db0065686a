// Goal: the practice vendors answer as the real ones do, refuse what those
// refuse, and keep what is written. Method: libcurl over real sockets.
#include "tests/adapters/practice_vendor_world.hpp"

namespace practice_vendors_test {

using namespace parley::sandbox;
using namespace parley::sandbox::test;

namespace {

json closed(json properties) {
  auto names = json::array();
  for (const auto& [name, value] : properties.items())
    names.push_back(name);
  return {{"type", "object"}, {"properties", properties}, {"required", names}, {"additionalProperties", false}};
}

json research_schema() {
  const json text{{"type", "string"}, {"minLength", 1}};
  const auto list = [](const json& items) {
    return json{{"type", "array"}, {"items", items}, {"minItems", 1}, {"maxItems", 8}};
  };
  return closed(
    {{"talking_points", list(closed({{"point", text}, {"reasoning", text}}))},
     {"pain_points", list(closed({{"point", text}, {"reasoning", text}}))},
     {"approach", closed({{"value", {{"type", "string"}, {"enum", {"consultative", "direct", "educational"}}}},
                          {"reasoning", text}})},
     {"objection_strategies",
      list(closed({{"objection", {{"type", "string"}, {"enum", {"price", "time", "trust", "other"}}}},
                   {"answer", text},
                   {"reasoning", text}}))},
     {"success_probability",
      closed({{"value", {{"type", "integer"}, {"minimum", 0}, {"maximum", 100}}}, {"reasoning", text}})}});
}

json question(const std::string& prompt, const json& schema) {
  return {{"model", "gpt-4o"},
          {"messages", {{{"role", "user"}, {"content", prompt}}}},
          {"response_format",
           {{"type", "json_schema"}, {"json_schema", {{"name", "answer"}, {"strict", true}, {"schema", schema}}}}}};
}

std::string prospect(const std::string& name, const std::string& role, const std::string& notes = "") {
  return "Offer: We count stock by drone.\nName: " + name + "\nRole: " + role
         + "\nCompany: Fuller Logistics\nIndustry: Logistics\nNotes: " + notes + "\n";
}

json strategy(const practice_vendors& all, const std::string& prompt) {
  const auto got = http("POST", all.chat(), question(prompt, research_schema()));
  REQUIRE(got.status == 200);
  return json::parse(got.body["choices"][0]["message"]["content"].get<std::string>());
}

} // namespace

// -- chat --------------------------------------------------------------------

TEST_CASE("research is answered in the schema, from the prompt", "[practice]") {
  practice_vendors all;
  const auto chief = strategy(all, prospect("Dana Fuller", "CEO", "asked for a demo"));
  const auto intern = strategy(all, prospect("Dana Fuller", "Intern"));
  CHECK(chief["talking_points"][0]["point"] == "We count stock by drone.");
  CHECK(chief["pain_points"][0]["point"] == "stock counts that are wrong");
  CHECK(chief["approach"]["value"] == "direct");
  CHECK(intern["approach"]["value"] == "consultative");
  CHECK(chief["objection_strategies"].size() == 4);
  CHECK(chief["objection_strategies"][1]["objection"] == "time");
  CHECK(chief["success_probability"]["value"].get<int>() > 60);
  CHECK(intern["success_probability"]["value"].get<int>() < 50);
  CHECK(chief == strategy(all, prospect("Dana Fuller", "CEO", "asked for a demo")));
}

TEST_CASE("the seed changes what research thinks of somebody", "[practice]") {
  std::set<int> values;
  for (uint64_t seed = 1; seed <= 4; ++seed)
    values.insert(
      vendors::complete(research_schema(), prospect("Dana Fuller", "Manager"), seed)["success_probability"]["value"]
        .get<int>());
  CHECK(values.size() > 1);
}

TEST_CASE("a call is analysed by what the person said", "[practice]") {
  const json rating = closed(
    {{"value", {{"type", "string"}, {"enum", {"unknown", "no", "weak", "strong"}}}}, {"quote", {{"type", "string"}}}});
  const auto schema = closed({{"budget", rating},
                              {"need", rating},
                              {"timeline", rating},
                              {"sentiment", {{"type", "number"}, {"minimum", -1}, {"maximum", 1}}},
                              {"objection", {{"type", {"string", "null"}}}}});
  const auto happy = vendors::complete(
    schema, "Agent: Do you have a budget?\nCallee: Yes, there is a budget of thirty thousand dollars, great.\n", 1);
  CHECK(happy["budget"]["value"] == "strong");
  CHECK(happy["budget"]["quote"] == "Yes, there is a budget of thirty thousand dollars, great.");
  CHECK(happy["timeline"]["value"] == "unknown");
  CHECK(happy["sentiment"] > 0);
  CHECK(happy["objection"].is_null());
  const auto cross = vendors::complete(
    schema, "Agent: Do you have a budget?\nCallee: No, there is no budget, stop wasting my time.\n", 1);
  CHECK(cross["budget"]["value"] == "no");
  CHECK(cross["sentiment"] < 0);
}

TEST_CASE("chat wants a key, a model and messages", "[practice]") {
  practice_vendors all;
  const auto good = question("Name: A", research_schema());
  CHECK(http("POST", all.chat(), good, "").body["error"]["code"] == "invalid_api_key");
  CHECK(http("POST", all.chat(), good, "").status == 401);
  auto without = good;
  without.erase("messages");
  CHECK(http("POST", all.chat(), without).status == 400);
  without = good;
  without["response_format"]["json_schema"].erase("schema");
  CHECK(http("POST", all.chat(), without).body["error"]["param"] == "response_format");
}

TEST_CASE("embeddings are near for texts that share words", "[practice]") {
  practice_vendors all;
  const auto got = http("POST", all.chat("/v1/embeddings"),
                        {{"model", "text-embedding-3-small"},
                         {"input", {"we count stock by drone", "we count stock by hand", "my garden is green"}},
                         {"dimensions", 256}});
  REQUIRE(got.status == 200);
  const auto vector = [&](int i) { return got.body["data"][i]["embedding"].get<std::vector<double>>(); };
  const auto near = [](const auto& a, const auto& b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i)
      sum += a[i] * b[i];
    return sum;
  };
  CHECK(vector(0).size() == 256);
  CHECK(near(vector(0), vector(0)) == Approx(1));
  CHECK(near(vector(0), vector(1)) > near(vector(0), vector(2)) + 0.4);
}

// -- HubSpot -----------------------------------------------------------------

TEST_CASE("HubSpot keeps contacts and finds them again", "[practice]") {
  practice_vendors all;
  const auto made = http("POST", all.hubspot("/crm/v3/objects/contacts"),
                         {{"properties", {{"email", "ada@byron.example"}, {"phone", "+12125550123"}}}});
  REQUIRE(made.status == 201);
  const auto id = made.body["id"].get<std::string>();
  const auto search = [&](const char* op) {
    return http(
      "POST", all.hubspot("/crm/v3/objects/contacts/search"),
      {{"filterGroups", {{{"filters", {{{"propertyName", "phone"}, {"operator", op}, {"value", "+12125550123"}}}}}}},
       {"properties", {"phone"}}});
  };
  CHECK(search("EQ").body["total"] == 1);
  CHECK(search("EQ").body["results"][0]["properties"]["phone"] == "+12125550123");
  CHECK(search("NEQ").body["total"] == 0);
  CHECK(search("EQUALS").status == 400);
  CHECK(
    http("PATCH", all.hubspot("/crm/v3/objects/contacts/" + id), {{"properties", {{"lifecyclestage", "lead"}}}}).status
    == 200);
  const auto got = http(
    "GET", all.hubspot("/crm/v3/objects/contacts/ada%40byron.example?idProperty=email&properties=lifecyclestage"));
  CHECK(got.body["properties"]["lifecyclestage"] == "lead");
  CHECK_FALSE(got.body["properties"].contains("phone")); // it was not asked for
  CHECK(http("POST", all.hubspot("/crm/v3/objects/contacts"), {{"properties", {{"email", "Ada@byron.example"}}}}).status
        == 409);
  CHECK(http("DELETE", all.hubspot("/crm/v3/objects/contacts/" + id)).status == 204);
  CHECK(http("GET", all.hubspot("/crm/v3/objects/contacts/" + id)).status == 404);
  CHECK(all.seen("crm", "create") == 1);
  CHECK(all.seen("crm", "update") == 1);
}

TEST_CASE("HubSpot keeps custom properties, and passes over those that it does not have", "[practice]") {
  practice_vendors all;
  const auto contacts = all.hubspot("/crm/v3/objects/contacts");
  const auto shown = [&] {
    return http("POST", contacts + "/search",
                {{"filterGroups", json::array()}, {"properties", {"firstname", "consent_type"}}})
      .body["results"];
  };
  http("POST", contacts, {{"properties", {{"firstname", "Bob"}}}});
  CHECK_FALSE(shown()[0]["properties"].contains("consent_type"));
  http("POST", contacts, {{"properties", {{"firstname", "Ann"}, {"consent_type", "express_written"}}}});
  const auto both = shown();
  REQUIRE(both.size() == 2);
  CHECK(both[0]["properties"]["consent_type"].is_null());
  CHECK(both[1]["properties"]["consent_type"] == "express_written");
}

TEST_CASE("HubSpot refuses what HubSpot refuses", "[practice]") {
  practice_vendors all;
  const auto calls = all.hubspot("/crm/v3/objects/calls");
  CHECK(http("POST", calls, {{"properties", {{"hs_call_title", "A call"}}}}).body["errors"][0]["code"]
        == "REQUIRED_FIELD");
  CHECK(http("POST", calls, {{"properties", {{"hs_timestamp", "2026-11-24T15:00:00Z"}, {"hs_call_duration", 42000}}}})
          .status
        == 400);
  CHECK(http("POST", calls, {{"properties", {{"hs_timestamp", "yesterday"}}}}).status == 400);
  CHECK(http("POST", calls, {{"properties", {{"hs_timestamp", "2026-11-24T15:00:00Z"}}}, {"surprise", 1}}).status
        == 400);
  CHECK(http("POST", calls, {{"properties", {{"hs_timestamp", "2026-11-24T15:00:00Z"}}}}, "").status == 401);
  CHECK(http("GET", all.hubspot("/crm/v3/objects/unicorns")).status == 404);
  CHECK(all.seen("crm") == 0);
}

TEST_CASE("HubSpot links calls to contacts", "[practice]") {
  practice_vendors all;
  const auto contact
    = http("POST", all.hubspot("/crm/v3/objects/contacts"), {{"properties", {{"email", "ada@byron.example"}}}})
        .body["id"]
        .get<std::string>();
  const auto with = [&](int type) {
    return http("POST", all.hubspot("/crm/v3/objects/calls"),
                {{"properties", {{"hs_timestamp", "2026-11-24T15:00:00Z"}}},
                 {"associations",
                  {{{"to", {{"id", contact}}},
                    {"types", {{{"associationCategory", "HUBSPOT_DEFINED"}, {"associationTypeId", type}}}}}}}});
  };
  const auto call = with(194);
  REQUIRE(call.status == 201);
  CHECK(with(200).status == 400); // that is a meeting's
  const auto links = http("GET", all.hubspot("/crm/v4/objects/contacts/" + contact + "/associations/calls"));
  REQUIRE(links.body["results"].size() == 1);
  CHECK(links.body["results"][0]["toObjectId"] == call.body["id"]);
  const auto note = http("POST", all.hubspot("/crm/v3/objects/notes"),
                         {{"properties", {{"hs_timestamp", "1795532400000"}, {"hs_note_body", "Called."}}}})
                      .body["id"]
                      .get<std::string>();
  CHECK(http("PUT", all.hubspot("/crm/v4/objects/notes/" + note + "/associations/default/contacts/" + contact)).status
        == 200);
  CHECK(http("PUT", all.hubspot("/crm/v4/objects/notes/999/associations/default/contacts/" + contact)).status == 404);
  CHECK(http("GET", all.hubspot("/crm/v3/objects/contacts/" + contact + "?associations=notes"))
          .body["associations"]["notes"]["results"][0]["id"]
        == note);
}

TEST_CASE("HubSpot's OAuth tokens expire", "[practice]") {
  vendor_options options;
  options.hubspot.token_lifetime = std::chrono::seconds{GENERATE(0, 1800)};
  practice_vendors all{options};
  const auto token = http("POST", all.hubspot("/oauth/v1/token"),
                          json("grant_type=refresh_token&client_id=a&client_secret=b&refresh_token=c"), "");
  REQUIRE(token.status == 200);
  const auto status = http("GET", all.hubspot("/crm/v3/objects/contacts"), nullptr, token.body["access_token"]).status;
  CHECK(status == (options.hubspot.token_lifetime.count() == 0 ? 401 : 200));
  CHECK(http("POST", all.hubspot("/oauth/v1/token"), json("grant_type=refresh_token&client_id=a&client_secret=b"), "")
          .status
        == 400);
}

// -- Google Calendar ---------------------------------------------------------

namespace {

json event_at(const std::string& start, const std::string& end, const std::string& id = "") {
  json event{{"summary", "Demo"},
             {"start", {{"dateTime", start}}},
             {"end", {{"dateTime", end}}},
             {"attendees", {{{"email", "ada@byron.example"}}}}};
  if (!id.empty())
    event["id"] = id;
  return event;
}

json busy(const practice_vendors& all, const std::string& token, const std::string& calendar, const std::string& from,
          const std::string& to) {
  const auto got = http("POST", all.google("/calendar/v3/freeBusy"),
                        {{"timeMin", from}, {"timeMax", to}, {"items", {{{"id", calendar}}}}}, token);
  REQUIRE(got.status == 200);
  return got.body["calendars"][calendar]["busy"];
}

} // namespace

TEST_CASE("a calendar's owner is busy at times, by the seed, in office hours", "[practice]") {
  practice_vendors all;
  const auto token = all.google_token();
  const auto week = busy(all, token, "sam@northwind.example", "2026-11-23T00:00:00Z", "2026-11-28T00:00:00Z");
  CHECK(week.size() > 5);
  CHECK(week == busy(all, token, "sam@northwind.example", "2026-11-23T00:00:00Z", "2026-11-28T00:00:00Z"));
  CHECK(week != busy(all, token, "kim@northwind.example", "2026-11-23T00:00:00Z", "2026-11-28T00:00:00Z"));
  for (const auto& one : week) { // nine to five in New York
    CHECK(one["start"].get<std::string>().substr(11) >= "14:00:00Z");
    CHECK(one["end"].get<std::string>().substr(11) <= "22:00:00Z");
  }
  CHECK(busy(all, token, "sam@northwind.example", "2026-11-28T00:00:00Z", "2026-11-30T00:00:00Z").empty());
}

TEST_CASE("an all-day event takes its day in the owner's zone, unless it is shown as free", "[practice]") {
  practice_vendors all;
  const auto token = all.google_token();
  const auto events = all.google("/calendar/v3/calendars/sam%40northwind.example/events");
  const json saturday{{"summary", "Fair"}, {"start", {{"date", "2026-11-28"}}}, {"end", {{"date", "2026-11-29"}}}};
  auto sunday = saturday;
  sunday["start"]["date"] = "2026-11-29";
  sunday["end"]["date"] = "2026-11-30";
  sunday["transparency"] = "transparent";
  CHECK(http("POST", events, saturday, token).status == 200);
  CHECK(http("POST", events, sunday, token).status == 200);
  const auto got = busy(all, token, "sam@northwind.example", "2026-11-28T00:00:00Z", "2026-11-30T12:00:00Z");
  REQUIRE(got.size() == 1);
  CHECK(got[0]["start"] == "2026-11-28T05:00:00Z"); // midnight in New York
  CHECK(got[0]["end"] == "2026-11-29T05:00:00Z");
}

TEST_CASE("an event takes its time, once, by the id that the client chose", "[practice]") {
  practice_vendors all;
  const auto token = all.google_token();
  const auto events = all.google("/calendar/v3/calendars/sam%40northwind.example/events");
  // A Saturday, when nothing else is in the way.
  const auto made = http("POST", events + "?sendUpdates=all",
                         event_at("2026-11-28T15:00:00Z", "2026-11-28T10:30:00-05:00", "abcde12345"), token);
  REQUIRE(made.status == 200);
  CHECK(made.body["status"] == "confirmed");
  CHECK(http("POST", events, event_at("2026-11-28T16:00:00Z", "2026-11-28T16:30:00Z", "abcde12345"), token).status
        == 409);
  const auto day
    = [&] { return busy(all, token, "sam@northwind.example", "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z"); };
  CHECK(day() == json::array({{{"start", "2026-11-28T15:00:00Z"}, {"end", "2026-11-28T15:30:00Z"}}}));
  const auto moved
    = http("PATCH", events + "/abcde12345",
           {{"start", {{"dateTime", "2026-11-28T17:00:00Z"}}}, {"end", {{"dateTime", "2026-11-28T17:30:00Z"}}}}, token);
  CHECK(moved.body["sequence"] == 1);
  CHECK(moved.body["summary"] == "Demo");
  CHECK(http("GET", events + "?timeMin=2026-11-28T17:00:00Z", nullptr, token).body["items"].size() == 1);
  CHECK(http("GET", events + "?timeMax=2026-11-28T17:00:00Z", nullptr, token).body["items"].empty());
  CHECK(http("DELETE", events + "/abcde12345", nullptr, token).status == 204);
  CHECK(http("DELETE", events + "/abcde12345", nullptr, token).status == 410);
  CHECK(day().empty());
  CHECK(http("POST", events, event_at("2026-11-28T16:00:00Z", "2026-11-28T16:30:00Z", "abcde12345"), token).status
        == 409);
  CHECK(all.seen("event", "insert") == 1);
  CHECK(all.seen("event", "patch") == 1);
  CHECK(all.seen("event", "delete") == 1);
}

TEST_CASE("Google refuses what Google refuses", "[practice]") {
  practice_vendors all;
  const auto token = all.google_token();
  const auto events = all.google("/calendar/v3/calendars/primary/events");
  CHECK(http("POST", events, event_at("2026-11-28T15:00:00Z", "2026-11-28T15:30:00Z"), "never-issued").status == 401);
  CHECK(http("POST", events, event_at("2026-11-28T15:00:00Z", "2026-11-28T15:30:00Z", "UPPER-case"), token).status
        == 400);
  CHECK(http("POST", events, event_at("2026-11-28T15:00:00", "2026-11-28T15:30:00Z"), token).status
        == 400); // no offset, no zone
  CHECK(http("POST", events, event_at("2026-11-28T15:00:00Z", "2026-11-28T14:30:00Z"), token).status == 400);
  CHECK(http("POST", events, {{"summary", 5}}, token).status == 400);
  CHECK(http("GET", events + "/missing1", nullptr, token).status == 404);
  CHECK(
    http("POST", all.google("/token"), json("grant_type=refresh_token&client_id=a&client_secret=b"), "").body["error"]
    == "invalid_grant");
  CHECK(all.seen("event") == 0);
}

TEST_CASE("a calendar tells what changed since a sync token, by whomever", "[practice]") {
  practice_vendors all;
  http_server hands{all.around.io(), 0};
  all.vendors->serve_calendars(hands);
  hands.start();
  const auto token = all.google_token();
  const auto events = all.google("/calendar/v3/calendars/sam%40northwind.example/events");
  const auto by_hand = hands.base_url() + "/calendars/sam%40northwind.example/events/";
  const auto list
    = [&](const std::string& query) { return http("GET", events + "?showDeleted=true&" + query, nullptr, token); };
  for (const char* id : {"aaaaa1", "aaaaa2", "aaaaa3"})
    REQUIRE(http("POST", events, event_at("2026-11-28T15:00:00Z", "2026-11-28T15:30:00Z", id), token).status == 200);
  const auto first = list("maxResults=2");
  CHECK(first.body["items"].size() == 2);
  CHECK_FALSE(first.body.contains("nextSyncToken"));
  const auto second = list("maxResults=2&pageToken=" + first.body["nextPageToken"].get<std::string>());
  CHECK(second.body["items"].size() == 1);
  const auto sync = second.body["nextSyncToken"].get<std::string>();
  CHECK(list("syncToken=" + sync).body["items"].empty());

  const json later{{"start", {{"dateTime", "2026-11-28T17:00:00Z"}}}, {"end", {{"dateTime", "2026-11-28T17:30:00Z"}}}};
  const auto moved = http("PATCH", by_hand + "aaaaa1", later, "");
  CHECK(moved.status == 200);
  CHECK(moved.body["sequence"] == 1);
  CHECK(moved.body["iCalUID"] == "aaaaa1@google.com");
  CHECK(http("DELETE", by_hand + "aaaaa2", nullptr, "").status == 204);
  CHECK(http("PATCH", by_hand + "nobodys", later, "").status == 404);
  const auto changed = list("syncToken=" + sync);
  REQUIRE(changed.body["items"].size() == 2);
  for (const auto& one : changed.body["items"]) {
    const bool gone = one["id"] == "aaaaa2";
    CHECK(one["status"] == (gone ? "cancelled" : "confirmed"));
    CHECK(one.contains("start") != gone); // of a deleted one no more is certain than its id
  }
  CHECK(list("syncToken=" + changed.body["nextSyncToken"].get<std::string>()).body["items"].empty());
  CHECK(list("syncToken=" + sync + "&timeMin=2026-11-28T15:00:00Z").status == 400);
  CHECK(list("syncToken=sync-999").status == 410); // of another world
  CHECK(list("syncToken=nonsense").status == 410);
  CHECK(all.seen("event", "move_by_hand") == 1);
  CHECK(all.seen("event", "delete_by_hand") == 1);
  hands.stop();
}

// -- SMTP --------------------------------------------------------------------

TEST_CASE("mails are kept as they were sent", "[practice]") {
  practice_vendors all;
  const std::string raw
    = "From: katie@northwind.example\r\nSubject: Your demo\r\n\r\nHello Ada,\r\n.\r\n..and a line with dots\r\n";
  REQUIRE(mail(all.vendors->smtp_port(), raw) == CURLE_OK);
  http_server witness_server{all.around.io(), 0};
  all.vendors->serve_mails(witness_server);
  witness_server.start();
  const auto mails = http("GET", witness_server.base_url() + "/mails").body;
  witness_server.stop();
  REQUIRE(mails.size() == 1);
  CHECK(mails[0]["raw"] == raw);
  CHECK(mails[0]["from"] == "katie@northwind.example");
  CHECK(mails[0]["to"] == json{"ada@byrondental.example", "manager@northwind.example"});
  CHECK(all.seen("mail") == 1);
}

TEST_CASE("a mail that is too big, or has no password where one is asked for, is refused", "[practice]") {
  vendor_options options;
  options.smtp.message_bytes_max = 1000;
  options.smtp.authentication = true;
  practice_vendors all{options};
  const auto port = all.vendors->smtp_port();
  CHECK(mail(port, "Subject: x\r\n\r\nshort\r\n") != CURLE_OK);
  CHECK(mail(port, "Subject: x\r\n\r\n" + std::string(50, 'x') + "\r\n", true) == CURLE_OK);
  std::string big = "Subject: x\r\n\r\n";
  for (int i = 0; i < 100; ++i)
    big += std::string(60, 'x') + "\r\n";
  CHECK(mail(port, big, true) != CURLE_OK);
  CHECK(all.seen("mail") == 1);
}

} // namespace practice_vendors_test
