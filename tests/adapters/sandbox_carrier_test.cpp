// Goal: the practice carrier is Twilio to Parley: REST, webhooks, TwiML and
// media streams, with the faults that a scenario asks for. Method: real
// sockets, a double in Parley's place that checks every signature.
#include "adapters/sandbox/carrier/rest.hpp"
#include "adapters/sandbox/carrier/twiml.hpp"
#include "tests/adapters/sandbox_parley_double.hpp"

#include <catch2/catch.hpp>

namespace sandbox_carrier_test {

using namespace parley;
using namespace parley::sandbox;
using namespace parley::sandbox::test;
using namespace std::chrono_literals;

using texts = std::vector<std::string>;

TEST_CASE("signatures equal the vectors of Twilio's own library", "[sandbox]") {
  const std::string url = "https://voice.example.com/twilio/status?tenant=acme&leg=1";
  const fields form{{"CallSid", "CA00000000000000000000000000000001"},
                    {"AccountSid", account},
                    {"From", "+15005550006"},
                    {"To", "+15551230001"},
                    {"CallStatus", "completed"},
                    {"CallDuration", "42"},
                    {"Direction", "outbound-api"},
                    {"Timestamp", "Tue, 04 Aug 2026 12:00:00 +0000"},
                    {"SequenceNumber", "3"},
                    {"CallbackSource", "call-progress-events"},
                    {"ApiVersion", "2010-04-01"}};
  CHECK(twilio_signature(token, url, form) == "Ag5zmP17jLGeKL3LVSS/uQRHWco=");
  CHECK(twilio_signature(token, "https://voice.example.com/twiml?call=42", {}) == "uxVdn+JFYJ2dPuW+v+fiN/Cno9U=");
  CHECK(twilio_signature(token, "wss://voice.example.com/media", {}) == "OXGAWoXBARgYOQdO2iHke4KK+yQ=");
  CHECK(twilio_signature(token, url, {{"A", "x"}, {"B", "2"}, {"B", "1"}, {"B", "2"}})
        == "DnOZS59NaZfheZYxVhcV5/GUMYo=");
  CHECK(twilio_signature(token, url, {{"A", "x"}, {"B", ""}}) == "Xktp9Tgek4ocgxwacZF0Ua8+0JI=");
  CHECK(twilio_signature(token, url, {{"A", "x y+z&="}, {"Body", "Grüße ✓ 😀"}}) == "NgO6bpV0ymjsYtEsxF6qpIJicFY=");
  CHECK(twilio_signature(token, url, {{"b", "1"}, {"a", "3"}, {"B", "2"}, {"A", "4"}})
        == "qlThxtfiRxNFdPTsXc8NVy1Rt8s=");
  CHECK(twilio_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2",
                         {{"CallSid", "CA1234567890ABCDE"},
                          {"Caller", "+14158675310"},
                          {"Digits", "1234"},
                          {"From", "+14158675310"},
                          {"To", "+18005551212"}})
        == "GvWf1cFY/Q7PnoempGyD5oXAezc=");
}

TEST_CASE("TwiML is read as Twilio reads it", "[sandbox]") {
  const auto verbs = twiml::parse(
    R"(<?xml version="1.0"?><Response><Connect action="/next"><Stream url="wss://h/media" name="agent">
       <Parameter name="callId" value="c-42"/><Parameter name="tenant" value="acme &amp; co"/></Stream></Connect>
       <!-- then --><Say>One moment, please.</Say><Pause length="3"/><Redirect method="GET">/voice/resume?a=1&amp;b=2</Redirect><Hangup/></Response>)");
  REQUIRE(verbs.size() == 5);
  const auto& stream = std::get<twiml::connect_stream>(verbs[0]);
  CHECK(stream.url == "wss://h/media");
  CHECK(stream.action == "/next");
  CHECK(stream.parameters == fields{{"callId", "c-42"}, {"tenant", "acme & co"}});
  CHECK(std::get<twiml::say>(verbs[1]).text == "One moment, please.");
  CHECK(std::get<twiml::pause>(verbs[2]).length == 3s);
  CHECK(std::get<twiml::redirect>(verbs[3]).url == "/voice/resume?a=1&b=2");
  CHECK(std::get<twiml::redirect>(verbs[3]).method == "GET");
  CHECK(std::holds_alternative<twiml::hang_up>(verbs[4]));
  for (const auto* broken :
       {"", "<Response>", "<Twiml/>", "<Response><Dance/></Response>", "<Response><Connect/></Response>",
        "<Response><Connect><Stream url=\"http://h\"/></Connect></Response>",
        "<Response><Pause length=\"soon\"/></Response>"})
    CHECK_THROWS_AS(twiml::parse(broken), twiml::invalid);
}

