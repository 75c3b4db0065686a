#pragma once

#include "adapters/twilio/settings.hpp"
#include "adapters/web/ports.hpp"
#include "adapters/web/settings.hpp"

#include <memory>

namespace parley {

/// The node's own sockets: the webhook listener for the carrier, the loopback
/// listener for operators and the control socket for the CLI, on I/O threads of
/// their own.
class web_server {
public:
  web_server(web_settings settings, twilio_settings carrier, web_ports ports);
  /// Stops.
  ~web_server();
  web_server(const web_server&) = delete;
  web_server& operator=(const web_server&) = delete;

  /// Opens all sockets; throws `web::listen_error`, whose text names address,
  /// port and remedy.
  void start();
  /// Closes all sockets and connections, waits for requests that actors still
  /// answer (they have time limits) and ends the threads. To be called before
  /// the actor system goes, never from one of its own threads. A second call
  /// does nothing.
  void stop();

  /// The ports really used; valid after `start`.
  uint16_t webhook_port() const;
  uint16_t local_port() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace parley
