// Goal: a person who has a meeting can move it or call it off in a call, and nothing else
// comes of the wish. Method: dialogues, fed turn by turn.
#include "actors/conversation/thinking.hpp"
#include "tests/unit/conversation_call.hpp"

namespace conversation_reschedule_test {

using namespace parley;
using namespace parley::mind;
using parley::test::talk;

namespace {

const wall_time wednesday = *parse_iso("2026-11-25T15:00:00Z");

struct with_meeting : talk {
  with_meeting() { about.person.meeting = known_meeting{"meeting-7", wednesday, 30, "video"}; }

  with_meeting& asked() {
    opened().agent("We help finance teams with invoices. How do you handle this today?");
    callee("Can we move our meeting to a different day?");
    return *this;
  }
  with_meeting& move(const std::string& to = slot_a) {
    tool("reschedule_meeting", {{"datetime", to}, {"reason", "travelling"}});
    return *this;
  }
};

bool offers(const std::vector<tool>& all, const std::string& name) {
  return std::ranges::find(all, name, &tool::name) != all.end();
}

} // namespace

TEST_CASE("the tool to move a meeting is there when there is a meeting", "[conversation][reschedule]") {
  CHECK_FALSE(offers(tools({}), "reschedule_meeting"));
  CHECK(offers(tools({}, true), "reschedule_meeting"));
  talk none;
  none.opened().tool("reschedule_meeting", {{"datetime", talk::slot_a}});
  CHECK(none.refusal().find("no such tool") != std::string::npos);
}

TEST_CASE("the model is told of the meeting", "[conversation][reschedule]") {
  with_meeting call;
  call.start();
  CHECK(call.told("Meeting: 2026-11-25T15:00:00Z"));
  CHECK(call.told("use reschedule_meeting"));
  talk none;
  none.start();
  CHECK_FALSE(none.told("Meeting:"));
  CHECK_FALSE(none.told("reschedule_meeting"));
}

TEST_CASE("a wish to move the meeting is no call-back and no objection", "[conversation][reschedule]") {
  with_meeting call;
  call.asked();
  CHECK(call.state.wants_move);
  CHECK_FALSE(call.state.callback_asked);
  CHECK(call.state.objection_turns == 0);
  CHECK(call.told("then use reschedule_meeting"));
  CHECK(call.told("- meeting time"));
}

TEST_CASE("a meeting is moved once the diary says so, and the call ends well", "[conversation][reschedule]") {
  with_meeting call;
  call.asked().slots_found().agent("I have Thursday at 10:00 AM. Does that work?").callee("Yes, that works.");
  call.move();
  const auto wanted = call.just<directive::reschedule>();
  REQUIRE(wanted.size() == 1);
  CHECK(wanted.front().at == *parse_iso(talk::slot_a));
  CHECK(call.just<directive::answer_tool>().empty()); // the diary has the word
  call.feed(input::reschedule_result{call.tool_id(), *parse_iso(talk::slot_a), {}, {}});
  CHECK(call.answer().at("ok") == true);
  CHECK(call.answer().at("datetime") == talk::slot_a);
  CHECK(call.records("meeting_moved").size() == 1);
  CHECK(call.state.stage == stage::closing);
  call.agent("Your meeting is on Thursday at ten now. Thank you, and goodbye.");
  CHECK(call.end().disposition == disposition::meeting_moved);
}

TEST_CASE("times for a move are free for as long as the meeting lasts", "[conversation][reschedule]") {
  const auto [known, asked, free_for] = GENERATE(table<int, int, int>({{60, 30, 60}, {30, 45, 45}, {15, 15, 30}}));
  CAPTURE(known, asked);
  with_meeting call;
  call.policy.meeting_minutes = 30;
  call.about.person.meeting->minutes = known;
  call.asked().tool("check_calendar_availability", {{"preferred_dates", {"2026-11-26"}}, {"duration_minutes", asked}});
  const auto wanted = call.just<directive::check_availability>();
  REQUIRE(wanted.size() == 1);
  CHECK(wanted.front().minutes == free_for);
}

TEST_CASE("a time that is taken is said to be so, and not offered again", "[conversation][reschedule]") {
  with_meeting call;
  call.asked().slots_found();
  call.move();
  const auto slot = *parse_iso(talk::slot_a);
  call.feed(input::reschedule_result{call.tool_id(), std::nullopt, slot, "Not moved: that time is taken."});
  CHECK(call.refusal() == "Not moved: that time is taken.");
  CHECK(std::ranges::find(call.state.slots, slot) == call.state.slots.end());
  CHECK_FALSE(call.over());
  call.move(talk::slot_b); // the next one may work
  CHECK(call.just<directive::reschedule>().size() == 1);
}

TEST_CASE("arguments that make no sense are refused with what to do instead", "[conversation][reschedule]") {
  with_meeting call;
  call.asked();
  call.tool("reschedule_meeting", nlohmann::json::object());
  CHECK(call.refusal().find("`datetime` is missing") != std::string::npos);
  call.tool("reschedule_meeting", {{"datetime", "thursday"}});
  CHECK(call.refusal().find("ISO date and time") != std::string::npos);
  call.tool("reschedule_meeting", {{"datetime", "2026-11-23T15:00:00Z"}});
  CHECK(call.refusal().find("past") != std::string::npos);
  call.tool("reschedule_meeting", {{"datetime", talk::slot_a}, {"meeting", "another"}});
  CHECK(call.refusal().find("meeting-7") != std::string::npos);
  call.tool("reschedule_meeting", {{"datetime", "2026-11-25T15:00:00Z"}});
  CHECK(call.refusal().find("at that time already") != std::string::npos);
  call.move();
  call.move(talk::slot_b); // while the first is under way
  CHECK(call.refusal().find("being moved already") != std::string::npos);
}

TEST_CASE("a move that succeeds after the person hung up still counts", "[conversation][reschedule]") {
  with_meeting call;
  call.asked();
  call.move().feed(input::call_over{});
  call.feed(input::reschedule_result{call.tool_id(), *parse_iso(talk::slot_a), {}, {}});
  CHECK(call.end().disposition == disposition::meeting_moved);
  CHECK(conclude(call.state) == disposition::meeting_moved);
}

TEST_CASE("a moved meeting survives the state's way through JSON", "[conversation][reschedule]") {
  with_meeting call;
  call.asked().move();
  call.feed(input::reschedule_result{call.tool_id(), *parse_iso(talk::slot_a), {}, {}});
  const auto again = state_from_json(to_json(call.state));
  CHECK(again.moved == call.state.moved);
  CHECK(again.wants_move);
  CHECK_FALSE(again.moving);
}

TEST_CASE("a meeting is called off once the diary says so, and nobody argues", "[conversation][reschedule]") {
  with_meeting call;
  call.opened().agent("We help finance teams with invoices. How do you handle this today?");
  call.callee("I have to cancel our meeting, it is too expensive for us.");
  CHECK(call.state.wants_cancel);
  CHECK_FALSE(call.state.wants_move);
  CHECK(call.state.objection_turns == 0);
  CHECK(call.told("use cancel_meeting"));
  call.tool("cancel_meeting", {{"reason", "too expensive"}});
  const auto wanted = call.just<directive::cancel>();
  REQUIRE(wanted.size() == 1);
  CHECK(wanted.front().reason == "too expensive");
  CHECK(call.just<directive::answer_tool>().empty()); // the diary has the word
  call.tool("cancel_meeting", nlohmann::json::object());
  CHECK(call.refusal().find("already") != std::string::npos);
  const auto again = state_from_json(to_json(call.state));
  CHECK(again.cancelling);
  CHECK(again.wants_cancel);
  call.feed(input::cancel_result{call.tool_id(), true, {}});
  CHECK(call.answer().at("ok") == true);
  CHECK(call.records("meeting_cancelled").size() == 1);
  CHECK(call.state.stage == stage::closing);
  call.agent("Our meeting is called off. Thank you, and goodbye.");
  CHECK(call.end().disposition == disposition::meeting_cancelled);
}

TEST_CASE("nobody but the person calls a meeting off or moves it", "[conversation][reschedule]") {
  CHECK_FALSE(offers(tools({}), "cancel_meeting"));
  CHECK(offers(tools({}, true), "cancel_meeting"));
  with_meeting call;
  call.start();
  call.tool("cancel_meeting", nlohmann::json::object());
  CHECK(call.refusal().find("speak with the person") != std::string::npos);
  call.tool("reschedule_meeting", {{"datetime", talk::slot_b}});
  CHECK(call.refusal().find("speak with the person") != std::string::npos);
  with_meeting other;
  other.opened().tool("cancel_meeting", {{"meeting", "another"}});
  CHECK(other.refusal().find("meeting-7") != std::string::npos);
}

TEST_CASE("a meeting that cannot be called off is said to be so", "[conversation][reschedule]") {
  with_meeting call;
  call.opened().callee("Please cancel our meeting.");
  call.tool("cancel_meeting", nlohmann::json::object());
  call.feed(input::cancel_result{call.tool_id(), false, {}});
  CHECK(call.refusal().find("a colleague will see to it") != std::string::npos);
  CHECK_FALSE(call.over());
}

TEST_CASE("what wishes a cancellation and what does not", "[conversation][reschedule]") {
  for (const auto* words :
       {"Please cancel our meeting.", "I want to cancel the appointment.", "Can you call off our meeting?",
        "We do not need the meeting any more.", "I'd like to cancel.", "Just cancel it."}) {
    CAPTURE(words);
    CHECK(wishes_cancellation(words));
  }
  for (const auto* words : {"Do not cancel our meeting.", "I look forward to our meeting.", "Can we move our meeting?",
                            "They cancelled our subscription."}) {
    CAPTURE(words);
    CHECK_FALSE(wishes_cancellation(words));
  }
}

TEST_CASE("a tool that is used is noted with its arguments", "[conversation]") {
  with_meeting call;
  call.asked().slots_found();
  call.move();
  const auto used = call.records("tool_called");
  REQUIRE_FALSE(used.empty());
  CHECK(used.back().at("tool") == "reschedule_meeting");
  CHECK(used.back().at("arguments").get<std::string>().find("travelling") != std::string::npos);
}

} // namespace conversation_reschedule_test
