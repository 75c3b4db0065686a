// The meeting that the person has with us already: moved in the call.
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

void thinking::use(const std::string& id, const reschedule_meeting_arguments& args) {
  const auto& meeting = *about_.person.meeting; // the tool is offered with one only
  if (x.moving)
    return refuse(id, "reschedule_meeting", "The meeting is being moved already. Wait for the result.");
  if (x.ending || x.moved)
    return refuse(id, "reschedule_meeting", "The call is ending: say goodbye and use end_call.");
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
