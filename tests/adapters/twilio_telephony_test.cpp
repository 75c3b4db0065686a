// Goal: the carrier gets exactly one create per dial, and every outcome is told
// as it is. Method: the adapter as an actor against a stub carrier on loopback.
#include "tests/adapters/twilio_carrier.hpp"

namespace twilio_telephony_test {

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using parley::test::call;
using parley::test::call_json;
using parley::test::calls_path;
using parley::test::carrier;
using parley::test::scripted_answer;
using parley::test::stub_answer;
using parley::test::stub_server;

TEST_CASE_METHOD(carrier, "a dial asks for everything that the call needs", "[twilio]") {
  auto x = order();
  x.ring_timeout = 5s; // below the lawful minimum
  x.time_limit = 600s;
  const auto result = ask<originated>(x);
  REQUIRE(result);
  CHECK(result->outcome == submission::created);
  CHECK(result->sid == "CA1");
  const auto seen = server.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].target() == calls_path + ".json");
  CHECK(seen[0]["Authorization"] == basic_auth(settings.account_sid, "token").second);
  const auto form = *form_decode(seen[0].body());
  const auto value = [&](const char* name) { return twilio::field(form, name).value_or("-"); };
  const std::string at = "?call=0199b2c4-1111-7222-8333-444455556666";
  CHECK(value("To") == "+15551230001");
  CHECK(value("From") == "+15005550006");
  CHECK(value("Url") == "https://voice.example.com/voice/twiml" + at);
  CHECK(value("StatusCallback") == "https://voice.example.com/voice/status" + at);
  CHECK(value("AsyncAmdStatusCallback") == "https://voice.example.com/voice/amd" + at);
  CHECK(value("AsyncAmd") == "true");
  CHECK(value("MachineDetection") == "Enable");
  CHECK(value("Timeout") == "15");
  CHECK(value("TimeLimit") == "600");
  std::vector<std::string> events;
  for (const auto& [name, event] : form)
    if (name == "StatusCallbackEvent")
      events.push_back(event);
  CHECK(events == std::vector<std::string>{"initiated", "ringing", "answered", "completed"});
  CHECK(telemetry.exposition().find("operation=\"originate\",outcome=\"created\"") != std::string::npos);
}

TEST_CASE_METHOD(carrier, "a dial without machine detection asks for none", "[twilio]") {
  auto x = order();
  x.detect_machine = false;
  REQUIRE(ask<originated>(x));
  CHECK(server.seen().at(0).body().find("MachineDetection") == std::string::npos);
}

TEST_CASE_METHOD(carrier, "a dial whose time has passed is never written", "[twilio]") {
  auto x = order();
  x.not_after = clock.now();
  const auto result = ask<originated>(x);
  REQUIRE(result);
  CHECK(result->outcome == submission::not_created);
  CHECK(server.seen().empty());
}

TEST_CASE_METHOD(carrier, "a reply that is lost after the create leaves the dial unknown", "[twilio]") {
  const bool drop = GENERATE(true, false);
  REQUIRE(dial().outcome == submission::created); // leaves a kept connection, if there were one
  answer = [drop](const auto&) { return stub_answer{201, "", {}, drop, !drop}; };
  CHECK(dial().outcome == submission::unknown);
  CHECK(server.seen().size() == 2); // never repeated
}

TEST_CASE_METHOD(carrier, "a carrier that cannot be reached has created nothing", "[twilio]") {
  uint16_t port = 0;
  {
    stub_server gone{[](const auto&) { return stub_answer{}; }};
    port = gone.port();
  }
  start("http://127.0.0.1:" + std::to_string(port));
  const auto result = dial();
  CHECK(result.outcome == submission::not_created);
  CHECK_FALSE(result.reason.empty());
}

