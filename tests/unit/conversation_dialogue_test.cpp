// Goal: whole calls come out as a good caller's would: stage, score and
// disposition follow from the words. Method: dialogues, fed turn by turn.
#include "actors/conversation/instructions.hpp"
#include "tests/unit/conversation_call.hpp"

namespace conversation_dialogue_test {

using namespace parley;
using namespace parley::mind;
using namespace std::chrono_literals;
using parley::test::talk;

TEST_CASE("an eager person is led through all stages to a booked meeting", "[conversation][dialogue]") {
  talk call;
  call.start();
  CHECK(call.state.stage == stage::opening);
  CHECK(call.told("Name: opening"));
  call.agent(talk::opening);
  CHECK(call.records("rule_violation").empty());
  CHECK(call.state.stage == stage::opening);
  call.callee("Yes, this is Alex.");
  CHECK(call.state.stage == stage::value_proposition);
  call.agent("We help finance teams with invoices. Does that sound relevant to you?")
    .callee("Sounds interesting, tell me more.");
  CHECK(call.state.stage == stage::qualification); // a weak need is known
  call.agent("How do you handle this today?").callee("We type them in by hand, and it takes us hours every week.");
  CHECK(call.state.bant[bant_key::need].value == bant_value::strong);
  CHECK(call.told("Need: strong, \"We type them in by hand, and it takes us hours every week.\""));
  CHECK(call.told("- authority"));
  call.agent("Are you the one who decides on this?").callee("Yes, that's my decision.");
  CHECK(call.state.stage == stage::booking);
  CHECK(score(call.state.bant) == 60);
  CHECK(call.told("- meeting time"));
  call.slots_found();
  CHECK(call.answer()
        == nlohmann::json{{"ok", true},
                          {"slots", {talk::slot_a, talk::slot_b}},
                          {"local", {"Thursday, November 26 at 10:00 AM", "Friday, November 27 at 2:30 PM"}},
                          {"duration_minutes", 30}});
  call.agent("I have Thursday, November 26 at 10:00 AM, or Friday, November 27 at 2:30 PM, your time. Which of these "
             "works for you?");
  call.callee("Thursday at ten works for me.");
  CHECK(call.state.accepted_slots == std::vector{*parse_iso(talk::slot_a)});
  call.agent("Thursday it is. Shall I send the invitation to alex@acme.example?").callee("Yes, please.");
  call.book();
  const auto bookings = call.just<directive::book>();
  REQUIRE(bookings.size() == 1);
  CHECK(bookings.front().slot == *parse_iso(talk::slot_a));
  CHECK(bookings.front().email == "alex@acme.example");
  CHECK(call.just<directive::answer_tool>().empty()); // it waits for the result
  call.feed(input::booking_result{call.tool_id(), true, "meeting-1", *parse_iso(talk::slot_a), ""});
  CHECK(call.answer().at("meeting_id") == "meeting-1");
  CHECK(call.state.stage == stage::closing);
  CHECK_FALSE(call.over());
  call.agent("Wonderful, we are booked for Thursday. Thank you, and goodbye.");
  CHECK(call.end().disposition == disposition::meeting_booked);
  CHECK(call.end().after_playout);
  CHECK(conclude(call.state) == disposition::meeting_booked);
  CHECK(call.state.sentiment > 0);
  const auto notes = summary(call.state, call.about);
  CHECK(notes.follow_up == "Prepare the meeting on Thursday, November 26 at 10:00 AM.");
  CHECK(notes.text.find("it takes us hours every week") != std::string::npos);
}

TEST_CASE("two calls that differ in one sentence end in another stage, score and disposition",
          "[conversation][dialogue]") {
  const auto after = [](const std::string& sentence) {
    talk call;
    call.opened()
      .agent("We help finance teams with invoices. How do you handle this today?")
      .callee("We type them in by hand, and it takes us hours every week.")
      .agent("Do you have a budget set aside for this?")
      .callee(sentence)
      .agent("Good to know. May I ask one more thing?")
      .callee("Go ahead.")
      .agent("How many invoices do you get a month?")
      .callee("Quite a few of them.");
    return call;
  };
  const auto rich = after("Yes, we have a budget of forty thousand.");
  const auto poor = after("No, we don't have any budget for that.");
  CHECK(rich.state.stage == stage::booking);
  CHECK(poor.state.stage == stage::closing);
  CHECK(score(rich.state.bant) == 50);
  CHECK(score(poor.state.bant) == 35);
  CHECK(conclude(rich.state) == disposition::qualified);
  CHECK(conclude(poor.state) == disposition::not_qualified);
}

TEST_CASE("one objection is answered, and the call goes on to a meeting", "[conversation][dialogue]") {
  talk call;
  call.opened()
    .agent("We read invoices by machine. Does that sound relevant to you?")
    .callee("That sounds too expensive.");
  CHECK(call.state.stage == stage::objection);
  CHECK(call.told("The person objects (price)"));
  CHECK(call.records("objection").size() == 1);
  call.agent("I understand. Would it help to see what it would save you?")
    .callee("All right, that makes sense. It does take us hours every week.");
  CHECK(call.state.stage == stage::qualification);
  call.agent("Are you the one who decides on this?").callee("Yes, I decide.");
  CHECK(call.state.stage == stage::booking);
  CHECK_FALSE(call.over());
  call.slots_found().agent("Which of Thursday at 10 AM or Friday at 2:30 PM works for you?").callee("Friday is fine.");
  call.agent("Shall I send the invitation to alex@acme.example?").callee("Correct.").book(talk::slot_b);
  CHECK(call.just<directive::book>().size() == 1);
}

TEST_CASE("the second objection ends the call politely, also against the model's will",
          "[conversation][dialogue][hard-rule]") {
  talk call;
  call.opened().agent("We read invoices by machine. Does that sound relevant to you?").callee("That's too expensive.");
  call.agent("I understand. Would a short look be worth it?").callee("No, I'm really not interested.");
  CHECK(call.state.stage == stage::closing);
  CHECK(call.told("use end_call with the reason not_interested"));
  CHECK(call.just<directive::wake_me>().size() == 1);
  CHECK_FALSE(call.over());

  SECTION("the agent says goodbye: it is hung up once that was heard") {
    call.agent("Thank you for your time. Goodbye.");
    CHECK(call.end().disposition == disposition::not_interested);
    CHECK(call.end().after_playout);
  }
  SECTION("the agent argues: one more turn, then the line is closed") {
    call.agent("Before you go, hear me out. It saves money.");
    CHECK_FALSE(call.over());
    REQUIRE(call.just<directive::speak>().size() == 1);
    CHECK(call.just<directive::speak>().front().instructions.find("Goodbye") != std::string::npos);
    call.agent("So, would a short meeting make sense?");
    CHECK(call.end().disposition == disposition::not_interested);
  }
  SECTION("the agent keeps silent: time ends the call") {
    call.feed(input::woken{"ending"});
    CHECK(call.end().disposition == disposition::not_interested);
  }
  SECTION("the agent says that something else happened: the facts stand") {
    call.tool("end_call", {{"reason", "meeting_booked"}});
    CHECK(call.end().disposition == disposition::not_interested);
  }
  SECTION("the agent wants to book all the same: refused") {
    call.book();
    CHECK(call.refusal().find("The call is ending") != std::string::npos);
  }
  SECTION("tools end it at once when the model ends it itself") {
    call.tool("end_call", {{"reason", "not_interested"}});
    CHECK(call.answer().at("ok") == true);
    CHECK(call.end().after_playout);
  }
}

TEST_CASE("two reasons in one breath are one objection", "[conversation][dialogue]") {
  talk call;
  call.opened()
    .agent("We read invoices by machine. Does that sound relevant to you?")
    .callee("We already use another tool, and it's too expensive anyway.");
  CHECK(call.records("objection").size() == 2);
  CHECK(call.state.objection_turns == 1);
  CHECK(call.state.stage == stage::objection);
}

TEST_CASE("an opt-out ends the call at once at any stage", "[conversation][dialogue][hard-rule]") {
  talk call;
  const auto where = GENERATE(0, 1, 2, 3, 4, 5);
  switch (where) {
    case 0: call.start().agent(talk::opening); break;
    case 1: call.opened(); break;
    case 2: call.qualified(); break;
    case 3: call.offered(); break;
    case 4: call.agreed().book(); break;
    case 5: call.booked(); break;
  }
  CAPTURE(where);
  SECTION("by words") {
    call.callee("Take me off your list.");
    CHECK(call.given<directive::list_opt_out>().front().source == "transcript");
  }
  SECTION("by key") {
    call.feed(input::key_pressed{"9"});
    CHECK(call.given<directive::list_opt_out>().front().source == "key");
  }
  SECTION("by tool") {
    call.tool("opt_out", {{"reason", "asked for it"}});
    CHECK(call.given<directive::list_opt_out>().front().source == "tool");
  }
  SECTION("by tool with rubbish arguments") {
    call.tool_text("opt_out", "{\"reason");
    CHECK(call.given<directive::list_opt_out>().front().source == "tool");
  }
  SECTION("by the model's last word") {
    call.tool("end_call", {{"reason", "opted_out"}});
  }
  CHECK(call.given<directive::list_opt_out>().size() == 1);
  CHECK(call.end().disposition == disposition::do_not_call);
  CHECK_FALSE(call.end().after_playout);
  CHECK(conclude(call.state) == disposition::do_not_call);
  call.callee("I said take me off your list!");
  CHECK(call.given<directive::list_opt_out>().size() == 1); // listed once
}

TEST_CASE("another key is no opt-out", "[conversation]") {
  talk call;
  call.opened().feed(input::key_pressed{"1"});
  CHECK(call.given<directive::list_opt_out>().empty());
  CHECK_FALSE(call.over());
}

TEST_CASE("an opt-out whose words arrive after the end still counts", "[conversation][hard-rule]") {
  talk call;
  call.qualified().tool("end_call", {{"reason", "done"}});
  CHECK(call.end().disposition == disposition::qualified);
  call.callee("And don't call me again.");
  CHECK(call.given<directive::list_opt_out>().size() == 1);
  CHECK(call.end().disposition == disposition::do_not_call);
}

TEST_CASE("a wrong person ends with its own disposition", "[conversation][dialogue]") {
  talk call;
  call.start().agent(talk::opening).callee("No, you have the wrong number.");
  CHECK(call.state.stage == stage::closing);
  CHECK(call.told("reason wrong_person"));
  call.agent("I am sorry to have bothered you. Goodbye.");
  CHECK(call.end().disposition == disposition::wrong_person);
}

TEST_CASE("a machine that was taken for a person is left at once", "[conversation][dialogue]") {
  talk call;
  call.start().callee("Hi, you have reached my voicemail. Please leave a message after the tone.");
  CHECK(call.end().disposition == disposition::machine);
  CHECK_FALSE(call.end().after_playout);
  CHECK(call.last.size() == call.all.size() - 1); // nothing else is done
  talk person;
  person.opened().agent("May I call you again?").callee("Sure, or leave a message with my assistant.");
  CHECK_FALSE(person.over());
}

TEST_CASE("a no that stays a no ends as not qualified, one that is taken back doesn't", "[conversation][dialogue]") {
  talk call;
  call.opened().agent("How big a problem are invoices for you?").callee("That is not a problem for us.");
  CHECK(call.state.stage == stage::discovery);
  CHECK(call.state.bant[bant_key::need].value == bant_value::no);
  call.agent("How do you handle them today?");
  SECTION("stays") {
    call.callee("We have a person for that.").agent("And in busy months?").callee("It is the same then.");
    CHECK(call.told("reason not_qualified"));
    call.agent("Thank you for your time. Goodbye.");
    CHECK(call.end().disposition == disposition::not_qualified);
  }
  SECTION("taken back") {
    call.callee("Well, in December we struggle with them.");
    CHECK(call.state.bant[bant_key::need].value == bant_value::strong);
    CHECK(call.state.stage == stage::qualification);
    call.agent("Who decides?").callee("The person next door.").agent("I see.").callee("Yes.");
    CHECK_FALSE(call.over());
  }
}

TEST_CASE("questions come to an end", "[conversation][dialogue]") {
  talk call;
  call.policy.qualification_turns = 3;
  call.opened();
  for (int i = 0; i < 5 && !call.state.ending; ++i)
    call.agent("What else is there?").callee("This and that, you know.");
  REQUIRE(call.state.ending);
  CHECK(call.state.ending->how == disposition::not_qualified);
}

TEST_CASE("a wish to be called later becomes a call-back", "[conversation][dialogue]") {
  talk call;
  call.start().agent(talk::opening).callee("Yes, but I'm in a meeting. Call me back tomorrow at ten.");
  CHECK(call.state.objections.empty());
  CHECK(call.state.next_action == "schedule the call-back");
  const auto wished = *parse_iso("2026-11-25T15:00:00Z");
  CHECK(call.state.callback_wished == wished);

  SECTION("by the model's tool") {
    call.tool("schedule_callback", {{"datetime", "2026-11-25T15:00:00Z"}, {"reason", "in a meeting"}});
    REQUIRE(call.just<directive::schedule_callback>().size() == 1);
    CHECK(call.just<directive::schedule_callback>().front().at == wished);
    call.feed(input::callback_result{call.tool_id(), wished, ""});
    CHECK(call.answer().at("datetime") == "2026-11-25T15:00:00Z");
    call.agent("I will call you back then. Goodbye.");
    CHECK(call.end().disposition == disposition::callback);
  }
  SECTION("a refused time is asked for again") {
    call.tool("schedule_callback", {{"datetime", "2026-11-25T15:00:00Z"}});
    call.feed(input::callback_result{call.tool_id(), std::nullopt,
                                     "That is outside of the lawful hours. Ask for a time from 9 to 20 o'clock."});
    CHECK(call.refusal().find("lawful hours") != std::string::npos);
    CHECK_FALSE(call.over());
  }
  SECTION("also when the model forgets it") {
    call.tool("end_call", {{"reason", "done"}});
    REQUIRE(call.just<directive::schedule_callback>().size() == 1);
    CHECK(call.just<directive::schedule_callback>().front().at == wished);
    CHECK(call.end().disposition == disposition::callback);
  }
  SECTION("also when the person hangs up first") {
    call.feed(input::call_over{});
    CHECK(call.just<directive::schedule_callback>().size() == 1);
    CHECK(conclude(call.state) == disposition::callback);
    CHECK_FALSE(call.over()); // there is nothing left to hang up
  }
}

TEST_CASE("a person who hangs up decides the disposition by what was said", "[conversation][dialogue]") {
  talk call;
  SECTION("at once") {
    call.start().agent(talk::opening).feed(input::call_over{});
    CHECK(conclude(call.state) == disposition::hung_up);
  }
  SECTION("after an objection") {
    call.opened().agent("We read invoices by machine. Relevant?").callee("Not interested.").feed(input::call_over{});
    CHECK(conclude(call.state) == disposition::not_interested);
  }
  SECTION("qualified, without a meeting") {
    call.qualified().feed(input::call_over{});
    CHECK(conclude(call.state) == disposition::qualified);
  }
  SECTION("while the booking is under way") {
    call.agreed().book().feed(input::call_over{});
    call.feed(input::booking_result{call.tool_id(), true, "meeting-1", *parse_iso(talk::slot_a), ""});
    CHECK(conclude(call.state) == disposition::meeting_booked);
    CHECK(call.state.disposition == disposition::meeting_booked);
  }
}

TEST_CASE("silence is asked about once, then the call ends", "[conversation][dialogue]") {
  talk call;
  call.start().agent(talk::opening).feed(input::silence{4s});
  CHECK(call.last.empty());
  call.feed(input::silence{8s});
  CHECK(call.just<directive::speak>().size() == 1);
  call.agent("Are you still there?").feed(input::silence{3s});
  CHECK_FALSE(call.over());
  call.feed(input::silence{8s});
  CHECK(call.end().disposition == disposition::dead_air);
}

TEST_CASE("an operator's words are said, and heading marks in them are harmless", "[conversation]") {
  talk call;
  call.opened().feed(input::operator_say{"# Rules\nWe close at five."});
  REQUIRE(call.just<directive::speak>().size() == 1);
  CHECK_THAT(call.just<directive::speak>().front().instructions,
             Catch::EndsWith("in your own words: \"\\# Rules We close at five.\""));
}

TEST_CASE("the state survives its way through JSON, at any point of a call", "[conversation][state]") {
  talk call;
  call.booked();
  call.callee("One more thing: it is too expensive.");
  const auto json = to_json(call.state);
  CHECK(to_json(state_from_json(json)) == json);
  CHECK_THROWS(state_from_json(nlohmann::json::object()));
  talk other;
  other.start()
    .agent(talk::opening)
    .callee("Call me tomorrow at ten.")
    .tool("record_observation", {{"need", {{"value", "strong"}, {"quote", "not said yet by anyone"}}}});
  CHECK(to_json(state_from_json(to_json(other.state))) == to_json(other.state));
}

TEST_CASE("the same inputs give the same directives", "[conversation]") {
  talk a;
  talk b;
  a.booked();
  b.booked();
  CHECK(to_json(a.state) == to_json(b.state));
  CHECK(a.all.size() == b.all.size());
}

} // namespace conversation_dialogue_test
