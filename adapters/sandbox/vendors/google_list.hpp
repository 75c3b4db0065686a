#pragma once

#include "adapters/sandbox/http_server.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace parley::sandbox::vendors {

/// Google's form of a refusal.
http_response google_failure(unsigned status, const char* reason, const std::string& message);

/// A calendar as `events.list` sees it.
struct event_list {
  const std::string& calendar;
  const std::string& zone;
  std::string now;
  uint64_t last_change; ///< number in the newest etag
  std::map<std::string, nlohmann::json>& events;
};

/// `events.list`: by time, text, UID, private property, `updatedMin` or sync
/// token, in pages. The last page has the next sync token.
http_response list_events(const http_request& request, const event_list& all);

} // namespace parley::sandbox::vendors
