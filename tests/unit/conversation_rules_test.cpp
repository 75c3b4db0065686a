// Goal: the rules read English as a careful listener would; above all, nobody
// who wants no more calls is missed, and nobody is taken for one by mistake.
// Method: tables of sentences with what they mean.
#include "actors/conversation/rules_analysis.hpp"
#include "actors/conversation/spoken_time.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace conversation_rules_test {

using namespace parley;
using namespace parley::mind;

namespace {

const auto now = *parse_iso("2026-11-24T15:00:00Z"); // Tuesday, 10 o'clock in New York

reading read(const std::string& text, const std::string& agent = "How do you handle this today?") {
  return read_turn(text, {agent, "Alex Johnson", false, 3, now, "America/New_York"});
}

std::string value_of(const reading& r, bant_key key) {
  const auto found = std::ranges::find(r.bant, key, &evidence::key);
  return found == r.bant.end() ? "nothing" : std::string{to_string(found->item.value)};
}

} // namespace

TEST_CASE("a wish for no more calls is heard in all its forms", "[conversation][opt-out]") {
  const auto* text
    = GENERATE("Take me off your list.", "Please take me off the list", "take us off your calling list right now",
               "Could you take my name off your list?", "Remove me from your database.", "Please remove my number.",
               "delete my number", "Stop calling me.", "Stop calling.", "Please, stop calling this number!",
               "You need to stop calling here", "I want you to stop calling me", "Do not call again.",
               "Don't call me again.", "don't ever call this number again", "Please don\u2019t call me anymore.",
               "Do not call me.", "Never call me again!", "Don't contact us again", "I don't want any more calls.",
               "No more calls, please.", "I don't want to be called.", "Put me on your do not call list.",
               "Add this number to your do-not-call list.", "I want to opt out.", "Opt me out", "How do I opt out?",
               "Unsubscribe me.", "Leave me alone!", "Lose my number.", "Stop.", "Please stop", "I revoke my consent.",
               "I never want to hear from you again.", "Not interested, take me off your list.",
               "i am not interested take me off your list", "You never took me off your list, so do it now: remove me.",
               "Cease and desist.", "Quit calling me", "I'm on the national do not call registry.",
               "Why won't you stop calling me?", "get me off this list", "Yes, that is me. Please stop calling.");
  CAPTURE(text);
  CHECK(opt_out_wish(text).has_value());
}

TEST_CASE("what only sounds like a wish for no more calls is none", "[conversation][opt-out]") {
  const auto* text = GENERATE(
    "Don't stop, that is interesting.", "Please don't stop calling people, it works.", "I won't call it off.",
    "We won't call off the project.", "Please don't take me off the list.", "You don't have to take me off the list.",
    "Don't hesitate to call.", "Don't call me before nine.", "Don't call me today, call me tomorrow.",
    "Please don't call me on Mondays.", "Our reps stop calling leads after two tries.", "We never call people again.",
    "I don't want to opt out.", "What happens if I opt out?", "We scrub against the do not call list.",
    "I can't call you back today.", "Why don't you call me tomorrow?", "That would take a load off my team.",
    "We could not stop the churn.", "I did not call you.", "Stop by our office some time.",
    "We don't call leads fast enough.", "Remove the old system first, then we talk.",
    "Nonstop calls are our daily business.", "Tell me more about the list.", "It is not a problem to call me again.");
  CAPTURE(text);
  CHECK_FALSE(opt_out_wish(text).has_value());
}

