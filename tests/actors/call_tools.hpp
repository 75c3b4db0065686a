#pragma once

#include "actors/conversation/state.hpp"
#include "tests/actors/call_scene.hpp"

namespace parley::test {

/// A call whose agent uses tools.
struct call_with_tools : call_scene {
  /// @param change What the campaign does otherwise.
  explicit call_with_tools(void (*change)(campaign_policy&) = nullptr) : call_scene{change} {}

  void uses(const std::string& name, const json& arguments) {
    tell(call, tool_called{id, "t" + std::to_string(++tool_calls), name, arguments.dump()});
  }
  /// A mind that may book this slot at once.
  void is_ready_to_book() {
    mind::conversation_state x;
    x.disclosed = x.identity_confirmed = true;
    for (auto& item : x.bant.items)
      item.value = mind::bant_value::strong;
    x.slots = x.accepted_slots = {slot};
    x.emails_confirmed = {"ann@example.com"};
    x.agent_turns = x.callee_turns = 1; // it has heard all that was said
    conversation_note note;
    note.kind = "observation";
    note.stage = "booking";
    note.mind = json{{"state", mind::to_json(x)}, {"summary", "They want to meet."}}.dump();
    tell(call, note);
  }
  void books() {
    uses("book_meeting",
         {{"datetime", to_iso(slot)}, {"prospect_email", "ann@example.com"}, {"meeting_type", "video"}});
  }
  /// Of the last tool that was answered.
  json answer() const {
    REQUIRE_FALSE(p.tools.empty());
    return json::parse(p.tools.back().output);
  }

  const wall_time slot = *parse_iso("2026-12-03T15:00:00Z"); // Thursday, 10 AM in New York
  int tool_calls = 0;
};

} // namespace parley::test
