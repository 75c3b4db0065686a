// Goal: nothing that the carrier tells is acknowledged before it is stored, and
// nobody on the line pays for a store that is away: where a person waits for
// instructions, the carrier is sent to ask the same again. Method: a real server,
// signed requests over loopback, a journal that fails as the test wants.
#include "tests/support/web_fixture.hpp"

#include <catch2/catch.hpp>

namespace web_unstored_test {

using namespace parley;
using namespace std::chrono_literals;

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct away : test::web_fixture {
  away() {
    settings.journal_timeout = 400ms;
    shared->journal = GENERATE(journal_mood::failing, journal_mood::silent);
  }
  /// What the carrier is sent to, without the escapes of XML; empty if it is not.
  static std::string redirect_in(const std::string& twiml) {
    const std::string before = "<Redirect method=\"POST\">https://voice.example.com";
    const auto begin = twiml.find(before);
    if (begin == std::string::npos)
      return {};
    auto out = twiml.substr(begin + before.size());
    out.erase(out.find('<'));
    for (size_t at = 0; (at = out.find("&amp;", at)) != std::string::npos; ++at)
      out.replace(at, 5, "&");
    return out;
  }
  /// Asks as the carrier does when its `<Redirect>` sent it there: with the usual
  /// parameters alone.
  http_response follow(const http_response& before) { return send(signed_post(redirect_in(before.body), usual)); }
  std::string refusals() const { return metrics.exposition(); }

  const http_fields usual{{"CallSid", "CA1"}, {"CallStatus", "in-progress"}};
};

struct answered : test::web_fixture {};

} // namespace

TEST_CASE_METHOD(answered, "that a call was answered is stored before it gets its instructions", "[web]") {
  start();
  const http_fields form{{"CallSid", "CA1"}, {"CallStatus", "in-progress"}};
  SECTION("by a person") {
    const auto asked = signed_post("/voice/twiml" + at_call, form);
    CHECK(holds(send(asked).body, "<Stream"));
    const auto stored = shared->recorded.all();
    REQUIRE(stored.size() == 1);
    CHECK(stored[0].event.call == call);
    CHECK(stored[0].event.sid == "CA1");
    CHECK(std::get<call_status_event>(stored[0].event.what).status == carrier_status::in_progress);
    CHECK(stored[0].raw == asked.body);
    CHECK(shared->told.wait_for(1).size() == 1);
    // Asked again it is the same event, which the inbox keeps once.
    CHECK(holds(send(asked).body, "<Stream"));
    CHECK(shared->recorded.wait_for(2).at(1).event.sequence == stored[0].event.sequence);
  }
  SECTION("the carrier listened first, and knows by whom") {
    auto heard = form;
    heard.emplace_back("AnsweredBy", "machine_start");
    CHECK(holds(send(signed_post("/voice/twiml" + at_call, heard)).body, "<Stream"));
    const auto stored = shared->recorded.all();
    REQUIRE(stored.size() == 2);
    CHECK(std::get<machine_detection_event>(stored[1].event.what).who == answered_by::machine_start);
    CHECK(shared->told.wait_for(2).size() == 2);
  }
  SECTION("what tells nothing gets its instructions all the same") {
    CHECK(holds(send(signed_post("/voice/twiml" + at_call, {{"CallSid", "CA1"}})).body, "<Stream"));
    CHECK(holds(send(signed_get("/voice/twiml" + at_call)).body, "<Stream"));
    CHECK(shared->recorded.all().empty());
  }
}

TEST_CASE_METHOD(away, "whoever answers while the store is away is kept, and the carrier asks again", "[web]") {
  start();
  const auto first = send(signed_post("/voice/twiml" + at_call, usual));
  CHECK(first.status == 200); // any other one ends the call
  CHECK_FALSE(holds(first.body, "<Stream"));
  CHECK_FALSE(holds(first.body, "<Hangup"));
  CHECK(holds(first.body, "<Pause length=\"2\"/>"));
  CHECK(redirect_in(first.body) == "/voice/twiml" + at_call + "&round=2");
  CHECK(holds(refusals(), "parley_webhooks_refused_total{reason=\"event cannot be stored now\"} 1"));
  CHECK(shared->told.all().empty());
  SECTION("the store comes back: the talk begins, and the answer is known") {
    shared->journal = journal_mood::well;
    CHECK(holds(follow(first).body, "<Stream"));
    const auto told = shared->told.wait_for(1);
    REQUIRE(told.size() == 1);
    CHECK(std::get<call_status_event>(told[0].what).status == carrier_status::in_progress);
  }
  SECTION("it stays away: not for ever") {
    const auto last = send(signed_post("/voice/twiml" + at_call + "&round=10", usual));
    CHECK(last.status == 200);
    CHECK(holds(last.body, "<Hangup/>"));
    CHECK(redirect_in(last.body).empty());
  }
}