TEST_CASE_METHOD(carrier, "a refused dial says who is at fault and is not repeated", "[twilio]") {
  const auto refusing = [this](int status, const std::string& body, std::string retry_after = "") {
    answer = [=](const auto&) { return stub_answer{status, body, {{"Retry-After", retry_after}}}; };
    return dial();
  };
  const auto invalid = refusing(400, R"({"code":21211,"message":"Invalid 'To'","status":400})");
  CHECK(invalid.outcome == submission::not_created);
  CHECK(invalid.number_bad);
  CHECK(invalid.vendor_code == 21211);
  CHECK_FALSE(invalid.opted_out);
  CHECK(refusing(400, R"({"code":21610,"status":400})").opted_out);
  const auto busy = refusing(429, R"({"code":20429,"status":429})", "2");
  CHECK(busy.outcome == submission::not_created);
  CHECK(busy.retry_after == 2s);
  CHECK_FALSE(busy.number_bad);
  const auto strange = refusing(401, R"({"code":20003,"status":401})");
  CHECK(strange.outcome == submission::not_created);
  CHECK(strange.account_bad);
  CHECK(refusing(500, "oops").outcome == submission::unknown);
  CHECK(refusing(400, "<html>proxy</html>").outcome == submission::unknown);
  CHECK(refusing(201, "no JSON").outcome == submission::unknown);
  CHECK(refusing(201, R"({"sid":null})").outcome == submission::unknown);
  CHECK(server.seen().size() == 8);
}

TEST_CASE_METHOD(carrier, "a call is fetched, with retries", "[twilio]") {
  std::atomic<int> asked = 0;
  answer = [&](const auto&) {
    if (++asked == 1)
      return stub_answer{503};
    auto shown = call_json("CA9", "completed");
    shown["answered_by"] = "machine_start";
    shown["duration"] = "42";
    shown["start_time"] = "Tue, 04 Aug 2026 12:00:00 +0000";
    shown["end_time"] = "Tue, 04 Aug 2026 12:00:42 +0000";
    return stub_answer{200, shown.dump()};
  };
  const auto result = ask<carrier_call>(fetch_call{call, "CA9"});
  REQUIRE(result);
  CHECK(asked == 2);
  CHECK(server.seen().at(1).target() == calls_path + "/CA9.json");
  CHECK(result->sid == "CA9");
  CHECK(result->status == carrier_status::completed);
  CHECK(result->who == answered_by::machine_start);
  CHECK(result->duration == 42s);
  CHECK(to_iso(result->created) == "2026-08-04T11:59:58.000Z");
  CHECK(to_iso(*result->ended) == "2026-08-04T12:00:42.000Z");
}

TEST_CASE_METHOD(carrier, "twilio's wish to wait is honoured, within bounds, and counted; a dial waits for none",
                 "[twilio]") {
  const std::string fetches = R"(parley_port_retries_total{operation="fetch",port="telephony"})";
  const std::string dials = R"(parley_port_retries_total{operation="originate",port="telephony"})";
  const auto busy = GENERATE(429, 503);
  CAPTURE(busy);
  std::atomic<int> asked = 0;
  answer = [&](const auto&) {
    return ++asked == 1 ? stub_answer{busy, "{}", {{"Retry-After", "1"}}}
                        : stub_answer{200, call_json("CA9", "completed").dump()};
  };
  const auto begun = std::chrono::steady_clock::now();
  REQUIRE(ask<carrier_call>(fetch_call{call, "CA9"}));
  CHECK(std::chrono::steady_clock::now() - begun >= 1s);
  CHECK(asked == 2);
  CHECK(counted(fetches) == 1);
  SECTION("it stays so: three tries in all") {
    asked = 0;
    answer = [&](const auto&) {
      ++asked;
      return stub_answer{busy, "{}"};
    };
    CHECK(ask<carrier_call>(fetch_call{call, "CA9"}).error() == ec::vendor_unavailable);
    CHECK(asked == 3);
    CHECK(counted(fetches) == 3);
  }
  SECTION("it asks for more patience than there is") {
    asked = 0;
    answer = [&](const auto&) {
      ++asked;
      return stub_answer{busy, "{}", {{"Retry-After", "60"}}};
    };
    CHECK(ask<carrier_call>(fetch_call{call, "CA9"}).error() == ec::vendor_unavailable);
    CHECK(asked == 1);
    CHECK(counted(fetches) == 1);
  }
  SECTION("a dial is asked for once, whatever the carrier says") {
    asked = 0;
    answer = [&](const auto&) {
      ++asked;
      return stub_answer{busy, "{}", {{"Retry-After", "1"}}};
    };
    CHECK(dial().outcome != submission::created);
    CHECK(asked == 1);
    CHECK(counted(dials) == 0);
  }
}

