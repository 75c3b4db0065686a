// Goal: the practice world judges by its own scenario, answers over real
// sockets, and repeats with its seed.
#include "adapters/sandbox/faults.hpp"
#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/world.hpp"

#include <boost/asio/connect.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

namespace sandbox_world_test {

using namespace parley;
using namespace parley::sandbox;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
namespace http = boost::beast::http;
using nlohmann::json;

namespace {

const std::string minimal = R"(
[people.weights]
eager = 1
)";

const std::string two_zones = minimal + R"(
[[hours]]
area_codes = [212]
zone = "America/New_York"
open = "08:00"
close = "21:00"
[[hours]]
numbers = ["+1212555*"]
zone = "America/Los_Angeles"
days = "mon tue wed thu fri"
closed = ["2026-01-19"]
[[hours]]
numbers = ["+1212555*"]
zone = "America/Los_Angeles"
open = "13:00"
days = "sun"
)";

struct set_clock final : parley::clock {
  wall_time at{};
  wall_time now() const override { return at; }
  double speed() const override { return 1; }
};

wall_time utc(const char* text) {
  return parse_iso(text).value();
}

http::response<http::string_body>
ask(uint16_t port, http::verb verb, const std::string& target, const std::string& body = {}) {
  asio::io_context io;
  beast::tcp_stream stream{io};
  stream.connect(asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), port});
  http::request<http::string_body> request{verb, target, 11};
  request.set(http::field::host, "127.0.0.1");
  request.body() = body;
  request.prepare_payload();
  http::write(stream, request);
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::read(stream, buffer, response);
  return response;
}

} // namespace

TEST_CASE("a number is where the most telling pattern says", "[sandbox]") {
  const auto script = parse_scenario(two_zones, "test");
  const auto zone = [&](const char* number) {
    const auto* place = territory_of(script.territories, number);
    return place ? place->zone->name() : "nowhere";
  };
  CHECK(zone("+12129990100") == "America/New_York");
  CHECK(zone("+12125550100") == "America/Los_Angeles");
  CHECK(zone("+13125550100") == "nowhere");
  CHECK(matches("*01??", "+12125550199"));
  CHECK_FALSE(matches("*01??", "+12125550299"));
}

TEST_CASE("lawful hours follow the true zone, its clock changes and days", "[sandbox]") {
  const auto script = parse_scenario(two_zones, "test");
  const auto lawful = [&](const char* number, const char* at) { return may_call(script.territories, number, utc(at)); };
  CHECK_FALSE(lawful("+12129990100", "2026-01-15T12:59:59Z"));
  CHECK(lawful("+12129990100", "2026-01-15T13:00:00Z"));
  CHECK(lawful("+12129990100", "2026-07-15T12:00:00Z"));
  CHECK_FALSE(lawful("+12129990100", "2026-01-16T02:00:00Z"));
  CHECK(lawful("+12125550100", "2026-01-16T04:59:00Z"));
  // Saturday 02:00 UTC is Friday evening in Los Angeles, 18:00 UTC is not.
  CHECK(lawful("+12125550100", "2026-01-17T02:00:00Z"));
  CHECK_FALSE(lawful("+12125550100", "2026-01-17T18:00:00Z"));
  // Sundays have hours of their own, a holiday has none.
  CHECK_FALSE(lawful("+12125550100", "2026-01-18T20:59:00Z"));
  CHECK(lawful("+12125550100", "2026-01-18T21:00:00Z"));
  CHECK_FALSE(lawful("+12125550100", "2026-01-19T21:00:00Z"));
  CHECK_FALSE(lawful("+13125550100", "2026-01-18T21:00:00Z"));
}

