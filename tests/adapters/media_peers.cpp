#include "tests/adapters/media_peers.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <atomic>
#include <thread>

namespace parley::test {

using tcp = net::ip::tcp;
using boost::system::error_code;

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

class media_peers::servers {
public:
  explicit servers(net::ssl::context* tls = nullptr) : tls_{tls} {
    net::co_spawn(io_, serve_models(), net::detached);
    net::co_spawn(io_, serve_door(), net::detached);
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~servers() {
    io_.stop();
    thread_.join();
  }

  /// Must be set before a carrier connects.
  accept_media door;
  /// How often a model was asked for a connection.
  std::atomic<size_t> models_asked{0};

  void refuse_models(int status, size_t times, std::string retry_after) {
    std::lock_guard guard{mutex_};
    refusal_ = {status, status == 0 ? 0 : times, std::move(retry_after)};
  }

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
  struct refusal {
    int status = 0;
    size_t times = 0;
    std::string retry_after;
  };

  std::optional<refusal> next_refusal() {
    std::lock_guard guard{mutex_};
    if (refusal_.times == 0)
      return std::nullopt;
    --refusal_.times;
    return refusal_;
  }

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
    const auto refused = next_refusal();
    ++models_asked;
    if (refused && refused->status == no_answer)
      co_return;
    if (refused) {
      beast::http::response<beast::http::string_body> no{static_cast<beast::http::status>(refused->status), 11};
      if (!refused->retry_after.empty())
        no.set(beast::http::field::retry_after, refused->retry_after);
      no.prepare_payload();
      co_await beast::http::async_write(stream, no, net::redirect_error(net::use_awaitable, error));
      co_return;
    }
    auto peer = std::make_shared<ws_peer_of<Stream>>(std::move(stream));
    co_await peer->ws.async_accept(upgrade, net::redirect_error(net::use_awaitable, error));
    if (error)
      co_return;
    peer->authorization = std::string{upgrade[beast::http::field::authorization]};
    peer->beta = std::string{upgrade["OpenAI-Beta"]};
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
  refusal refusal_;
  std::thread thread_;
};

media_peers::media_peers(net::ssl::context* tls) : servers_{std::make_unique<servers>(tls)} {}
media_peers::~media_peers() = default;
void media_peers::on_stream(accept_media door) {
  servers_->door = std::move(door);
}
void media_peers::refuse_models(int status, size_t times, std::string retry_after) {
  servers_->refuse_models(status, times, std::move(retry_after));
}
size_t media_peers::models_asked() const {
  return servers_->models_asked;
}
std::string media_peers::model_url() const {
  return servers_->model_url();
}
std::shared_ptr<ws_peer> media_peers::model() {
  return servers_->model();
}
std::shared_ptr<ws_peer> media_peers::carrier(int receive_buffer) {
  return servers_->carrier(receive_buffer);
}

} // namespace parley::test