TEST_CASE_METHOD(carrier, "a call that the carrier does not know is told as such", "[twilio]") {
  answer = [](const auto&) { return stub_answer{404, R"({"code":20404,"status":404})"}; };
  CHECK(ask<carrier_call>(fetch_call{call, "CA9"}).error() == ec::not_found);
  answer = [](const auto&) { return stub_answer{200, "garbage"}; };
  CHECK(ask<carrier_call>(fetch_call{call, "CA9"}).error() == ec::vendor_answered_rubbish);
  answer = [](const auto&) { return stub_answer{200, R"({"sid":"CA9"})"}; };
  CHECK(ask<carrier_call>(fetch_call{call, "CA9"}).error() == ec::vendor_answered_rubbish);
}

TEST_CASE_METHOD(carrier, "a list is complete, page by page, or an error", "[twilio]") {
  answer = [](const auto& asked) {
    const std::string target{asked.target()};
    json page{{"calls", json::array({call_json("CA1")})}, {"next_page_uri", nullptr}};
    if (target.find("Page=2") != target.npos)
      page["calls"] = json::array({call_json("CA3")});
    else if (target.find("Page=1") != target.npos)
      page = {{"calls", json::array({call_json("CA2")})}, {"next_page_uri", calls_path + ".json?Page=2&PageToken=b"}};
    else
      page["next_page_uri"] = calls_path + ".json?Page=1&PageToken=a";
    return stub_answer{200, page.dump()};
  };
  const auto result = ask<carrier_calls>(find_calls{"+15551230001", "+15005550006"});
  REQUIRE(result);
  REQUIRE(result->calls.size() == 3);
  CHECK(result->calls[2].sid == "CA3");
  CHECK(server.seen().at(0).target() == calls_path + ".json?To=%2B15551230001&From=%2B15005550006&PageSize=200");
  for (const auto& asked : server.seen())
    CHECK(asked["Authorization"] == basic_auth(settings.account_sid, "token").second);
}

TEST_CASE_METHOD(carrier, "a list that cannot be completed is an error", "[twilio]") {
  const auto code = [&](const std::string& next, bool second_fails) {
    answer = [=](const auto& asked) {
      if (second_fails && asked.target().find("Page=1") != std::string::npos)
        return stub_answer{400};
      return stub_answer{200, json{{"calls", json::array()}, {"next_page_uri", next}}.dump()};
    };
    return ask<carrier_calls>(find_calls{"+1", "+2"}).error();
  };
  CHECK(code(calls_path + ".json?Page=1", true) == ec::vendor_refused);
  CHECK(code(calls_path + ".json?Page=1", false) == ec::vendor_answered_rubbish); // endless
  const auto before = server.seen().size();
  CHECK(code("https://evil.example/steal", false) == ec::vendor_answered_rubbish);
  CHECK(code("//evil.example/steal", false) == ec::vendor_answered_rubbish);
  CHECK(server.seen().size() == before + 2);
}

TEST_CASE_METHOD(carrier, "a list with a call of unknown age is no evidence but an error", "[twilio]") {
  const auto date = GENERATE(json(nullptr), json(""), json("yesterday"));
  answer = [date](const auto&) {
    auto shown = call_json("CA2");
    shown["date_created"] = date;
    return stub_answer{200, json{{"calls", json::array({call_json("CA1"), shown})}}.dump()};
  };
  const auto result = ask<carrier_calls>(find_calls{"+1", "+2"});
  REQUIRE_FALSE(result);
  CHECK(result.error() == ec::vendor_answered_rubbish);
}

TEST_CASE_METHOD(carrier, "a fetched call without a date counts as made now", "[twilio]") {
  answer = [](const auto&) {
    auto shown = call_json("CA1");
    shown["date_created"] = nullptr;
    return stub_answer{200, shown.dump()};
  };
  const auto result = ask<carrier_call>(fetch_call{call, "CA1"});
  REQUIRE(result);
  CHECK(result->created == clock.now());
  CHECK_FALSE(result->started);
}

