#pragma once

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

/// Carriers and voice models that a test plays by hand, over real sockets.
namespace parley::test {

namespace net = boost::asio;
namespace beast = boost::beast;
using nlohmann::json;

inline constexpr std::chrono::seconds patience{10};

/// One end of a WebSocket. The functions may be called by the test's thread.
class ws_peer {
public:
  virtual ~ws_peer() = default;
  virtual void send_text(std::string text, bool binary = false) = 0;
  /// Bytes that are no WebSocket frame.
  virtual void send_raw(std::string bytes) = 0;
  virtual void stop_reading() = 0;
  virtual void close() = 0; ///< politely
  virtual void drop() = 0;  ///< without a word

  void send(const json& x) { send_text(x.dump()); }

  /// The next message that `wanted` says yes to; others before it are skipped.
  json next(const std::function<bool(const json&)>& wanted) {
    std::unique_lock lock{mutex_};
    for (const auto deadline = std::chrono::steady_clock::now() + patience;;) {
      while (!received_.empty()) {
        auto x = std::move(received_.front());
        received_.pop_front();
        if (wanted(x))
          return x;
      }
      if (closed_)
        throw std::runtime_error{"the connection closed before the message came"};
      if (changed_.wait_until(lock, deadline) == std::cv_status::timeout)
        throw std::runtime_error{"the message did not come"};
    }
  }
  /// The next one whose `event` or `type` is this.
  json next(const std::string& name) {
    return next([&](const json& x) { return x.value("event", x.value("type", "")) == name; });
  }
  /// Waits until the connection is closed; the code that the other side gave.
  uint16_t wait_closed() {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, patience, [this] { return closed_; }))
      throw std::runtime_error{"the connection stayed open"};
    return code_;
  }
  bool closed() const {
    std::lock_guard guard{mutex_};
    return closed_;
  }
  size_t waiting() const {
    std::lock_guard guard{mutex_};
    return received_.size();
  }
  std::string authorization; ///< header of the upgrade request
  std::string beta;          ///< its header OpenAI-Beta
  std::string target;

protected:
  void take(std::string_view text) {
    std::lock_guard guard{mutex_};
    received_.push_back(json::parse(text));
    changed_.notify_all();
  }
  void end(uint16_t code) {
    std::lock_guard guard{mutex_};
    closed_ = true;
    code_ = code;
    changed_.notify_all();
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<json> received_;
  bool closed_ = false;
  uint16_t code_ = 0;
};

/// Loopback servers for both sides of a bridge, on one thread.
class media_peers {
public:
  using request = beast::http::request<beast::http::string_body>;
  /// Takes a media socket after its upgrade request, as the web adapter does.
  using accept_media = std::function<void(beast::tcp_stream, request)>;

  /// @param tls The model then speaks TLS with this certificate.
  explicit media_peers(net::ssl::context* tls = nullptr);
  ~media_peers();

  /// Must be set before a carrier connects.
  void on_stream(accept_media door);
  /// A status with which models drop a connection instead of answering it.
  static constexpr int no_answer = -1;
  /// HTTP status with which models refuse connections; 0 accepts them.
  /// @param times Further ones are accepted.
  /// @param retry_after The header of that name; none if empty.
  void refuse_models(int status, size_t times = SIZE_MAX, std::string retry_after = {});
  /// How often a model was asked for a connection.
  size_t models_asked() const;
  std::string model_url() const;

  /// The model's end of the next session that Parley opens.
  std::shared_ptr<ws_peer> model();
  /// A carrier that has connected and done its handshake.
  /// @param receive_buffer Bytes the kernel may hold for it; 0: its default.
  std::shared_ptr<ws_peer> carrier(int receive_buffer = 0);

private:
  class servers;
  std::unique_ptr<servers> servers_;
};

} // namespace parley::test