TEST_CASE("the REST API refuses with Twilio's codes", "[sandbox]") {
  practice p;
  const auto code = [&](fields form) {
    const auto reply = p.create(form);
    const auto body = json::parse(reply.body);
    CHECK(body.value("status", 0u) == reply.status);
    return body.value("code", 0);
  };
  const auto with = [&](const std::string& name, const std::string& value) {
    auto form = p.form("+12125550100");
    std::erase_if(form, [&](const auto& x) { return x.first == name; });
    if (!value.empty())
      form.emplace_back(name, value);
    return form;
  };
  CHECK(code(with("To", "")) == 21201);
  CHECK(code(with("To", "12125550100")) == 21211);
  CHECK(code(with("From", "")) == 21213);
  CHECK(code(with("From", "me")) == 21212);
  CHECK(code(with("Url", "")) == 21205);
  CHECK(code(with("Url", "nonsense")) == 21205);
  CHECK(code(with("Timeout", "601")) == 20001);
  CHECK(code(with("TimeLimit", "x")) == 20001);
  CHECK(code(with("MachineDetection", "Yes")) == 20001);
  CHECK(code(with("StatusCallbackEvent", "began")) == 21626);
  CHECK(code(with("Twiml", "<Response/>")) == 20001);
  CHECK(ask(p.twilio.port(), "GET", calls_path, {}, "").status == 401);
  CHECK(json::parse(ask(p.twilio.port(), "GET", calls_path, {}, "AC1:x").body)["code"] == 20003);
  CHECK(ask(p.twilio.port(), "GET", call_path("CA1")).status == 404);
  CHECK(ask(p.twilio.port(), "GET", "/2010-04-01/Nothing").status == 404);
  CHECK(ask(p.twilio.port(), "GET", calls_path + "?Status=gone").status == 400);
  CHECK(ask(p.twilio.port(), "GET", calls_path + "?PageSize=0").status == 400);
  CHECK(p.list()["calls"].empty());
}

TEST_CASE("a call tells its progress, runs its TwiML and ends", "[sandbox]") {
  practice p;
  p.node.twiml = [](const fields&) { return "<Response><Say>Goodbye.</Say><Pause length=\"2\"/></Response>"; };
  const auto reply = p.create(p.form("+12125550100"));
  REQUIRE(reply.status == 201);
  const auto created = json::parse(reply.body);
  const std::string sid = created["sid"];
  CHECK(sid.size() == 34);
  CHECK(created["status"] == "queued");
  CHECK(created["start_time"].is_null());
  CHECK(created["direction"] == "outbound-api");
  CHECK(reply.body.find("voice/status") == std::string::npos);
  CHECK(reply.body.find("voice/twiml") == std::string::npos);

  REQUIRE(p.node.wait_for("status", 4));
  CHECK(p.node.values("status", "CallStatus") == texts{"initiated", "ringing", "in-progress", "completed"});
  CHECK(p.node.values("status", "SequenceNumber") == texts{"0", "1", "2", "3"});
  const auto last = p.node.all("status").back();
  CHECK(last["CallSid"] == sid);
  CHECK(last["SipResponseCode"] == "200");
  CHECK(last.target == "/voice/status?call=attempt-1");
  CHECK(std::stoi(last["CallDuration"]) >= 2);
  CHECK(p.node.all("twiml").size() == 1);
  CHECK(p.node.all("twiml")[0]["CallStatus"] == "in-progress");
  CHECK(p.node.bad_signatures == 0);

  const auto ended = p.fetch(sid);
  CHECK(ended["status"] == "completed");
  CHECK(ended["start_time"].is_string());
  CHECK(ended["duration"] == last["CallDuration"]);
  const auto report = p.around->log().report();
  CHECK(report["calls"]["created"] == 1);
  CHECK(report["calls"]["rung"] == 1);
  CHECK(report["calls"]["answered"] == 1);
  CHECK(report["calls"]["ended"] == 1);
  CHECK(report["double_dials"] == 0);
  CHECK(report["window_violations"] == 0);
}

