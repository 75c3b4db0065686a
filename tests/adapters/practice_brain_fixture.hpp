#pragma once

#include "adapters/sandbox/model/brain.hpp"
#include "adapters/sandbox/model/text.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a dialogue with the practice agent needs: instructions, tools and a
/// call.
namespace parley::sandbox::test::brain {

using namespace parley::sandbox::model;
using nlohmann::json;

inline const std::string script = R"(# Role
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

inline std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

inline std::string at_stage(std::string_view name, std::string_view ask = "", std::string_view goal = "Move on.") {
  return replaced(replaced(replaced(script, "STAGE", name), "GOAL", goal), "ASK", ask);
}

inline tool function(std::string name, json properties, json required) {
  return {std::move(name),
          "",
          {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}}};
}

inline std::vector<tool> usual_tools() {
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

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// A call that stands where the meeting is to be booked.
inline call_with booking_call() {
  call_with call{at_stage("opening")};
  call.say("Yes, speaking.");
  call.stage(at_stage("booking", "- meeting time\n- e-mail"));
  call.say("Sure, that makes sense.");
  return call;
}

} // namespace parley::sandbox::test::brain