TEST_CASE("BANT is read with its negations and doubts", "[conversation][bant]") {
  struct row {
    const char* text;
    bant_key key;
    const char* value;
  };
  const auto [text, key, value] = GENERATE(table<const char*, bant_key, const char*>(
    {{"We have a budget of 50,000 for this.", bant_key::budget, "strong"},
     {"There is money set aside for it.", bant_key::budget, "strong"},
     {"Our budget is approved.", bant_key::budget, "strong"},
     {"We could spend about 20k a year.", bant_key::budget, "strong"},
     {"We don't have budget.", bant_key::budget, "no"},
     {"We don't have any budget for that this year", bant_key::budget, "no"},
     {"There's no budget for this.", bant_key::budget, "no"},
     {"I have no budget left.", bant_key::budget, "no"},
     {"The budget is frozen.", bant_key::budget, "no"},
     {"We can't afford it.", bant_key::budget, "no"},
     {"We might have a budget for it next year.", bant_key::budget, "weak"},
     {"The budget is tight.", bant_key::budget, "weak"},
     {"We would find the money if it pays off.", bant_key::budget, "weak"},
     {"Do you know what budget we would need?", bant_key::budget, "nothing"},
     {"I decide that.", bant_key::authority, "strong"},
     {"That's my decision.", bant_key::authority, "strong"},
     {"I'm the owner.", bant_key::authority, "strong"},
     {"I am the one who signs.", bant_key::authority, "strong"},
     {"It is not my decision.", bant_key::authority, "no"},
     {"I don't decide that.", bant_key::authority, "no"},
     {"I'm just an intern.", bant_key::authority, "no"},
     {"I don't decide, but our CFO does.", bant_key::authority, "weak"},
     {"I have to ask my boss first.", bant_key::authority, "weak"},
     {"We decide together with the board.", bant_key::authority, "weak"},
     {"We really struggle with that.", bant_key::need, "strong"},
     {"It takes us hours every week.", bant_key::need, "strong"},
     {"We lose a lot of deals because of it.", bant_key::need, "strong"},
     {"That is a big problem for us.", bant_key::need, "strong"},
     {"We need something better.", bant_key::need, "strong"},
     {"We don't need that.", bant_key::need, "no"},
     {"It works fine for us.", bant_key::need, "no"},
     {"That is not a problem for us.", bant_key::need, "no"},
     {"Sounds interesting.", bant_key::need, "weak"},
     {"We do it manually in spreadsheets.", bant_key::need, "weak"},
     {"I need to ask my boss.", bant_key::need, "nothing"},
     {"We want to start next month.", bant_key::timeline, "strong"},
     {"Our contract ends in March, so we have to decide by then.", bant_key::timeline, "strong"},
     {"We need it as soon as possible, it's urgent.", bant_key::timeline, "strong"},
     {"Call me next week.", bant_key::timeline, "nothing"}}));
  CAPTURE(text, to_string(key));
  CHECK(value_of(read(text), key) == value);
}

TEST_CASE("a short answer means what was asked", "[conversation][bant]") {
  CHECK(value_of(read("Yes, we do.", "Do you have a budget set aside for this?"), bant_key::budget) == "strong");
  CHECK(value_of(read("No.", "Do you have a budget set aside for this?"), bant_key::budget) == "no");
  CHECK(value_of(read("About thirty thousand.", "Is there a budget for this?"), bant_key::budget) == "strong");
  CHECK(value_of(read("Yes.", "Are you the one who decides on this?"), bant_key::authority) == "strong");
  CHECK(value_of(read("Yes.", "Is it you who decides, or someone else?"), bant_key::authority) == "weak");
  CHECK(value_of(read("Next quarter.", "When would you like to have this in place?"), bant_key::timeline) == "strong");
  CHECK(value_of(read("No plans at all.", "When would you like to have this in place?"), bant_key::timeline) == "no");
  CHECK(value_of(read("Yes.", "Am I speaking with Alex Johnson?"), bant_key::budget) == "nothing");
}

TEST_CASE("the plain answer to a question is no objection to the call", "[conversation][objections]") {
  CHECK(read("No, we don't need that.", "How big a problem is this for you right now?").objections.empty());
  CHECK(read("We have no budget.", "Do you have a budget set aside for this?").objections.empty());
  CHECK(read("It's not a priority.", "When would you like to have this in place?").objections.empty());
  CHECK(read("I'm not interested.", "How big a problem is this for you right now?").objections.size() == 1);
  CHECK(read("It's too expensive.", "Do you have a budget set aside for this?").objections.size() == 1);
}

TEST_CASE("objections are told apart by kind", "[conversation][objections]") {
  const auto [text, kind] = GENERATE(
    table<const char*, objection_kind>({{"That sounds too expensive.", objection_kind::price},
                                        {"We have no money for this.", objection_kind::price},
                                        {"Is this a scam?", objection_kind::trust},
                                        {"How did you get my number?", objection_kind::trust},
                                        {"I've never heard of you.", objection_kind::trust},
                                        {"We already use another tool.", objection_kind::competitor},
                                        {"We're happy with our current provider.", objection_kind::competitor},
                                        {"I'm not interested.", objection_kind::not_needed},
                                        {"We don't need it.", objection_kind::not_needed},
                                        {"No thanks.", objection_kind::not_needed},
                                        {"I don't have time for this.", objection_kind::time},
                                        {"It's not a priority.", objection_kind::time},
                                        {"Just send me an email.", objection_kind::other}}));
  CAPTURE(text);
  const auto heard = read(text, "Does that sound relevant to you?").objections;
  REQUIRE(heard.size() == 1);
  CHECK(heard.front().kind == kind);
}

TEST_CASE("agreement, questions and call-backs are no objections", "[conversation][objections]") {
  const auto* text = GENERATE("Is it expensive?", "That's not too expensive.", "Sounds good.", "Yes, that is me.",
                              "I'm busy right now, call me tomorrow at ten.", "We have a budget of 40,000.",
                              "Thursday at ten works for me.", "We struggle with that every day.");
  CAPTURE(text);
  CHECK(read(text).objections.empty());
}

