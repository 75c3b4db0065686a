// Goal: after the death of a node the agent knows of the tools that were under way
// before it says a word, and waits for the store to know; what stays unknown it
// neither promises nor does twice. Method: the real call and conversation in
// virtual time; carrier, voice model, compliance and store are played by the test.
#include "tests/actors/call_tools.hpp"

namespace call_tools_recovery_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::call_with_tools;
using parley::test::fake_store;

namespace {

struct tools_lost : call_with_tools {
  using call_with_tools::call_with_tools;
  /// What the agent goes on with, once the carrier has asked.
  void goes_on() { tells(resume_requested_event{1}); }
  const std::string& instructions() const {
    REQUIRE(p.sessions.size() == 2);
    return p.sessions.back().instructions;
  }
  meeting_row booked() const {
    meeting_row m;
    m.id = meeting_id{uuid{4, 4}};
    m.call = id;
    m.prospect = person;
    m.scheduled_at = slot;
    m.status = "scheduled";
    return m;
  }
};

struct recorded_call : tools_lost {
  recorded_call() : tools_lost{[](campaign_policy& p) { p.record_calls = true; }} {}
};

const json tomorrow{{"datetime", "2026-12-02T16:00:00Z"}, {"reason", "busy now"}};

} // namespace

TEST_CASE_METHOD(tools_lost, "a call-back that was being looked up is told to be not set", "[call][recovery]") {
  talk();
  hold_time = true;
  uses("schedule_callback", tomorrow);
  REQUIRE(times.size() == 1);
  node_dies();
  goes_on();
  CHECK_THAT(instructions(), Catch::Contains("schedule_callback was not carried out: no call-back is set"));
}

TEST_CASE_METHOD(tools_lost, "a call-back that was stored is known to the agent that goes on", "[call][recovery]") {
  talk();
  uses("schedule_callback", tomorrow);
  REQUIRE(answer().at("ok") == true);
  node_dies();
  goes_on();
  CHECK_THAT(instructions(), Catch::Contains("December 2") && !Catch::Contains("not carried out"));
}

TEST_CASE_METHOD(tools_lost, "a hand-over that nobody was rung up for is told", "[call][recovery]") {
  has_manager();
  talk();
  uses("transfer_to_human", {{"reason", "wants a human"}});
  REQUIRE(p.playback_asked == 1); // the words with which the agent hands over
  node_dies();
  goes_on();
  CHECK(p.transfers.empty());
  CHECK_THAT(instructions(), Catch::Contains("transfer_to_human was not carried out: nobody was rung up"));
}

TEST_CASE_METHOD(tools_lost, "nobody speaks before the store has said what was booked", "[call][recovery]") {
  talk();
  node_dies();
  store.meetings_readable = false;
  goes_on();
  CHECK(p.sessions.size() == 1); // the person waits
  advance(5s);
  CHECK(p.sessions.size() == 1);
  store.meetings_readable = true;
  store.meetings[booked().id] = booked();
  advance(2s); // the longest pause between two questions
  CHECK_THAT(instructions(), Catch::Contains("Thursday, December 3") && Catch::Contains("was booked a moment ago"));
  CHECK(state_of(id).at("hang_up_asked") == false);
}

TEST_CASE_METHOD(tools_lost, "the person does not wait for ever for a store that is away", "[call][recovery]") {
  talk();
  node_dies();
  store.meetings_readable = false;
  goes_on();
  advance(13s);
  CHECK_THAT(instructions(),
             Catch::Contains("it is not known whether a meeting was booked") && Catch::Contains("promise nothing"));
  advance(20s);
  CHECK(p.sessions.size() == 2); // and it is opened once
}

TEST_CASE_METHOD(tools_lost, "a call that ends while the store is asked counts as the talk stood", "[call][recovery]") {
  talk();
  turn(speaker::callee, "I have no time now, call me back tomorrow at ten.");
  node_dies();
  store.meetings_readable = false;
  goes_on();
  advance(1s);
  hangs_up();
  advance(30s);
  CHECK(p.sessions.size() == 1);
  CHECK(outcome() == "callback"); // and not what a mind says that knows nothing yet
}

TEST_CASE_METHOD(tools_lost, "what may be booked already is looked up before it is booked again", "[call][recovery]") {
  talk();
  is_ready_to_book();
  node_dies();
  store.meetings_readable = false;
  goes_on();
  advance(13s);
  REQUIRE(p.sessions.size() == 2);
  books();
  CHECK(answer().at("ok") == false);
  CHECK_THAT(answer().at("error").get<std::string>(),
             Catch::Contains("not known yet") && Catch::Contains("promise nothing"));
  CHECK(store.meetings.empty());
  store.meetings_readable = true;
  SECTION("it was: that is the answer, and the call has its meeting") {
    store.meetings[booked().id] = booked();
    books();
    CHECK(answer().at("ok") == true);
    CHECK(answer().at("meeting_id") == to_string(booked().id));
    CHECK(state_of(id).at("meeting") == to_string(booked().id));
    CHECK(store.meetings.size() == 1);
  }
  SECTION("it was not: then it is tried") {
    books();
    advance(1min); // there is no campaign that could name a manager
    CHECK(answer().at("ok") == false);
    CHECK_THAT(answer().at("error").get<std::string>(), !Catch::Contains("not known yet"));
  }
}

TEST_CASE_METHOD(tools_lost, "a booking that outlives its call is what the next one hears, and is not made again",
                 "[call][recovery]") {
  has_manager();
  talk();
  is_ready_to_book();
  node_dies();
  goes_on();
  store.decide = [](const append& x) {
    const bool is_campaign = !x.streams.empty() && x.streams.front().kind == stream_kind::campaign;
    return is_campaign ? fake_store::fate::hold : fake_store::fate::commit;
  };
  books(); // and waits to hear whose meeting it is
  REQUIRE(p.tools.empty());
  node_dies(); // to be exact, the call's actor alone
  goes_on();
  REQUIRE(p.sessions.size() == 3);
  CHECK_THAT(p.sessions.back().instructions, Catch::Contains("book_meeting had no answer"));
  books();
  CHECK(answer().at("ok") == false);
  CHECK_THAT(answer().at("error").get<std::string>(), Catch::Contains("not known yet"));
  const auto answered = p.tools.size();
  store.decide = [](const append&) { return fake_store::fate::commit; };
  release();
  advance(context->settings.vendor_timeout); // it has come to its end
  CHECK(p.tools.size() == answered);         // of which this session hears nothing
  store.meetings[booked().id] = booked();
  books();
  CAPTURE(answer());
  CHECK(answer().at("ok") == true);
  CHECK(answer().at("meeting_id") == to_string(booked().id));
}

TEST_CASE_METHOD(recorded_call, "a call that ends while its new mind is being briefed counts as the talk stood",
                 "[call][recovery]") {
  talk();
  turn(speaker::callee, "I have no time now, call me back tomorrow at ten.");
  node_dies();
  hold_recording = true;
  goes_on();
  CHECK(p.sessions.size() == 1); // the rule is asked for
  hangs_up();
  advance(30s);
  CHECK(p.sessions.size() == 1);
  CHECK(outcome() == "callback");
}

} // namespace call_tools_recovery_test