TEST_CASE_METHOD(away, "a talk without an owner waits for the store and asks again", "[web]") {
  std::atomic<bool> ready = false;
  ports.media_ready = [&](const call_id&) -> bool { return ready; };
  start();
  const auto first = send(signed_post("/voice/resume" + at_call + "&round=1", usual));
  CHECK(first.status == 200);
  CHECK_FALSE(holds(first.body, "<Stream"));
  CHECK_FALSE(holds(first.body, "<Hangup"));
  CHECK(redirect_in(first.body) == "/voice/resume" + at_call + "&round=2");
  CHECK(shared->told.all().empty());
  CHECK(holds(refusals(), "parley_webhooks_refused_total{reason=\"event cannot be stored now\"} 1"));
  shared->journal = journal_mood::well;
  const auto second = follow(first);
  CHECK(holds(redirect_in(second.body), "round=3")); // now its owner opens a session
  const auto told = shared->told.wait_for(1);
  REQUIRE(told.size() == 1);
  CHECK(std::get<resume_requested_event>(told[0].what).round == 2);
  ready = true;
  CHECK(holds(follow(second).body, "<Stream"));
}

TEST_CASE_METHOD(away, "a talk whose session lives goes on while the store is away", "[web]") {
  ports.media_ready = [this](const call_id& x) { return x == call; };
  start();
  const auto joined = send(signed_post("/voice/resume" + at_call + "&round=1", usual));
  CHECK(holds(joined.body, "<Stream"));
  CHECK(holds(joined.body, "&amp;round=2</Redirect>")); // and asks again when that breaks
  CHECK(shared->told.all().empty());
}

TEST_CASE_METHOD(away, "how a hand-over ended is asked again until it is stored", "[web]") {
  start();
  const auto target = "/voice/transferred" + at_call + "&apology=Nobody%20is%20here.&language=en-US";
  const auto ended = [&](const char* status, const char* bridged) {
    auto form = usual;
    for (const auto& [name, value] : http_fields{
           {"DialCallStatus", status}, {"DialCallSid", "CA2"}, {"DialCallDuration", "42"}, {"DialBridged", bridged}})
      form.emplace_back(name, value);
    return send(signed_post(target, form));
  };
  SECTION("somebody took it") {
    const auto first = ended("completed", "true");
    CHECK(first.status == 200);
    CHECK_FALSE(holds(first.body, "<Hangup"));
    CHECK_FALSE(holds(first.body, "<Say"));
    CHECK(shared->told.all().empty());
    const auto second = follow(first); // the store is still away
    CHECK(holds(redirect_in(second.body), "round=3"));
    shared->journal = journal_mood::well;
    CHECK(holds(follow(second).body, "<Hangup/>"));
    const auto told = shared->told.wait_for(1);
    REQUIRE(told.size() == 1);
    const auto& what = std::get<transfer_ended_event>(told[0].what);
    CHECK(what.connected);
    CHECK(what.duration == 42s);
    CHECK(told[0].sid == "CA1");
    CHECK(holds(shared->recorded.all().at(0).raw, "DialBridged=true"));
  }
  SECTION("nobody took it: the person hears so at once, and once") {
    const auto first = ended("no-answer", "false");
    CHECK(holds(first.body, "<Say language=\"en-US\">Nobody is here.</Say><Pause"));
    CHECK_FALSE(holds(first.body, "<Hangup"));
    shared->journal = journal_mood::well;
    const auto second = follow(first);
    CHECK_FALSE(holds(second.body, "<Say"));
    CHECK(holds(second.body, "<Hangup/>"));
    const auto told = shared->told.wait_for(1);
    REQUIRE(told.size() == 1);
    CHECK_FALSE(std::get<transfer_ended_event>(told[0].what).connected);
  }
  SECTION("it stays away: not for ever") {
    const auto query = "&round=10&DialCallStatus=completed&DialBridged=true";
    CHECK(holds(send(signed_post("/voice/transferred" + at_call + query, usual)).body, "<Hangup/>"));
  }
  SECTION("nobody but the carrier says how it went") {
    auto forged = signed_post("/voice/transferred" + at_call + "&DialCallStatus=busy", usual);
    forged.url.replace(forged.url.find("busy"), 4, "fail");
    CHECK(send(forged).status == 403);
  }
}

TEST_CASE_METHOD(away, "what is only told is answered 503", "[web]") {
  start();
  CHECK(send(signed_post("/voice/status" + at_call, completed())).status == 503);
  CHECK(send(signed_post("/voice/amd" + at_call, {{"CallSid", "CA1"}, {"AnsweredBy", "human"}})).status == 503);
  const http_fields form{{"CallSid", "CA1"}, {"RecordingSid", "RE1"}, {"RecordingStatus", "completed"}};
  CHECK(send(signed_post("/voice/recording" + at_call, form)).status == 503);
  CHECK(shared->told.all().empty());
}

} // namespace web_unstored_test
