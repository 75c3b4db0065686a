#include "adapters/sandbox/carrier/media_socket.hpp"

#include "adapters/sandbox/tls_of_clients.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <chrono>
#include <deque>

namespace parley::sandbox {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds connect_timeout{10};
constexpr size_t message_bytes_max = 4 << 20;

template <class Stream>
constexpr bool is_tls = !std::is_same_v<Stream, beast::tcp_stream>;

template <class Stream>
class client final : public media_socket, public std::enable_shared_from_this<client<Stream>> {
public:
  template <class... Ts>
  client(asio::any_io_executor strand, url where, fields headers, events on, Ts&... context)
    : resolver_{strand}, socket_{strand, context...}, where_{std::move(where)}, headers_{std::move(headers)},
      on_{std::move(on)} {}

  void start() {
    socket_.read_message_max(message_bytes_max);
    resolver_.async_resolve(where_.host, std::to_string(where_.port),
                            [self = this->shared_from_this()](auto error, auto found) {
                              if (error)
                                return self->finish(error);
                              auto& lowest = beast::get_lowest_layer(self->socket_);
                              lowest.expires_after(connect_timeout);
                              lowest.async_connect(found, [self](auto failed, const auto&) {
                                if (failed)
                                  return self->finish(failed);
                                self->shake_hands();
                              });
                            });
  }

  void send(std::string text) override {
    if (finished_ || closing_)
      return;
    queue_.push_back(std::move(text));
    if (open_ && !writing_)
      write();
  }

  void close() override {
    if (finished_ || closing_)
      return;
    closing_ = true;
    if (!open_)
      return beast::get_lowest_layer(socket_).close();
    if (!writing_)
      say_goodbye();
  }

private:
  void shake_hands() {
    boost::system::error_code ignored;
    beast::get_lowest_layer(socket_).socket().set_option(tcp::no_delay{true}, ignored);
    if constexpr (is_tls<Stream>) {
      SSL_set_tlsext_host_name(socket_.next_layer().native_handle(), where_.host.c_str());
      socket_.next_layer().async_handshake(asio::ssl::stream_base::client,
                                           [self = this->shared_from_this()](auto error) {
                                             if (error)
                                               return self->finish(error);
                                             self->upgrade();
                                           });
    } else {
      upgrade();
    }
  }

  void upgrade() {
    beast::get_lowest_layer(socket_).expires_never(); // the WebSocket has its own
    socket_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
    socket_.set_option(websocket::stream_base::decorator([headers = headers_](websocket::request_type& request) {
      for (const auto& [name, value] : headers)
        request.set(name, value);
    }));
    socket_.async_handshake(where_.authority, where_.target, [self = this->shared_from_this()](auto error) {
      if (error)
        return self->finish(error);
      if (self->closing_)
        return self->say_goodbye();
      self->open_ = true;
      self->on_.opened();
      self->read();
      if (!self->queue_.empty() && !self->writing_)
        self->write();
    });
  }

  void read() {
    socket_.async_read(buffer_, [self = this->shared_from_this()](auto error, size_t) {
      if (error)
        return self->finish(error == websocket::error::closed ? boost::system::error_code{} : error);
      auto text = beast::buffers_to_string(self->buffer_.data());
      self->buffer_.consume(self->buffer_.size());
      if (self->on_.text)
        self->on_.text(std::move(text));
      self->read();
    });
  }

  void write() {
    writing_ = true;
    socket_.text(true);
    socket_.async_write(asio::buffer(queue_.front()), [self = this->shared_from_this()](auto error, size_t) {
      self->writing_ = false;
      if (error)
        return self->finish(error);
      self->queue_.pop_front();
      if (!self->queue_.empty())
        self->write();
      else if (self->closing_)
        self->say_goodbye();
    });
  }

  void say_goodbye() {
    socket_.async_close(websocket::close_code::normal, [self = this->shared_from_this()](auto) { self->finish({}); });
  }

  void finish(boost::system::error_code error) {
    if (std::exchange(finished_, true))
      return;
    beast::get_lowest_layer(socket_).close();
    // The owner may let go of us in here, and must not be kept by us after.
    const auto on = std::exchange(on_, {});
    on.closed(error ? error.message() : std::string{});
  }

  tcp::resolver resolver_;
  websocket::stream<Stream> socket_;
  url where_;
  fields headers_;
  events on_;
  beast::flat_buffer buffer_;
  std::deque<std::string> queue_;
  bool open_ = false;
  bool writing_ = false;
  bool closing_ = false;
  bool finished_ = false;
};

} // namespace

std::shared_ptr<media_socket>
media_socket::connect(asio::any_io_executor strand, const url& where, fields headers, events on) {
  if (where.tls()) {
    auto out = std::make_shared<client<beast::ssl_stream<beast::tcp_stream>>>(strand, where, std::move(headers),
                                                                              std::move(on), tls_of_clients());
    out->start();
    return out;
  }
  auto out = std::make_shared<client<beast::tcp_stream>>(strand, where, std::move(headers), std::move(on));
  out->start();
  return out;
}

} // namespace parley::sandbox
