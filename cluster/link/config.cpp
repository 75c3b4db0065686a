#include "cluster/link/config.hpp"

#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>

namespace parley {

cluster_config::cluster_config(size_t threads, const cluster_settings& settings,
                               const cluster_certificates& certificates)
  : system_config{threads} {
  openssl_certificate = certificates.certificate();
  openssl_key = certificates.key();
  openssl_cafile = certificates.ca();
  const caf::timespan silence{settings.peer_timeout};
  set("middleman.heartbeat-interval", silence / 6);
  set("middleman.connection-timeout", silence);
  set("middleman.app-identifiers", std::vector<std::string>{"parley"});
  // It would listen on a port of all addresses, without TLS.
  set("middleman.enable-automatic-connections", false);
  load<caf::io::middleman>();
  load<caf::openssl::manager>(); // after the middleman
}

} // namespace parley
