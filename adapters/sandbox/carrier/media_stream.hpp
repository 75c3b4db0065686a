#pragma once

#include "adapters/sandbox/audio.hpp"
#include "adapters/sandbox/carrier/media_socket.hpp"
#include "adapters/sandbox/carrier/twiml.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace parley::sandbox {

/// The Media Streams protocol on one WebSocket, from the carrier's side.
/// Everything happens on the executor, which must be a strand.
class media_stream : public std::enable_shared_from_this<media_stream> {
public:
  struct identity {
    std::string account_sid;
    std::string call_sid;
    std::string stream_sid;
    std::string auth_token;
  };
  struct events {
    std::function<void()> opened;
    std::function<void(std::string audio)> media;
    std::function<void(std::string name)> mark;
    std::function<void()> clear;
    /// Once, however it ends, unless we closed it; `error` is empty when the
    /// server closed it.
    std::function<void(std::string error)> closed;
  };

  /// @param sparse Leave out most of a long silence (media speed above 1).
  media_stream(identity who, twiml::connect_stream what, bool sparse, events on);

  void open(boost::asio::any_io_executor strand);
  bool is_open() const { return open_; }

  /// 20 ms of what the called person says; `timestamp` since the stream's
  /// start. With `sparse`, silence is sent in full for 600 ms, then one frame
  /// in five.
  void send_audio(std::string_view frame, milliseconds timestamp);
  void send_dtmf(const std::string& digit);
  void send_mark(const std::string& name);
  /// Sends `stop`, closes the socket; no event comes any more.
  void close();

  const twiml::connect_stream& instructions() const { return what_; }
  const std::string& sid() const { return who_.stream_sid; }
  /// Messages that made no sense (error 31951).
  size_t malformed() const { return malformed_; }

private:
  void introduce();
  void take(const std::string& text);
  std::string next_sequence();

  identity who_;
  twiml::connect_stream what_;
  bool sparse_;
  events on_;
  std::shared_ptr<media_socket> socket_;
  bool open_ = false;
  uint64_t sequence_ = 0;
  uint64_t chunk_ = 0;
  milliseconds silent_for_{};
  size_t malformed_ = 0;
};

} // namespace parley::sandbox
