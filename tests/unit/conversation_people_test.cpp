// Goal: whoever picks up, the conversation comes to the disposition that their
// words deserve. Method: what the practice people say, and what others might,
// as dialogues with the core.
#include "tests/unit/conversation_call.hpp"

#include "actors/conversation/rules_analysis.hpp"
#include "actors/conversation/speech_rules.hpp"

namespace conversation_people_test {

using namespace parley;
using namespace parley::mind;
using namespace std::chrono_literals;
using test::talk;

namespace {

reading read(const std::string& words, bool confirmed = false) {
  return read_turn(words, {"Am I speaking with Alex Johnson?", "Alex Johnson", confirmed, 1,
                           *parse_iso("2026-11-24T15:00:00Z"), "America/New_York"});
}

const talk& at_front_desk(talk& call) {
  return call.start().agent(talk::opening).callee("This is the front desk. What is this about?");
}

} // namespace

TEST_CASE("who answers for the person is told from the person", "[conversation][rules]") {
  for (const char* words :
       {"This is the front desk. What is this about?", "Front desk speaking. What is it about?",
        "You have reached the front desk. What is this regarding?", "Reception, how may I help you?",
        "No, I'm her assistant.", "Alex is not here right now, please call back tomorrow at ten.", "Alex is out today.",
        "He's in a meeting.", "She isn't available at the moment.", "Who may I say is calling?",
        "I can take a message.", "I'll put you through.", "No, front desk."}) {
    CAPTURE(words);
    CHECK(read(words).gatekeeper);
    CHECK_FALSE(read(words).confirms_identity);
    CHECK_FALSE(read(words).wrong_person);
  }
  for (const char* words : {"Yes, this is Alex.", "Speaking.", "Yes, that's me. What is this about?",
                            "I'm in a meeting, call me back tomorrow at ten.", "No, you have the wrong number.",
                            "I'm not available right now.", "Who is this?", "This is Alex, I'm at my desk."}) {
    CAPTURE(words);
    CHECK_FALSE(read(words).gatekeeper);
  }
  CHECK_FALSE(read("My boss decides, but she is not here.", true).gatekeeper); // the person speaks
}

TEST_CASE("a front desk that names a time ends as gatekeeper, with that time", "[conversation][dialogue]") {
  talk call;
  at_front_desk(call);
  CHECK(call.records("gatekeeper").size() == 1);
  CHECK(call.state.stage == stage::opening);
  CHECK(call.told("ask when Alex Johnson can be reached"));
  call.agent("I am calling for Alex Johnson. When may I call back?")
    .callee("Alex is not here right now, please call back tomorrow at ten.");
  CHECK_FALSE(call.state.identity_confirmed);
  const auto at_the_desk = "Alex is not here right now";
  call.tool("record_observation", {{"need", {{"value", "strong"}, {"quote", at_the_desk}}}});
  CHECK(call.state.bant[bant_key::need].value == bant_value::unknown); // not the person's word
  const auto wished = *parse_iso("2026-11-25T15:00:00Z");
  CHECK(call.state.callback_wished == wished);
  SECTION("by the model's tool") {
    call.tool("schedule_callback", {{"datetime", "2026-11-25T15:00:00Z"}, {"reason", "not in"}});
    call.feed(input::callback_result{call.tool_id(), wished, ""});
    call.agent("I will call back then. Thank you, and goodbye.");
  }
  SECTION("also when the model forgets it") {
    call.tool("end_call", {{"reason", "done"}});
    CHECK(call.just<directive::schedule_callback>().size() == 1);
  }
  CHECK(call.end().disposition == disposition::gatekeeper);
  CHECK(conclude(call.state) == disposition::gatekeeper);
  CHECK(summary(call.state, call.about).follow_up.find("Call again on") == 0);
}

TEST_CASE("a front desk that names no time ends as gatekeeper, too", "[conversation][dialogue]") {
  talk call;
  at_front_desk(call);
  SECTION("the desk hangs up") {
    call.feed(input::call_over{});
    CHECK(conclude(call.state) == disposition::gatekeeper);
  }
  SECTION("the agent gives up") {
    call.agent("Thank you. Goodbye.").tool("end_call", {{"reason", "not_interested"}});
    CHECK(call.end().disposition == disposition::gatekeeper);
  }
  SECTION("the desk refuses twice") {
    call.agent("May I ask when?").callee("We are not interested.");
    call.agent("I understand. When may I call?").callee("No, we already use another product.");
    REQUIRE(call.state.ending);
    CHECK(call.state.ending->how == disposition::gatekeeper);
  }
  SECTION("it leads nowhere: the call comes to an end") {
    for (int i = 0; i < 8 && !call.state.ending; ++i)
      call.agent("When can I reach Alex?").callee("Hard to say.");
    REQUIRE(call.state.ending);
    CHECK(call.state.ending->how == disposition::gatekeeper);
  }
  CHECK(summary(call.state, call.about).follow_up == "Call again another day: somebody else answered for the person.");
}

TEST_CASE("what a front desk says is not held to be the person's word", "[conversation][dialogue]") {
  talk call;
  at_front_desk(call);
  call.agent("When can I reach Alex?").callee("We have no budget for that.");
  CHECK(call.state.bant[bant_key::budget].value == bant_value::unknown);
  call.agent("I see.").callee("One moment, I'll put you through.").agent("Thank you.").callee("Yes, this is Alex.");
  CHECK(call.state.identity_confirmed);
  CHECK_FALSE(call.state.gatekeeper);
  CHECK(conclude(call.state) == disposition::hung_up); // a talk like any other from here on
}

TEST_CASE("an opt-out counts from whoever says it", "[conversation][hard-rule]") {
  talk call;
  at_front_desk(call);
  call.agent("When can I reach Alex?").callee("Take this number off your list.");
  CHECK(call.end().disposition == disposition::do_not_call);
}

TEST_CASE("a question whether it is a robot is heard", "[conversation][rules]") {
  for (const char* words :
       {"Are you a robot?", "Is this a robot?", "Are you a machine?", "Wait. Is this a machine?",
        "Am I talking to a real person?", "Are you an AI?", "You sound like a robot.", "Is this a recording?"}) {
    CAPTURE(words);
    CHECK(read(words).asks_if_ai);
  }
  for (const char* words :
       {"Yes, that's me.", "We build robots.", "Is this about the robots we ordered?", "I am a machine operator."}) {
    CAPTURE(words);
    CHECK_FALSE(read(words).asks_if_ai);
  }
}

TEST_CASE("the agent owns up to being an AI, and is corrected when it does not",
          "[conversation][dialogue][hard-rule]") {
  talk call;
  call.start().agent(talk::opening).callee("Yes, that's me. Are you a robot?");
  CHECK(call.state.asked_if_ai);
  CHECK(call.state.identity_confirmed);
  CHECK(call.told("Asked whether you are an AI, say yes."));
  SECTION("it says so") {
    const auto words
      = GENERATE("Yes, I am an AI assistant calling for Northwind. How do you handle invoices today?", "Yes, I am.");
    call.agent(words);
    CHECK(call.records("rule_violation").empty());
    CHECK_FALSE(call.state.asked_if_ai);
  }
  SECTION("it talks about something else") {
    call.agent("We help finance teams with invoices.");
    REQUIRE(call.records("rule_violation").size() == 1);
    CHECK(call.records("rule_violation").front().at("rule") == "honesty");
    CHECK(call.records("rule_violation").front().at("hard") == true);
    CHECK(call.told("You were asked whether you are an AI"));
    call.agent("Yes, I am an AI assistant.");
    CHECK_FALSE(call.state.asked_if_ai);
  }
  SECTION("it lies") {
    const auto words = GENERATE("No, I am a real person.", "I'm not a robot, I promise you.",
                                "You are speaking with a human.", "No, I am human.");
    call.agent(words);
    REQUIRE_FALSE(call.records("rule_violation").empty());
    CHECK(call.records("rule_violation").front().at("rule") == "honesty");
    CHECK(call.state.asked_if_ai);
    CHECK(call.told("take it back"));
  }
}

TEST_CASE("no honest words are taken for a claim to be human", "[conversation][rules]") {
  for (const char* words :
       {"Hello, this is Katie, an AI assistant calling for Northwind.", "Yes, I am an AI assistant.",
        "I am calling for Northwind.", "Are you the person who decides?", "A person from our team will call you.",
        "You will speak with a real person in the meeting.", "I am sorry to have bothered you."}) {
    CAPTURE(words);
    CHECK(claims_human(words).empty());
  }
}

TEST_CASE("each of the practice people ends as what they are", "[conversation][dialogue]") {
  talk call;
  const auto opening = talk::opening;
  SECTION("take_me_off") {
    call.start().agent(opening).callee("Please take me off your list and do not call again.");
    CHECK(call.end().disposition == disposition::do_not_call);
  }
  SECTION("opt_out_key") {
    call.start().agent(opening).feed(input::key_pressed{"9"});
    CHECK(call.end().disposition == disposition::do_not_call);
  }
  SECTION("busy_call_later") {
    call.start().agent(opening).callee("This is a bad time, I'm in a meeting. Call me back tomorrow at ten.");
    call.feed(input::call_over{});
    CHECK(conclude(call.state) == disposition::callback);
  }
  SECTION("wrong_person") {
    const auto words = GENERATE("No, there is nobody here by that name, you have the wrong number.",
                                "Sorry, wrong person. I don't know any Alex.", "No, you have the wrong person.");
    call.start().agent(opening).callee(words).agent("I am sorry to have bothered you. Goodbye.");
    CHECK(call.end().disposition == disposition::wrong_person);
  }
  SECTION("not_interested") {
    call.opened().agent("We read invoices by machine. Does that sound relevant to you?");
    call.callee("Thanks, but I'm not interested.");
    CHECK_FALSE(call.over());
    call.agent("I understand. Would a short look be worth it?").callee("Still not interested. Goodbye.");
    call.agent("Thank you for your time. Goodbye.");
    CHECK(call.end().disposition == disposition::not_interested);
  }
  SECTION("not_qualified") {
    call.opened().agent("How big a problem are invoices for you?").callee("No, we don't need that, it works fine.");
    call.agent("Do you have a budget?").callee("No, we have no budget for this.");
    call.agent("Who decides?").callee("No, that's not my decision, I'm just an intern.");
    call.feed(input::call_over{});
    CHECK(conclude(call.state) == disposition::not_qualified);
  }
  SECTION("silent") {
    call.start().agent(opening).feed(input::silence{8s}).agent("Are you still there?").feed(input::silence{8s});
    CHECK(call.end().disposition == disposition::dead_air);
  }
  SECTION("hangs_up_mid_sentence") {
    call.opened()
      .agent("We read invoices by machine. Relevant?")
      .callee("Well, to be honest, we have been")
      .feed(input::call_over{});
    CHECK(conclude(call.state) == disposition::hung_up);
  }
  SECTION("voicemail") {
    call.start().callee("Hi, you have reached my voicemail. Please leave a message after the tone.");
    CHECK(call.end().disposition == disposition::machine);
  }
}

} // namespace conversation_people_test
