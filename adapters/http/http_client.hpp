#pragma once

#include "adapters/http/http_message.hpp"

#include <memory>

namespace parley {

/// What one client may use.
struct http_client_options {
  /// Requests that run at the same time; the others wait their turn.
  size_t running_max = 16;
  /// Requests that may wait; more are refused (`http_failure::queue_full`).
  size_t waiting_max = 1'000;
  /// PEM file of the certificate authorities to trust; empty: the system's.
  std::string ca_file;
};

/// Asynchronous HTTP/1.1 client with keep-alive, over libcurl's multi
/// interface and one thread of its own. Give each vendor its own client, so
/// that a slow one holds up nobody else.
///
/// It never repeats a request that asked for `once`, and never follows
/// redirects. Callbacks run on the client's thread; an actor uses
/// `actor_http`, which brings them home.
///
/// What goes wrong inside (no memory, an option that libcurl does not take) is
/// the answer of the request that it happened to, `http_failure::failed`.
class http_client {
public:
  explicit http_client(http_client_options options = {});
  /// Stops, as below.
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Sends a request, after `delay` if one is given; any thread may call it.
  /// `done` is called exactly once. After `stop` that happens at once and on
  /// the caller's thread, so hold no lock here that `done` needs.
  void send(http_request request, http_callback done, std::chrono::milliseconds delay = {});

  /// Cancels what runs or waits, answers all of it with
  /// `http_failure::shutting_down` and ends the thread. Called from a callback
  /// (as by the end of an actor that owns the client) it does so once that
  /// callback returns. A second call does nothing.
  void stop();

private:
  class worker;
  std::shared_ptr<worker> worker_;
};

} // namespace parley
