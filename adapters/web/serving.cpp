#include "adapters/web/serving.hpp"

#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <mutex>

namespace parley::web {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using net::ip::tcp;
using unix_protocol = net::local::stream_protocol;

response reply(http::status status, std::string body, const char* content_type) {
  response told{status, 11};
  if (!body.empty())
    told.set(http::field::content_type, content_type);
  told.set(http::field::cache_control, "no-store");
  told.body() = std::move(body);
  return told;
}

response json_error(http::status status, const std::string& code, const std::string& message) {
  const nlohmann::json body{{"error", code}, {"message", message}};
  return reply(status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), "application/json");
}

namespace {

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

template <class Protocol>
class socket_listener;

/// One client, as long as its coroutine runs.
template <class Protocol>
struct connection {
  connection(socket_listener<Protocol>& l, typename Protocol::socket socket)
    : owner{l}, strand{socket.get_executor()}, stream{std::move(socket)} {}
  ~connection() { owner.forget(this); }

  // On the strand. A stream that was handed over is somebody else's.
  void close() {
    if (!handed_over)
      stream.close();
  }

  socket_listener<Protocol>& owner;
  const net::any_io_executor strand;
  beast::basic_stream<Protocol> stream;
  bool handed_over = false;
  // Both guarded by the owner's mutex.
  uint64_t number = 0; ///< in the order of coming
  bool fresh = true;   ///< has said no whole request yet
};

template <class Protocol>
class socket_listener final : public listener {
public:
  using connection_ptr = std::shared_ptr<connection<Protocol>>;
  using acceptor = typename Protocol::acceptor;

  socket_listener(net::io_context& io, acceptor socket, std::string path, serving_limits limits, pages content,
                  telemetry& t)
    : content_{std::move(content)}, limits_{limits}, path_{std::move(path)},
      telemetry_{t}, io_{io}, acceptor_{std::move(socket)} {}

  ~socket_listener() override {
    if (!path_.empty())
      ::unlink(path_.c_str());
  }

  void start() override { net::co_spawn(acceptor_.get_executor(), accept(), logged("accepting")); }

  void stop() override {
    net::post(acceptor_.get_executor(), [this] {
      error_code ignored; // a socket that cannot be closed is closed already
      acceptor_.close(ignored);
    });
    std::vector<connection_ptr> open; // goes after the lock: a last owner calls `forget`
    {
      std::lock_guard guard{mutex_};
      stopping_ = true;
      for (const auto& [key, weak] : open_)
        open.push_back(weak.lock());
    }
    for (const auto& c : open)
      if (c)
        net::post(c->strand, [c] { c->close(); });
  }

  uint16_t port() const override {
    if constexpr (std::is_same_v<Protocol, tcp>)
      return acceptor_.local_endpoint().port();
    else
      return 0;
  }

  void forget(connection<Protocol>* c) {
    std::lock_guard guard{mutex_};
    open_.erase(c);
  }

private:
  // A coroutine's exception is a mistake of ours; it ends this client only.
  auto logged(const char* doing) const {
    return [name = content_.listener, doing](std::exception_ptr thrown) {
      try {
        if (thrown)
          std::rethrow_exception(thrown);
      } catch (const std::exception& e) {
        spdlog::error("{} listener, {}: {}", name, doing, e.what());
      }
    };
  }

  net::awaitable<void> accept() {
    error_code error;
    while (acceptor_.is_open()) {
      // Every connection gets a strand, so that its timeouts and its coroutine
      // do not meet.
      typename Protocol::socket socket{net::make_strand(io_)};
      co_await acceptor_.async_accept(socket, net::redirect_error(net::use_awaitable, error));
      if (!error) {
        if (auto c = admit(std::move(socket)))
          net::co_spawn(c->strand, serve(c), logged("serving"));
        continue;
      }
      if (error == net::error::operation_aborted || error == net::error::bad_descriptor)
        co_return;
      // Out of descriptors, most likely: whoever waits is served later.
      spdlog::warn("{} listener cannot accept: {}", content_.listener, error.message());
      net::steady_timer pause{acceptor_.get_executor(), std::chrono::milliseconds{100}};
      co_await pause.async_wait(net::redirect_error(net::use_awaitable, error));
    }
  }

  connection_ptr admit(typename Protocol::socket socket) {
    connection_ptr c, displaced; // go after the lock: a last owner calls `forget`
    {
      std::lock_guard guard{mutex_};
      if (stopping_ || (open_.size() >= limits_.connections_max && !make_room(displaced))) {
        count("refused");
        return nullptr; // closes it
      }
      c = std::make_shared<connection<Protocol>>(*this, std::move(socket));
      c->number = ++admitted_;
      open_.emplace(c.get(), c);
    }
    if (displaced) {
      count("refused");
      net::post(displaced->strand, [displaced] { displaced->close(); });
    }
    return c;
  }

