// Goal: hand-overs, messages and recordings are asked of the carrier as it wants
// them, nothing is done twice, and what is gone already is no error. Method: the
// adapter as an actor against a stub carrier on loopback.
#include "tests/adapters/twilio_carrier.hpp"

namespace twilio_live_calls_test {

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using parley::test::call;
using parley::test::call_json;
using parley::test::calls_path;
using parley::test::carrier;
using parley::test::stub_answer;

namespace {

const std::string account_path = "/2010-04-01/Accounts/AC00000000000000000000000000000001";

struct live : carrier {
  live() {
    answer = [](const auto&) { return stub_answer{200, call_json("CA1", "in-progress").dump()}; };
  }
  std::string sent(const char* name) const {
    return twilio::field(*form_decode(server.seen().back().body()), name).value_or("-");
  }
  transfer_call transfer() const {
    transfer_call x;
    x.call = call;
    x.sid = "CA1";
    x.to = "+12125550100";
    x.from = "+15005550006";
    x.announcement = "One moment, please.";
    x.apology = "Nobody is there.";
    return x;
  }
};

} // namespace

TEST_CASE_METHOD(live, "a call is handed over with words, a number and a way back", "[twilio]") {
  REQUIRE(ask<carrier_call>(transfer()));
  CHECK(server.seen().back().target() == calls_path + "/CA1.json");
  const auto twiml = sent("Twiml");
  CHECK(twiml.find("<Say>One moment, please.</Say><Dial timeout=\"20\" callerId=\"+15005550006\"")
        != std::string::npos);
  CHECK(twiml.find("<Number url=\"https://voice.example.com/voice/handover?call=") != std::string::npos);
  CHECK(twiml.find(">+12125550100</Number>") != std::string::npos);
  CHECK(twiml.find("https://voice.example.com/voice/transferred?call=") != std::string::npos);
  CHECK(sent("TimeLimit") == "14400"); // the agent's own limit must not cut the human off
}

TEST_CASE_METHOD(live, "a hand-over is asked for once, whatever the carrier answers", "[twilio]") {
  answer = [](const auto&) { return stub_answer{500, ""}; };
  CHECK_FALSE(ask<carrier_call>(transfer()));
  CHECK(server.seen().size() == 1);
  answer = [](const auto&) { return stub_answer{400, R"({"code":21220,"status":400})"}; };
  CHECK(ask<carrier_call>(transfer()).error() == ec::wrong_state);
}

TEST_CASE_METHOD(live, "a node that is not live hands over to its own numbers alone", "[twilio][hard-rule]") {
  settings.only_numbers = {"+12125550199"};
  start(server.url());
  const auto refused = ask<carrier_call>(transfer());
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == ec::invalid_input);
  CHECK(sys.render(refused.error()).find("not_on_allow_list") != std::string::npos);
  CHECK(server.seen().empty());
  settings.only_numbers->push_back(transfer().to);
  start(server.url());
  CHECK(ask<carrier_call>(transfer()));
}

TEST_CASE_METHOD(live, "a dial that is to leave a message waits for the beep", "[twilio]") {
  answer = [](const auto&) { return stub_answer{201, call_json("CA1").dump()}; };
  auto x = order();
  x.wait_for_beep = true;
  REQUIRE(ask<originated>(x));
  CHECK(sent("MachineDetection") == "DetectMessageEnd");
}

TEST_CASE_METHOD(live, "a message is spoken and the call hung up after it", "[twilio]") {
  leave_message order{call, "CA1", "Hello from A & B.", "en-US"};
  REQUIRE(ask<carrier_call>(order));
  CHECK(sent("Twiml").find("<Say language=\"en-US\">Hello from A &amp; B.</Say><Hangup/>") != std::string::npos);
  answer = [](const auto&) { return stub_answer{503, ""}; };
  const auto before = server.seen().size();
  CHECK_FALSE(ask<carrier_call>(order));
  CHECK(server.seen().size() == before + 1);
}

