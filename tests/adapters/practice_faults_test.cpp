// Goal: each vendor goes wrong as the scenario says, and the same requests go
// wrong whatever the order in which they come; no request ends the world.
// Method: libcurl over real sockets.
#include "tests/adapters/practice_vendor_world.hpp"

#include <date/date.h>

#include <map>

namespace practice_faults_test {

using namespace parley;
using namespace parley::sandbox;
using namespace parley::sandbox::test;
using namespace std::chrono_literals;

namespace {

scenario script_of(const std::string& faults) {
  return parse_scenario("[people.weights]\neager = 1\n" + faults, "test");
}

json contact(const std::string& name) {
  return {{"properties", {{"email", name + "@example.com"}}}};
}

json asks_for_json(const std::string& prompt) {
  const json schema{{"type", "object"}, {"properties", {{"value", {{"type", "string"}}}}}, {"required", {"value"}}};
  return {{"model", "gpt-4o"},
          {"messages", {{{"role", "user"}, {"content", prompt}}}},
          {"response_format", {{"type", "json_schema"}, {"json_schema", {{"name", "answer"}, {"schema", schema}}}}}};
}

json event_with(const std::string& guest) {
  return {{"start", {{"dateTime", "2026-12-02T15:00:00Z"}}},
          {"end", {{"dateTime", "2026-12-02T15:30:00Z"}}},
          {"attendees", {{{"email", guest}}}}};
}

const std::string contacts = "/crm/v3/objects/contacts";
const std::string events = "/calendar/v3/calendars/tom%40acme.example/events";

} // namespace

TEST_CASE("the CRM's and the calendar's errors and rate limits are the vendors' own", "[practice]") {
  practice_vendors all{{},
                       1,
                       script_of(
                         "[faults.crm]\nerrors = {every = 3, first = 1}\nrate_limits = {every = 3, first = 2}\n"
                         "retry_after_seconds = 7\n"
                         "[faults.calendar]\nerrors = {every = 3, first = 1}\nrate_limits = {every = 3, first = 2}\n")};
  const auto broken = http("POST", all.hubspot(contacts), contact("ada"));
  CHECK(broken.status == 500);
  CHECK(broken.body["status"] == "error");
  const auto busy = http("POST", all.hubspot(contacts), contact("ada"));
  CHECK(busy.status == 429);
  CHECK(busy.body["policyName"] == "TEN_SECONDLY_ROLLING");
  CHECK(busy.headers.find("Retry-After: 7") != std::string::npos);
  CHECK(http("POST", all.hubspot(contacts), contact("ada")).status == 201);
  CHECK(all.seen("crm") == 1);

  const auto token = all.google_token();
  CHECK(http("POST", all.google(events), event_with("ada@example.com"), token).status == 500);
  const auto limited = http("POST", all.google(events), event_with("ada@example.com"), token);
  CHECK(limited.status == 403);
  CHECK(limited.body["error"]["errors"][0]["reason"] == "rateLimitExceeded");
  CHECK(limited.headers.find("Retry-After: 1") != std::string::npos);
  CHECK(http("POST", all.google(events), event_with("ada@example.com"), token).status == 200);
  CHECK(all.seen("event") == 1);
}

TEST_CASE("the chat model fails, is busy, and talks instead of filling the schema", "[practice]") {
  practice_vendors all{{},
                       1,
                       script_of("[faults.llm]\nerrors = {every = 3, first = 1}\nrate_limits = {every = 3, first = 2}\n"
                                 "prose = {every = 2, first = 1}\n")};
  CHECK(http("POST", all.chat(), asks_for_json("Name: Ada")).status == 500);
  const auto busy = http("POST", all.chat(), asks_for_json("Name: Ada"));
  CHECK(busy.body["error"]["code"] == "rate_limit_exceeded");
  CHECK(busy.headers.find("Retry-After: 1") != std::string::npos);
  const auto is_json
    = [](const answer& got) { return json::accept(got.body["choices"][0]["message"]["content"].get<std::string>()); };
  CHECK_FALSE(is_json(http("POST", all.chat(), asks_for_json("Name: Ada"))));
}

TEST_CASE("the mail server refuses for now, and keeps what comes later", "[practice]") {
  practice_vendors all{
    {}, 1, script_of("[faults.mail]\nerrors = {every = 3, first = 1}\nrate_limits = {every = 3, first = 2}\n")};
  const std::string raw = "Subject: Hello\r\n\r\nHello.\r\n";
  CHECK(mail(all.vendors->smtp_port(), raw) != CURLE_OK);
  CHECK(mail(all.vendors->smtp_port(), raw) != CURLE_OK);
  CHECK(all.seen("mail") == 0);
  CHECK(mail(all.vendors->smtp_port(), raw) == CURLE_OK);
  CHECK(all.seen("mail") == 1);
}

TEST_CASE("in an outage everything fails, before and after it nothing", "[practice]") {
  // The world's clock starts at the origin and runs in real time.
  const auto at = [](std::chrono::hours from_now) {
    return to_iso(wall_time{real_now()} + std::chrono::duration_cast<std::chrono::milliseconds>(from_now));
  };
  const bool now = GENERATE(true, false);
  const auto outage = "outage = { from = \"" + at(now ? -1h : 1h) + "\", until = \"" + at(now ? 1h : 2h) + "\" }\n";
  auto script = script_of("[faults.crm]\n" + outage + "[faults.calendar]\n" + outage + "[faults.mail]\n" + outage
                          + "[faults.llm]\n" + outage);
  practice_vendors all{{}, 1, script, clock_origin{wall_time{real_now()}, real_now(), 1.0}};
  CHECK(http("POST", all.hubspot(contacts), contact("ada")).status == (now ? 503 : 201));
  CHECK(http("POST", all.google("/token"), json("grant_type=refresh_token"), "").status == (now ? 503 : 400));
  CHECK(http("POST", all.chat(), asks_for_json("Name: Ada")).status == (now ? 503 : 200));
  CHECK((mail(all.vendors->smtp_port(), "Subject: Hello\r\n\r\nHello.\r\n") == CURLE_OK) == !now);
}

TEST_CASE("answers take as much longer as the scenario says", "[practice]") {
  practice_vendors all{{}, 1, script_of("[faults.crm]\nlatency_seconds = 0.3\n[faults.mail]\nlatency_seconds = 0.3\n")};
  const auto took = [](const auto& what) {
    const auto begin = std::chrono::steady_clock::now();
    what();
    return std::chrono::steady_clock::now() - begin;
  };
  CHECK(took([&] { CHECK(http("POST", all.hubspot(contacts), contact("ada")).status == 201); }) >= 300ms);
  CHECK(took([&] { CHECK(mail(all.vendors->smtp_port(), "Subject: Hi\r\n\r\nHi.\r\n") == CURLE_OK); }) >= 300ms);
  CHECK(took([&] { http("POST", all.chat(), asks_for_json("Name: Ada")); }) < 300ms);
}

TEST_CASE("who is hit depends on the seed, not on the order of the requests", "[practice]") {
  const std::vector<std::string> people{"ada", "bob", "cy", "dee", "eve", "fay", "gus", "hal", "ida", "joe"};
  const auto hit = [&](uint64_t seed, std::vector<std::string> order, const std::string& how) {
    practice_vendors all{{},
                         seed,
                         script_of("[faults.crm]\nerrors = " + how + "\n[faults.calendar]\nerrors = " + how
                                   + "\n[faults.llm]\nerrors = " + how + "\n")};
    const auto token = all.google_token();
    std::map<std::string, std::string> out;
    for (const auto& name : order) {
      auto& mine = out[name];
      for (int i = 0; i < 2; ++i) {
        mine += std::to_string(
          http("POST", all.hubspot(contacts + "/search"),
               {{"filterGroups",
                 {{{"filters", {{{"propertyName", "email"}, {"operator", "EQ"}, {"value", name + "@example.com"}}}}}}}})
            .status);
        mine += " " + std::to_string(http("POST", all.google(events), event_with(name + "@x.example"), token).status);
        mine += " " + std::to_string(http("POST", all.chat(), asks_for_json("Name: " + name)).status) + " ";
      }
    }
    return out;
  };
  for (const std::string how : {"0.4", "{every = 3}"}) {
    INFO(how);
    const auto one = hit(1, people, how);
    CHECK(hit(1, {people.rbegin(), people.rend()}, how) == one);
    CHECK(hit(2, people, how) != one);
    size_t failures = 0;
    for (const auto& [name, statuses] : one)
      for (size_t at = 0; (at = statuses.find("500", at)) != statuses.npos; ++at)
        ++failures;
    CHECK(failures > 8); // of 60
    CHECK(failures < 40);
  }
}

TEST_CASE("a CRM request that names a contact by its id concerns that person", "[practice]") {
  const auto statuses = [](const std::vector<std::string>& order) {
    practice_vendors all{{}, 5, script_of("[faults.crm]\nerrors = {every = 2}\n")};
    std::map<std::string, std::string> out;
    for (const auto& name : order) {
      std::string id;
      while (id.empty())
        id = http("POST", all.hubspot(contacts), contact(name)).body.value("id", "");
      out[name] = std::to_string(http("GET", all.hubspot(contacts + "/" + id)).status);
    }
    return out;
  };
  const std::vector<std::string> people{"ada", "bob", "cy", "dee", "eve", "fay"};
  CHECK(statuses(people) == statuses({people.rbegin(), people.rend()}));
}

TEST_CASE("a field of a wrong type is the client's error and ends nothing", "[practice]") {
  practice_vendors all;
  const auto post = [&](const json& body, const std::string& path = "/v1/chat/completions") {
    return http("POST", all.chat(path), body).status;
  };
  auto request = asks_for_json("Name: Ada");
  request["response_format"]["json_schema"]["schema"]["properties"]["value"] = 5;
  CHECK(post(request) == 400);
  request["response_format"]["json_schema"]["schema"] = {{"type", "integer"}, {"minimum", "low"}};
  CHECK(post(request) == 400);
  request["response_format"]["json_schema"]["schema"] = {{"$ref", 7}};
  CHECK(post(request) == 400);
  request["messages"] = json::array({5});
  CHECK(post(request) == 400);
  CHECK(post({{"model", "m"}, {"input", "words"}, {"encoding_format", 3}}, "/v1/embeddings") == 400);
  CHECK(http("POST", all.hubspot(contacts + "/search"), {{"limit", "many"}}).status == 400);
  CHECK(http("POST", all.google("/calendar/v3/freeBusy"), {{"timeMin", 1}, {"timeMax", 2}}, all.google_token()).status
        == 400);
  CHECK(post(asks_for_json("Name: Ada")) == 200);
}

} // namespace practice_faults_test