  // Clients that trickle must not shut the carrier out: of those that have said
  // no whole request yet the one that has had longest for it gives way. Its
  // place is free at once. Under the lock.
  bool make_room(connection_ptr& displaced) {
    auto oldest = open_.end();
    for (auto at = open_.begin(); at != open_.end(); ++at)
      if (at->first->fresh && (oldest == open_.end() || at->first->number < oldest->first->number))
        oldest = at;
    if (oldest == open_.end())
      return false;
    displaced = oldest->second.lock(); // null: it ends just now
    open_.erase(oldest);
    return true;
  }

  // A whole request has come. False when the client's place was given away meanwhile.
  bool settle(connection<Protocol>& c) {
    std::lock_guard guard{mutex_};
    c.fresh = false;
    return open_.contains(&c);
  }

  // What is told a client whose request cannot be read; nothing if it is gone.
  static std::optional<response> complaint(const error_code& error) {
    if (error == http::error::body_limit)
      return json_error(http::status::payload_too_large, "invalid_input", "the body is too long");
    if (error == http::error::header_limit)
      return json_error(http::status::request_header_fields_too_large, "invalid_input", "the head is too long");
    const bool gone = error == http::error::end_of_stream || error == http::error::partial_message;
    if (error.category() == make_error_code(http::error::bad_method).category() && !gone)
      return json_error(http::status::bad_request, "invalid_input", "this is not HTTP");
    return std::nullopt;
  }

  net::awaitable<void> serve(connection_ptr c) {
    beast::flat_buffer buffer;
    error_code error;
    auto patience = limits_.request_timeout; // a fresh connection must say something soon
    for (;; patience = limits_.idle_timeout) {
      if (buffer.size() == 0) {
        c->stream.expires_after(patience);
        const auto size
          = co_await c->stream.async_read_some(buffer.prepare(4096), net::redirect_error(net::use_awaitable, error));
        if (error)
          break;
        buffer.commit(size);
      }
      http::request_parser<http::string_body> parser;
      parser.header_limit(limits_.header_bytes_max);
      parser.body_limit(limits_.body_bytes_max);
      c->stream.expires_after(limits_.request_timeout);
      co_await http::async_read_header(c->stream, buffer, parser, net::redirect_error(net::use_awaitable, error));
      // Clients such as curl ask before they send a long body.
      if (!error && beast::iequals(parser.get()[http::field::expect], "100-continue"))
        co_await net::async_write(c->stream, net::buffer(go_on), net::redirect_error(net::use_awaitable, error));
      if (!error)
        co_await http::async_read(c->stream, buffer, parser, net::redirect_error(net::use_awaitable, error));
      c->stream.expires_never(); // answering has time limits of its own
      std::optional<response> told;
      bool last = false;
      if (error) {
        told = complaint(error);
        last = true;
        if (!told)
          break;
      } else {
        if (!settle(*c))
          break;
        auto asked = parser.release();
        last = !asked.keep_alive();
        if (content_.endless)
          if (auto page = content_.endless(asked)) {
            co_await send_pieces(*c, std::move(*page));
            break;
          }
        if (content_.refuse_upgrade && beast::websocket::is_upgrade(asked)) {
          told = content_.refuse_upgrade(asked);
          if (!told && buffer.size() > 0) // a client that speaks before it is answered
            told = json_error(http::status::bad_request, "invalid_input", "frames before the handshake");
          if (!told) {
            hand_over(*c, std::move(asked));
            co_return;
          }
          last = true;
        } else {
          told = co_await answer(std::move(asked));
        }
      }
      count(std::to_string(told->result_int()));
      told->keep_alive(!last);
      told->prepare_payload();
      c->stream.expires_after(limits_.write_timeout);
      co_await http::async_write(c->stream, *told, net::redirect_error(net::use_awaitable, error));
      if (error || last)
        break;
    }
    co_await linger(*c);
  }

  net::awaitable<void> send_pieces(connection<Protocol>& c, endless_page page) {
    error_code error;
    http::response<http::empty_body> head{http::status::ok, 11};
    head.set(http::field::content_type, page.content_type);
    head.set(http::field::cache_control, "no-store");
    head.keep_alive(false);
    head.chunked(true);
    http::response_serializer<http::empty_body> serializer{head};
    count("200");
    c.stream.expires_after(limits_.write_timeout);
    co_await http::async_write_header(c.stream, serializer, net::redirect_error(net::use_awaitable, error));
    while (!error && c.stream.socket().is_open()) {
      const auto piece = co_await page.next();
      if (!piece) {
        co_await net::async_write(c.stream, http::make_chunk_last(), net::redirect_error(net::use_awaitable, error));
        break;
      }
      if (piece->empty())
        continue;
      c.stream.expires_after(limits_.write_timeout);
      co_await net::async_write(c.stream, http::make_chunk(net::buffer(*piece)),
                                net::redirect_error(net::use_awaitable, error));
      c.stream.expires_never();
    }
    if (error == beast::error::timeout)
      count("dropped"); // read too slowly
  }