TEST_CASE("busy and no answer end with their own status", "[sandbox]") {
  practice p;
  auto no_answer = p.form("+12125550109", "n");
  no_answer.emplace_back("Timeout", "15");
  const auto busy = p.call(p.form("+12125550108", "b"));
  const auto alone = p.call(no_answer);
  REQUIRE(p.node.wait_for("status", 5));
  CHECK(p.fetch(busy)["status"] == "busy");
  CHECK(p.fetch(alone)["status"] == "no-answer");
  CHECK(p.fetch(alone)["duration"] == "0");
  CHECK(p.node.all("twiml").empty());
  for (const auto& one : p.node.all("status"))
    if (one["CallSid"] == busy && one["CallStatus"] == "busy")
      CHECK(one["SipResponseCode"] == "486");
}

TEST_CASE("a number that is not in service fails with SIP 404, and never rings", "[sandbox]") {
  practice p;
  for (int attempt = 1; attempt <= 2; ++attempt) {
    const auto sid = p.call(p.form("+12125550117", std::to_string(attempt)));
    REQUIRE(p.node.wait([&] { return p.fetch(sid)["status"] == "failed"; }));
  }
  REQUIRE(p.node.wait_for("status", 4));
  CHECK(p.node.values("status", "CallStatus") == texts{"initiated", "failed", "initiated", "failed"});
  CHECK(p.node.all("status").back()["SipResponseCode"] == "404");
  CHECK(p.around->log().report()["calls"]["rung"] == 0);
}

TEST_CASE("a stopped call is over at once, a finished one stays as it is", "[sandbox]") {
  practice p{20};
  SECTION("while it talks") {
    std::promise<void> started;
    p.node.on_message = [&](agent_stream&, const json& message) {
      if (message["event"] == "start")
        started.set_value();
      if (message["event"] == "stop")
        p.node.note("stop", message.dump());
    };
    const auto sid = p.call(p.form("+12125550100"));
    started.get_future().wait();
    CHECK(p.update(sid, {{"Status", "canceled"}}).status == 400);
    const auto reply = p.update(sid, {{"Status", "completed"}});
    CHECK(reply.status == 200);
    CHECK(json::parse(reply.body)["status"] == "completed");
    CHECK(p.node.wait_for("status", 4));
    CHECK(p.node.wait([&] { return p.node.notes("stop").size() == 1; }));
    CHECK(json::parse(p.update(sid, {{"Status", "completed"}}).body)["code"] == 21220);
    CHECK(p.node.values("status", "CallStatus").back() == "completed");
  }
  SECTION("while it rings") {
    const auto sid = p.call(p.form("+12125550109"));
    REQUIRE(p.node.wait_for("status", 2));
    CHECK(p.fetch(sid)["status"] == "ringing");
    CHECK(json::parse(p.update(sid, {{"Status", "completed"}}).body)["status"] == "canceled");
    REQUIRE(p.node.wait_for("status", 3));
    CHECK(p.node.values("status", "CallStatus").back() == "canceled");
    CHECK(json::parse(p.update(sid, {{"Url", p.node.url("/voice/twiml")}}).body)["code"] == 21220);
  }
}

TEST_CASE("a call can be given other instructions while it talks", "[sandbox]") {
  practice p;
  std::promise<void> started;
  p.node.on_message = [&](agent_stream&, const json& message) {
    if (message["event"] == "start")
      started.set_value();
  };
  const auto sid = p.call(p.form("+12125550100"));
  started.get_future().wait();
  CHECK(p.update(sid, {{"Twiml", "<Response><Say>Goodbye now.</Say></Response>"}}).status == 200);
  REQUIRE(p.node.wait_for("status", 4));
  CHECK(p.fetch(sid)["status"] == "completed");
}