TEST_CASE_METHOD(live, "a recording is begun with a callback that names the call", "[twilio]") {
  answer = [](const auto&) { return stub_answer{201, R"({"sid":"RE1","status":"in-progress"})"}; };
  const auto begun = ask<recording_started>(start_recording{call, "CA1"});
  REQUIRE(begun);
  CHECK(begun->recording_sid == "RE1");
  CHECK(server.seen().back().target() == calls_path + "/CA1/Recordings.json");
  CHECK(sent("RecordingStatusCallback")
        == "https://voice.example.com/voice/recording?call=0199b2c4-1111-7222-8333-444455556666");
  CHECK(sent("RecordingStatusCallbackMethod") == "POST");
  std::vector<std::string> events;
  const auto form = form_decode(server.seen().back().body());
  for (const auto& [name, value] : *form)
    if (name == "RecordingStatusCallbackEvent")
      events.push_back(value);
  CHECK(events == std::vector<std::string>{"completed", "absent"});
  answer = [](const auto&) { return stub_answer{400, R"({"code":21220,"status":400})"}; };
  CHECK(ask<recording_started>(start_recording{call, "CA1"}).error() == ec::wrong_state);
  answer = [](const auto&) { return stub_answer{201, "{}"}; };
  CHECK(ask<recording_started>(start_recording{call, "CA1"}).error() == ec::vendor_answered_rubbish);
}

TEST_CASE_METHOD(live, "a recording is stopped, and one that is over is no error", "[twilio]") {
  const stop_recording order{call, "CA1", "RE1"};
  CHECK(ask<recording_stopped>(order));
  CHECK(server.seen().back().target() == calls_path + "/CA1/Recordings/RE1.json");
  CHECK(server.seen().back().body() == "Status=stopped");
  answer = [](const auto&) { return stub_answer{404, R"({"code":20404,"status":404})"}; };
  CHECK(ask<recording_stopped>(order));
  answer = [](const auto&) { return stub_answer{400, R"({"code":20001,"status":400})"}; };
  CHECK(ask<recording_stopped>(order).error() == ec::vendor_refused);
}

TEST_CASE_METHOD(live, "a recording's audio is fetched as it is", "[twilio]") {
  const std::string sound{"RIFF\0\xff\r\nsound", 13};
  answer = [&](const auto&) { return stub_answer{200, sound, {{"Content-Type", "audio/x-wav"}}}; };
  const auto audio = ask<recording_audio>(fetch_recording{call, "RE1"});
  REQUIRE(audio);
  CHECK(audio->bytes == sound);
  CHECK(audio->content_type == "audio/x-wav");
  const auto seen = server.seen().back();
  CHECK(seen.target() == account_path + "/Recordings/RE1.wav");
  CHECK(seen["Authorization"] == basic_auth(settings.account_sid, "token").second);
  CHECK(seen["Accept"] == "audio/wav, audio/x-wav");
  answer = [](const auto&) { return stub_answer{404, R"({"code":20404,"status":404})"}; };
  CHECK(ask<recording_audio>(fetch_recording{call, "RE1"}).error() == ec::not_found);
  answer = [](const auto&) { return stub_answer{200, ""}; };
  CHECK(ask<recording_audio>(fetch_recording{call, "RE1"}).error() == ec::vendor_answered_rubbish);
}

TEST_CASE_METHOD(live, "a recording is deleted, and one that is gone is no error", "[twilio]") {
  const delete_recording order{call, "RE1"};
  answer = [](const auto&) { return stub_answer{204, ""}; };
  CHECK(ask<recording_deleted>(order));
  CHECK(server.seen().back().method_string() == "DELETE");
  CHECK(server.seen().back().target() == account_path + "/Recordings/RE1.json");
  answer = [](const auto&) { return stub_answer{404, R"({"code":20404,"status":404})"}; };
  CHECK(ask<recording_deleted>(order));
  answer = [](const auto&) { return stub_answer{401, R"({"code":20003,"status":401})"}; };
  CHECK(ask<recording_deleted>(order).error() == ec::vendor_unauthorised);
}

} // namespace twilio_live_calls_test
