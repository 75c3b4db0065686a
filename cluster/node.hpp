#pragma once

#include "cluster/node_settings.hpp"
#include "runtime/node_context.hpp"

#include <memory>
#include <string>

namespace parley {

/// One node: the store, the actors, the adapters and the sockets between
/// them. The one place that names both actors and adapters.
class node {
public:
  /// Opens the store and starts everything. Throws `settings::invalid`,
  /// `store_unusable`, `invalid_rules` or `web::listen_error`, each with a
  /// sentence for the operator.
  explicit node(node_settings settings);
  /// Stops.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Stops taking requests, ends the actors in order, closes the store. Calls
  /// that are up stay up at the carrier and are taken up again by the next
  /// start.
  void stop();

  uint16_t webhook_port() const;
  uint16_t local_port() const;
  bool practice() const;
  const clock_origin& origin() const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace parley
