// Goal: at the practice carrier a call that is up is handed over, gets a message
// spoken after a machine's beep, and is recorded, as at Twilio. Method: real
// sockets, a double in Parley's place that checks every signature.
#include "adapters/sandbox/carrier/twiml.hpp"
#include "tests/adapters/sandbox_parley_double.hpp"

#include <catch2/catch.hpp>

namespace sandbox_live_calls_test {

using namespace parley;
using namespace parley::sandbox;
using namespace parley::sandbox::test;
using namespace std::chrono_literals;

using texts = std::vector<std::string>;

namespace {

const std::string account_path = "/2010-04-01/Accounts/" + account;

struct live : practice {
  /// A call to somebody who listens, and is put through to `human`.
  /// @param asked Whoever picks up is asked first.
  std::string put_through(const std::string& human, bool asked = false) {
    node.twiml = [this, human, asked](const fields&) {
      return "<Response><Say>One moment.</Say><Dial timeout=\"20\" callerId=\"+12125550000\" action=\""
             + node.url("/voice/transferred?call=attempt-1") + "\"><Number"
             + (asked ? " url=\"" + node.url("/voice/handover?call=attempt-1") + "\"" : "") + ">" + human
             + "</Number></Dial><Say>never</Say></Response>";
    };
    const auto sid = call(form("+12125550100"));
    REQUIRE(node.wait_for("status", 4));
    return sid;
  }
  std::vector<json> seen(const std::string& kind) {
    std::vector<json> out;
    for (const auto& entry : around->log().events())
      if (entry.value("kind", "") == kind)
        out.push_back(entry);
    return out;
  }
  /// A call that talks for a while.
  std::string talking() {
    node.twiml = [](const fields&) {
      return "<Response><Say>Hello, this call is recorded.</Say><Pause length=\"30\"/></Response>";
    };
    const auto sid = call(form("+12125550116")); // somebody who says nothing
    REQUIRE(node.wait([&] { return fetch(sid)["status"] == "in-progress"; }));
    return sid;
  }
  http_reply record(const std::string& sid, const fields& more = {}) {
    fields wanted{{"RecordingStatusCallback", node.url("/voice/recording?call=attempt-1")},
                  {"RecordingStatusCallbackEvent", "completed"},
                  {"RecordingStatusCallbackEvent", "absent"}};
    wanted.insert(wanted.end(), more.begin(), more.end());
    return ask(twilio.port(), "POST", account_path + "/Calls/" + sid + "/Recordings.json", wanted);
  }
  http_reply recording(const std::string& method, const std::string& name) {
    return ask(twilio.port(), method, account_path + "/Recordings/" + name);
  }
};

} // namespace

TEST_CASE("a number that is dialled in a call is read as Twilio reads it", "[sandbox]") {
  const auto verbs = twiml::parse(R"(<Response><Dial timeout="20" callerId="+12125550000" action="/next" method="GET">
      <Number>+12125550100</Number></Dial><Dial>+12125550101</Dial></Response>)");
  REQUIRE(verbs.size() == 2);
  const auto& first = std::get<twiml::dial>(verbs[0]);
  CHECK(first.number == "+12125550100");
  CHECK(first.timeout == 20s);
  CHECK(first.caller_id == "+12125550000");
  CHECK(first.action == "/next");
  CHECK(first.method == "GET");
  CHECK(std::get<twiml::dial>(verbs[1]).number == "+12125550101");
  CHECK(std::get<twiml::dial>(verbs[1]).timeout == 30s);
  CHECK(first.url.empty());
  const auto asking = twiml::parse(R"(<Response><Dial><Number url="https://a.example/x?call=1" method="GET">+12125550100
      </Number></Dial><Gather numDigits="1" timeout="6" action="/key"><Say>Press 1.</Say></Gather></Response>)");
  CHECK(std::get<twiml::dial>(asking[0]).url == "https://a.example/x?call=1");
  CHECK(std::get<twiml::dial>(asking[0]).method_of_url == "GET");
  const auto& question = std::get<twiml::gather>(asking[1]);
  CHECK(question.sentences == texts{"Press 1."});
  CHECK(question.timeout == 6s);
  CHECK(question.action == "/key");
  for (const auto* broken :
       {"<Response><Dial/></Response>", "<Response><Gather/></Response>", "<Response><Dial>Priya</Dial></Response>",
        "<Response><Dial timeout=\"soon\">+12125550100</Dial></Response>"})
    CHECK_THROWS_AS(twiml::parse(broken), twiml::invalid);
}

TEST_CASE_METHOD(live, "somebody takes the call that is handed over", "[sandbox]") {
  const auto sid = put_through("+13125550100");
  const auto after = node.all("transferred");
  REQUIRE(after.size() == 1);
  CHECK(after[0]["CallSid"] == sid);
  CHECK(after[0]["DialCallStatus"] == "completed");
  CHECK(after[0]["DialCallSid"].starts_with("CA"));
  CHECK(std::stoi(after[0]["DialCallDuration"]) >= 10);
  CHECK(node.bad_signatures == 0);
  const auto handed = seen("transfer");
  REQUIRE(handed.size() == 1);
  CHECK(handed[0]["human"] == "+13125550100");
  CHECK(handed[0]["status"] == "completed");
  const auto report = around->log().report();
  CHECK(report["calls"]["created"] == 1); // the human's leg is no dial of ours
  CHECK(report["double_dials"] == 0);
}

TEST_CASE_METHOD(live, "whoever picks up is asked first, and connected once they press 1", "[sandbox]") {
  const auto sid = put_through("+13125550100", true);
  const auto asked = node.all("handover");
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].target == "/voice/handover?call=attempt-1");
  CHECK(asked[0]["ParentCallSid"] == sid);
  CHECK(asked[0]["To"] == "+13125550100");
  const auto pressed = node.all("handover-key");
  REQUIRE(pressed.size() == 1);
  CHECK(pressed[0]["Digits"] == "1");
  CHECK(pressed[0]["CallSid"] == asked[0]["CallSid"]);
  const auto after = node.all("transferred").at(0);
  CHECK(after["DialCallSid"] == asked[0]["CallSid"]);
  CHECK(after["DialCallStatus"] == "completed");
  CHECK(after["DialBridged"] == "true");
  CHECK(node.bad_signatures == 0);
  CHECK(seen("transfer").at(0)["bridged"] == true);
  CHECK(seen("transfer").at(0)["milliseconds"] >= 10'000);
}

