#pragma once

#include "adapters/google_calendar/settings.hpp"
#include "adapters/http/dialogue.hpp"
#include "runtime/messages/calendar.hpp"

namespace parley::google_calendar {

/// What is said to Google's Calendar API (v3) and what its answers mean. All
/// requests can be repeated: events have ids that we choose.
class core {
public:
  explicit core(google_calendar_settings settings) : settings_{std::move(settings)} {}

  /// Fails with `ec::not_found` for a calendar that the account cannot see.
  /// The dialogues refer to this core.
  dialogue<busy_times> free_busy(const free_busy_query& query) const;

  /// Inserts the event; one that is there, even a cancelled one, is changed
  /// and confirmed. Google sends no mail about it: Parley's own invitation
  /// goes out. Of a service account without delegation the event has no guest.
  /// `ec::invalid_input` for an id that Google would not take.
  dialogue<event_written> put(const put_event& event) const;

  /// An event that is gone already is no error.
  dialogue<event_cancelled> cancel(const cancel_event& event) const;

  /// Events that changed since the sync token was given, all pages; without a
  /// token, or with one that Google does not know any more (410), all events
  /// that have not ended by `now`. All-day events last from midnight to
  /// midnight by the calendar's clock.
  dialogue<event_changes> changes(const list_changes& query, wall_time now) const;

private:
  dialogue<event_changes>
  page(const list_changes& query, wall_time now, const std::string& page_token, event_changes so_far, int left) const;
  http_request request(const std::string& method, const std::string& path, const nlohmann::json* body = nullptr) const;
  dialogue<event_written> update(const put_event& event) const;

  google_calendar_settings settings_;
};

/// Google says "too fast" with 429, but also with 403 and a reason; it wants
/// exponential waiting and names no time.
std::optional<std::chrono::milliseconds> throttled(const http_response& response);

/// An answer that cannot be used, with Google's reason and without its
/// message.
caf::error error_of(const http_response& response);

} // namespace parley::google_calendar