TEST_CASE("the witness counts a planted double dial and window violation", "[sandbox]") {
  set_clock clock;
  clock.at = utc("2026-01-15T15:00:00Z");
  const auto script = parse_scenario(two_zones, "test");
  const auto file = std::filesystem::temp_directory_path() / ("witness-" + std::to_string(::getpid()) + ".jsonl");
  witness log{clock, script.territories, file.string()};

  log.call_created("CA1", "+12129990100", "+12125550000", "attempt-1");
  log.call_rings("CA1");
  log.call_answered("CA1", "human");
  log.call_ended("CA1", "completed");
  log.call_created("CA2", "+12129990100", "+12125550000", "attempt-2");
  CHECK(log.report()["double_dials"] == 0);
  CHECK(log.report()["window_violations"] == 0);

  SECTION("overlapping calls to one number") {
    log.call_created("CA3", "+12129990100", "+12125550000", "attempt-3");
    CHECK(log.report()["double_dials"] == 1);
  }
  SECTION("two creates for one attempt, also after the first has ended") {
    log.call_ended("CA2", "busy");
    log.call_created("CA3", "+12129990111", "+12125550000", "attempt-2");
    CHECK(log.report()["double_dials"] == 1);
  }
  SECTION("both at once is still one create too many") {
    log.call_created("CA3", "+12129990100", "+12125550000", "attempt-2");
    CHECK(log.report()["double_dials"] == 1);
  }
  SECTION("a create outside the lawful hours") {
    clock.at = utc("2026-01-15T12:30:00Z");
    log.call_created("CA3", "+12129990111", "+12125550000", "attempt-3");
    CHECK(log.report()["window_violations"] == 1);
    CHECK(log.report()["double_dials"] == 0);
    CHECK(log.report()["findings"][0]["what"] == "window_violation");
  }
  SECTION("a number that the scenario does not know") {
    log.call_created("CA3", "+13125550100", "+12125550000", "attempt-3");
    CHECK(log.report()["window_violations"] == 1);
  }
  SECTION("the report and the log say what happened") {
    log.record("mail", {{"to", "dana@fuller.example"}});
    const auto report = log.report();
    CHECK(report["calls"]["created"] == 2);
    CHECK(report["calls"]["rung"] == 1);
    CHECK(report["calls"]["answered"] == 1);
    CHECK(report["calls"]["ended"] == 1);
    CHECK(report["calls"]["open"] == 1);
    CHECK(report["calls"]["statuses"]["completed"] == 1);
    CHECK(report["records"]["mail"] == 1);
    std::ifstream in{file};
    std::vector<json> lines;
    for (std::string line; std::getline(in, line);)
      lines.push_back(json::parse(line));
    REQUIRE(lines.size() == 6);
    CHECK(lines[0]["kind"] == "create");
    CHECK(lines[0]["at"] == "2026-01-15T15:00:00.000Z");
    CHECK(lines[3]["kind"] == "end");
    CHECK(lines[3]["to"] == "+12129990100");
    CHECK(lines[5]["kind"] == "mail");
  }
  std::filesystem::remove(file);
}

