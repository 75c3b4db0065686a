// Goal: whatever the voice model does, Parley's rules hold. Method: a model
// that disobeys, one rule at a time.
#include "actors/conversation/speech_rules.hpp"
#include "tests/unit/conversation_call.hpp"

namespace conversation_hard_rules_test {

using namespace parley;
using namespace parley::mind;
using namespace std::chrono_literals;
using nlohmann::json;
using parley::test::talk;

TEST_CASE("no meeting before qualification", "[conversation][hard-rule]") {
  talk call;
  call.opened()
    .slots_found()
    .agent("Thursday at 10 AM?")
    .callee("Yes, that works. My e-mail is alex@acme.example.")
    .book();
  CHECK(call.refusal().find("Find out about the need first") != std::string::npos);
  CHECK(call.given<directive::book>().empty());
}

TEST_CASE("a model can't qualify a person by words that nobody said", "[conversation][hard-rule]") {
  talk call;
  call.opened().slots_found();
  call.tool("record_observation", {{"need", {{"value", "strong"}, {"quote", "We desperately need this product"}}},
                                   {"budget", {{"value", "strong"}, {"quote", "Money is no object"}}}});
  CHECK(call.answer().at("ok") == true);
  CHECK(call.answer().at("not_yet_heard") == json{"budget", "need"});
  CHECK(score(call.state.bant) == 0);
  call.callee("Hm, okay.");
  CHECK(score(call.state.bant) == 0);
  CHECK(call.state.pending.empty()); // given up
}

TEST_CASE("a quote that shows nothing is worth little", "[conversation][hard-rule]") {
  talk call;
  call.opened().tool("record_observation", {{"need", {{"value", "strong"}, {"quote", "Yes, this is Alex."}}},
                                            {"budget", {{"value", "strong"}, {"quote", "Yes, this is Alex."}}}});
  CHECK(call.state.bant[bant_key::need].value == bant_value::weak);
  CHECK_FALSE(qualified(call.state.bant));
}

TEST_CASE("a model can't talk a no into a yes", "[conversation][hard-rule]") {
  talk call;
  call.opened().agent("Do you have a budget set aside for this?").callee("No, we don't have any budget.");
  call.tool("record_observation", {{"budget", {{"value", "strong"}, {"quote", "we don't have any budget"}}}});
  CHECK(call.state.bant[bant_key::budget].value == bant_value::no);
}

TEST_CASE("what the model notes counts once the transcript shows it", "[conversation]") {
  talk call;
  call.opened().agent("When would you like to have this in place?");
  call.tool("record_observation", {{"timeline", {{"value", "strong"}, {"quote", "when the auditors come"}}},
                                   {"sentiment", 0.8},
                                   {"key_points", {"audit in spring"}}});
  CHECK(call.state.bant[bant_key::timeline].value == bant_value::unknown);
  call.callee("It has to be there when the auditors come.");
  CHECK(call.state.bant[bant_key::timeline].value == bant_value::strong);
  CHECK(call.state.bant[bant_key::timeline].source == reader::model);
}

TEST_CASE("no meeting with whom nobody told that an AI calls", "[conversation][hard-rule]") {
  talk call;
  call.start()
    .agent("Hi Alex, how do you handle invoices today?")
    .callee("We type them in by hand, and it takes us hours every week.")
    .agent("Are you the one who decides on this?")
    .callee("Yes, that's my decision.")
    .slots_found()
    .agent("I have Thursday, November 26 at 10:00 AM. Does that work for you?")
    .callee("Thursday at ten works for me.")
    .agent("Shall I send the invitation to alex@acme.example?")
    .callee("Yes, please.")
    .book();
  CHECK(call.given<directive::book>().empty());
  CHECK(call.refusal().find("AI assistant") != std::string::npos);
}

TEST_CASE("no meeting at a time that was not offered or not accepted", "[conversation][hard-rule]") {
  talk call;
  SECTION("no slots at all") {
    call.qualified().book();
    CHECK(call.refusal().find("check_calendar_availability") != std::string::npos);
  }
  SECTION("not one of the slots") {
    call.agreed().book("2026-11-26T16:00:00Z");
    CHECK(call.refusal().find("must be one of the slots: " + talk::slot_a) != std::string::npos);
  }
  SECTION("another one than the accepted") {
    call.agreed().book(talk::slot_b);
    CHECK(call.refusal().find("accepted " + talk::slot_a + ", not " + talk::slot_b) != std::string::npos);
  }
  SECTION("refused by the person") {
    call.offered().callee("No, neither works for me.").book();
    CHECK(call.refusal().find("has not accepted a time") != std::string::npos);
  }
  SECTION("a time of the person's own") {
    call.offered().callee("How about Monday at nine?").book();
    CHECK(call.refusal().find("has not accepted a time") != std::string::npos);
  }
  SECTION("one refused, the other taken") {
    call.offered().callee("Thursday doesn't work, but Friday is fine.");
    CHECK(call.state.accepted_slots == std::vector{*parse_iso(talk::slot_b)});
  }
  SECTION("in the past") {
    call.agreed().book("2026-11-20T15:00:00Z");
    CHECK(call.refusal().find("past") != std::string::npos);
  }
  CHECK(call.given<directive::book>().empty());
}

TEST_CASE("no meeting without a confirmed e-mail", "[conversation][hard-rule]") {
  talk call;
  call.offered().callee("Thursday at ten works for me.");
  SECTION("never mentioned") {
    call.book();
    CHECK(call.refusal().find("e-mail address is not confirmed") != std::string::npos);
  }
  SECTION("invented by the model") {
    call.agent("Shall I send it to alex@acme.example?").callee("Yes.").book(talk::slot_a, "somebody@example.com");
    CHECK(call.refusal().find("e-mail address is not confirmed") != std::string::npos);
  }
  SECTION("denied") {
    call.agent("Shall I send it to alex@acme.example?").callee("No, that's an old one.").book();
    CHECK(call.refusal().find("e-mail address is not confirmed") != std::string::npos);
  }
  SECTION("no address") {
    call.book(talk::slot_a, "alex at acme");
    CHECK(call.refusal().find("no valid e-mail") != std::string::npos);
  }
  SECTION("named by the person instead") {
    call.agent("Shall I send it to alex@acme.example?").callee("No, take alex dot j at acme dot example.");
    CHECK(call.state.emails_confirmed == std::vector<std::string>{"alex.j@acme.example"});
    call.book(talk::slot_a, "Alex.J@acme.example");
    CHECK(call.just<directive::book>().size() == 1);
    return;
  }
  CHECK(call.given<directive::book>().empty());
}

TEST_CASE("a booking waits for the transcript of words just spoken, but not for ever", "[conversation]") {
  talk call;
  call.offered()
    .callee("Thursday at ten works for me.")
    .agent("Shall I send the invitation to alex@acme.example?")
    .book();
  CHECK(call.just<directive::answer_tool>().empty());
  REQUIRE(call.just<directive::wake_me>().size() == 1);
  SECTION("the words confirm") {
    call.callee("Yes, that's right.");
    CHECK(call.just<directive::book>().size() == 1);
  }
  SECTION("the words deny") {
    call.callee("No, that is wrong.");
    CHECK(call.refusal().find("not confirmed") != std::string::npos);
  }
  SECTION("nobody speaks") {
    call.feed(input::woken{"words"});
    CHECK(call.refusal().find("not confirmed") != std::string::npos);
  }
  SECTION("the person hangs up") {
    call.feed(input::key_pressed{"9"});
    CHECK(call.just<directive::answer_tool>().size() == 1);
  }
  call.feed(input::woken{"words"});
  CHECK(call.last.empty()); // answered once
}

TEST_CASE("nobody is booked twice in one call", "[conversation][hard-rule]") {
  talk call;
  call.agreed().book();
  const auto first = call.tool_id();
  call.book();
  CHECK(call.refusal().find("under way") != std::string::npos);
  call.feed(input::booking_result{first, true, "meeting-1", *parse_iso(talk::slot_a), ""}).book();
  CHECK(call.refusal().find("already booked") != std::string::npos);
  CHECK(call.given<directive::book>().size() == 1);
}

TEST_CASE("a slot that is gone is not booked again, and the call goes on", "[conversation]") {
  talk call;
  call.agreed().book().feed(
    input::booking_result{call.tool_id(), false, "", *parse_iso(talk::slot_a),
                          "That slot was taken meanwhile. Check the calendar for another slot."});
  CHECK(call.refusal().find("taken") != std::string::npos);
  call.book();
  CHECK(call.refusal().find("must be one of the slots") != std::string::npos);
  CHECK_FALSE(call.over());
}

TEST_CASE("a call can't be ended against the facts", "[conversation][hard-rule]") {
  talk call;
  SECTION("no meeting was booked") {
    call.opened().tool("end_call", {{"reason", "meeting_booked"}});
    CHECK(call.refusal().find("No meeting is booked") != std::string::npos);
    CHECK_FALSE(call.over());
    call.tool("end_call", {{"reason", "meeting_booked"}}); // it insists
    CHECK(call.end().disposition == disposition::no_decision);
  }
  SECTION("a meeting was") {
    call.booked().tool("end_call", {{"reason", "not_interested"}});
    CHECK(call.end().disposition == disposition::meeting_booked);
  }
  SECTION("no call-back is set") {
    call.opened().tool("end_call", {{"reason", "callback_set"}});
    CHECK(call.refusal().find("schedule_callback") != std::string::npos);
  }
  SECTION("it is the right person") {
    call.opened().tool("end_call", {{"reason", "wrong_person"}});
    CHECK(call.refusal().find("right one") != std::string::npos);
  }
  SECTION("the person is qualified") {
    call.qualified().tool("end_call", {{"reason", "not_qualified"}});
    CHECK(call.refusal().find("qualified") != std::string::npos);
  }
  SECTION("not interested is believed") {
    call.opened().tool("end_call", {{"reason", "not_interested"}});
    CHECK(call.end().disposition == disposition::not_interested);
  }
}

TEST_CASE("what the agent promised at the end is to be done", "[conversation][tools]") {
  talk call;
  call.qualified().tool("end_call", {{"reason", "done"}, {"follow_up_action", "send the brochure"}});
  CHECK(summary(call.state, call.about).follow_up.find("send the brochure") != std::string::npos);
  CHECK(state_from_json(to_json(call.state)).follow_up_asked == "send the brochure");
}

TEST_CASE("wrong tools and arguments are answered in words", "[conversation][tools]") {
  talk call;
  call.opened();
  const auto refusal
    = [&](const std::string& name, const std::string& arguments) { return call.tool_text(name, arguments).refusal(); };
  CHECK(refusal("transfer_funds", "{}").find("There is no such tool.") == 0);
  CHECK(refusal("book_meeting", "{\"datetime\": tomorrow at ten,").find("not a JSON object") != std::string::npos);
  CHECK(refusal("book_meeting", "[]").find("not a JSON object") != std::string::npos);
  CHECK(refusal("book_meeting", R"({"prospect_email":"a@b.co","meeting_type":"video"})").find("`datetime` is missing")
        != std::string::npos);
  CHECK(refusal("book_meeting", R"({"datetime":"2026-11-26T15:00:00Z","prospect_email":"a@b.co","meeting_type":"fax"})")
          .find("video or phone")
        != std::string::npos);
  CHECK(
    refusal("check_calendar_availability", R"({"preferred_dates":[],"duration_minutes":30})").find("preferred_dates")
    != std::string::npos);
  CHECK(refusal("check_calendar_availability", R"({"preferred_dates":["2026-11-31"],"duration_minutes":30})")
          .find("ISO dates")
        != std::string::npos);
  CHECK(
    refusal("check_calendar_availability", R"({"preferred_dates":["2026-11-23"],"duration_minutes":30})").find("past")
    != std::string::npos);
  CHECK(refusal("check_calendar_availability", R"({"preferred_dates":["2026-11-26"],"duration_minutes":5})")
          .find("duration_minutes")
        != std::string::npos);
  CHECK(
    refusal("check_calendar_availability", R"({"preferred_dates":["2026-11-26"],"duration_minutes":30,"zone":"UTC"})")
      .find("no parameter")
    != std::string::npos);
  CHECK(refusal("schedule_callback", R"({"datetime":"2027-11-26T15:00:00Z"})").find("90 days") != std::string::npos);
  CHECK(refusal("end_call", R"({"reason":"bored"})").find("must be one of: meeting_booked") != std::string::npos);
  CHECK(refusal("record_observation", R"({"need":{"value":"huge","quote":"x"}})").find("need.value")
        != std::string::npos);
  CHECK(refusal("record_observation", R"({"need":{"value":"strong"}})").find("need.quote") != std::string::npos);
  CHECK(refusal("record_observation", R"({"sentiment":7})").find("sentiment") != std::string::npos);
  CHECK(call.records("tool_refused").size() == 15);
  CHECK_FALSE(call.over());
}

TEST_CASE("the tools take exactly the documented parameters", "[conversation][tools]") {
  const auto names = [](const json& object) {
    std::vector<std::string> out;
    for (const auto& [name, value] : object.items())
      out.push_back(name);
    return out;
  };
  std::map<std::string, json> all;
  for (const auto& one : tools({}))
    all[one.name] = one.parameters;
  CHECK(all.size() == 6);
  using list = std::vector<std::string>;
  CHECK(names(all["record_observation"]["properties"])
        == list{"authority", "budget", "key_points", "need", "next_action", "objection", "sentiment", "timeline"});
  CHECK(names(all["check_calendar_availability"]["properties"]) == list{"duration_minutes", "preferred_dates"});
  CHECK(all["check_calendar_availability"]["required"] == json{"preferred_dates", "duration_minutes"});
  CHECK(names(all["book_meeting"]["properties"]) == list{"datetime", "meeting_type", "prospect_email"});
  CHECK(all["book_meeting"]["required"] == json{"datetime", "prospect_email", "meeting_type"});
  CHECK(names(all["schedule_callback"]["properties"]) == list{"datetime", "reason"});
  CHECK(names(all["opt_out"]["properties"]) == list{"reason"});
  CHECK(names(all["end_call"]["properties"]) == list{"follow_up_action", "reason"});
}

TEST_CASE("the disclosure belongs into the agent's first turn", "[conversation][hard-rule]") {
  talk call;
  call.start().agent("Hi Alex, how are you doing today?");
  CHECK(call.broke("disclosure"));
  CHECK(call.state.turns.back().marks == std::vector<std::string>{"disclosure"});
  CHECK(call.told("# Correction\n- You did not identify yourself"));
  CHECK(call.state.stage == stage::opening);
  call.callee("Yes, this is Alex.");
  CHECK(call.state.stage == stage::opening); // nothing goes on without it
  call.agent(talk::opening);
  CHECK(call.state.disclosed);
  CHECK_FALSE(call.told("# Correction"));
  SECTION("a human name alone is no disclosure") {
    CHECK_FALSE(discloses("This is Katie from Northwind.", call.policy));
    CHECK_FALSE(discloses("This is Katie, an AI assistant.", call.policy));
    CHECK_FALSE(discloses("This is Katie of Northwind. I am not an AI.", call.policy));
    CHECK(discloses("This is Katie, Northwind's virtual assistant, calling for Northwind.", call.policy));
  }
}

TEST_CASE("a disclosure that was talked over is asked for again", "[conversation]") {
  talk call;
  call.start().agent("Hello, this is Katie, an", 1s, true).callee("Hello?");
  CHECK(call.broke("disclosure"));
  CHECK_FALSE(call.state.disclosed);
}

TEST_CASE("an objection that rules and model both hear counts once", "[conversation]") {
  talk call;
  call.opened().agent("Does that sound relevant?").callee("That sounds too expensive.");
  call.tool("record_observation", {{"objection", "The person finds it expensive"}});
  CHECK(call.state.objection_turns == 1);
  call.agent("May I ask what you compare it with?").callee("With doing it ourselves.");
  call.tool("record_observation", {{"objection", "price"}}); // the old one again
  CHECK(call.state.objection_turns == 1);
  call.tool("record_observation", {{"objection", "trust"}}); // a new one that the rules missed
  CHECK(call.state.objection_turns == 2);
  CHECK(call.state.stage == stage::closing);
}

} // namespace conversation_hard_rules_test
