#pragma once

#include <caf/actor_system_config.hpp>

namespace parley {

/// CAF's configuration as Parley needs it: every message type and the error
/// category are registered, the scheduler shares one queue (the default,
/// work stealing, collapses with many ready actors), and one flooded actor
/// cannot own a thread.
struct system_config : caf::actor_system_config {
  /// @param threads Scheduler threads; 0 means one per core, at least two.
  explicit system_config(size_t threads = 0);
};

} // namespace parley