TEST_CASE_METHOD(live, "a mailbox, or who doesn't want the call, is not connected", "[sandbox]") {
  const auto [number, keys] = GENERATE(table<std::string, texts>({
    {"+13125550107", {}},    // a machine
    {"+13125550116", {}},    // somebody who does nothing
    {"+13125550105", {"9"}}, // another key
  }));
  CAPTURE(number);
  put_through(number, true);
  CHECK(node.all("handover").size() == 1);
  texts pressed;
  for (const auto& one : node.all("handover-key"))
    pressed.push_back(one["Digits"]);
  CHECK(pressed == keys);
  const auto after = node.all("transferred").at(0);
  CHECK(after["DialCallStatus"] == "completed"); // as Twilio says of a leg that was answered
  CHECK(after["DialBridged"] == "false");
  CHECK(seen("transfer").at(0)["bridged"] == false);
  CHECK(seen("transfer").at(0)["milliseconds"] == 0);
}

TEST_CASE_METHOD(live, "what cannot be asked connects nobody", "[sandbox]") {
  node.handover = "<Response><Dial>+12125550101</Dial></Response>"; // not allowed on that leg
  put_through("+13125550100", true);
  CHECK(node.all("transferred").at(0)["DialBridged"] == "false");
}

TEST_CASE_METHOD(live, "nobody takes the call, and what follows is asked for", "[sandbox]") {
  const auto [number, status] = GENERATE(table<std::string, std::string>(
    {{"+13125550109", "no-answer"}, {"+13125550108", "busy"}, {"+13125550117", "failed"}}));
  node.after_transfer = [](const fields&) { return "<Response><Say>Nobody is there. Goodbye.</Say></Response>"; };
  put_through(number);
  const auto after = node.all("transferred");
  REQUIRE(after.size() == 1);
  CHECK(after[0]["DialCallStatus"] == status);
  CHECK(after[0]["DialCallDuration"].empty());
  CHECK(seen("transfer").at(0)["status"] == status);
  const auto said = seen("transcript").at(0).dump();
  CHECK(said.find("Nobody is there. Goodbye.") != std::string::npos);
  CHECK(said.find("never") == std::string::npos);
}

TEST_CASE_METHOD(live, "a live call is given other instructions and a longer limit", "[sandbox]") {
  auto form = this->form("+12125550116");
  form.emplace_back("TimeLimit", "6");
  node.twiml = [](const fields&) { return "<Response><Pause length=\"30\"/></Response>"; };
  const auto sid = call(form);
  REQUIRE(node.wait([&] { return fetch(sid)["status"] == "in-progress"; }));
  REQUIRE(update(sid, {{"Twiml", "<Response><Pause length=\"12\"/></Response>"}, {"TimeLimit", "14400"}}).status
          == 200);
  REQUIRE(node.wait_for("status", 4));
  CHECK(std::stoi(node.all("status").back()["CallDuration"]) >= 12);
  CHECK(update(sid, {{"Twiml", "<Response/>"}}).status == 400);
  CHECK(update(sid, {{"Twiml", std::string(4001, ' ')}}).status == 400);
}

