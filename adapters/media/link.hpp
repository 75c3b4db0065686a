#pragma once

#include "adapters/http/http_message.hpp"
#include "adapters/media/frame.hpp"
#include "adapters/media/realtime_events.hpp"
#include "runtime/errors.hpp"

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace parley::media {

using strand = boost::asio::strand<boost::asio::io_context::executor_type>;
using upgrade_request = boost::beast::http::request<boost::beast::http::string_body>;

class link;

/// Who listens to a link. Called on the strand that it is attached to.
class link_owner {
public:
  virtual ~link_owner() = default;
  /// The WebSocket handshake succeeded.
  virtual void link_opened(link& from) = 0;
  virtual void link_received(link& from, frame_view frame) = 0;
  /// All that was sent is on the wire.
  virtual void link_drained(link& from) = 0;
  /// The connection is gone, by whatever cause but `abort`. Told once.
  virtual void link_gone(link& from, ec code, const std::string& reason) = 0;
};

/// Longest message that a link sends: no vendor takes instructions or tools
/// near that long.
inline constexpr size_t sent_message_max = 1u << 20;

/// Bounds of one link.
struct link_limits {
  size_t message_max = 64u << 10; ///< bytes of one received message
  size_t unsent_max = 1u << 20;   ///< bytes waiting to be sent; a long message counts as 2 KiB
  std::chrono::milliseconds close_timeout{2'000};
};

/// One WebSocket of text messages with a bounded queue of unsent ones. Every
/// function runs on the strand it is attached to, and no function calls the
/// owner back before it returns.
class link : public std::enable_shared_from_this<link> {
public:
  using clock = std::chrono::steady_clock;

  virtual ~link() = default;

  /// Queues a message. False when the bound is reached: the peer is too slow,
  /// or the message is longer than `sent_message_max`. The first message in an
  /// empty queue is never too much.
  virtual bool send(std::string_view message) = 0;
  /// Forgets queued messages, except the one being written.
  virtual void drop_backlog() = 0;
  /// Sends what is queued, then closes with this code (RFC 6455, 7.4).
  virtual void finish(uint16_t code, std::string_view reason) = 0;
  /// Drops the connection. The owner hears nothing any more.
  virtual void abort() = 0;
  /// Stops reading after the current message, to change hands.
  virtual void pause() = 0;
  /// Goes on with another owner on another strand; only while paused and with
  /// nothing unsent.
  virtual void resume(std::weak_ptr<link_owner> owner, strand executor) = 0;
  /// Pings a peer that is silent for `interval`, and gives it up if that does
  /// not make it say anything for as long again. Call it now and then.
  virtual void keep_alive(clock::time_point now, std::chrono::milliseconds interval) = 0;
  /// What came of an upgrade that we asked for in vain; nothing otherwise.
  const std::optional<http_response>& failed_upgrade() const { return failed_upgrade_; }

protected:
  std::optional<http_response> failed_upgrade_;
};

/// Takes over a connected socket whose upgrade request was read and judged.
std::shared_ptr<link> accept_link(strand executor, std::weak_ptr<link_owner> owner, link_limits limits,
                                  boost::asio::ip::tcp protocol, int socket, upgrade_request upgrade);

/// Connects to the voice model.
/// @param tls Used when the address asks for it.
/// @param api_key Sent as bearer token unless it is empty.
std::shared_ptr<link>
connect_link(strand executor, std::weak_ptr<link_owner> owner, link_limits limits, const realtime_address& address,
             boost::asio::ssl::context& tls, const std::string& api_key);

/// Verifies peers by the system's certificate authorities or those of a file.
/// Throws `boost::system::system_error` when the file cannot be used.
boost::asio::ssl::context make_tls_context(const std::string& ca_file);

} // namespace parley::media
