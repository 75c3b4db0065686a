#pragma once

#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/world.hpp"

#include <chrono>
#include <string>

namespace parley::sandbox::vendors {

struct google_options {
  /// How long an access token is good, in real time.
  std::chrono::seconds token_lifetime{3599};
  /// Where the calendars' owners have their office hours.
  std::string zone = "America/New_York";
};

/// Adds Google Calendar to a server: `/token`, free/busy, events, calendar
/// list. A calendar comes into being when it is named; its owner has seeded
/// appointments in office hours. Every write is an `event` entry of the
/// witness. Tokens have to come from `/token`. Fails as the scenario's
/// `[faults.calendar]` says.
void serve_google(http_server& server, world& around, google_options options = {});

} // namespace parley::sandbox::vendors