TEST_CASE_METHOD(live, "a machine's greeting is waited out, and the message is heard after the beep", "[sandbox]") {
  auto form = this->form("+12125550107");
  form.emplace_back("MachineDetection", "DetectMessageEnd");
  form.emplace_back("AsyncAmd", "true");
  form.emplace_back("AsyncAmdStatusCallback", node.url("/voice/amd?call=attempt-1"));
  const auto sid = call(form);
  REQUIRE(node.wait_for("amd", 1));
  CHECK(node.all("amd")[0]["AnsweredBy"] == "machine_end_beep");
  REQUIRE(update(sid, {{"Twiml", "<Response><Say>Hello, this is a message.</Say><Hangup/></Response>"}}).status == 200);
  REQUIRE(node.wait_for("status", 4));
  const auto said = seen("transcript").at(0);
  CHECK(said["turns"].back()["by"] == "agent");
  CHECK(said["turns"].back()["text"] == "Hello, this is a message.");
  CHECK(said["turns"].back()["complete"] == true);
}

TEST_CASE_METHOD(live, "a call is recorded, the audio fetched, and the recording deleted", "[sandbox]") {
  const auto sid = talking();
  const auto begun = record(sid);
  REQUIRE(begun.status == 201);
  const std::string name = json::parse(begun.body)["sid"];
  CHECK(name.starts_with("RE"));
  CHECK(name.size() == 34);
  CHECK(record(sid).status == 400); // it is recorded already
  CHECK(recording("GET", name + ".wav").status == 404);
  CHECK(recording("DELETE", name + ".json").status == 400);
  REQUIRE(node.wait([&] { return fetch(sid)["status"] == "completed"; }));
  REQUIRE(node.wait_for("recording", 1));
  const auto told = node.all("recording").at(0);
  CHECK(told["CallSid"] == sid);
  CHECK(told["RecordingSid"] == name);
  CHECK(told["RecordingStatus"] == "completed");
  CHECK(told.target == "/voice/recording?call=attempt-1");
  CHECK(node.bad_signatures == 0);
  const auto sound = recording("GET", name + ".wav");
  REQUIRE(sound.status == 200);
  CHECK(sound.body.starts_with("RIFF"));
  CHECK(sound.body.substr(8, 8) == "WAVEfmt ");
  listener ear;
  std::string heard_words;
  for (const auto& one : ear.feed(sound.body.substr(58)))
    if (one.kind == heard::speech_ended)
      heard_words += one.text;
  CHECK(heard_words.find("call is recorded.") != std::string::npos);
  const auto shown = json::parse(recording("GET", name + ".json").body);
  CHECK(shown["status"] == "completed");
  CHECK(shown["call_sid"] == sid);
  CHECK(shown["duration"] == told["RecordingDuration"]);
  CHECK(recording("DELETE", name + ".json").status == 204);
  CHECK(recording("DELETE", name + ".json").status == 404);
  CHECK(recording("GET", name + ".wav").status == 404);
}

TEST_CASE_METHOD(live, "a recording is stopped while the call goes on", "[sandbox]") {
  const auto sid = talking();
  const std::string name = json::parse(record(sid, {{"RecordingChannels", "dual"}}).body)["sid"];
  const auto path = account_path + "/Calls/" + sid + "/Recordings/" + name + ".json";
  CHECK(ask(twilio.port(), "POST", path, {{"Status", "finished"}}).status == 400);
  std::this_thread::sleep_for(50ms); // a second of the call
  REQUIRE(ask(twilio.port(), "POST", path, {{"Status", "stopped"}}).status == 200);
  REQUIRE(node.wait_for("recording", 1));
  CHECK(fetch(sid)["status"] == "in-progress");
  CHECK(node.all("recording")[0]["RecordingChannels"] == "2");
  CHECK(ask(twilio.port(), "POST", path, {{"Status", "stopped"}}).status == 400);
  update(sid, {{"Status", "completed"}});
  REQUIRE(node.wait_for("status", 4));
  CHECK(node.all("recording").size() == 1);
}

TEST_CASE_METHOD(live, "only a call that talks is recorded", "[sandbox]") {
  const auto sid = call(form("+12125550108"));
  REQUIRE(node.wait_for("status", 2));
  CHECK(record(sid).status == 400);
  CHECK(record("CA00000000000000000000000000000009").status == 404);
  CHECK(recording("GET", "RE1.json").status == 404);
}

} // namespace sandbox_live_calls_test
