#pragma once

#include "adapters/google_calendar/core.hpp"
#include "adapters/http/oauth.hpp"
#include "adapters/http/retry.hpp"
#include "adapters/http/write_lines.hpp"
#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>

namespace parley {

using google_calendar_actor = calendar_port::extend<caf::replies_to<inspect_state>::with<inspected_state>,
                                                    // INTERNAL: an answer of Google is there.
                                                    caf::reacts_to<http_answered, uint64_t>>;

struct google_calendar_state {
  explicit google_calendar_state(google_calendar_actor::pointer self) : self{self} {}
  void start(const node_context& context, const google_calendar_settings& settings);
  caf::result<busy_times> free_busy(const free_busy_query& query);
  caf::result<event_written> put(const put_event& event);
  caf::result<event_cancelled> cancel(const cancel_event& event);
  caf::result<event_changes> changes(const list_changes& query);
  inspected_state inspect() const;

  /// Does a write in its event's turn.
  template <class T, class Message>
  caf::result<T> write(const std::string& operation, const Message& x,
                       dialogue<T> (google_calendar::core::*how)(const Message&) const);

  google_calendar_actor::pointer self;
  const clock* time = nullptr;
  // In this order: what refers to another goes first.
  std::unique_ptr<google_calendar::core> core;
  port_book_ptr book;
  std::unique_ptr<http_client> client;
  std::unique_ptr<actor_http> http;
  std::unique_ptr<dialogue_line> line;
  std::unique_ptr<write_lines> writes; ///< a line per event
  static inline constexpr const char* name = "google_calendar";
};

/// The CALENDAR port over Google's API. Writes of one event are done one after
/// another; one that is asked for again while it is under way is done once, and
/// both askers get its end.
google_calendar_actor::behavior_type
google_calendar_adapter(google_calendar_actor::stateful_pointer<google_calendar_state> self, context_ptr context,
                        google_calendar_settings settings);

} // namespace parley
