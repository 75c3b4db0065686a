// Goal: the practice agent follows the instructions and tools that it is
// given, and nothing else. Method: dialogues; the test plays the person and
// Parley's tools and looks at words and calls.
#include "adapters/sandbox/model/brain.hpp"
#include "adapters/sandbox/model/text.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <functional>

namespace practice_brain_test {

using namespace parley::sandbox::model;
using nlohmann::json;

namespace {

const std::string script = R"(# Role
You are Katie, an AI assistant who calls for Northwind Analytics.

# Company
Name: Northwind Analytics
Northwind helps clinics to keep their appointment books full.

# Offer
We cut missed appointments by a third with reminders that patients answer.

# Objective
Book a 30 minute meeting with a specialist.

# Person
Name: Ada Byron
Role: Head of Operations
Company: Byron Dental
E-mail: ada@byrondental.example
Local time: 2026-11-24T10:15:00-05:00 America/New_York

# Disclosure
Say first: Hello, this is Katie, an AI assistant calling for Northwind Analytics.
Confirm: Am I speaking with Ada Byron?
Opt-out: If you do not want calls from us, just say so and I will take you off our list.

# Strategy
Approach: consultative
Talking points:
- Clinics of your size win back forty hours a month.
Pain points:
- missed appointments
Objections:
- price: Most clinics earn the fee back in the first month.

# Stage
Name: STAGE
Goal: GOAL
Ask about:
ASK

# Rules
- At most three sentences a turn.
)";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

std::string at_stage(std::string_view name, std::string_view ask = "", std::string_view goal = "Move on.") {
  return replaced(replaced(replaced(script, "STAGE", name), "GOAL", goal), "ASK", ask);
}

tool function(std::string name, json properties, json required) {
  return {std::move(name),
          "",
          {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}}};
}

std::vector<tool> usual_tools() {
  const json text{{"type", "string"}};
  return {
    function("check_calendar_availability",
             {{"preferred_dates", {{"type", "array"}, {"items", text}}}, {"duration_minutes", {{"type", "integer"}}}},
             {"preferred_dates", "duration_minutes"}),
    function("book_meeting",
             {{"datetime", text},
              {"prospect_email", text},
              {"meeting_type", {{"type", "string"}, {"enum", {"video", "phone"}}}}},
             {"datetime", "prospect_email", "meeting_type"}),
    function("schedule_callback", {{"datetime", text}, {"reason", text}}, {"datetime"}),
    function("opt_out", {{"reason", text}}, json::array()),
    function("end_call",
             {{"reason",
               {{"type", "string"},
                {"enum",
                 {"meeting_booked", "callback_set", "not_interested", "not_qualified", "wrong_person", "opted_out",
                  "done"}}}}},
             {"reason"}),
  };
}

/// One call: keeps the items, answers tools, collects what was done.
struct call_with {
  explicit call_with(std::string instructions_text, std::vector<tool> offered = usual_tools())
    : text{read_instructions(instructions_text)}, tools{std::move(offered)} {
    next();
  }

  void stage(const std::string& instructions_text) { text = read_instructions(instructions_text); }

  /// The person says something; gives the agent's answer in words.
  std::string say(std::string words) {
    turns.push_back({turn::kind::heard, std::move(words), {}, {}, {}, {}});
    return next();
  }

  std::string next() {
    std::string words;
    for (int rounds = 0; rounds < 8; ++rounds) {
      auto answer = decide({text, tools, turns}, mode);
      if (!answer.lines.empty()) {
        words += (words.empty() ? "" : " ") + words_in(answer.lines);
        turns.push_back({turn::kind::said, {}, answer.lines, {}, {}, {}});
      }
      for (const auto& call : answer.calls)
        use(call);
      if (answer.calls.empty() || (ended() && !refuse_all))
        return last = words;
    }
    FAIL("the agent calls tools without end");
    return words;
  }

  void use(const tool_call& call) {
    const auto arguments = json::parse(call.arguments, nullptr, false);
    calls.emplace_back(call.tool, arguments);
    const auto id = "call_" + std::to_string(calls.size());
    turns.push_back({turn::kind::called, {}, {}, call.tool, id, arguments});
    json result{{"ok", true}};
    if (call.tool == "check_calendar_availability")
      result["slots"] = slots;
    if (call.tool == "schedule_callback" && arguments.is_object())
      result["datetime"] = arguments.value("datetime", "");
    if (refuse_all)
      result = {{"ok", false}, {"error", "The arguments are not a JSON object. Call it again with valid JSON."}};
    if (call.tool == "book_meeting" && !refusals.empty()) {
      result = {{"ok", false}, {"error", refusals.front()}};
      refusals.pop_front();
    }
    turns.push_back({turn::kind::result, {}, {}, call.tool, id, result});
  }

  bool ended() const { return called("end_call") || called("opt_out"); }
  bool called(std::string_view name) const { return count(name) > 0; }
  size_t count(std::string_view name) const {
    return static_cast<size_t>(
      std::count_if(calls.begin(), calls.end(), [&](const auto& x) { return x.first == name; }));
  }
  json arguments(std::string_view name) const {
    for (auto call = calls.rbegin(); call != calls.rend(); ++call)
      if (call->first == name)
        return call->second;
    FAIL("never called: " << name);
    return {};
  }