TEST_CASE_METHOD(carrier, "a call shows who answered, fetched or listed", "[twilio]") {
  const auto [written, who] = GENERATE(table<const char*, answered_by>({{"human", answered_by::human},
                                                                        {"machine_start", answered_by::machine_start},
                                                                        {"fax", answered_by::fax},
                                                                        {"unknown", answered_by::unknown},
                                                                        {"", answered_by::not_asked}}));
  answer = [shown = std::string{written}](const auto& asked) {
    auto one = call_json("CA1", "in-progress");
    one["answered_by"] = shown.empty() ? json(nullptr) : json(shown);
    const bool is_list = asked.target().find("To=") != std::string::npos;
    return stub_answer{200, (is_list ? json{{"calls", json::array({one})}} : one).dump()};
  };
  CHECK(ask<carrier_call>(fetch_call{call, "CA1"})->who == who);
  CHECK(ask<carrier_calls>(find_calls{"+1", "+2"})->calls.at(0).who == who);
}

TEST_CASE_METHOD(carrier, "reading the carrier ends by the total time", "[twilio]") {
  settings.total_timeout = 500ms;
  settings.request_timeout = 20s;
  start(server.url());
  const bool holds = GENERATE(true, false);
  answer = [holds](const auto&) { return stub_answer{503, "", {{"Retry-After", "9"}}, false, holds}; };
  const auto begun = std::chrono::steady_clock::now();
  CHECK(ask<carrier_call>(fetch_call{call, "CA1"}).error() == ec::vendor_unavailable);
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

TEST_CASE_METHOD(carrier, "ending a call says how, and one that is over is shown as it is", "[twilio]") {
  answer = [](const auto& asked) {
    if (asked.method_string() == "POST" && asked.target().find("CA2") != std::string::npos)
      return stub_answer{400, R"({"code":21220,"status":400})"};
    return stub_answer{200, call_json("CA1", "completed").dump()};
  };
  end_carrier_call order;
  order.call = call;
  order.sid = "CA1";
  CHECK(ask<carrier_call>(order)->status == carrier_status::completed);
  CHECK(server.seen().back().body() == "Status=completed");
  order.cancel = true;
  CHECK(ask<carrier_call>(order));
  CHECK(server.seen().back().body() == "Status=canceled");
  order.sid = "CA2";
  CHECK(ask<carrier_call>(order)->status == carrier_status::completed);
  CHECK(server.seen().back().method_string() == "GET");
}

TEST_CASE_METHOD(carrier, "a live call is sent to another page of ours", "[twilio]") {
  redirect_call order;
  order.call = call;
  order.sid = "CA1";
  order.path = "/voice/resume?call=1&round=1";
  CHECK(ask<carrier_call>(order));
  CHECK(server.seen().back().body()
        == "Url=https%3A%2F%2Fvoice.example.com%2Fvoice%2Fresume%3Fcall%3D1%26round%3D1&Method=POST");
  answer = [](const auto&) { return stub_answer{400, R"({"code":21220,"status":400})"}; };
  CHECK(ask<carrier_call>(order).error() == ec::wrong_state);
}

TEST_CASE_METHOD(carrier, "a SID cannot leave its path", "[twilio]") {
  CHECK(ask<carrier_call>(fetch_call{call, "../x?y=1"}));
  CHECK(server.seen().back().target() == calls_path + "/..%2Fx%3Fy%3D1.json");
}

TEST_CASE_METHOD(carrier, "callers of a stopped adapter get an answer", "[twilio]") {
  answer = [](const auto&) { return stub_answer{200, "", {}, false, true}; };
  auto pending = self->request(adapter, 20s, order());
  while (server.seen().empty())
    std::this_thread::yield();
  stop();
  caf::error told;
  pending.receive([](originated&) { FAIL("the carrier did not answer"); }, [&](caf::error& e) { told = e; });
  CHECK(told == ec::abandoned);
}

} // namespace twilio_telephony_test