  net::awaitable<response> answer(request asked) {
    const auto head = asked.method() == http::verb::head;
    std::optional<response> told;
    try {
      told = co_await content_.answer(std::move(asked));
    } catch (const std::exception& e) {
      spdlog::error("{} listener cannot answer: {}", content_.listener, e.what());
      told = json_error(http::status::internal_server_error, "internal", "internal error");
    }
    if (head)
      told->body().clear();
    co_return std::move(*told);
  }

  void hand_over(connection<Protocol>& c, request asked) {
    if constexpr (std::is_same_v<Protocol, tcp>) {
      count("101");
      c.handed_over = true;
      content_.hand_over(std::move(c.stream), std::move(asked));
    }
  }

  // Closing with unread bytes resets the connection, and the client may lose
  // the answer that tells why.
  net::awaitable<void> linger(connection<Protocol>& c) {
    error_code error;
    c.stream.socket().shutdown(net::socket_base::shutdown_send, error);
    std::array<char, 4096> unread;
    c.stream.expires_after(std::chrono::seconds{1});
    for (size_t total = 0; !error && total < 1u << 20;)
      total += co_await c.stream.async_read_some(net::buffer(unread), net::redirect_error(net::use_awaitable, error));
    c.stream.close();
  }

  void count(const std::string& status) {
    telemetry_
      .counter("parley_web_requests_total", "Requests to the node's own sockets by listener and status.",
               {{"listener", content_.listener}, {"status", status}})
      .Increment();
  }

  const pages content_;
  const serving_limits limits_;
  const std::string path_; // of a Unix socket
  telemetry& telemetry_;
  net::io_context& io_;
  acceptor acceptor_;
  std::mutex mutex_; // guards the three below
  bool stopping_ = false;
  uint64_t admitted_ = 0;
  std::map<connection<Protocol>*, std::weak_ptr<connection<Protocol>>> open_;
};

// Another node answers there.
bool is_alive(const std::string& path) {
  net::io_context io;
  unix_protocol::socket probe{io};
  error_code error;
  probe.connect(unix_protocol::endpoint{path}, error);
  return !error;
}

} // namespace

std::unique_ptr<listener> listen_tcp(net::io_context& io, const std::string& address, uint16_t port,
                                     const std::string& setting, serving_limits limits, pages content, telemetry& t) {
  error_code error;
  const auto fail = [&](const std::string& remedy) -> listen_error {
    return listen_error{"the " + content.listener + " listener cannot use " + address + " port " + std::to_string(port)
                        + ": " + error.message() + "; " + remedy};
  };
  const auto parsed = net::ip::make_address(address, error);
  if (error)
    throw fail("name an IP address of this machine, such as 127.0.0.1 or 0.0.0.0");
  const tcp::endpoint endpoint{parsed, port};
  tcp::acceptor acceptor{net::make_strand(io)};
  acceptor.open(endpoint.protocol(), error);
  if (!error)
    acceptor.set_option(net::socket_base::reuse_address{true}, error);
  if (!error)
    acceptor.bind(endpoint, error);
  if (!error)
    acceptor.listen(net::socket_base::max_listen_connections, error);
  if (error == net::error::address_in_use)
    throw fail("end the program that uses it, or set " + setting + " to another port");
  if (error == net::error::access_denied)
    throw fail("ports below 1024 need privileges; set " + setting + " to a higher one");
  if (error)
    throw fail("name an address of this machine, and in " + setting + " a free port");
  return std::make_unique<socket_listener<tcp>>(io, std::move(acceptor), "", limits, std::move(content), t);
}

std::unique_ptr<listener>
listen_unix(net::io_context& io, const std::string& path, serving_limits limits, pages content, telemetry& t) {
  const auto fail = [&](const std::string& what) { return listen_error{"the control socket " + path + ": " + what}; };
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path)
    throw fail("the path is longer than " + std::to_string(sizeof address.sun_path - 1)
               + " bytes; choose a shorter data_dir");
  if (is_alive(path))
    throw fail("another node uses it; stop that one, or give this one its own data_dir");
  error_code error;
  unix_protocol::acceptor acceptor{net::make_strand(io)};
  acceptor.open(unix_protocol{}, error);
  // On Linux the file gets the mode that the socket has when it is bound, so
  // there is no moment at which others could connect.
  if (!error && ::fchmod(acceptor.native_handle(), S_IRUSR | S_IWUSR) != 0)
    error = {errno, boost::system::system_category()};
  struct stat left {};
  if (!error && ::lstat(path.c_str(), &left) == 0) {
    if (!S_ISSOCK(left.st_mode))
      throw fail("there is a file that is no socket; move it away");
    if (::unlink(path.c_str()) != 0)
      error = {errno, boost::system::system_category()};
  }
  if (!error)
    acceptor.bind(unix_protocol::endpoint{path}, error);
  if (!error)
    acceptor.listen(net::socket_base::max_listen_connections, error);
  if (error)
    throw fail(error.message() + "; data_dir must exist and be writable");
  return std::make_unique<socket_listener<unix_protocol>>(io, std::move(acceptor), path, limits, std::move(content), t);
}

} // namespace parley::web
