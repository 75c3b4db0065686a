#include "adapters/sandbox/http_client.hpp"

#include "adapters/sandbox/tls_of_clients.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <memory>
#include <optional>
#include <type_traits>

namespace parley::sandbox {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr bool is_plain(const beast::tcp_stream*) {
  return true;
}
constexpr bool is_plain(const void*) {
  return false;
}

/// Resolve, connect, (shake hands,) write, read: one request.
template <class Stream>
class exchange : public std::enable_shared_from_this<exchange<Stream>> {
public:
  template <class... Ts>
  exchange(asio::any_io_executor executor, http_outgoing request, url where, std::function<void(http_reply)> done,
           Ts&... context)
    : resolver_{executor}, stream_{executor, context...}, where_{std::move(where)}, timeout_{request.timeout},
      done_{std::move(done)} {
    const auto verb = http::string_to_verb(request.method);
    request_ = {verb == http::verb::unknown ? http::verb::post : verb, where_.target, 11};
    request_.set(http::field::host, where_.authority);
    request_.set(http::field::user_agent, "TwilioProxy/1.1");
    request_.keep_alive(false);
    for (const auto& [name, value] : request.headers)
      request_.set(name, value);
    request_.body() = std::move(request.body);
    request_.prepare_payload();
  }

  void start() {
    beast::get_lowest_layer(stream_).expires_after(timeout_);
    resolver_.async_resolve(
      where_.host, std::to_string(where_.port), [self = this->shared_from_this()](auto error, auto found) {
        if (error)
          return self->finish(error);
        beast::get_lowest_layer(self->stream_).async_connect(found, [self](auto failed, const auto&) {
          if (failed)
            return self->finish(failed);
          self->shake_hands();
        });
      });
  }

private:
  void shake_hands() {
    boost::system::error_code ignored;
    beast::get_lowest_layer(stream_).socket().set_option(tcp::no_delay{true}, ignored);
    if constexpr (is_plain(static_cast<Stream*>(nullptr))) {
      write();
    } else {
      SSL_set_tlsext_host_name(stream_.native_handle(), where_.host.c_str());
      stream_.async_handshake(asio::ssl::stream_base::client, [self = this->shared_from_this()](auto error) {
        if (error)
          return self->finish(error);
        self->write();
      });
    }
  }

  void write() {
    http::async_write(stream_, request_, [self = this->shared_from_this()](auto error, size_t) {
      if (error)
        return self->finish(error);
      http::async_read(self->stream_, self->buffer_, self->response_,
                       [self](auto failed, size_t) { self->finish(failed); });
    });
  }

  void finish(boost::system::error_code error) {
    http_reply reply;
    if (error) {
      reply.error = error.message();
    } else {
      reply.status = response_.result_int();
      reply.body = std::move(response_.body());
    }
    boost::system::error_code ignored;
    beast::get_lowest_layer(stream_).socket().shutdown(tcp::socket::shutdown_both, ignored);
    beast::get_lowest_layer(stream_).close();
    std::exchange(done_, nullptr)(std::move(reply));
  }

  tcp::resolver resolver_;
  Stream stream_;
  url where_;
  std::chrono::milliseconds timeout_;
  std::function<void(http_reply)> done_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

} // namespace

void http_send(asio::any_io_executor executor, http_outgoing request, std::function<void(http_reply)> done) {
  auto where = parse_url(request.url);
  if (!where || (where->scheme != "http" && where->scheme != "https")) {
    http_reply reply;
    reply.error = "not an http URL";
    asio::post(executor, [done = std::move(done), reply = std::move(reply)] { done(reply); });
    return;
  }
  using tls_stream = beast::ssl_stream<beast::tcp_stream>;
  if (where->tls())
    std::make_shared<exchange<tls_stream>>(executor, std::move(request), std::move(*where), std::move(done),
                                           tls_of_clients())
      ->start();
  else
    std::make_shared<exchange<beast::tcp_stream>>(executor, std::move(request), std::move(*where), std::move(done))
      ->start();
}

} // namespace parley::sandbox
