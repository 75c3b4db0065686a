// Goal: in the last attempt that a campaign allows the agent promises no further
// call, whoever asks for one, and the call counts as what it was; in an earlier
// attempt it agrees on one. Method: words and tools fed to the pure core, once
// with an attempt to come and once without.
#include "actors/conversation/setup.hpp"
#include "actors/conversation/stages.hpp"
#include "tests/unit/conversation_call.hpp"

#include <algorithm>

namespace conversation_last_attempt_test {

using namespace parley;
using namespace parley::mind;
using namespace std::chrono_literals;
using parley::test::talk;

namespace {

const nlohmann::json tomorrow{{"datetime", "2026-11-25T15:00:00Z"}, {"reason", "in a meeting"}};
const std::string wish = "Yes, but I'm in a meeting. Call me back tomorrow at ten.";

talk last_talk() {
  talk call;
  call.policy.last_attempt = true;
  return call;
}

bool offers(const talk& call, const std::string& name) {
  const auto all = tools(call.policy);
  return std::ranges::find(all, name, &tool::name) != all.end();
}

std::vector<std::string> end_reasons_offered(const talk& call) {
  for (const auto& one : tools(call.policy))
    if (one.name == "end_call")
      return one.parameters["properties"]["reason"]["enum"];
  return {};
}

} // namespace

TEST_CASE("a call-back is offered to the model only while an attempt is left", "[conversation][hard-rule]") {
  talk earlier;
  earlier.start();
  CHECK(offers(earlier, "schedule_callback"));
  CHECK(std::ranges::count(end_reasons_offered(earlier), "callback_set") == 1);
  CHECK(earlier.told("When the time is bad, agree on another and use schedule_callback."));
  CHECK_FALSE(earlier.told("last call"));

  auto last = last_talk();
  last.start();
  CHECK_FALSE(offers(last, "schedule_callback"));
  CHECK(std::ranges::count(end_reasons_offered(last), "callback_set") == 0);
  CHECK(end_reasons_offered(last).size() + 1 == end_reasons_offered(earlier).size());
  CHECK(last.told("never say that anybody calls again"));
  CHECK(last.told("offer a meeting or that an account manager writes"));
  CHECK_FALSE(last.told("schedule_callback"));
}

TEST_CASE("the last attempt is what the call's brief says", "[conversation]") {
  call_brief brief;
  brief.attempt = 3;
  CHECK_FALSE(policy_of(brief, false).last_attempt);
  brief.last_attempt = true;
  CHECK(policy_of(brief, false).last_attempt);
}

TEST_CASE("in the last attempt a call-back is refused in words that the model can use",
          "[conversation][dialogue][hard-rule]") {
  auto call = last_talk();
  call.start().agent(talk::opening).callee(wish);
  CHECK(call.state.callback_asked); // which somebody may want to know later
  CHECK(call.state.next_action == "offer a meeting or that an account manager writes");
  call.tool("schedule_callback", tomorrow);
  CHECK_THAT(call.refusal(), Catch::Contains("no further call can be promised")
                               && Catch::Contains("offer a meeting or that an account manager writes"));
  CHECK_FALSE(call.over());
  SECTION("nor may the call end as if one were set") {
    call.tool("end_call", {{"reason", "callback_set"}});
    CHECK_THAT(call.refusal(), Catch::Contains("Do not promise one"));
    call.tool("end_call", {{"reason", "callback_set"}}); // refused once; then it gets its way, and no call-back
    CHECK(call.end().disposition == disposition::no_decision);
  }
  SECTION("the agent says goodbye") {
    call.tool("end_call", {{"reason", "done"}});
    CHECK(call.end().disposition == disposition::no_decision);
  }
  SECTION("the person hangs up first") {
    call.feed(input::call_over{});
    CHECK(conclude(call.state) == disposition::no_decision);
  }
  SECTION("a meeting is agreed on after all") {
    call.agent("We help finance teams with invoices. How do you handle this today?")
      .callee("We type them in by hand, and it takes us hours every week.")
      .agent("I see. Are you the one who decides on this?")
      .callee("Yes, that's my decision.");
    CHECK(call.state.stage == stage::booking);
    CHECK(call.state.next_action == "find a slot");
    call.feed(input::call_over{});
    CHECK(conclude(call.state) == disposition::qualified);
    CHECK(call.given<directive::schedule_callback>().empty());
    return;
  }
  CHECK(call.given<directive::schedule_callback>().empty()); // as the person wished, the model or not
  CHECK_FALSE(call.state.callback_set);
  CHECK(summary(call.state, call.about).follow_up
        == "The person asked to be called later, and this was the last call: an account manager should write.");
}

TEST_CASE("in the last attempt a front desk is promised no further call", "[conversation][dialogue]") {
  auto call = last_talk();
  call.start().agent(talk::opening).callee("This is the front desk. What is this about?");
  CHECK(call.told("whether Alex Johnson can come to the phone"));
  CHECK_FALSE(call.told("schedule_callback"));
  CHECK(call.state.next_action == "ask whether the person can come to the phone");
  call.agent("I am calling for Alex Johnson. Can you put me through?")
    .callee("Alex is not here right now, please call back tomorrow at ten.");
  CHECK_FALSE(call.told("callback_set"));
  call.agent("I see, thank you for your help. Goodbye.").callee("Goodbye.");
  if (!call.over())
    call.tool("end_call", {{"reason", "done"}});
  CHECK(call.end().disposition == disposition::gatekeeper);
  CHECK(call.given<directive::schedule_callback>().empty());
  CHECK_THAT(summary(call.state, call.about).follow_up, Catch::Contains("an account manager should write"));
}

TEST_CASE("a hand-over that nobody takes is apologised for, with a call-back only while an attempt is left",
          "[conversation][transfer]") {
  const bool last = GENERATE(false, true);
  CAPTURE(last);
  talk call;
  call.policy.last_attempt = last;
  call.policy.may_transfer = true;
  call.opened().callee("Can I talk to a human?");
  call.tool("transfer_to_human", {{"reason", "asked"}}).feed(input::transfer_failed{});
  const auto spoken = call.just<directive::speak>();
  REQUIRE(spoken.size() == 1);
  CHECK_THAT(spoken.front().instructions, Catch::Contains("Apologise in one sentence"));
  CHECK((spoken.front().instructions.find("ask when somebody may call") == std::string::npos) == last);
  CHECK((spoken.front().instructions.find("promise none") != std::string::npos) == last);
  CHECK(call.state.next_action == (last ? "offer that an account manager writes" : "offer that a colleague calls"));
  call.feed(input::call_over{});
  CHECK((summary(call.state, call.about).follow_up.find("write") != std::string::npos) == last);
}

TEST_CASE("whoever takes up the last attempt's talk knows that it is the last", "[conversation][recovery]") {
  auto call = last_talk();
  call.start().agent(talk::opening).callee(wish);
  const auto taken_up = state_from_json(to_json(call.state));
  CHECK(taken_up.last_attempt);
  CHECK(conclude(taken_up) == disposition::no_decision);
  auto of_before = to_json(call.state); // by a version that did not know it
  of_before.erase("last_attempt");
  CHECK_FALSE(state_from_json(of_before).last_attempt);
}

} // namespace conversation_last_attempt_test
