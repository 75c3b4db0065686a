#include "adapters/sandbox/vendors/vendors.hpp"

namespace parley::sandbox {

vendor_servers::vendor_servers(world& around, const vendor_options& options)
  : hubspot_{around.io(), options.hubspot_port}, apollo_{around.io(), options.apollo_port},
    google_{around.io(), options.google_port}, smtp_{around, options.smtp_port, options.smtp} {
  vendors::serve_hubspot(hubspot_, around, options.hubspot);
  hands_ = vendors::serve_google(google_, around, options.google);
  vendors::serve_apollo(apollo_, around);
  hubspot_.start();
  apollo_.start();
  google_.start();
  smtp_.start();
}

void vendor_servers::stop() {
  hubspot_.stop();
  apollo_.stop();
  google_.stop();
  smtp_.stop();
}

} // namespace parley::sandbox
