#pragma once

#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/world.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace parley::sandbox::vendors {

struct google_options {
  /// How long an access token is good, in real time.
  std::chrono::seconds token_lifetime{3599};
  /// Where the calendars' owners have their office hours.
  std::string zone = "America/New_York";
};

/// Adds the hands of the calendars' owners to a server, e.g. the witness's:
/// GET, PATCH (`start`, `end`, any field) and DELETE of
/// `/calendars/{calendar}/events/{event}`, without a token. What they do is an
/// `event` entry of the witness as well (`move_by_hand`, `delete_by_hand`).
using google_hands = std::function<void(http_server&)>;

/// Adds Google Calendar to a server: `/token`, free/busy, events, calendar
/// list. A calendar comes into being when it is named; its owner has seeded
/// appointments in office hours. Every write is an `event` entry of the
/// witness. Tokens have to come from `/token`; with that of a service account
/// that acts for no user (an assertion without `sub`) nobody can be invited.
/// Fails as the scenario's `[faults.calendar]` says.
///
/// A list of events ends with a `nextSyncToken`; with it, the next one holds
/// what changed since, and 410 asks for a full list when the token is of
/// another world.
google_hands serve_google(http_server& server, world& around, google_options options = {});

} // namespace parley::sandbox::vendors
