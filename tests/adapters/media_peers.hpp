#pragma once

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <condition_variable>
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
using tcp = net::ip::tcp;
using boost::system::error_code;

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

template <class Stream>
class ws_peer_of final : public ws_peer, public std::enable_shared_from_this<ws_peer_of<Stream>> {
public:
  template <class... Args>
  explicit ws_peer_of(Args&&... args) : ws{std::forward<Args>(args)...} {
    ws.read_message_max(64 << 20);
    ws.auto_fragment(false);
  }

  void send_text(std::string text, bool binary) override {
    net::post(ws.get_executor(), [self = this->shared_from_this(), text = std::move(text), binary]() mutable {
      self->queue_.emplace_back(std::move(text), binary);
      if (self->queue_.size() == 1)
        self->write();
    });
  }
  void send_raw(std::string bytes) override {
    net::post(ws.get_executor(), [self = this->shared_from_this(), bytes = std::move(bytes)] {
      error_code ignored;
      net::write(beast::get_lowest_layer(self->ws), net::buffer(bytes), ignored);
    });
  }
  void stop_reading() override {
    net::post(ws.get_executor(), [self = this->shared_from_this()] { self->reading_ = false; });
  }
  void close() override {
    net::post(ws.get_executor(), [self = this->shared_from_this()] {
      self->ws.async_close(beast::websocket::close_code::normal, [self](error_code) {});
    });
  }
  void drop() override {
    net::post(ws.get_executor(), [self = this->shared_from_this()] {
      error_code ignored;
      beast::get_lowest_layer(self->ws).close(ignored);
    });
  }
  void read() {
    if (!reading_)
      return;
    ws.async_read(buffer_, [self = this->shared_from_this()](error_code e, size_t) {
      if (e)
        return self->end(self->ws.reason().code);
      self->take(beast::buffers_to_string(self->buffer_.data()));
      self->buffer_.consume(self->buffer_.size());
      self->read();
    });
  }

  beast::websocket::stream<Stream> ws;

private:
  void write() {
    ws.binary(queue_.front().second);
    ws.async_write(net::buffer(queue_.front().first), [self = this->shared_from_this()](error_code e, size_t) {
      self->queue_.pop_front();
      if (!e && !self->queue_.empty())
        self->write();
    });
  }

  beast::flat_buffer buffer_;
  std::deque<std::pair<std::string, bool>> queue_;
  bool reading_ = true;
};

/// Loopback servers for both sides of a bridge, on one thread.
class media_peers {
public:
  using request = beast::http::request<beast::http::string_body>;
  /// Takes a media socket after its upgrade request, as the web adapter does.
  using accept_media = std::function<void(beast::tcp_stream, request)>;

  /// @param tls The model then speaks TLS with this certificate.
  explicit media_peers(net::ssl::context* tls = nullptr) : tls_{tls} {
    net::co_spawn(io_, serve_models(), net::detached);
    net::co_spawn(io_, serve_door(), net::detached);
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~media_peers() {
    io_.stop();
    thread_.join();
  }

  /// Must be set before a carrier connects.
  accept_media door;
  /// HTTP status with which models refuse connections; 0 accepts them.
  std::atomic<int> model_refuses{0};

  std::string model_url() const {
    return (tls_ ? "wss://localhost:" : "ws://localhost:") + std::to_string(models_.local_endpoint().port()) + "/v1";
  }

  /// The model's end of the next session that Parley opens.
  std::shared_ptr<ws_peer> model() {
    std::unique_lock lock{mutex_};
    if (!arrived_.wait_for(lock, patience, [this] { return !sessions_.empty(); }))
      throw std::runtime_error{"nobody connected to the model"};
    auto first = std::move(sessions_.front());
    sessions_.pop_front();
    return first;
  }

  /// A carrier that has connected and done its handshake.
  /// @param receive_buffer Bytes the kernel may hold for it; 0: its default.
  std::shared_ptr<ws_peer> carrier(int receive_buffer = 0) {
    tcp::socket socket{io_, tcp::v4()};
    if (receive_buffer > 0)
      socket.set_option(tcp::socket::receive_buffer_size{receive_buffer});
    auto peer = std::make_shared<ws_peer_of<tcp::socket>>(std::move(socket));
    net::co_spawn(io_, join(peer), net::use_future).get();
    return peer;
  }

private:
  net::awaitable<void> join(std::shared_ptr<ws_peer_of<tcp::socket>> peer) {
    co_await peer->ws.next_layer().async_connect(door_.local_endpoint(), net::use_awaitable);
    co_await peer->ws.async_handshake("localhost", "/voice/stream", net::use_awaitable);
    peer->read();
  }

  net::awaitable<void> serve_door() {
    for (;;) {
      auto socket = co_await door_.async_accept(net::use_awaitable);
      beast::tcp_stream stream{std::move(socket)};
      beast::flat_buffer buffer;
      request upgrade;
      error_code error;
      co_await beast::http::async_read(stream, buffer, upgrade, net::redirect_error(net::use_awaitable, error));
      if (!error)
        door(std::move(stream), std::move(upgrade));
    }
  }

  net::awaitable<void> serve_models() {
    for (;;) {
      auto socket = co_await models_.async_accept(net::use_awaitable);
      if (tls_)
        net::co_spawn(io_, secure(std::move(socket)), net::detached);
      else
        net::co_spawn(io_, open(std::move(socket)), net::detached);
    }
  }

  net::awaitable<void> secure(tcp::socket socket) {
    net::ssl::stream<tcp::socket> stream{std::move(socket), *tls_};
    error_code error;
    co_await stream.async_handshake(net::ssl::stream_base::server, net::redirect_error(net::use_awaitable, error));
    if (!error)
      co_await open(std::move(stream));
  }

  template <class Stream>
  net::awaitable<void> open(Stream stream) {
    beast::flat_buffer buffer;
    request upgrade;
    error_code error;
    co_await beast::http::async_read(stream, buffer, upgrade, net::redirect_error(net::use_awaitable, error));
    if (error)
      co_return;
    if (const int status = model_refuses) {
      beast::http::response<beast::http::string_body> no{static_cast<beast::http::status>(status), 11};
      no.prepare_payload();
      co_await beast::http::async_write(stream, no, net::redirect_error(net::use_awaitable, error));
      co_return;
    }
    auto peer = std::make_shared<ws_peer_of<Stream>>(std::move(stream));
    co_await peer->ws.async_accept(upgrade, net::redirect_error(net::use_awaitable, error));
    if (error)
      co_return;
    peer->authorization = std::string{upgrade[beast::http::field::authorization]};
    peer->target = std::string{upgrade.target()};
    peer->read();
    std::lock_guard guard{mutex_};
    sessions_.push_back(std::move(peer));
    arrived_.notify_all();
  }

  net::ssl::context* tls_;
  net::io_context io_;
  tcp::acceptor models_{io_, {net::ip::address_v4::loopback(), 0}};
  tcp::acceptor door_{io_, {net::ip::address_v4::loopback(), 0}};
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::shared_ptr<ws_peer>> sessions_;
  std::thread thread_;
};

} // namespace parley::test
