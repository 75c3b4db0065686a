// Goal: of every tool that was under way when its mind died the agent is told what
// became of it before it speaks again, and never goes on as if nothing had been.
// Method: the real core up to the tool, its state through the journal's JSON, and
// the pure function with what store and call know.
#include "actors/conversation/recovery.hpp"
#include "tests/unit/conversation_call.hpp"

namespace conversation_tools_recovery_test {

using namespace parley;
using namespace parley::mind;
using test::talk;

namespace {

/// As a later mind reads it.
conversation_state journalled(const talk& call) {
  return state_from_json(to_json(call.state));
}

std::string told(conversation_state& x, const tool_outcomes& known = {}) {
  return recover(x, known, "America/New_York");
}

meeting_row earlier_meeting(const std::string& status = "scheduled") {
  meeting_row m;
  m.id = meeting_id{uuid{4, 4}};
  m.scheduled_at = *parse_iso(talk::slot_a);
  m.status = status;
  return m;
}

const nlohmann::json two_days{{"preferred_dates", {"2026-11-26", "2026-11-27"}}, {"duration_minutes", 30}};
const nlohmann::json tomorrow{{"datetime", "2026-11-25T16:00:00Z"}, {"reason", "busy"}};

struct with_meeting : talk {
  with_meeting() {
    about.person.meeting = known_meeting{to_string(uuid{4, 4}), *parse_iso(slot_a), 30, "video"};
    opened();
  }
};

} // namespace

TEST_CASE("a tool is open until it is answered, also in the journal", "[conversation][recovery]") {
  talk call;
  call.qualified();
  CHECK(call.state.open_tools.empty());
  call.tool("check_calendar_availability", two_days);
  REQUIRE(journalled(call).open_tools.size() == 1);
  CHECK(journalled(call).open_tools[0].name == "check_calendar_availability");
  CHECK(journalled(call).open_tools[0].tool_call_id == call.tool_id());
  SECTION("well") {
    call.feed(input::availability_result{call.tool_id(), {*parse_iso(talk::slot_a)}, ""});
  }
  SECTION("with an error") {
    call.feed(input::availability_result{call.tool_id(), {}, "The calendar cannot be read."});
  }
  CHECK(call.state.open_tools.empty());
  auto later = journalled(call);
  CHECK(told(later).empty()); // nothing was under way
}

TEST_CASE("tools that are answered at once, or refused, are never open", "[conversation][recovery]") {
  talk call;
  call.qualified();
  call.tool("record_observation", {{"sentiment", 0.5}});
  call.tool("book_meeting",
            {{"datetime", talk::slot_a}, {"prospect_email", "alex@acme.example"}, {"meeting_type", "video"}});
  call.tool("no_such_tool", nlohmann::json::object());
  CHECK(call.state.open_tools.empty());
}

TEST_CASE("a model that repeats itself does not fill the state", "[conversation][recovery]") {
  talk call;
  call.qualified();
  for (int i = 0; i < 100; ++i)
    call.tool("check_calendar_availability", two_days);
  CHECK(call.state.open_tools.size() == 8);
  CHECK(call.state.open_tools.back().tool_call_id == call.tool_id());
  auto x = journalled(call);
  const auto once = told(x);
  CHECK(once.find("check_calendar_availability") < once.size());
  CHECK(once.size() < 300); // and is told once
}

TEST_CASE("times that were asked for are asked for again", "[conversation][recovery]") {
  talk call;
  call.qualified().tool("check_calendar_availability", two_days);
  auto x = journalled(call);
  CHECK_THAT(told(x), Catch::Contains("check_calendar_availability is lost") && Catch::Contains("use it again"));
  CHECK(x.open_tools.empty()); // told once
  CHECK(told(x).empty());
}

TEST_CASE("a booking that no store knows may still be made, and is neither promised nor denied",
          "[conversation][recovery]") {
  talk call;
  call.agreed().book();
  auto x = journalled(call);
  REQUIRE(x.open_tools.size() == 1);
  tool_outcomes known;
  SECTION("nothing is booked") {
    CHECK(meeting_may_change(x));
    CHECK_THAT(told(x, known), Catch::Contains("book_meeting had no answer, and the records show no meeting so far")
                                 && Catch::Contains("only what it answers counts"));
    CHECK_FALSE(x.meeting);
    CHECK_FALSE(meeting_may_change(x));
  }
  SECTION("it is booked: that alone is told") {
    known.booked = {earlier_meeting()};
    CHECK_THAT(told(x, known), Catch::Contains("was booked a moment ago") && !Catch::Contains("not carried out"));
    CHECK(x.meeting);
  }
}

TEST_CASE("a call-back is told as it is stored, else it has to be noted again", "[conversation][recovery]") {
  talk call;
  call.opened().tool("schedule_callback", tomorrow);
  auto x = journalled(call);
  REQUIRE(x.open_tools.size() == 1);
  tool_outcomes known;
  SECTION("nothing is stored") {
    CHECK_THAT(told(x, known), Catch::Contains("schedule_callback was not carried out: no call-back is set"));
    CHECK_FALSE(x.callback_set);
    CHECK_FALSE(x.ending);
  }
  SECTION("the call has stored one") {
    known.callback = *parse_iso("2026-11-25T16:00:00Z");
    CHECK_THAT(told(x, known), Catch::Contains("A call-back is stored for Wednesday, November 25")
                                 && !Catch::Contains("not carried out"));
    CHECK(x.callback_set == known.callback);
    CHECK(conclude(x) == disposition::callback);
  }
  SECTION("one was set before: the change of it was not carried out") {
    x.callback_set = *parse_iso("2026-11-27T16:00:00Z");
    CHECK_THAT(told(x, known), Catch::Contains("Friday, November 27") && Catch::Contains("was not noted"));
  }
}

TEST_CASE("a hand-over is told as far as the call's journal knows it", "[conversation][recovery]") {
  talk call;
  call.policy.may_transfer = true;
  call.opened().tool("transfer_to_human", {{"reason", "wants a human"}});
  auto x = journalled(call);
  REQUIRE(x.handing_over);
  tool_outcomes known;
  known.transfer_name = "Priya Raman";
  SECTION("nobody was rung up") {
    CHECK_THAT(told(x, known), Catch::Contains("transfer_to_human was not carried out: nobody was rung up"));
    CHECK_FALSE(x.handing_over); // it can be asked for again
  }
  SECTION("it was begun: the agent neither asks again nor talks on") {
    known.transfer = handover::begun;
    CHECK_THAT(told(x, known), Catch::Contains("The hand-over to Priya Raman was begun")
                                 && Catch::Contains("do not use transfer_to_human again"));
    CHECK(x.handing_over);
  }
  SECTION("the carrier would not") {
    known.transfer = handover::refused;
    CHECK_THAT(told(x, known), Catch::Contains("was tried and failed") && Catch::Contains("call the person back"));
    CHECK_FALSE(x.handing_over);
    CHECK(x.wants_human);
    const auto on = step(x, input::session_started{}, {}, call.policy, {}).state;
    CHECK_FALSE(on.hands_over); // it is not offered again
    auto again
      = step(on, input::tool_called{"t9", "transfer_to_human", R"({"reason":"wants a human"})"}, {}, call.policy, {});
    CHECK_FALSE(again.state.handing_over);
  }
}

TEST_CASE("a hand-over that the mind never asked for or knows to have failed", "[conversation][recovery]") {
  talk call;
  call.opened();
  auto x = journalled(call);
  tool_outcomes known;
  CHECK(told(x, known).empty());
  known.transfer = handover::refused;
  CHECK(told(x, known).empty());
  known.transfer = handover::begun; // by an operator
  CHECK_THAT(told(x, known), Catch::Contains("The hand-over to a colleague was begun"));
  CHECK(x.handing_over); // its failure will be told
}

TEST_CASE("a meeting that was not moved or called off still takes place", "[conversation][recovery]") {
  with_meeting call;
  std::string tool;
  SECTION("moved") {
    tool = "reschedule_meeting";
    call.tool(tool, {{"datetime", talk::slot_b}});
  }
  SECTION("called off") {
    tool = "cancel_meeting";
    call.tool(tool, nlohmann::json::object());
  }
  auto x = journalled(call);
  REQUIRE(x.open_tools.size() == 1);
  tool_outcomes known;
  known.earlier = earlier_meeting();
  known.earlier_at = known.earlier->scheduled_at;
  CHECK(meeting_may_change(x));
  CHECK_THAT(told(x, known),
             Catch::Contains(tool + " had no answer") && Catch::Contains("still takes place on Thursday, November 26"));
}

TEST_CASE("of the tools that are under way those that change meetings are remembered longest",
          "[conversation][recovery]") {
  talk call;
  call.agreed().book();
  for (int i = 0; i < 10; ++i)
    call.tool("check_calendar_availability", two_days);
  CHECK(meeting_may_change(journalled(call)));
}

TEST_CASE("what a store that cannot be read may hold is neither promised nor denied", "[conversation][recovery]") {
  talk call;
  tool_outcomes known;
  known.meetings_read = false;
  SECTION("a booking was under way") {
    call.agreed().book();
    auto x = journalled(call);
    CHECK_THAT(told(x, known), Catch::Contains("it is not known whether a meeting was booked")
                                 && Catch::Contains("book_meeting had no answer yet")
                                 && Catch::Contains("promise nothing") && !Catch::Contains("not carried out"));
  }
  SECTION("nothing that is known of: its note may have been lost with the node") {
    call.opened();
    auto x = journalled(call);
    CHECK_THAT(told(x, known), Catch::Contains("it is not known whether"));
  }
  SECTION("what needs no store is told as ever") {
    call.opened().tool("schedule_callback", tomorrow);
    auto x = journalled(call);
    CHECK_THAT(told(x, known), Catch::Contains("no call-back is set") && Catch::Contains("it is not known whether"));
  }
}

TEST_CASE("a talk that is over is told nothing", "[conversation][recovery]") {
  talk call;
  call.agreed().book();
  call.state.ended = true;
  auto x = journalled(call);
  tool_outcomes known;
  known.meetings_read = GENERATE(true, false);
  CHECK(told(x, known).empty());
}

} // namespace conversation_tools_recovery_test
