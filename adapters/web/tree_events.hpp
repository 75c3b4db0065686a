#pragma once

#include "adapters/web/ports.hpp"

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace parley::web {

/// What a reader of /inspect/stream is sent: server-sent events of the actor
/// tree (WHATWG HTML, "Server-sent events").
///
///     id: POSITION          to go on from: Last-Event-ID, or ?since=
///     event: start, born, ended, failed, trouble or reset
///     data: {"position":…,"what":…,"id":…,"parent":…,"kind":…,"key":…,"reason":…,"at":…}
///
/// `start` says from where on; `reset` that changes were forgotten before they
/// were read (or that the node was started again): read the tree anew.
/// A reader costs one question to the inspector every quarter of a second and
/// holds nothing back: what it doesn't read in time is forgotten in the ring.
class tree_events {
public:
  struct wish {
    uint64_t since = 0; ///< 0: from now on
    std::string kind;   ///< only of this kind; empty: all
  };
  static constexpr std::chrono::milliseconds look_interval{250};
  static constexpr std::chrono::milliseconds heartbeat_interval{10'000};
  static constexpr uint32_t changes_at_once = 1'000;

  /// @param open Held as long as the reader is there.
  /// @param heartbeat When nothing was told for so long a comment is: proxies close connections that are silent.
  tree_events(const web_ports& ports, std::chrono::milliseconds timeout, wish what, std::shared_ptr<void> open,
              std::chrono::milliseconds heartbeat = heartbeat_interval);

  /// The next piece of text; empty: nothing yet, ask again; none: it ends,
  /// because the inspector does not answer.
  boost::asio::awaitable<std::optional<std::string>> next();

private:
  std::string written(const std::string& changes) const;

  const web_ports& ports_;
  std::chrono::milliseconds timeout_;
  wish wish_;
  std::shared_ptr<void> open_;
  std::chrono::milliseconds heartbeat_;
  bool begun_ = false;
  bool more_ = false; // there was more than fits into one answer
  uint32_t failures_ = 0;
  std::chrono::steady_clock::time_point told_;
};

} // namespace parley::web
