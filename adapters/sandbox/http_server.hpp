#pragma once

#include "adapters/sandbox/web.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parley::sandbox {

namespace asio = boost::asio;
namespace beast = boost::beast;

struct http_request {
  std::string method; ///< "GET", "POST", …
  std::string path;   ///< without the query, as it stands
  fields query;       ///< decoded
  fields headers;     ///< names in lower case
  std::string body;
  /// What stands for the `{name}` parts of the route, decoded.
  std::map<std::string, std::string> parts;

  std::string header(std::string_view lower_case_name) const { return value_or(headers, lower_case_name); }
};

struct http_response {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  fields headers;
  /// Closes the connection instead of answering, as if the reply was lost.
  bool drop = false;
};

/// Answers a request: once, from any thread, now or later.
using respond = std::function<void(http_response)>;
/// Where it throws a `std::exception`, the server answers with 500.
using http_handler = std::function<void(const http_request&, respond)>;
/// Takes over a connection whose client asks for a WebSocket. The socket's
/// executor is a strand of its own.
using upgrade_socket = asio::basic_stream_socket<asio::ip::tcp, asio::strand<asio::io_context::executor_type>>;
using upgrade_handler = std::function<void(upgrade_socket, beast::http::request<beast::http::string_body>)>;

/// A vendor's HTTP server on loopback: HTTP/1.1 with keep-alive.
///
/// Handlers run on the connection's strand, so handlers of two connections
/// run at the same time where the world has several threads. Add the routes
/// first, then `start`. Outlives its connections only by being stopped before
/// the world's io_context goes.
class http_server {
public:
  /// Binds 127.0.0.1; port 0 lets the system choose. Throws
  /// `boost::system::system_error` when the port is taken.
  http_server(asio::io_context& io, uint16_t port);

  /// A path such as "/v1/calls/{id}"; `{rest*}` at the end takes the
  /// remainder with its slashes. The route added first wins. Without any route
  /// the answer is 404, with another method 405.
  void route(std::string method, std::string path, http_handler handler);
  /// WebSocket upgrades on that path (query apart).
  void on_upgrade(std::string path, upgrade_handler handler);
  /// Asked before any route; true means that it answered (or will).
  void before(std::function<bool(const http_request&, const respond&)> filter);

  /// Sends each answer so much real time late.
  void slow_down(std::chrono::milliseconds latency);

  void start();
  void stop();
  uint16_t port() const;
  /// "http://127.0.0.1:port"
  std::string base_url() const;

  struct table; // the routes, shared with the connections

private:
  void accept();

  asio::io_context& io_;
  asio::ip::tcp::acceptor acceptor_;
  std::shared_ptr<table> table_;
};

} // namespace parley::sandbox
