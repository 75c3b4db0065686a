// Goal: what Twilio tells becomes an event, nonsense becomes an error, and the
// TwiML that answers says what Twilio's reference allows.
#include "adapters/twilio/settings.hpp"
#include "adapters/twilio/twiml.hpp"
#include "adapters/twilio/webhooks.hpp"
#include "runtime/clock.hpp"
#include "runtime/nonce.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <set>

namespace twilio_webhooks_test {

using namespace parley;
using namespace std::chrono_literals;

static const call_id call{*parse_uuid("0199b2c4-1111-7222-8333-444455556666")};
static const wall_time received = *parse_iso("2026-08-04T12:00:05Z");
static const http_fields completed{{"CallSid", "CA00000000000000000000000000000001"},
                                   {"CallStatus", "completed"},
                                   {"CallDuration", "42"},
                                   {"SipResponseCode", "200"},
                                   {"Timestamp", "Tue, 04 Aug 2026 12:00:00 +0000"},
                                   {"SequenceNumber", "3"},
                                   {"SomethingNew", "?"}};

static http_fields with(const std::string& name, const std::string& value) {
  auto form = completed;
  for (auto& [key, old] : form)
    if (key == name)
      old = value;
  return form;
}

TEST_CASE("a status callback becomes an event", "[twilio][webhook]") {
  const auto event = twilio::status_event(call, completed, received);
  REQUIRE(event);
  CHECK(event->call == call);
  CHECK(event->sid == "CA00000000000000000000000000000001");
  CHECK(event->sequence == 3);
  CHECK(to_iso(event->at) == "2026-08-04T12:00:00.000Z");
  const auto& what = std::get<call_status_event>(event->what);
  CHECK(what.status == carrier_status::completed);
  CHECK(what.duration == 42s);
  CHECK(what.sip_code == 200);
}

TEST_CASE("every status has its name", "[twilio][webhook]") {
  const auto status = [](const char* word) {
    return std::get<call_status_event>(twilio::status_event(call, with("CallStatus", word), received)->what).status;
  };
  CHECK(status("queued") == carrier_status::queued);
  CHECK(status("initiated") == carrier_status::initiated);
  CHECK(status("ringing") == carrier_status::ringing);
  CHECK(status("in-progress") == carrier_status::in_progress);
  CHECK(status("busy") == carrier_status::busy);
  CHECK(status("no-answer") == carrier_status::no_answer);
  CHECK(status("canceled") == carrier_status::canceled);
  CHECK(status("failed") == carrier_status::failed);
  CHECK(status("invented-next-year") == carrier_status::unknown);
}

TEST_CASE("without numbers each status is kept once, apart from numbered ones", "[twilio][webhook]") {
  const auto sequence = [](const char* word, std::optional<std::string> number) {
    http_fields form{{"CallSid", "CA1"}, {"CallStatus", word}};
    if (number)
      form.emplace_back("SequenceNumber", *number);
    return twilio::status_event(call, form, received)->sequence;
  };
  std::set<uint32_t> all;
  for (const auto* word :
       {"queued", "initiated", "ringing", "in-progress", "completed", "busy", "no-answer", "canceled", "failed"})
    CHECK(all.insert(sequence(word, std::nullopt)).second);
  CHECK(sequence("completed", std::nullopt) == sequence("completed", "")); // a double is one
  CHECK(sequence("initiated", std::nullopt) < sequence("ringing", std::nullopt));
  CHECK(sequence("ringing", std::nullopt) < sequence("completed", std::nullopt));
  CHECK_FALSE(all.contains(sequence("completed", "3")));
  CHECK(*all.begin() > 1'000'000); // the highest number that is taken
}

TEST_CASE("the answer of whoever was called is told with its SIP code", "[twilio][webhook]") {
  // 607: the person wants no calls of ours (RFC 8197).
  const auto event = twilio::status_event(call, with("SipResponseCode", "607"), received);
  REQUIRE(event);
  CHECK(std::get<call_status_event>(event->what).sip_code == 607);
}

TEST_CASE("nonsense in a status callback is refused by name", "[twilio][webhook]") {
  const auto refused = [](const http_fields& form) { return !twilio::status_event(call, form, received); };
  CHECK(refused({}));
  CHECK(refused(with("CallSid", "")));
  CHECK(refused(with("CallSid", "CA1/../x")));
  CHECK(refused(with("CallSid", std::string(65, 'a'))));
  CHECK(refused(with("CallStatus", "")));
  CHECK(refused(with("SequenceNumber", "-1")));
  CHECK(refused(with("SequenceNumber", "3x")));
  CHECK(refused(with("SequenceNumber", "99999999999999")));
  CHECK(refused(with("CallDuration", "soon")));
  CHECK(refused(with("SipResponseCode", "2000")));
  CHECK(refused(with("Timestamp", "yesterday")));
  CHECK(twilio::status_event(call, with("Timestamp", "x"), received).error() == ec::invalid_input);
}

TEST_CASE("an AMD callback becomes an event of the moment it arrives", "[twilio][webhook]") {
  const auto event = twilio::machine_detection(
    call, {{"CallSid", "CA1"}, {"AnsweredBy", "machine_end_beep"}, {"MachineDetectionDuration", "5480"}}, received);
  REQUIRE(event);
  CHECK(event->at == received);
  const auto& what = std::get<machine_detection_event>(event->what);
  CHECK(what.who == answered_by::machine_end_beep);
  CHECK(what.took == 5480ms);
  CHECK_FALSE(twilio::machine_detection(call, {{"CallSid", "CA1"}}, received));
  CHECK(twilio::parse_answered_by("human") == answered_by::human);
  CHECK(twilio::parse_answered_by("robot") == answered_by::unknown);
  CHECK(twilio::parse_answered_by("") == answered_by::not_asked);
}

static twilio_settings practice() {
  twilio_settings settings;
  settings.public_url = "https://voice.example.com:8443";
  settings.interruption_text = "Moment, \"please\" & <stay>.";
  return settings;
}

TEST_CASE("an answered call is joined to the media bridge", "[twilio][twiml]") {
  CHECK(twilio::connect_twiml(practice(), call, "n0nce")
        == "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Connect>"
           "<Stream url=\"wss://voice.example.com:8443/voice/stream\">"
           "<Parameter name=\"call\" value=\"0199b2c4-1111-7222-8333-444455556666\"/>"
           "<Parameter name=\"nonce\" value=\"n0nce\"/></Stream></Connect>"
           "<Say>Moment, &quot;please&quot; &amp; &lt;stay&gt;.</Say><Pause length=\"2\"/>"
           "<Redirect method=\"POST\">https://voice.example.com:8443/voice/resume?call="
           "0199b2c4-1111-7222-8333-444455556666&amp;round=1</Redirect></Response>");
}

TEST_CASE("a call that nobody can take waits, but not for ever", "[twilio][twiml]") {
  const auto settings = practice();
  CHECK(twilio::wait_twiml(settings, call, 1).find("round=2<") != std::string::npos);
  CHECK(twilio::wait_twiml(settings, call, 9).find("round=10<") != std::string::npos);
  CHECK(twilio::wait_twiml(settings, call, 10) == twilio::hang_up_twiml());
  CHECK(twilio::wait_twiml(settings, call, 4'000'000'000u) == twilio::hang_up_twiml());
  CHECK(twilio::hang_up_twiml() == "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Hangup/></Response>");
}

TEST_CASE("the media socket has the scheme that fits the public address", "[twilio][twiml]") {
  twilio_settings settings;
  settings.public_url = "http://127.0.0.1:8080";
  CHECK(settings.stream_address() == "ws://127.0.0.1:8080/voice/stream");
}

TEST_CASE("a stream's key belongs to one call and one secret", "[twilio][nonce]") {
  // HMAC-SHA256 of "media stream <id>", computed with openssl.
  CHECK(stream_key("secret", call) == "4d30f3fc06c0e4acc99ac9bf1fed7908e2b17eac61ebca91a82be57fa419b239");
  CHECK(stream_key("secret", call) != stream_key("other", call));
  CHECK(stream_key("secret", call) != stream_key("secret", call_id{uuid{1, 2}}));
}

TEST_CASE("every stream has a nonce of its own, which only its call's key opens", "[twilio][nonce]") {
  const auto key = stream_key("secret", call);
  const auto nonce = fresh_stream_nonce(key);
  CHECK(nonce != fresh_stream_nonce(key));
  CHECK(is_stream_nonce(key, nonce));
  CHECK_FALSE(is_stream_nonce(stream_key("other", call), nonce));
  CHECK_FALSE(is_stream_nonce("", nonce));
  CHECK_FALSE(is_stream_nonce(key, ""));
  CHECK_FALSE(is_stream_nonce(key, nonce.substr(1)));
  CHECK_FALSE(is_stream_nonce(key, nonce + "0"));
  auto other_salt = nonce;
  other_salt.front() = other_salt.front() == '0' ? '1' : '0';
  CHECK_FALSE(is_stream_nonce(key, other_salt));
}

static std::string problems_of(const std::string& toml) {
  twilio_settings settings;
  try {
    settings::document::parse(toml, "test.toml").read([&](settings::section& s) { settings.describe(s); });
  } catch (const settings::invalid& e) {
    return e.what();
  }
  return {};
}

TEST_CASE("an account's settings are checked before the first call", "[twilio][settings]") {
  ::setenv("PARLEY_TEST_TOKEN", "t0ken", 1);
  const std::string good = R"(
account_sid = "AC00000000000000000000000000000001"
auth_token_env = "PARLEY_TEST_TOKEN"
public_url = "https://voice.example.com"
)";
  CHECK(problems_of(good + "numbers = [\"+15005550006\"]") == "");
  CHECK(problems_of(good + "numbers = [\"0049 30 1\"]").find("is not E.164") != std::string::npos);
  const auto all = problems_of("account_sid = \"AC1\"\npublic_url = \"http://voice.example.com\"");
  CHECK(all.find("account_sid: must be AC and 32") != std::string::npos);
  CHECK(all.find("auth_token: is missing") != std::string::npos);
  CHECK(all.find("public_url: must be https") != std::string::npos);
  twilio_settings loopback;
  settings::document::parse(good, "a").read([&](settings::section& s) { loopback.describe(s); });
  CHECK(loopback.webhook_tokens() == std::vector<std::string>{"t0ken"});
}

TEST_CASE("what became of a hand-over is an event", "[twilio][webhook]") {
  const auto read = [](http_fields form) {
    form.insert(form.begin(), {"CallSid", "CA1"});
    return twilio::transfer_ended(call, form, received);
  };
  const auto taken = read(
    {{"DialCallStatus", "completed"}, {"DialCallSid", "CA2"}, {"DialCallDuration", "90"}, {"DialBridged", "true"}});
  REQUIRE(taken);
  CHECK(std::get<transfer_ended_event>(taken->what).connected);
  CHECK(std::get<transfer_ended_event>(taken->what).duration == 90s);
  CHECK(taken->sequence == read({{"DialCallStatus", "completed"}, {"DialCallSid", "CA2"}})->sequence);
  CHECK(taken->sequence != read({{"DialCallStatus", "completed"}, {"DialCallSid", "CA3"}})->sequence);
  for (const auto* status : {"busy", "no-answer", "failed", "canceled", "invented-next-year"})
    CHECK_FALSE(std::get<transfer_ended_event>(read({{"DialCallStatus", status}})->what).connected);
  // Somebody or something picked up, but nobody took the call.
  const auto mailbox = read({{"DialCallStatus", "completed"}, {"DialCallDuration", "14"}, {"DialBridged", "false"}});
  REQUIRE(mailbox);
  CHECK_FALSE(std::get<transfer_ended_event>(mailbox->what).connected);
  CHECK(std::get<transfer_ended_event>(mailbox->what).duration == 0s); // they did not talk
  CHECK_FALSE(read({}));
  CHECK_FALSE(read({{"DialCallStatus", "completed"}, {"DialCallDuration", "long"}}));
  CHECK_FALSE(read({{"DialCallStatus", "completed"}, {"DialCallSid", "../x"}}));
}

TEST_CASE("the request for the first instructions tells that the call was answered", "[twilio][webhook]") {
  const http_fields asked{{"CallSid", "CA1"}, {"CallStatus", "in-progress"}};
  const auto told = twilio::answer_told(call, asked, received);
  REQUIRE(told.size() == 1);
  CHECK(std::get<call_status_event>(told[0].what).status == carrier_status::in_progress);
  CHECK(told[0].at == received);
  // The callback of the same answer is numbered, and an event of its own.
  CHECK(told[0].sequence > 1'000'000);
  auto by_a_machine = asked;
  by_a_machine.emplace_back("AnsweredBy", "machine_end_beep");
  const auto both = twilio::answer_told(call, by_a_machine, received);
  REQUIRE(both.size() == 2);
  CHECK(std::get<machine_detection_event>(both[1].what).who == answered_by::machine_end_beep);
  CHECK(twilio::answer_told(call, {}, received).empty());
  CHECK(twilio::answer_told(call, {{"CallStatus", "in-progress"}}, received).empty());
}

TEST_CASE("what could not be stored is asked again, with what the carrier says only once", "[twilio][twiml]") {
  const http_fields form{{"CallSid", "CA1"}, {"DialCallStatus", "busy"}, {"DialBridged", "false"}, {"To", "+1"}};
  const auto told = twilio::hand_over_told(form);
  CHECK(told == http_fields{{"DialCallStatus", "busy"}, {"DialBridged", "false"}});
  const auto path = twilio::transferred_again_path(call, told, 2);
  CHECK(path
        == "/voice/transferred?call=0199b2c4-1111-7222-8333-444455556666&round=2&DialCallStatus=busy&"
           "DialBridged=false");
  CHECK(twilio::ask_again_twiml(practice(), path, 1, "Nobody & <nothing>.", "en-US")
        == "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Say language=\"en-US\">Nobody &amp; "
           "&lt;nothing&gt;.</Say><Pause length=\"2\"/><Redirect method=\"POST\">https://voice.example.com:8443"
           "/voice/transferred?call=0199b2c4-1111-7222-8333-444455556666&amp;round=2&amp;DialCallStatus=busy&amp;"
           "DialBridged=false</Redirect></Response>");
  for (const uint32_t last : {10u, 11u, 4'294'967'295u})
    CHECK(twilio::ask_again_twiml(practice(), path, last) == twilio::hang_up_twiml());
  CHECK(twilio::twiml_path(call) == "/voice/twiml?call=0199b2c4-1111-7222-8333-444455556666");
  CHECK(twilio::twiml_path(call, 3) == twilio::twiml_path(call) + "&round=3");
}

TEST_CASE("a recording that is ready or never will be is an event", "[twilio][webhook]") {
  const auto read = [](http_fields form) {
    form.insert(form.begin(), {"CallSid", "CA1"});
    return twilio::recording_told(call, form, received);
  };
  const auto ready = read({{"RecordingSid", "RE1"}, {"RecordingStatus", "completed"}, {"RecordingDuration", "28"}});
  REQUIRE(ready);
  const auto& what = std::get<recording_event>(ready->what);
  CHECK(what.recording_sid == "RE1");
  CHECK(what.available);
  CHECK(what.duration == 28s);
  CHECK(ready->sequence != read({{"RecordingSid", "RE2"}, {"RecordingStatus", "completed"}})->sequence);
  for (const auto* status : {"absent", "failed"})
    CHECK_FALSE(
      std::get<recording_event>(read({{"RecordingSid", "RE1"}, {"RecordingStatus", status}})->what).available);
  CHECK_FALSE(read({{"RecordingSid", "RE1"}}));
  CHECK_FALSE(read({{"RecordingSid", "RE1"}, {"RecordingStatus", "in-progress"}}));
  CHECK_FALSE(read({{"RecordingSid", "a/b"}, {"RecordingStatus", "completed"}}));
  CHECK_FALSE(read({{"RecordingSid", "RE1"}, {"RecordingStatus", "completed"}, {"RecordingDuration", "x"}}));
}

TEST_CASE("whoever picks up a hand-over is asked for a key, and hung up on without one", "[twilio][twiml]") {
  auto settings = practice();
  settings.handover_text = "Acme & Sons call. Press 1.";
  settings.handover_wait = 4s;
  CHECK(twilio::handover_twiml(settings, call)
        == "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Gather numDigits=\"1\" timeout=\"4\" "
           "action=\"https://voice.example.com:8443/voice/handover/key?call=0199b2c4-1111-7222-8333-444455556666\" "
           "method=\"POST\"><Say>Acme &amp; Sons call. Press 1.</Say></Gather><Hangup/></Response>");
  CHECK(twilio::handover_key_twiml("1") == "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>");
  for (const auto* other : {"", "9", "11", "#", " 1"})
    CHECK(twilio::handover_key_twiml(other) == twilio::hang_up_twiml());
}

TEST_CASE("a hand-over announces, dials and asks what follows", "[twilio][twiml]") {
  transfer_call order;
  order.call = call;
  order.to = "+12125550100";
  order.from = "+15005550006";
  order.announcement = "One moment, I connect you with Tom & Priya.";
  order.apology = "Nobody is there.";
  order.language = "en";
  order.ring_timeout = 20s;
  twilio_settings settings;
  settings.public_url = "https://voice.example.com";
  CHECK(
    twilio::transfer_twiml(settings, order)
    == "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Say>One moment, I connect you with Tom &amp; "
       "Priya.</Say><Dial timeout=\"20\" callerId=\"+15005550006\" answerOnBridge=\"true\" "
       "action=\"https://voice.example.com/voice/"
       "transferred?call=0199b2c4-1111-7222-8333-444455556666&amp;apology=Nobody%20is%20there.&amp;language=en\" "
       "method=\"POST\"><Number url=\"https://voice.example.com/voice/"
       "handover?call=0199b2c4-1111-7222-8333-444455556666\" method=\"POST\">+12125550100</Number></Dial></Response>");
  CHECK(twilio::say_twiml("Hello", "de-DE").find("<Say language=\"de-DE\">Hello</Say><Hangup/>") != std::string::npos);
}

} // namespace twilio_webhooks_test