TEST_CASE("a scenario that cannot be used is refused by key and remedy", "[sandbox]") {
  const auto refusal = [](const std::string& text) {
    try {
      parse_scenario(text, "s.toml");
    } catch (const scenario_error& error) {
      return std::string{error.what()};
    }
    return std::string{"accepted"};
  };
  CHECK(refusal(minimal) == "accepted");
  CHECK_THAT(refusal(""), Contains("people: is missing"));
  CHECK_THAT(refusal("a = ["), Contains("s.toml: line 1"));
  CHECK_THAT(refusal(minimal + "[carrier]\nring = 3"), Contains("s.toml: carrier.ring: is not a key"));
  CHECK_THAT(refusal(minimal + "[carrier]\ncalls_per_second = 0"), Contains("carrier.calls_per_second: must be from"));
  CHECK_THAT(refusal(minimal + "[carrier]\ncalls_per_second = nan"), Contains("carrier.calls_per_second"));
  CHECK_THAT(refusal(minimal + "[carrier.faults]\nlose_webhooks = 1.5"), Contains("must be from 0 to 1"));
  CHECK_THAT(refusal(minimal + "[carrier.faults]\nlose_webhooks = {every = 0}"), Contains("lose_webhooks.every"));
  CHECK_THAT(refusal(minimal + "[faults.crm]\nprose = 1"), Contains("faults.crm.prose: is not a key"));
  CHECK_THAT(refusal(minimal + "[faults.crn]\nerrors = 1"), Contains("faults.crn: is not a key"));
  CHECK_THAT(refusal(minimal + "[faults.llm]\nprose = 2"), Contains("faults.llm.prose: must be from 0 to 1"));
  CHECK_THAT(refusal(minimal + "[faults.mail]\noutage = {from = \"noon\"}"), Contains("faults.mail.outage.from"));
  CHECK_THAT(
    refusal(minimal + "[faults.mail]\noutage = {from = \"2026-12-01T15:00:00Z\", until = \"2026-12-01T15:00:00Z\"}"),
    Contains("faults.mail.outage.until: must be later"));
  CHECK_THAT(refusal(minimal + "[[hours]]\narea_codes=[212]\nzone=\"Mars\""), Contains("hours[0].zone: \"Mars\""));
  CHECK_THAT(refusal(minimal + "[[hours]]\narea_codes=[212]\nzone=\"UTC\"\nopen=\"8\""), Contains("hours[0].open"));
  CHECK_THAT(refusal(minimal + "[[hours]]\narea_codes=[212]\nzone=\"UTC\"\nclosed=[\"soon\"]"),
             Contains("hours[0].closed"));
  CHECK_THAT(refusal(minimal + "[[hours]]\nzone=\"UTC\""), Contains("describes nobody"));
  CHECK_THAT(refusal("[people.weights]\nghost = 1"), Contains("\"ghost\" is none of"));
  CHECK_THAT(refusal("[people.weights]\neager = 0"), Contains("above 0"));
  CHECK_THAT(refusal(minimal + "[people.patterns]\n\"*0100\" = \"ghost\""), Contains("people.patterns.*0100"));
}

TEST_CASE("chance belongs to its subject, not to the order of asking", "[sandbox]") {
  const auto make = [](uint64_t seed) {
    world_options options;
    options.seed = seed;
    options.media_speed = 20;
    return std::make_unique<world>(options, parse_scenario(minimal, "test"));
  };
  const auto one = make(1);
  const auto again = make(1);
  const auto other = make(2);
  const auto a = one->draw("a", 1000000);
  const auto b = one->draw("b", 1000000);
  CHECK(again->draw("b", 1000000) == b);
  CHECK(again->draw("a", 1000000) == a);
  CHECK(other->draw("a", 1000000) != a);
  CHECK(a != b);
  CHECK(one->real(1s) == 50ms);
  CHECK(one->media(50ms) == 1s);
  CHECK(one->patience(1s) == 40s);
}

TEST_CASE("a fault hits the same subjects in whatever order they come", "[sandbox]") {
  world_options options;
  options.seed = 4;
  const world around{options, parse_scenario(minimal, "test")};
  const auto hits = [&](fault how, bool backwards) {
    fault_gate gate{around, "test", how};
    std::map<std::string, std::string> out;
    for (int round = 0; round < 6; ++round)
      for (int i = 0; i < 40; ++i) {
        const auto key = std::to_string(backwards ? 39 - i : i);
        out[key] += gate.strikes(key) ? "x" : ".";
      }
    return out;
  };
  const auto by_chance = hits({.probability = 0.3}, false);
  CHECK(by_chance == hits({.probability = 0.3}, true));
  const auto third = hits({.every = 3}, false);
  CHECK(third == hits({.every = 3}, true));
  // Each third time of each subject, beginning anywhere.
  std::set<std::string> patterns;
  for (const auto& [key, pattern] : third)
    patterns.insert(pattern);
  CHECK(patterns == std::set<std::string>{"x..x..", ".x..x.", "..x..x"});
  for (const auto& [key, pattern] : hits({.every = 4, .first = 2}, false))
    CHECK(pattern == ".x...x");
  for (const auto& [key, pattern] : hits({}, false))
    CHECK(pattern == "......");
}

