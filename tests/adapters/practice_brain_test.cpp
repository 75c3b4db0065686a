// Goal: the practice agent follows the instructions that it is given, and
// nothing else. Method: dialogues; the test plays the person and Parley's tools
// and looks at words and calls.
#include "tests/adapters/practice_brain_fixture.hpp"

namespace practice_brain_test {

using namespace parley::sandbox::model;
using namespace parley::sandbox::test::brain;
using nlohmann::json;

TEST_CASE("the agent discloses first, in the instructions' words", "[practice]") {
  call_with call{at_stage("opening")};
  CHECK(call.last
        == "Hello, this is Katie, an AI assistant calling for Northwind Analytics. "
           "If you do not want calls from us, just say so and I will take you off our list. "
           "Am I speaking with Ada Byron?");
}

TEST_CASE("a disclosure that was talked over is said again", "[practice]") {
  call_with call{at_stage("opening")};
  call.turns.back().cut("Hello, this is Katie, an AI assistant calling for Northwind Analytics. If you");
  const auto words = call.say("Hello? Who is this?");
  CHECK_FALSE(contains(words, "Hello, this is Katie"));
  CHECK(contains(words, "If you do not want calls from us"));
  CHECK(contains(words, "Am I speaking with Ada Byron?"));
}

TEST_CASE("another company, offer and disclosure are heard in the call", "[practice]") {
  auto other = replaced(at_stage("opening"), "Northwind Analytics", "Umbrella Payments");
  other = replaced(other, "We cut missed appointments by a third with reminders that patients answer.",
                   "We settle card payments within an hour.");
  call_with call{other};
  CHECK(contains(call.last, "calling for Umbrella Payments"));
  const auto words = call.say("Yes, this is she.");
  CHECK(contains(words, "We settle card payments within an hour."));
  CHECK_FALSE(contains(words, "missed appointments by a third"));
}

TEST_CASE("the company's telephone number is no part of what the company does", "[practice]") {
  const auto text = read_instructions(replaced(at_stage("opening"), "Name: Northwind Analytics\n",
                                               "Name: Northwind Analytics\nTelephone: +12125550142\n"));
  CHECK(text.company.name == "Northwind Analytics");
  CHECK(text.company.telephone == "+12125550142");
  CHECK(text.company.about == "Northwind helps clinics to keep their appointment books full.");
}

TEST_CASE("instructions that name no company, offer or objective book nothing", "[practice]") {
  const auto text
    = GENERATE(as<std::string>{}, "",
               "# Person\nName: Ada\nE-mail: ada@byrondental.example\nLocal time: 2026-11-24T10:15:00-05:00\n");
  call_with call{text};
  for (const char* words : {"Yes, speaking.", "I want a meeting tomorrow at ten.", "Yes, tomorrow at ten.",
                            "Yes, that is my address, book it!", "Call me back tomorrow."})
    call.say(words);
  CHECK(call.calls.empty());
  CHECK_FALSE(call.last.empty());
}

TEST_CASE("the agent asks what the stage lists, one question a turn", "[practice]") {
  call_with call{at_stage("opening")};
  call.say("Yes, speaking.");
  call.stage(at_stage("qualification", "- budget\n- authority"));
  CHECK(contains(call.say("We struggle with that, yes."), "budget"));
  const auto words = call.say("Yes, we have a budget for it.");
  CHECK(contains(words, "decide"));
  CHECK(std::count(words.begin(), words.end(), '?') == 1);
}

TEST_CASE("what is known is not asked again", "[practice]") {
  call_with call{at_stage("opening")};
  call.say("Yes, speaking.");
  call.stage(at_stage("qualification", "- budget\n- authority")
             + "\n# Known so far\nBudget: strong (\"we have one\")\n");
  CHECK(contains(call.say("Go on."), "decide"));
}

TEST_CASE("a correction is followed once", "[practice]") {
  call_with call{at_stage("opening")};
  call.say("Yes, speaking.");
  call.stage(at_stage("discovery", "- need")
             + "\n# Correction\n- You promised a feature. Say: I cannot promise that feature.\n");
  CHECK(contains(call.say("Okay."), "I cannot promise that feature."));
  CHECK_FALSE(contains(call.say("It is a big problem."), "I cannot promise that feature."));
}

TEST_CASE("a resumed call does not disclose again", "[practice]") {
  call_with call{at_stage("discovery", "- need") + "\n# Resume\nAda confirmed her name and heard the offer.\n"};
  CHECK_FALSE(contains(call.last, "Hello, this is Katie"));
  CHECK(contains(call.last, "How big a problem"));
}

TEST_CASE("what the system wants said is said word by word", "[practice]") {
  call_with call{at_stage("opening")};
  call.turns.push_back({turn::kind::note, "Say exactly: \"Thank you for your time. Goodbye.\"", {}, {}, {}, {}});
  CHECK(call.next() == "Thank you for your time. Goodbye.");
}

TEST_CASE("the closing stage ends the call with the reason of its goal", "[practice]") {
  call_with call{at_stage("opening")};
  call.say("Yes, speaking.");
  call.stage(at_stage("closing", "", "Say goodbye; the reason is not_qualified."));
  call.say("I am just an intern.");
  CHECK(call.arguments("end_call")["reason"] == "not_qualified");
}

TEST_CASE("each disobedience shows", "[practice]") {
  call_with call{at_stage("opening", "- need")};
  SECTION("books early") {
    call.mode = disobedience::books_early;
    call.say("Yes, speaking.");
    CHECK(call.called("book_meeting"));
  }
  SECTION("ignores the opt-out") {
    call.mode = disobedience::ignores_opt_out;
    call.say("Take me off your list.");
    CHECK_FALSE(call.called("opt_out"));
    CHECK(contains(call.last, "meeting"));
  }
  SECTION("keeps arguing") {
    call.mode = disobedience::keeps_arguing;
    call.say("Too expensive.");
    call.say("I am not interested.");
    call.say("Not interested, really.");
    CHECK_FALSE(call.called("end_call"));
  }
  SECTION("rambles and promises") {
    call.mode = disobedience::rambles;
    CHECK(sentences_of(call.say("Yes, speaking.")).size() >= 10);
    CHECK(contains(call.last, "I promise"));
  }
  SECTION("floods") {
    call.mode = disobedience::floods;
    CHECK(call.say("Yes, speaking.").size() > 10000);
  }
  SECTION("calls what was never offered") {
    call.mode = disobedience::unknown_tools;
    call.say("Yes, speaking.");
    CHECK(call.called("transfer_funds"));
  }
  SECTION("never ends") {
    call.mode = disobedience::never_ends;
    call.say("No, you have the wrong number.");
    CHECK_FALSE(call.called("end_call"));
    CHECK(contains(call.last, "meeting"));
  }
  SECTION("writes rubbish") {
    call.mode = disobedience::rubbish_json;
    call.say("Take me off your list.");
    CHECK(call.arguments("opt_out").is_discarded());
  }
}

} // namespace practice_brain_test
