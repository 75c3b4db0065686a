#pragma once

#include "adapters/google_calendar/core.hpp"
#include "adapters/http/oauth.hpp"
#include "adapters/http/retry.hpp"
#include "runtime/guard.hpp"
#include "runtime/ports/calendar.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>

namespace parley {

/// The CALENDAR port and what its HTTP client says to it.
using google_calendar_actor = calendar_port::extend<caf::reacts_to<http_answered, uint64_t>>;

struct google_calendar_state {
  explicit google_calendar_state(google_calendar_actor::pointer self) : self{self} {}
  void start(const google_calendar_settings& settings, telemetry& t);
  /// Holds a dialogue and answers the current request with its end.
  template <class T>
  caf::result<T> answer(dialogue<T> x);

  google_calendar_actor::pointer self;
  // In this order: what refers to another goes first.
  std::unique_ptr<google_calendar::core> core;
  std::unique_ptr<port_metrics> metrics;
  std::unique_ptr<http_client> client;
  std::unique_ptr<actor_http> http;
  std::unique_ptr<dialogue_line> line;
  static inline constexpr const char* name = "google_calendar";
};

/// The CALENDAR port over Google's API.
google_calendar_actor::behavior_type
google_calendar_adapter(google_calendar_actor::stateful_pointer<google_calendar_state> self,
                        google_calendar_settings settings, telemetry* t);

} // namespace parley
