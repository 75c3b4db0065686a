#pragma once

#include "adapters/sandbox/web.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace parley::sandbox {

/// The carrier's end of a media WebSocket: a client that sends and receives
/// text frames. Everything happens on the executor, which must be a strand.
class media_socket {
public:
  struct events {
    std::function<void()> opened;
    std::function<void(std::string)> text;
    /// Once, also when it never opened; `why` is empty after a proper close.
    std::function<void(std::string why)> closed;
  };

  virtual ~media_socket() = default;
  /// Queues one message. After `close` or an error nothing is sent any more.
  virtual void send(std::string text) = 0;
  /// Sends what is queued, then closes.
  virtual void close() = 0;

  /// @param url ws:// or wss:// (any certificate: a practice node's is its own)
  static std::shared_ptr<media_socket>
  connect(boost::asio::any_io_executor strand, const url& where, fields headers, events on);
};

} // namespace parley::sandbox
