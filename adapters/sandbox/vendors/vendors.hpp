#pragma once

#include "adapters/sandbox/vendors/apollo.hpp"
#include "adapters/sandbox/vendors/google.hpp"
#include "adapters/sandbox/vendors/hubspot.hpp"
#include "adapters/sandbox/vendors/smtp.hpp"

#include <memory>

namespace parley::sandbox {

/// Where the vendors shall listen (0: the system chooses) and what they are
/// like; what they get wrong is the scenario's.
struct vendor_options {
  uint16_t hubspot_port = 0;
  uint16_t apollo_port = 0;
  uint16_t google_port = 0;
  uint16_t smtp_port = 0;
  vendors::hubspot_options hubspot;
  vendors::google_options google;
  vendors::smtp_options smtp;
};

/// HubSpot, Apollo, Google Calendar and a mail server on 127.0.0.1, listening as long
/// as this lives. The world outlives it.
class vendor_servers {
public:
  /// Throws `boost::system::system_error` when a port is taken.
  vendor_servers(world& around, const vendor_options& options);

  uint16_t hubspot_port() const { return hubspot_.port(); }
  uint16_t apollo_port() const { return apollo_.port(); }
  uint16_t google_port() const { return google_.port(); }
  uint16_t smtp_port() const { return smtp_.port(); }
  /// Adds `GET /mails` to a server, e.g. the witness's.
  void serve_mails(http_server& server) const { smtp_.serve_mails(server); }
  /// Lets people change the calendars by hand, over a server.
  void serve_calendars(http_server& server) const { hands_(server); }
  void stop();

private:
  http_server hubspot_;
  http_server apollo_;
  http_server google_;
  vendors::google_hands hands_;
  vendors::smtp_server smtp_;
};

inline std::unique_ptr<vendor_servers> start_vendors(world& around, const vendor_options& options = {}) {
  return std::make_unique<vendor_servers>(around, options);
}

} // namespace parley::sandbox