TEST_CASE("a wrong person is told from one who is out or not in charge", "[conversation][identity]") {
  const std::string ask = "Am I speaking with Alex Johnson?";
  for (const auto* text : {"You have the wrong number.", "There is nobody here by that name.", "No, this is not Alex.",
                           "Alex doesn't work here anymore.", "Sorry, wrong person.", "No one called Alex lives here",
                           "No.", "He left the company."}) {
    CAPTURE(text);
    CHECK(read(text, ask).wrong_person);
    CHECK_FALSE(read(text, ask).confirms_identity);
  }
  for (const auto* text :
       {"Alex is not here right now.", "No, what is this about?", "I'm not the right person for that.", "Who is this?",
        "Our CFO left the company.", "Hello?"}) {
    CAPTURE(text);
    CHECK_FALSE(read(text, ask).wrong_person);
    CHECK_FALSE(read(text, ask).confirms_identity);
  }
  for (const auto* text : {"Yes.", "Yes, speaking.", "This is Alex.", "Speaking.", "That's me.", "Yeah, who's this?",
                           "Alex here.", "Yes, this is Alex. What is it about?"}) {
    CAPTURE(text);
    CHECK(read(text, ask).confirms_identity);
    CHECK_FALSE(read(text, ask).wrong_person);
  }
}

TEST_CASE("a call-back is wished with or without a time", "[conversation][callback]") {
  const auto at = [](const std::string& text) {
    const auto wish = read(text).callback;
    REQUIRE(wish);
    return wish->at ? to_iso(*wish->at).substr(0, 16) : std::string{"open"};
  };
  CHECK(at("I'm in a meeting, call me back tomorrow at ten.") == "2026-11-25T15:00");
  CHECK(at("Can you call me on Thursday at 3 pm?") == "2026-11-26T20:00");
  CHECK(at("Call me back in an hour.") == "2026-11-24T16:00");
  CHECK(at("Call me in two weeks.") == "2026-12-08T15:00");
  CHECK(at("This is a bad time.") == "open");
  CHECK(at("I'm driving right now.") == "open");
  CHECK_FALSE(read("I have time right now.").callback);
  CHECK_FALSE(read("Don't call me back.").callback);
  CHECK_FALSE(read("We call our customers every day.").callback);
}

TEST_CASE("slots are recognised by day and time in the person's zone", "[conversation][slots]") {
  const std::string zone = "America/New_York";
  const auto tuesday = *parse_iso("2026-12-01T15:30:00Z");   // 10:30
  const auto wednesday = *parse_iso("2026-12-02T20:00:00Z"); // 15:00
  const std::vector slots{tuesday, wednesday};
  CHECK(local_spoken(tuesday, zone) == "Tuesday, December 1 at 10:30 AM");
  CHECK(local_iso(tuesday, zone) == "2026-12-01T10:30:00-05:00 America/New_York");
  CHECK(slots_named("Tuesday at 10:30 works", slots, zone) == std::vector{tuesday});
  CHECK(slots_named("Wednesday", slots, zone) == std::vector{wednesday});
  CHECK(slots_named("At three is good", slots, zone) == std::vector{wednesday});
  CHECK(slots_named("ten thirty AM", slots, zone) == std::vector{tuesday});
  CHECK(slots_named("December 2 at 3 PM", slots, zone) == std::vector{wednesday});
  CHECK(slots_named("Friday at nine", slots, zone).empty());
  CHECK(slots_named("sounds good", slots, zone).empty());
  CHECK(
    slots_named("I have Tuesday, December 1 at 10:30 AM, or Wednesday, December 2 at 3:00 PM, your time.", slots, zone)
    == slots);
}

TEST_CASE("e-mail addresses are found written and spelt", "[conversation][e-mail]") {
  CHECK(emails_in("Write to Ann.Lee@Acme.example, please.") == std::vector<std::string>{"ann.lee@acme.example"});
  CHECK(emails_in("ann dot lee at acme dot com") == std::vector<std::string>{"ann.lee@acme.com"});
  CHECK(emails_in("meet me at noon").empty());
  CHECK(is_email("a@b.co"));
  for (const auto* wrong :
       {"", "a", "@b.co", "a@b", "a@@b.co", "a b@c.co", "a@b..co", "a@b.co\r\nBcc: x@y.z", "a@-b.co"}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_email(wrong));
  }
}

TEST_CASE("sentences are counted as a listener counts them", "[conversation][words]") {
  CHECK(sentences("Hello. How are you? Fine!").size() == 3);
  CHECK(sentences("Dr. Smith pays 3.5 per cent, e.g. to a@b.com.").size() == 1);
  CHECK(sentences("We meet at 10:30 a.m. on Friday.").size() == 1);
  CHECK(sentences("We meet at 10 a.m. See you then.").size() == 2);
  CHECK(sentences("Wait... what?").size() == 2);
  CHECK(sentences(" ... ").empty());
}

} // namespace conversation_rules_test