  instructions text;
  std::vector<tool> tools;
  disobedience mode = disobedience::none;
  std::vector<turn> turns;
  std::vector<std::pair<std::string, json>> calls;
  std::deque<std::string> refusals;
  bool refuse_all = false;
  json slots = {"2026-11-25T15:00:00Z", "2026-11-25T15:30:00Z", "2026-11-26T20:00:00Z", "2026-11-27T14:00:00Z"};
  std::string last;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// A call that stands where the meeting is to be booked.
call_with booking_call() {
  call_with call{at_stage("opening")};
  call.say("Yes, speaking.");
  call.stage(at_stage("booking", "- meeting time\n- e-mail"));
  call.say("Sure, that makes sense.");
  return call;
}

} // namespace

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

TEST_CASE("who asks for a human gets one, and the model is silent then", "[practice]") {
  const json text{{"type", "string"}};
  auto tools = usual_tools();
  tools.push_back(function("transfer_to_human", {{"reason", text}}, {"reason"}));
  call_with call{at_stage("opening"), tools};
  call.say("Yes, speaking.");
  CHECK(contains(call.say("Can I speak to a real person?"), "connecting you"));
  CHECK(call.called("transfer_to_human"));
  CHECK_FALSE(call.called("end_call"));
  // Nobody to hand over to: a call-back instead.
  call_with without{at_stage("opening")};
  without.say("Yes, speaking.");
  CHECK(contains(without.say("Can I speak to a real person?"), "colleague"));
  CHECK_FALSE(without.called("transfer_to_human"));
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

TEST_CASE("an opt-out is honoured at once", "[practice]") {
  call_with call{at_stage("opening")};
  call.say("Take me off your list, please.");
  CHECK(call.called("opt_out"));
  CHECK(call.count("check_calendar_availability") == 0);
}

TEST_CASE("a person who is busy is called back when they say", "[practice]") {
  call_with call{at_stage("opening")};
  CHECK(contains(call.say("I'm in a meeting, can you call back?"), "When would be a better time"));
  const auto words = call.say("Tomorrow at ten.");
  CHECK(call.arguments("schedule_callback")["datetime"] == "2026-11-25T15:00:00Z");
  CHECK(call.arguments("end_call")["reason"] == "callback_set");
  CHECK(contains(words, "Wednesday, November 25 at 10:00 AM"));
}

TEST_CASE("the first objection is answered from the strategy, the second ends the call", "[practice]") {
  call_with call{at_stage("opening")};
  call.say("Yes, speaking.");
  CHECK(contains(call.say("That sounds too expensive."), "Most clinics earn the fee back in the first month."));
  CHECK_FALSE(call.called("end_call"));
  call.say("No, I am not interested.");
  CHECK(call.arguments("end_call")["reason"] == "not_interested");
}

TEST_CASE("a wrong person is let go", "[practice]") {
  const auto words = GENERATE(as<std::string>{}, "Sorry, you have the wrong number.", "No, this is Bob.");
  call_with call{at_stage("opening")};
  call.say(words);
  CHECK(call.arguments("end_call")["reason"] == "wrong_person");
}

TEST_CASE("a front desk is told for whom the call is and asked for a time, not talked to about the matter",
          "[practice]") {
  call_with call{at_stage("opening")};
  const auto words = call.say(GENERATE(as<std::string>{}, "This is the front desk. What is this about?",
                                       "No, I'm her assistant.", "Who may I say is calling?"));
  CHECK(contains(words, "I am calling for Ada Byron."));
  CHECK(contains(words, "better time to call"));
  CHECK_FALSE(contains(words, "missed appointments"));
  call.say("Ada is not here right now, please call back tomorrow at ten.");
  CHECK(call.arguments("schedule_callback")["datetime"] == "2026-11-25T15:00:00Z");
  CHECK(call.arguments("end_call")["reason"] == "callback_set");
}

TEST_CASE("every way of asking whether it is a robot is answered truly", "[practice]") {
  const auto words = GENERATE(as<std::string>{}, "Are you a robot?", "Yes, that's me. Is this a robot?",
                              "Wait. Are you a machine?", "Am I talking to a robot?", "Are you an AI?",
                              "Is this a recording?", "Are you a real person?", "Is this a machine?");
  CAPTURE(words);
  call_with call{at_stage("opening")};
  CHECK(contains(call.say(words), "Yes, I am an AI assistant calling for Northwind Analytics."));
  CHECK_FALSE(call.ended());
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

TEST_CASE("silence is asked about, and a yes to that answers nothing else", "[practice]") {
  call_with call{at_stage("opening")};
  call.say("Yes, speaking.");
  call.stage(at_stage("qualification", "- budget") + "\n# Known so far\nBudget: unknown\n");
  call.say("We struggle with that.");
  CHECK(call.next() == "Are you still there?");
  CHECK(contains(call.say("Yes, I'm here."), "budget"));
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

TEST_CASE("at most three sentences a turn, the disclosure apart", "[practice]") {
  auto call = booking_call();
  CHECK(sentences_of(call.last).size() <= 3);
  call_with other{at_stage("opening", "- current process")};
  CHECK(sentences_of(other.say("Yes, are you a robot?")).size() <= 3);
  CHECK(contains(other.last, "AI assistant"));
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
