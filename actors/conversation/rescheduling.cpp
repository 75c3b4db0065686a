// The meeting that the person has with us already: moved or called off in the call.
#include "actors/conversation/spoken_time.hpp"
#include "actors/conversation/thinking.hpp"
#include "actors/conversation/words.hpp"

#include <algorithm>

namespace parley::mind {

using directive::respond;

bool wishes_move(const std::string& words) {
  static const std::vector<phrase> wishes{
    "move|reschedule|postpone|shift|push|change ?our|the|my|this|that ?next meeting|appointment|demo|date|slot",
    "move|reschedule|postpone|shift it|that ?to|until|back|forward",
    "meeting|appointment ?be ?can|could moved|rescheduled|postponed",
    "another|other|different day|date|time|slot for our|the|my|that meeting|appointment",
    "can|could|will not make our|the|my|that ?next meeting|appointment",
    "need|want|like|have to reschedule|postpone"};
  const auto turn = clauses(words);
  return std::ranges::any_of(turn, [](const clause& part) {
    const auto found = find_any(wishes, part.plain);
    return found && !negated(part.plain, found->begin);
  });
}

bool wishes_cancellation(const std::string& words) {
  static const std::vector<phrase> wishes{"cancel|skip|drop our|the|my|this|that ?next meeting|appointment|demo|slot",
                                          "call off our|the|my|this|that ?next meeting|appointment|demo",
                                          "call our|the|my|this|that ?next meeting|appointment|demo off",
                                          "meeting|appointment|demo ?be ?can|could|should cancelled|canceled",
                                          "cancel it|that",
                                          "need|want|like|have to cancel"};
  // "We do not need the meeting any more" is one by its "not".
  static const std::vector<phrase> refusals{
    "do not|never need|want our|the|my|this|that ?next meeting|appointment|demo ?any ?more|anymore"};
  return std::ranges::any_of(clauses(words), [](const clause& part) {
    if (find_any(refusals, part.plain))
      return true;
    const auto found = find_any(wishes, part.plain);
    return found && !negated(part.plain, found->begin);
  });
}

/// Whoever else picks up must not move or call off what the person agreed to.
static constexpr auto somebody_else = "Make sure first that you speak with the person whose meeting it is.";

void thinking::use(const std::string& id, const cancel_meeting_arguments& args) {
  constexpr auto tool = "cancel_meeting";
  const auto& meeting = *about_.person.meeting; // the tool is offered with one only
  if (x.cancelling)
    return refuse(id, tool, "The meeting is being called off already. Wait for the result.");
  if (x.moving)
    return refuse(id, tool, "The meeting is being moved. Wait for the result first.");
  if (x.ending || x.moved || x.cancelled)
    return refuse(id, tool, "The call is ending: say goodbye and use end_call.");
  if (!x.identity_confirmed)
    return refuse(id, tool, somebody_else);
  x.cancelling = true;
  x.wants_cancel = true;
  note("cancel_asked", {{"meeting_id", meeting.id}, {"reason", args.reason}});
  give(directive::cancel{id, args.reason});
}

void thinking::on(const input::cancel_result& result) {
  x.cancelling = false;
  if (result.ok) {
    x.cancelled = true;
    note("meeting_cancelled", {{"meeting_id", about_.person.meeting ? about_.person.meeting->id : std::string{}}});
  }
  if (x.ended) { // the person hung up while it was under way
    if (!result.ok)
      return;
    x.disposition = conclude(x);
    return give(directive::end_call{true, x.disposition, "the meeting is called off"});
  }
  if (!result.ok) {
    refuse(result.tool_call_id, "cancel_meeting",
           result.error.empty() ? "The meeting could not be called off. Say that a colleague will see to it."
                                : result.error);
    return settle();
  }
  x.ending.reset();
  begin_ending(disposition::meeting_cancelled, "the meeting is called off");
  settle();
  accept(result.tool_call_id, {{"ok", true}}, respond::yes);
}

void thinking::use(const std::string& id, const reschedule_meeting_arguments& args) {
  const auto& meeting = *about_.person.meeting; // the tool is offered with one only
  if (x.moving)
    return refuse(id, "reschedule_meeting", "The meeting is being moved already. Wait for the result.");
  if (x.ending || x.moved || x.cancelling || x.cancelled)
    return refuse(id, "reschedule_meeting", "The call is ending: say goodbye and use end_call.");
  if (!x.identity_confirmed)
    return refuse(id, "reschedule_meeting", somebody_else);
  if (args.datetime == meeting.at)
    return refuse(id, "reschedule_meeting",
                  "The meeting is at that time already. Ask which other time the person would like.");
  x.moving = true;
  x.wants_move = true;
  note("move_asked", {{"meeting_id", meeting.id}, {"to", iso_seconds(args.datetime)}, {"reason", args.reason}});
  give(directive::reschedule{id, args.datetime, args.reason});
}

void thinking::on(const input::reschedule_result& result) {
  x.moving = false;
  if (result.at) {
    x.moved = result.at;
    note("meeting_moved", {{"meeting_id", about_.person.meeting ? about_.person.meeting->id : std::string{}},
                           {"at", iso_seconds(*result.at)}});
  }
  if (x.ended) { // the person hung up while it was under way
    if (!result.at)
      return;
    x.disposition = conclude(x);
    return give(directive::end_call{true, x.disposition, "the meeting is moved"});
  }
  if (!result.at) {
    // A time that is taken must not be offered again.
    std::erase_if(x.slots, [&](wall_time slot) { return slot == result.refused; });
    std::erase_if(x.accepted_slots, [&](wall_time slot) { return slot == result.refused; });
    x.slot_minutes.erase(result.refused);
    refuse(result.tool_call_id, "reschedule_meeting",
           result.error.empty() ? "That time is not free. Check the calendar for another slot." : result.error);
    return settle();
  }
  x.ending.reset(); // good news is worth a proper goodbye
  begin_ending(disposition::meeting_moved, "the meeting is moved");
  settle();
  accept(result.tool_call_id,
         {{"ok", true}, {"datetime", iso_seconds(*result.at)}, {"local", local_spoken(*result.at, about_.person.zone)}},
         respond::yes);
}

} // namespace parley::mind
