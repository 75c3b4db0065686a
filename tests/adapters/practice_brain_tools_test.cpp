// Goal: the practice agent uses the tools that it is offered, as they are
// offered, and follows what they answer. Method: as in practice_brain_test.
#include "tests/adapters/practice_brain_fixture.hpp"

namespace practice_brain_tools_test {

using namespace parley::sandbox::model;
using namespace parley::sandbox::test::brain;
using nlohmann::json;

TEST_CASE("a meeting is booked with a slot, an address read back and a type", "[practice]") {
  auto call = booking_call();
  CHECK(contains(call.last, "Wednesday, November 25 at 10:00 AM"));
  CHECK(contains(call.last, "Thursday, November 26 at 3:00 PM"));
  CHECK_FALSE(call.called("book_meeting"));
  CHECK(call.arguments("check_calendar_availability")["preferred_dates"]
        == json{"2026-11-25", "2026-11-26", "2026-11-27"});
  CHECK(contains(call.say("Thursday works for me."), "ada@byrondental.example"));
  CHECK_FALSE(call.called("book_meeting"));
  const auto goodbye = call.say("Yes, that is right.");
  CHECK(call.arguments("book_meeting")
        == json{{"datetime", "2026-11-26T20:00:00Z"},
                {"prospect_email", "ada@byrondental.example"},
                {"meeting_type", "video"}});
  CHECK(call.arguments("end_call")["reason"] == "meeting_booked");
  CHECK(contains(goodbye, "Thursday, November 26 at 3:00 PM"));
}

TEST_CASE("a meeting that there is already is moved where that is offered", "[practice]") {
  const json text{{"type", "string"}};
  auto tools = usual_tools();
  tools.push_back(function("reschedule_meeting", {{"datetime", text}, {"reason", text}}, {"datetime"}));
  call_with call{at_stage("opening"), tools};
  call.say("Yes, speaking.");
  CHECK(contains(call.say("Can we move our meeting to a different day?"), "Thursday, November 26 at 3:00 PM"));
  CHECK_FALSE(call.called("reschedule_meeting"));
  call.say("Thursday works for me.");
  CHECK(call.arguments("reschedule_meeting")["datetime"] == "2026-11-26T20:00:00Z");
  CHECK(call.arguments("end_call")["reason"] == "done");
  CHECK_FALSE(call.called("book_meeting"));
  call_with without{at_stage("opening")};
  without.say("Yes, speaking.");
  without.say("Can we move our meeting to a different day?");
  CHECK_FALSE(without.called("reschedule_meeting"));
}

TEST_CASE("a meeting is called off where that is offered", "[practice]") {
  const json text{{"type", "string"}};
  auto tools = usual_tools();
  tools.push_back(function("cancel_meeting", {{"reason", text}}, {}));
  call_with call{at_stage("opening"), tools};
  call.say("Yes, speaking.");
  call.say("I have to cancel our meeting.");
  CHECK(call.called("cancel_meeting"));
  CHECK(call.arguments("end_call")["reason"] == "done");
  CHECK_FALSE(call.called("book_meeting"));
  call_with without{at_stage("opening")};
  without.say("Yes, speaking.");
  without.say("I have to cancel our meeting.");
  CHECK_FALSE(without.called("cancel_meeting"));
}

TEST_CASE("slots are taken by order, weekday or time", "[practice]") {
  const auto [words, slot] = GENERATE(table<std::string, std::string>({
    {"The first one please.", "2026-11-25T15:00:00Z"},
    {"The second one.", "2026-11-26T20:00:00Z"},
    {"Let's do Friday.", "2026-11-27T14:00:00Z"},
    {"Three pm is good.", "2026-11-26T20:00:00Z"},
    {"10:30 on Wednesday would be better.", "2026-11-25T15:30:00Z"},
    {"The afternoon is better for me.", "2026-11-26T20:00:00Z"},
    {"Tomorrow is fine.", "2026-11-25T15:00:00Z"},
  }));
  CAPTURE(words);
  auto call = booking_call();
  call.say(words);
  call.say("Yes, send it there.");
  CHECK(call.arguments("book_meeting")["datetime"] == slot);
}

TEST_CASE("no slot that suits means another look for the day that was named", "[practice]") {
  auto call = booking_call();
  call.say("No, none of these. How about Monday?");
  CHECK(call.count("check_calendar_availability") == 2);
  CHECK(call.arguments("check_calendar_availability")["preferred_dates"] == json{"2026-11-30"});
}

TEST_CASE("slots that were talked over are offered again", "[practice]") {
  auto call = booking_call();
  call.turns.back().cut("I see. I have Wednesday, November 25 at");
  CHECK(contains(call.say("Wait, what is this about?"), "Wednesday, November 25 at 10:00 AM"));
}

TEST_CASE("an address that the person says is read back and used", "[practice]") {
  auto call = booking_call();
  call.say("The first one.");
  CHECK(contains(call.say("No, please use a dot byron at byron-dental dot com."), "a.byron@byron-dental.com"));
  CHECK_FALSE(call.called("book_meeting"));
  call.say("Correct.");
  CHECK(call.arguments("book_meeting")["prospect_email"] == "a.byron@byron-dental.com");
}

TEST_CASE("arguments are built from the schema as it is offered", "[practice]") {
  auto tools = usual_tools();
  tools[1] = function("book_meeting",
                      {{"start_time", {{"type", "string"}, {"description", "ISO start of the slot"}}},
                       {"contact",
                        {{"type", "object"},
                         {"properties", {{"email", {{"type", "string"}}}, {"full_name", {{"type", "string"}}}}},
                         {"required", {"email", "full_name"}}}},
                       {"seats", {{"type", "integer"}, {"minimum", 2}}},
                       {"channel", {{"type", "string"}, {"enum", {"zoom", "office"}}}}},
                      {"start_time", "contact", "seats", "channel"});
  call_with call{at_stage("opening"), tools};
  call.say("Yes, speaking.");
  call.stage(at_stage("booking", "- meeting time\n- e-mail"));
  call.say("Sure.");
  call.say("The first one.");
  call.say("Yes.");
  CHECK(call.arguments("book_meeting")
        == json{{"start_time", "2026-11-25T15:00:00Z"},
                {"contact", {{"email", "ada@byrondental.example"}, {"full_name", "Ada Byron"}}},
                {"seats", 2},
                {"channel", "zoom"}});
}

TEST_CASE("a tool that is not offered is not called", "[practice]") {
  auto tools = usual_tools();
  tools.erase(tools.begin() + 1); // book_meeting
  call_with call{at_stage("opening"), tools};
  call.say("Yes, speaking.");
  call.stage(at_stage("booking", "- meeting time\n- e-mail"));
  call.say("Sure.");
  CHECK_FALSE(call.called("book_meeting"));
  CHECK(call.arguments("end_call")["reason"] == "done");
}

TEST_CASE("a refusal is followed: what it asks for is asked", "[practice]") {
  auto call = booking_call();
  call.say("The first one.");
  call.refusals = {"Not yet: ask about the budget and the timeline first.", "Ask about the timeline before you book."};
  CHECK(contains(call.say("Yes."), "budget"));
  CHECK(contains(call.say("Yes, twenty thousand."), "place"));
  CHECK(contains(call.say("Next quarter."), "booked"));
  CHECK(call.count("book_meeting") == 3);
}

TEST_CASE("a slot that was taken meanwhile leads back to the calendar", "[practice]") {
  auto call = booking_call();
  call.say("The first one.");
  call.refusals = {"That slot is no longer free; offer another slot."};
  call.slots = {"2026-12-01T15:00:00Z"};
  CHECK(contains(call.say("Yes."), "Tuesday, December 1 at 10:00 AM"));
}

TEST_CASE("a refusal that names what is missing leads to it", "[practice]") {
  const auto [error, words] = GENERATE(table<std::string, std::string>({
    {"The person is not qualified yet. Find out about the need first, then offer the meeting.", "How big a problem"},
    {"The person has not accepted a time yet. Offer the slots aloud and wait for the answer before you book.",
     "I have Wednesday"},
    {"The e-mail address is not confirmed. Read the e-mail address back to the person and wait for a yes.",
     "ada@byrondental.example?"},
    {"The call is ending: do not book. Say goodbye and use end_call.", "Goodbye."},
  }));
  auto call = booking_call();
  call.say("The first one.");
  call.refusals = {error};
  CHECK(contains(call.say("Yes."), words));
}

TEST_CASE("the slot that the person is said to have accepted is booked", "[practice]") {
  auto call = booking_call();
  call.say("The first one.");
  call.refusals = {"The person accepted 2026-11-26T20:00:00Z, not 2026-11-25T15:00:00Z. Book one of the slots that the "
                   "person accepted."};
  call.say("Yes.");
  CHECK(call.arguments("book_meeting")["datetime"] == "2026-11-26T20:00:00Z");
}

TEST_CASE("a tool that always refuses does not make the agent try for ever", "[practice]") {
  call_with call{at_stage("opening")};
  call.mode = disobedience::rubbish_json;
  call.refuse_all = true;
  for (const char* words : {"Yes, speaking.", "Sure.", "Not interested.", "I said not interested.", "Bye.", "Goodbye!"})
    call.say(words);
  CHECK(call.count("end_call") <= 3);
}

TEST_CASE("observations carry the value and the quote", "[practice]") {
  auto tools = usual_tools();
  const json rating{
    {"type", "object"},
    {"properties",
     {{"value", {{"type", "string"}, {"enum", {"unknown", "no", "weak", "strong"}}}}, {"quote", {{"type", "string"}}}}},
    {"required", {"value", "quote"}}};
  tools.push_back(function("record_observation",
                           {{"budget", rating},
                            {"authority", rating},
                            {"need", rating},
                            {"timeline", rating},
                            {"objection", {{"type", {"string", "null"}}}},
                            {"sentiment", {{"type", "number"}, {"minimum", -1}, {"maximum", 1}}}},
                           json::array()));
  call_with call{at_stage("opening"), tools};
  call.say("Yes, speaking.");
  CHECK(call.count("record_observation") == 1);
  call.stage(at_stage("qualification", "- budget"));
  call.say("We struggle with no-shows every day.");
  CHECK(call.arguments("record_observation")["need"]["value"] == "strong");
  call.say("No, there is no budget for that.");
  CHECK(call.arguments("record_observation")["budget"]
        == json{{"value", "no"}, {"quote", "No, there is no budget for that."}});
  CHECK(call.arguments("record_observation")["objection"].is_null());
  CHECK_FALSE(call.arguments("record_observation").contains("timeline"));
}

} // namespace practice_brain_tools_test
