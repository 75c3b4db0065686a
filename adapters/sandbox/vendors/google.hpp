#pragma once

#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/world.hpp"

#include <date/tz.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace parley::sandbox::vendors {

struct google_faults {
  /// Every Nth request gets a 403 `rateLimitExceeded`; 0 for never.
  uint32_t rate_limited_every = 0;
  /// How long an access token is good, in real time.
  std::chrono::seconds token_lifetime{3599};
  /// Where the calendars' owners have their office hours.
  std::string zone = "America/New_York";
};

/// Adds Google Calendar to a server: `/token`, free/busy, events, calendar
/// list. A calendar comes into being when it is named; its owner has seeded
/// appointments in office hours. Every write is an `event` entry of the
/// witness. Tokens have to come from `/token`.
void serve_google(http_server& server, world& around, google_faults faults = {});

using period = std::pair<date::sys_seconds, date::sys_seconds>;

/// The seeded appointments of a calendar that touch [from, to), in order.
std::vector<period> appointments(uint64_t seed, const std::string& calendar, const date::time_zone* zone,
                                 date::sys_seconds from, date::sys_seconds to);

} // namespace parley::sandbox::vendors
