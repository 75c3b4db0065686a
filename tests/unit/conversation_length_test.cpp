// Goal: a meeting is booked for as long as its slot was offered, never shorter
// than the campaign's meetings are. Method: dialogues, fed turn by turn.
#include "actors/conversation/recovery.hpp"
#include "actors/conversation/setup.hpp"
#include "actors/conversation/tools.hpp"
#include "tests/unit/conversation_call.hpp"

namespace conversation_length_test {

using namespace parley;
using namespace parley::mind;
using parley::test::talk;

namespace {

/// Asks the calendar as the model does, and answers as the shell does.
void ask_calendar(talk& call, int minutes, const std::vector<std::string>& slots = {talk::slot_a, talk::slot_b}) {
  call.tool("check_calendar_availability", {{"preferred_dates", {"2026-11-26"}}, {"duration_minutes", minutes}});
  const auto asked = call.just<directive::check_availability>();
  REQUIRE(asked.size() == 1);
  std::vector<wall_time> free;
  for (const auto& slot : slots)
    free.push_back(*parse_iso(slot));
  call.feed(input::availability_result{call.tool_id(), free, "", asked.front().minutes});
}

/// The person takes the first slot and says where the invitation goes.
void agree(talk& call) {
  call
    .agent("I have Thursday, November 26 at 10:00 AM, or Friday, November 27 at 2:30 PM, your time. Which of these "
           "works for you?")
    .callee("Thursday at ten works for me.")
    .agent("Thursday it is. Shall I send the invitation to alex@acme.example?")
    .callee("Yes, please.");
}

int booked_minutes(talk& call) {
  const auto bookings = call.book().just<directive::book>();
  REQUIRE(bookings.size() == 1);
  return bookings.front().minutes;
}

} // namespace

TEST_CASE("who agrees to an hour gets an hour, and the agent is told so", "[conversation][length]") {
  talk call; // of a campaign whose meetings take half an hour
  call.qualified();
  ask_calendar(call, 60);
  CHECK(call.answer().at("duration_minutes") == 60);
  agree(call);
  CHECK(booked_minutes(call) == 60);
  call.feed(input::booking_result{call.tool_id(), true, "meeting-1", *parse_iso(talk::slot_a), "", 60});
  CHECK(call.answer().at("duration_minutes") == 60);
  REQUIRE(call.state.meeting);
  CHECK(call.state.meeting->minutes == 60);
}

TEST_CASE("no meeting is shorter than the campaign's, whatever the model asks for", "[conversation][length]") {
  talk call;
  call.policy.meeting_minutes = 60;
  call.qualified();
  ask_calendar(call, 30);
  CHECK(call.answer().at("duration_minutes") == 60);
  agree(call);
  CHECK(booked_minutes(call) == 60);
}

TEST_CASE("a slot is booked for the length of its last offer", "[conversation][length]") {
  talk call;
  call.qualified();
  ask_calendar(call, 60);
  SECTION("half an hour is enough after all") {
    ask_calendar(call, 30);
    agree(call);
    CHECK(booked_minutes(call) == 30);
  }
  SECTION("another slot was looked for since, for longer") {
    ask_calendar(call, 90, {talk::slot_b});
    agree(call);
    CHECK(booked_minutes(call) == 60);
  }
  SECTION("a slot that is gone leaves no length behind") {
    agree(call);
    call.book();
    call.feed(input::booking_result{call.tool_id(), false, "", *parse_iso(talk::slot_a), "taken"});
    CHECK(call.state.slot_minutes.size() == call.state.slots.size());
  }
}

TEST_CASE("the length that was offered outlives the node", "[conversation][length]") {
  talk call;
  call.qualified();
  ask_calendar(call, 60);
  agree(call);
  call.state = state_from_json(nlohmann::json::parse(to_json(call.state).dump()));
  CHECK(booked_minutes(call) == 60);

  talk old; // its state was stored before lengths were
  old.policy.meeting_minutes = 45;
  old.agreed();
  auto stored = to_json(old.state);
  stored.erase("slot_minutes");
  old.state = state_from_json(stored);
  CHECK(booked_minutes(old) == 45);

  conversation_state lost; // the booking's answer was
  meeting_row made;
  made.id = meeting_id{uuid{4, 4}};
  made.duration_minutes = 60;
  recover_tools(lost, {made}, nullptr, {}, "UTC");
  REQUIRE(lost.meeting);
  CHECK(state_from_json(to_json(lost)).meeting->minutes == 60);
}

TEST_CASE("a campaign's own length can always be asked for", "[conversation][length]") {
  call_brief brief;
  brief.policy.meeting_minutes = 240;
  talk call;
  call.policy.meeting_minutes = policy_of(brief, false).meeting_minutes;
  call.qualified();
  ask_calendar(call, 240);
  CHECK(call.answer().at("duration_minutes") == 240);
  const auto longest = [](const conversation_policy& policy) {
    for (const auto& tool : tools(policy))
      if (tool.name == "check_calendar_availability")
        return tool.parameters.at("properties").at("duration_minutes").at("maximum").get<int>();
    return 0;
  };
  CHECK(longest(call.policy) == 240);
  CHECK(longest({}) == 120);
  call.tool("check_calendar_availability", {{"preferred_dates", {"2026-11-26"}}, {"duration_minutes", 241}});
  CHECK(call.refusal().find("from 10 to 240") != std::string::npos);
}

} // namespace conversation_length_test
