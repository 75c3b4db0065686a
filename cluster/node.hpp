#pragma once

#include "cluster/node_settings.hpp"
#include "runtime/node_context.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace parley {

/// One node: the store, the actors, the adapters and the sockets between
/// them. The one place that names both actors and adapters.
class node {
public:
  /// Opens the store and starts everything. Throws `settings::invalid`,
  /// `store_unusable`, `invalid_rules`, `web::listen_error`,
  /// `certificates_unusable` or `cannot_join`, each with a sentence for the
  /// operator.
  /// @param fatal Told once when a part fails that cannot be started again
  ///        under way: the process must end. Any thread.
  explicit node(node_settings settings, std::function<void(const std::string&)> fatal = {});
  /// Stops.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// No call starts any more; live ones go on. `/readyz` says so.
  void drain();
  /// Calls that are up or on their way.
  size_t live_calls() const;
  /// How long a stopping node waits for them.
  std::chrono::milliseconds drain_limit() const;
  /// Stops taking requests, ends the actors, closes the store: as safe as
  /// losing power. Calls that are up stay up at the carrier, which asks what to
  /// do with them; the next start takes them up again.
  void stop();

  uint16_t webhook_port() const;
  uint16_t local_port() const;
  /// Where other nodes join this one; 0: nowhere.
  uint16_t cluster_port() const;
  bool practice() const;
  const clock_origin& origin() const;

private:
  void start();

  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace parley
