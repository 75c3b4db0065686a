#pragma once

#include "cluster/link/certificates.hpp"
#include "runtime/system_config.hpp"

namespace parley {

/// CAF's configuration of a node that has a cluster: TLS with certificates on
/// both sides, and heartbeats, without which a frozen peer or a cut cable is
/// never noticed.
struct cluster_config : system_config {
  /// @param certificates Outlive the actor system.
  cluster_config(size_t threads, const cluster_settings& settings, const cluster_certificates& certificates);
};

} // namespace parley
