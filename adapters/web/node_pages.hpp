#pragma once

#include "adapters/web/ports.hpp"
#include "adapters/web/serving.hpp"
#include "adapters/web/settings.hpp"

#include <atomic>
#include <memory>
#include <optional>

namespace parley::web {

/// What operators call. On the loopback listener: GET /metrics, /healthz,
/// /readyz, /inspect/tree (query: under, depth, kind, after, limit),
/// /inspect/actors/{id} and /inspect/stream (server-sent events, see
/// tree_events.hpp; query: since, kind). On the control socket: the same, and POST /v1/command
/// with `{"command": "campaign launch", …}`; the other keys are the command's
/// arguments. Errors are `{"error": code, "message": text}`.
class node_pages {
public:
  node_pages(const web_settings& settings, const web_ports& ports);

  /// For the loopback listener. Names other than loopback's are refused (403):
  /// a web page could make a browser ask by a name of its own.
  boost::asio::awaitable<response> local(request asked) const;
  /// For the control socket, whose file mode decides who may speak.
  boost::asio::awaitable<response> control(request asked) const;
  /// The stream, for either; nothing for whatever else is asked for.
  std::optional<endless_page> local_stream(const request& asked) const;
  std::optional<endless_page> stream(const request& asked) const;

  /// Actors on a page of the tree, when the query does not say.
  static constexpr uint32_t page_default = 500;
  static constexpr uint32_t page_max = 5'000;
  /// Readers of the stream at the same time.
  static constexpr int streams_max = 32;

private:
  boost::asio::awaitable<response> view(request asked) const;
  boost::asio::awaitable<response> tree(std::string query) const;
  boost::asio::awaitable<response> actor(std::string id) const;
  boost::asio::awaitable<response> command(std::string body) const;
  response readiness() const;
  response failure(const caf::error& error) const;

  const web_settings settings_;
  const web_ports& ports_;
  std::shared_ptr<std::atomic<int>> streams_ = std::make_shared<std::atomic<int>>(0); // open ones
};

} // namespace parley::web