TEST_CASE("TimeLimit and broken TwiML end a call", "[sandbox]") {
  practice p;
  auto form = p.form("+12125550100");
  SECTION("TimeLimit") {
    form.emplace_back("TimeLimit", "6");
  }
  SECTION("broken TwiML") {
    p.node.twiml = [](const fields&) { return "no XML at all"; };
  }
  const auto sid = p.call(form);
  REQUIRE(p.node.wait_for("status", 4));
  const auto seconds = std::stoi(p.fetch(sid)["duration"].get<std::string>());
  CHECK(seconds <= 7);
}

TEST_CASE("the list filters, pages, and hides what is not listed yet", "[sandbox]") {
  practice p;
  for (int i = 0; i < 5; ++i)
    p.call(p.form("+1212555010" + std::to_string(i), std::to_string(i)));
  CHECK(p.list("?To=%2B12125550103")["calls"].size() == 1);
  CHECK(p.list("?From=%2B12125550000")["calls"].size() == 5);
  CHECK(p.list("?From=%2B19995550000")["calls"].empty());
  auto page = p.list("?PageSize=2");
  CHECK(page["calls"][0]["to"] == "+12125550104"); // newest first
  CHECK(page["page"] == 0);
  CHECK(page["end"] == 1);
  // A new call in between moves nothing.
  p.call(p.form("+12125550111", "x"));
  texts seen;
  for (;;) {
    for (const auto& call : page["calls"])
      seen.push_back(call["to"]);
    if (page["next_page_uri"].is_null())
      break;
    page = json::parse(ask(p.twilio.port(), "GET", page["next_page_uri"]).body);
  }
  CHECK(seen == texts{"+12125550104", "+12125550103", "+12125550102", "+12125550101", "+12125550100"});
  REQUIRE(
    p.node.wait([&] { return !p.fetch(p.list("?To=%2B12125550100")["calls"][0]["sid"])["start_time"].is_null(); }));
  const auto today = to_iso(p.around->time().now()).substr(0, 10);
  CHECK(p.list("?To=%2B12125550100&StartTime=" + today)["calls"].size() == 1);
  CHECK(p.list("?To=%2B12125550100&StartTime%3E=" + today)["calls"].size() == 1);
  CHECK(p.list("?To=%2B12125550100&StartTime%3C=" + today)["calls"].empty());
}

