#pragma once

#include "runtime/telemetry/telemetry.hpp"

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace parley::web {

namespace http = boost::beast::http;

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

/// A page that goes on. `next` gives the next piece of it: an empty one for
/// nothing yet, none when it ends. It waits by itself, a second at most.
struct endless_page {
  const char* content_type = "text/event-stream";
  std::function<boost::asio::awaitable<std::optional<std::string>>()> next;
};

/// What a listener serves.
struct pages {
  std::string listener; ///< its name in metrics and messages
  std::function<boost::asio::awaitable<response>(request)> answer;
  /// Judges a WebSocket upgrade: a refusal, or nothing to hand it over. Not
  /// set: upgrades are answered like any request.
  std::function<std::optional<response>(const request&)> refuse_upgrade;
  std::function<void(boost::beast::tcp_stream, request)> hand_over;
  /// Asked before `answer`: a page that goes on, or nothing for one that `answer` gives.
  /// Not set: there is none. A reader that takes a piece more slowly than
  /// within `write_timeout` is dropped; nobody else waits for it.
  std::function<std::optional<endless_page>(const request&)> endless;
};

/// What one client may take. Real time.
struct serving_limits {
  std::chrono::milliseconds request_timeout; ///< from the first byte to the last
  std::chrono::milliseconds idle_timeout;    ///< between two requests
  std::chrono::milliseconds write_timeout;
  uint32_t header_bytes_max;
  uint64_t body_bytes_max;
  size_t connections_max;
};

/// A socket cannot be opened. The text names it, the reason and a remedy.
struct listen_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Serves HTTP/1.1 on one socket, each connection on a strand of its own.
class listener {
public:
  virtual ~listener() = default;
  /// Begins to accept.
  virtual void start() = 0;
  /// Accepts no more and closes every connection; answers that are being made
  /// are still waited for by the execution context. Any thread.
  virtual void stop() = 0;
  /// 0 for a Unix socket.
  virtual uint16_t port() const = 0;
};

/// Binds a TCP socket at once; throws `listen_error`.
/// @param setting Key of the port in the settings, for the remedy.
std::unique_ptr<listener> listen_tcp(boost::asio::io_context& io, const std::string& address, uint16_t port,
                                     const std::string& setting, serving_limits limits, pages content, telemetry& t);

/// Binds a Unix socket that only its owner may use (mode 0600); throws
/// `listen_error`. The file of a node that died is replaced, the one of a
/// living node is not. The file goes with the listener.
std::unique_ptr<listener>
listen_unix(boost::asio::io_context& io, const std::string& path, serving_limits limits, pages content, telemetry& t);

/// An answer with this body; the length and connection headers come later.
response reply(http::status status, std::string body, const char* content_type = "text/plain; charset=utf-8");

/// `{"error": code, "message": text}`.
response json_error(http::status status, const std::string& code, const std::string& message);

} // namespace parley::web
