// Goal: the agent hands over only when somebody is there, records only whom it
// told and nobody who objects, and lets a machine's greeting end. Method: words
// and tools fed to the pure core.
#include "actors/conversation/rules_analysis.hpp"
#include "actors/conversation/setup.hpp"
#include "actors/conversation/speech_rules.hpp"
#include "tests/unit/conversation_call.hpp"

namespace conversation_live_test {

using namespace parley;
using namespace parley::mind;
using namespace std::chrono_literals;
using parley::test::talk;

namespace {

const std::string recorded_opening = "Hello, this is Katie, an AI assistant calling for Northwind, and this call is "
                                     "recorded. If you want no more calls, say so or press 9. Am I speaking with Alex "
                                     "Johnson?";

talk recording_talk(bool announce = true) {
  talk call;
  call.policy.record = true;
  call.policy.announce_recording = announce;
  return call;
}

bool has_tool(const conversation_policy& policy, const std::string& name) {
  for (const auto& one : tools(policy))
    if (one.name == name)
      return true;
  return false;
}

} // namespace

TEST_CASE("the opening tells of the recording in its first sentence", "[conversation][recording]") {
  auto call = recording_talk();
  call.start();
  CHECK(call.told("an AI assistant calling for Northwind, and this call is recorded."));
  CHECK(call.told("This call is recorded. When the person does not want that"));
  auto silent = recording_talk(false);
  silent.start();
  CHECK_FALSE(silent.told("and this call is recorded."));
  talk plain;
  plain.start();
  CHECK_FALSE(plain.told("recorded"));
}

TEST_CASE("recording begins only after the person was told", "[conversation][recording][hard-rule]") {
  auto call = recording_talk();
  call.start().feed(input::answered{});
  CHECK(call.given<directive::recording>().empty());
  SECTION("in the opening") {
    call.agent(recorded_opening);
    REQUIRE(call.given<directive::recording>().size() == 1);
    CHECK(call.given<directive::recording>().front().allowed);
    CHECK_FALSE(call.broke("recording_notice"));
    CHECK_FALSE(call.broke("sentences"));
    call.callee("Yes, this is Alex.").agent("As I said, this call is recorded.");
    CHECK(call.given<directive::recording>().size() == 1);
  }
  SECTION("the model forgets it, and is told to make up for it") {
    call.agent(talk::opening);
    CHECK(call.given<directive::recording>().empty());
    CHECK(call.broke("recording_notice"));
    CHECK(call.told("You did not say that the call is recorded"));
    call.callee("Yes, this is Alex.").agent("I should add that we record this call.");
    CHECK(call.given<directive::recording>().size() == 1);
  }
  SECTION("the person cut the words off before they were said") {
    call.agent("Hello, this is Katie, an AI", 2s, true);
    CHECK(call.given<directive::recording>().empty());
  }
}

TEST_CASE("where the law wants no word recording begins with the answer", "[conversation][recording]") {
  auto call = recording_talk(false);
  call.start();
  CHECK(call.given<directive::recording>().empty());
  call.feed(input::answered{});
  REQUIRE(call.given<directive::recording>().size() == 1);
  CHECK(call.given<directive::recording>().front().allowed);
}

TEST_CASE("an objection to the recording is heard", "[conversation][recording][hard-rule]") {
  for (const auto* words : {"I don't want to be recorded.", "Please stop recording.", "Can you not record this?",
                            "No recording, please.", "Turn off the recording.", "I do not consent to being recorded.",
                            "I'd rather not be recorded.", "I object to being recorded.", "You can't record me.",
                            "Please turn that recorder off.", "I would like to talk without being recorded."}) {
    INFO(words);
    CHECK(recording_objection(words));
    CHECK_FALSE(opt_out_wish(words)); // they may well be interested
  }
  for (const auto* words :
       {"Is this call recorded?", "I don't mind being recorded.", "You can record this.", "Sure, record it.",
        "We don't record our stock anywhere.", "No problem.", "That is fine.", "Our records are on paper."}) {
    INFO(words);
    CHECK_FALSE(recording_objection(words));
  }
}

TEST_CASE("who objects is not recorded, and the talk goes on", "[conversation][recording][hard-rule]") {
  auto call = recording_talk();
  call.start().agent(recorded_opening).callee("Yes, this is Alex. But I don't want to be recorded.");
  const auto given = call.given<directive::recording>();
  REQUIRE(given.size() == 2);
  CHECK_FALSE(given.back().allowed);
  CHECK_FALSE(call.over());
  CHECK(call.told("say that the recording is off now"));
  CHECK(call.records("recording_objected").size() == 1);
  call.agent("All right, the recording is off. This call is recorded no more.").callee("Thank you.");
  call.agent("By the way, this call is recorded.");
  CHECK(call.given<directive::recording>().size() == 2);
  CHECK(state_from_json(to_json(call.state)).recording_objected);
}

TEST_CASE("the tool for handing over is there when somebody is", "[conversation][transfer]") {
  conversation_policy policy;
  CHECK_FALSE(has_tool(policy, "transfer_to_human"));
  policy.may_transfer = true;
  CHECK(has_tool(policy, "transfer_to_human"));
  talk alone;
  alone.opened().tool("transfer_to_human", {{"reason", "asked"}});
  CHECK_THAT(alone.refusal(), Catch::Contains("no such tool"));
  CHECK(alone.given<directive::transfer>().empty());
}

TEST_CASE("only who is at work now takes calls over", "[conversation][transfer]") {
  manager_row priya;
  priya.name = "Priya Raman";
  priya.phone = "+12125550100";
  priya.timezone = "America/New_York";
  priya.working_hours = "mon-fri 09:00-17:30";
  manager_row tom;
  tom.name = "Tom Becker";
  tom.phone = "+13125550109";
  tom.timezone = "America/Chicago";
  tom.working_hours = "mon-thu 08:30-12:00, 13:00-17:00";
  manager_row mia; // the usual office hours, by the person's clock
  mia.name = "Mia Stone";
  mia.phone = "+12125550101";
  call_brief brief;
  brief.zone = "America/Los_Angeles";
  brief.policy.transfers = true;
  const auto at = [&](const char* now) {
    std::string names;
    for (const auto& one : mind::humans_of(brief, {priya, tom, mia}, *parse_iso(now)))
      names += one.name.substr(0, 1);
    return names;
  };
  CHECK(at("2026-12-01T13:59:00Z") == "");   // Tuesday, 8:59 in New York
  CHECK(at("2026-12-01T14:00:00Z") == "P");  // her day begins
  CHECK(at("2026-12-01T15:00:00Z") == "PT"); // nine in Chicago
  CHECK(at("2026-12-01T18:30:00Z") == "PM"); // Tom has lunch
  CHECK(at("2026-12-01T20:00:00Z") == "PTM");
  CHECK(at("2026-12-01T22:30:00Z") == "TM"); // half past five: hers is over
  CHECK(at("2026-12-01T23:00:00Z") == "M");
  CHECK(at("2026-12-05T18:00:00Z") == ""); // Saturday
  conversation_policy policy;
  policy.may_transfer = true;
  mind::name_humans(policy, mind::humans_of(brief, {priya, tom, mia}, *parse_iso("2026-12-05T18:00:00Z")));
  CHECK_FALSE(policy.may_transfer);
}

TEST_CASE("a person who asks for a human is handed over", "[conversation][transfer]") {
  talk call;
  call.policy.may_transfer = true;
  call.policy.manager_name = "Priya Raman";
  call.opened();
  CHECK(call.told("connect them with Priya Raman and use transfer_to_human"));
  call.agent("How do you handle invoices today?").callee("Can I talk to a real person?");
  CHECK(call.state.next_action == "hand the call over");
  call.agent("Of course, I connect you.").tool("transfer_to_human", {{"reason", "wants a human"}});
  CHECK(call.answer().at("ok") == true);
  REQUIRE(call.given<directive::transfer>().size() == 1);
  CHECK(call.given<directive::transfer>().front().reason == "wants a human");
  SECTION("once") {
    call.tool("transfer_to_human", {{"reason", "again"}});
    CHECK_THAT(call.refusal(), Catch::Contains("already"));
    CHECK(call.given<directive::transfer>().size() == 1);
  }
  SECTION("silence while it rings is no dead air") {
    call.feed(input::silence{20s}).feed(input::silence{20s});
    CHECK_FALSE(call.over());
  }
  SECTION("it fails: the talk goes on with an apology") {
    call.feed(input::transfer_failed{});
    REQUIRE(call.just<directive::speak>().size() == 1);
    CHECK_THAT(call.just<directive::speak>().front().instructions, Catch::Contains("Apologise"));
    CHECK_FALSE(call.over());
    CHECK(call.state.next_action != "hand the call over");
  }
}

TEST_CASE("nobody is handed over who does not know who calls", "[conversation][transfer][hard-rule]") {
  talk call;
  call.policy.may_transfer = true;
  call.start().tool("transfer_to_human", {{"reason", "hurry"}});
  CHECK_THAT(call.refusal(), Catch::Contains("disclosure"));
  talk wrong;
  wrong.policy.may_transfer = true;
  wrong.start().agent(talk::opening).callee("No, you have the wrong number.");
  wrong.tool("transfer_to_human", {{"reason", "hurry"}});
  CHECK(wrong.given<directive::transfer>().empty());
}

TEST_CASE("a machine that gets a message is not hung up on before its beep", "[conversation][voicemail]") {
  const auto* greeting = "You have reached my voicemail. Please leave a message after the tone.";
  SECTION("a message is to be left") {
    talk call;
    call.policy.leaves_message = true;
    call.start().agent(talk::opening).callee(greeting);
    CHECK_FALSE(call.over());
    CHECK(call.records("machine_heard").size() == 1);
    call.callee("I cannot come to the phone right now.").feed(input::silence{8s}).feed(input::silence{8s});
    CHECK_FALSE(call.over());
    CHECK(call.just<directive::speak>().empty());
    call.feed(input::woken{"machine"});
    CHECK(call.end().disposition == disposition::machine);
  }
  SECTION("somebody picks up after all") {
    talk call;
    call.policy.leaves_message = true;
    call.start().agent(talk::opening).callee(greeting).callee("Hello, yes, this is Alex.");
    call.feed(input::woken{"machine"});
    CHECK_FALSE(call.over());
  }
  SECTION("none is") {
    talk call;
    call.start().agent(talk::opening).callee(greeting);
    CHECK(call.end().disposition == disposition::machine);
  }
}

} // namespace conversation_live_test