TEST_CASE("each fault of the scenario strikes", "[sandbox]") {
  const auto statuses = [](practice& p) { return p.node.values("status", "CallStatus"); };
  const auto hang_up = [](const fields&) { return "<Response><Hangup/></Response>"; };
  SECTION("webhooks come twice") {
    practice p{20, "[carrier.faults]\ndouble_webhooks = 1"};
    p.node.twiml = hang_up;
    p.call(p.form("+12125550100"));
    REQUIRE(p.node.wait_for("status", 8));
    CHECK(p.node.values("status", "SequenceNumber") == texts{"0", "0", "1", "1", "2", "2", "3", "3"});
  }
  SECTION("webhooks come late") {
    practice p{20, "[carrier.faults]\ndelay_webhooks = {every = 2, first = 2}\ndelay_seconds = 40"};
    p.node.twiml = hang_up;
    p.call(p.form("+12125550100"));
    REQUIRE(p.node.wait_for("status", 4));
    CHECK(statuses(p) == texts{"initiated", "in-progress", "ringing", "completed"});
  }
  SECTION("webhooks change places") {
    practice p{20, "[carrier.faults]\nreorder_webhooks = {every = 3, first = 3}\ndelay_seconds = 60"};
    p.node.twiml = hang_up;
    p.call(p.form("+12125550100"));
    REQUIRE(p.node.wait_for("status", 4));
    CHECK(statuses(p) == texts{"initiated", "ringing", "completed", "in-progress"});
  }
  SECTION("webhooks are lost") {
    practice p{20, "[carrier.faults]\nlose_webhooks = {every = 4, first = 4}"};
    p.node.twiml = hang_up;
    const auto sid = p.call(p.form("+12125550100"));
    REQUIRE(p.node.wait([&] { return p.fetch(sid)["status"] == "completed"; }));
    REQUIRE(p.node.wait_for("status", 3));
    CHECK(statuses(p) == texts{"initiated", "ringing", "in-progress"});
  }
  SECTION("the reply is lost, the call is not") {
    practice p{20, "[carrier.faults]\ndrop_replies = {every = 1}"};
    CHECK_FALSE(p.create(p.form("+12125550100")).error.empty());
    CHECK(p.list()["calls"].size() == 1);
    CHECK(p.node.wait_for("status", 2));
  }
  SECTION("too many requests, server errors: no call") {
    practice p{20, "[carrier.faults]\ntoo_many_requests = {every = 2, first = 2}\n"
                   "server_errors = {every = 2, first = 2}"};
    texts results;
    for (int i = 0; i < 4; ++i)
      results.push_back(std::to_string(p.create(p.form("+12125550100", std::to_string(i))).status));
    CHECK(results == texts{"201", "429", "500", "429"});
    CHECK(p.list()["calls"].size() == 1);
  }
  SECTION("the list is late") {
    practice p{20, "[carrier.faults]\nlist_late_seconds = 10"};
    const auto sid = p.call(p.form("+12125550100"));
    CHECK(p.list()["calls"].empty());
    CHECK(p.fetch(sid)["sid"] == sid);
    CHECK(p.node.wait([&] { return p.list()["calls"].size() == 1; }));
  }
  SECTION("the call waits in the queue") {
    practice p{20, "[carrier.faults]\nqueue_seconds = 6"};
    const auto sid = p.call(p.form("+12125550100"));
    CHECK(p.fetch(sid)["status"] == "queued");
    CHECK(p.list("?StartTime=" + to_iso(p.around->time().now()).substr(0, 10))["calls"].empty());
    CHECK(p.list("?To=%2B12125550100")["calls"].size() == 1);
    CHECK(json::parse(p.update(sid, {{"Status", "canceled"}}).body)["status"] == "canceled");
    REQUIRE(p.node.wait_for("status", 1));
    CHECK(statuses(p) == texts{"canceled"});
  }
}

TEST_CASE("calls per second hold back what is too many", "[sandbox]") {
  practice p{20, "", 1};
  auto slow = make_world(20, "");
  const auto script = R"(
[people.weights]
eager = 1
[carrier]
calls_per_second = 0.25
)";
  world_options options;
  options.media_speed = 20;
  world around{options, parse_scenario(script, "test")};
  carrier twilio{around, 0};
  twilio.start();
  around.start(1);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 4; ++i)
    ask(twilio.port(), "POST", calls_path, p.form("+1212555010" + std::to_string(i), std::to_string(i)));
  REQUIRE(p.node.wait([&] {
    const auto all = p.node.values("status", "CallStatus");
    return std::count(all.begin(), all.end(), "initiated") == 4;
  }));
  // The fourth starts after three gaps of 4 s of media time: 600 ms.
  CHECK(std::chrono::steady_clock::now() - begin >= 580ms);
  around.stop();
}

TEST_CASE("webhooks and instructions outlast a server that restarts", "[sandbox]") {
  practice p;
  p.node.webhook_answer = 503;
  p.node.twiml = [](const fields&) { return "<Response><Pause length=\"5\"/></Response>"; };
  p.call(p.form("+12125550108"));
  REQUIRE(p.node.wait_for("status", 3)); // two, one of them again
  p.node.webhook_answer = 204;
  const auto busy = [&] {
    const auto all = p.node.values("status", "CallStatus");
    return std::count(all.begin(), all.end(), "busy") >= 2;
  };
  CHECK(p.node.wait(busy));
}

TEST_CASE("instructions that are refused for 15 s end a call, and not before", "[sandbox]") {
  practice p{2};
  p.node.twiml = [](const fields&) { return "<Response><Redirect>http://127.0.0.1:1/gone</Redirect></Response>"; };
  const auto sid = p.call(p.form("+12125550116"));
  REQUIRE(p.node.wait_for("twiml", 1));
  const auto refused = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(13s);
  CHECK(p.fetch(sid)["status"] == "in-progress");
  CHECK(p.node.wait([&] { return p.fetch(sid)["status"] == "completed"; }));
  CHECK(std::chrono::steady_clock::now() - refused < 18s);
}

} // namespace sandbox_carrier_test
