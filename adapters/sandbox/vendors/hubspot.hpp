#pragma once

#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/world.hpp"

#include <chrono>

namespace parley::sandbox::vendors {

struct hubspot_options {
  /// How long an OAuth token is good, in real time.
  std::chrono::seconds token_lifetime{1800};
};

/// Adds HubSpot's CRM to a server: contacts, calls, e-mails, meetings, notes and tasks
/// (v3 objects), v4 associations, and the OAuth token endpoint. Keeps what is
/// written; every write is a `crm` entry of the witness. Any bearer token is
/// good as a private app's, except OAuth tokens that were not issued here.
/// Fails as the scenario's `[faults.crm]` says.
void serve_hubspot(http_server& server, world& around, hubspot_options options = {});

} // namespace parley::sandbox::vendors
