#pragma once

#include "runtime/messages/calendar.hpp"
#include "runtime/messages/dialling.hpp"

namespace parley {

/// Free times of an account manager, within working hours and not held or
/// booked, on these local dates of the manager.
struct find_slots {
  manager_id manager;
  std::vector<std::string> dates; ///< ISO dates; empty: the next working days
  int32_t minutes = 30;
  uint32_t limit = 6;
};
PARLEY_INSPECT(find_slots, x.manager, x.dates, x.minutes, x.limit)

struct free_slots {
  std::vector<wall_time> slots;
};
PARLEY_INSPECT(free_slots, x.slots)

/// Holds a time for a short while. `ec::conflict` when it is taken or outside
/// the working hours. The same meeting id may hold again.
struct hold_slot {
  manager_id manager;
  meeting_id meeting;
  time_range when;
};
PARLEY_INSPECT(hold_slot, x.manager, x.meeting, x.when)

struct slot_held {
  meeting_id meeting;
  manager_row manager;
};
PARLEY_INSPECT(slot_held, x.meeting, x.manager)

/// Makes the hold a meeting: the diary commits it together with the calendar
/// event, the invitation and the CRM entry. `ec::conflict` when the hold is
/// gone. Confirming twice is one meeting.
struct confirm_slot {
  manager_id manager;
  meeting_row meeting;
  call_brief brief;
  std::string email;       ///< where the invitation goes
  std::string preparation; ///< what the manager should know beforehand
};
PARLEY_INSPECT(confirm_slot, x.manager, x.meeting, x.brief, x.email, x.preparation)

struct slot_confirmed {
  meeting_row meeting;
};
PARLEY_INSPECT(slot_confirmed, x.meeting)

struct release_slot {
  manager_id manager;
  meeting_id meeting;
};
PARLEY_INSPECT(release_slot, x.manager, x.meeting)

/// The model's wish to book, checked by the conversation.
struct book_meeting {
  manager_id manager;
  call_id call;
  wall_time at{};
  int32_t minutes = 30;
  std::string email;
  std::string meeting_type;
  std::string preparation;
  call_brief brief;
};
PARLEY_INSPECT(book_meeting, x.manager, x.call, x.at, x.minutes, x.email, x.meeting_type, x.preparation, x.brief)

struct meeting_booked {
  meeting_row meeting;
};
PARLEY_INSPECT(meeting_booked, x.meeting)

/// Moves a meeting: the old time is free again, the same invitation goes out
/// with the next sequence number. `ec::conflict` when the new time is taken or
/// outside the working hours, `ec::not_found` for an unknown meeting,
/// `ec::wrong_state` for a cancelled one. Moving to where it is changes nothing.
struct move_meeting {
  manager_id manager;
  meeting_id meeting;
  wall_time at{};
  std::string source; ///< command, call, calendar
};
PARLEY_INSPECT(move_meeting, x.manager, x.meeting, x.at, x.source)

/// Cancels a meeting. Cancelling twice is no error.
struct cancel_meeting {
  manager_id manager;
  meeting_id meeting;
  std::string reason; ///< a sentence for the invitation
  std::string source; ///< command, call, calendar
};
PARLEY_INSPECT(cancel_meeting, x.manager, x.meeting, x.reason, x.source)

struct meeting_changed {
  meeting_row meeting;
};
PARLEY_INSPECT(meeting_changed, x.meeting)

/// Somebody changed events of this account manager's calendar by hand; the
/// diary follows where they are meetings of ours.
struct calendar_changed {
  manager_id manager;
  std::vector<event_change> changes;
};
PARLEY_INSPECT(calendar_changed, x.manager, x.changes)

} // namespace parley