TEST_CASE("a handler that throws answers with 500 and ends nothing", "[sandbox]") {
  world world{world_options{}, parse_scenario(minimal, "test")};
  http_server server{world.io(), 0};
  server.route("GET", "/throws", [](const http_request&, const respond&) {
    json{"no number"}.at(0).get<int>(); // throws
  });
  server.start();
  world.start(1);
  CHECK(ask(server.port(), http::verb::get, "/throws").result_int() == 500);
  CHECK(ask(server.port(), http::verb::get, "/throws").result_int() == 500);
  world.stop();
}

TEST_CASE("the HTTP server routes, waits for late answers and loses replies", "[sandbox]") {
  world world{world_options{}, parse_scenario(minimal, "test")};
  http_server server{world.io(), 0};
  respond kept;
  server.before([](const http_request& request, const respond& reply) {
    if (request.header("x-closed") != "yes" && request.path != "/closed")
      return false;
    reply({.status = 403});
    return true;
  });
  server.route("GET", "/2010/{account}/Calls/{sid}.json", [](const http_request& request, const respond& reply) {
    reply({.body = request.parts.at("account") + "|" + request.parts.at("sid") + "|" + value_or(request.query, "To")});
  });
  server.route("POST", "/late", [&](const http_request& request, const respond& reply) {
    auto body = request.body;
    std::thread{[reply, body] {
      reply({.status = 201, .body = body});
      reply({.status = 500}); // only the first one counts
    }}.detach();
  });
  server.route("POST", "/lost", [](const http_request&, const respond& reply) { reply({.drop = true}); });
  serve_witness(server, world.log());
  server.start();
  world.start(2);

  const auto port = server.port();
  CHECK(ask(port, http::verb::get, "/2010/AC1/Calls/CA%201.json?To=%2B1212").body() == "AC1|CA 1|+1212");
  CHECK(ask(port, http::verb::get, "/2010/AC1/Calls/x/y.json").result_int() == 404);
  CHECK(ask(port, http::verb::delete_, "/late").result_int() == 405);
  CHECK(ask(port, http::verb::get, "/closed").result_int() == 403);
  const auto late = ask(port, http::verb::post, "/late", "hello");
  CHECK(late.result_int() == 201);
  CHECK(late.body() == "hello");
  CHECK_THROWS_AS(ask(port, http::verb::post, "/lost"), boost::system::system_error);
  world.log().record("crm", {{"what", "note"}});
  CHECK(json::parse(ask(port, http::verb::get, "/report").body())["records"]["crm"] == 1);
  CHECK(json::parse(ask(port, http::verb::get, "/events?from=0").body()).size() == 1);
  CHECK(json::parse(ask(port, http::verb::get, "/events?from=1").body()).empty());
  CHECK(ask(port, http::verb::get, "/events?from=x").result_int() == 400);
  world.stop();
}

TEST_CASE("URLs and forms survive the way there and back", "[sandbox]") {
  const fields all{{"A", "x y+z&="}, {"Body", "Grüße ✓"}, {"B", ""}, {"A", "2"}};
  CHECK(parse_form(to_form(all)) == all);
  const auto parsed = parse_url("wss://voice.example.com:8443/media?x=1#top");
  REQUIRE(parsed);
  CHECK(parsed->host == "voice.example.com");
  CHECK(parsed->port == 8443);
  CHECK(parsed->target == "/media?x=1");
  CHECK(parsed->tls());
  CHECK(parse_url("http://[::1]:80/")->host == "::1");
  CHECK(parse_url("https://h")->target == "/");
  CHECK_FALSE(parse_url("ftp://h/"));
  CHECK_FALSE(parse_url("http://h:99999/"));
  CHECK_FALSE(parse_url("http:///x"));
  CHECK_FALSE(parse_url("not a url"));
}

} // namespace sandbox_world_test
