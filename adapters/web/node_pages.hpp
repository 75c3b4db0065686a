#pragma once

#include "adapters/web/ports.hpp"
#include "adapters/web/serving.hpp"
#include "adapters/web/settings.hpp"

namespace parley::web {

/// What operators call. On the loopback listener: GET /metrics, /healthz,
/// /readyz, /inspect/tree (query: under, depth, kind) and
/// /inspect/actors/{id}. On the control socket: the same, and POST /v1/command
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

private:
  boost::asio::awaitable<response> view(request asked) const;
  boost::asio::awaitable<response> tree(std::string query) const;
  boost::asio::awaitable<response> actor(std::string id) const;
  boost::asio::awaitable<response> command(std::string body) const;
  response readiness() const;
  response failure(const caf::error& error) const;

  const web_settings settings_;
  const web_ports& ports_;
};

} // namespace parley::web
