#pragma once

#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/world.hpp"

#include <chrono>
#include <cstdint>

namespace parley::sandbox::vendors {

struct hubspot_faults {
  /// Every Nth request gets a 429 with a policy's name; 0 for never.
  uint32_t too_many_requests_every = 0;
  /// How long an OAuth token is good, in real time.
  std::chrono::seconds token_lifetime{1800};
};

/// Adds HubSpot's CRM to a server: contacts, calls, meetings, notes and tasks
/// (v3 objects), v4 associations, and the OAuth token endpoint. Keeps what is
/// written; every write is a `crm` entry of the witness. Any bearer token is
/// good as a private app's, except OAuth tokens that were not issued here.
void serve_hubspot(http_server& server, world& around, hubspot_faults faults = {});

} // namespace parley::sandbox::vendors
