#pragma once

#include "runtime/ids.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace parley {

/// Half-open: [from, until).
struct time_range {
  wall_time from{};
  wall_time until{};
  auto operator<=>(const time_range&) const = default;
  bool overlaps(const time_range& other) const { return from < other.until && other.from < until; }
};
PARLEY_INSPECT(time_range, x.from, x.until)

struct free_busy_query {
  std::string calendar;
  time_range range;
};
PARLEY_INSPECT(free_busy_query, x.calendar, x.range)

struct busy_times {
  std::vector<time_range> busy;
};
PARLEY_INSPECT(busy_times, x.busy)

/// Writes an event under an id that we chose: a repeated write with the same
/// id changes the event instead of making another.
struct put_event {
  std::string calendar;
  std::string event_id; ///< lower-case letters a-v and digits, 5 to 1024 (Google's rule for client ids)
  std::string title;
  std::string description;
  std::string location;
  time_range when;
  std::string zone; ///< IANA name
  std::string attendee_email;
  std::string attendee_name;
  uint32_t sequence = 0;
};
PARLEY_INSPECT(put_event, x.calendar, x.event_id, x.title, x.description, x.location, x.when, x.zone, x.attendee_email,
               x.attendee_name, x.sequence)

struct event_written {
  std::string event_id;
  std::string link;
};
PARLEY_INSPECT(event_written, x.event_id, x.link)

/// Removing an event that is gone already is no error.
struct cancel_event {
  std::string calendar;
  std::string event_id;
};
PARLEY_INSPECT(cancel_event, x.calendar, x.event_id)

struct event_cancelled {
  std::string event_id;
};
PARLEY_INSPECT(event_cancelled, x.event_id)

/// What changed in a calendar since `token` was given. Empty: every event that
/// has not ended counts as a change, and those that were deleted as far as the
/// calendar remembers them.
struct list_changes {
  std::string calendar;
  std::string token;
};
PARLEY_INSPECT(list_changes, x.calendar, x.token)

struct event_change {
  std::string event_id;
  bool cancelled = false;
  time_range when; ///< unless cancelled
  /// Of the `put_event` that wrote it last; whatever else differs from that
  /// was changed by hand. Empty when the calendar does not tell.
  std::optional<uint32_t> sequence;
};
PARLEY_INSPECT(event_change, x.event_id, x.cancelled, x.when, x.sequence)

struct event_changes {
  std::vector<event_change> changes;
  std::string token; ///< for the next time
};
PARLEY_INSPECT(event_changes, x.changes, x.token)

} // namespace parley
