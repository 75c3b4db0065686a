#include "adapters/sandbox/http_server.hpp"

#include "adapters/sandbox/lower.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>
#include <iostream>
#include <optional>

namespace parley::sandbox {

namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr size_t body_bytes_max = 8 << 20;

struct route_entry {
  std::string method;
  std::string path;
  http_handler handler;
};

/// Fills `parts` when the path fits the pattern.
bool fits(std::string_view pattern, std::string_view path, std::map<std::string, std::string>& parts) {
  parts.clear();
  while (!pattern.empty()) {
    if (pattern.front() != '{') {
      if (path.empty() || path.front() != pattern.front())
        return false;
      pattern.remove_prefix(1);
      path.remove_prefix(1);
      continue;
    }
    const auto close = pattern.find('}');
    auto name = std::string{pattern.substr(1, close - 1)};
    pattern.remove_prefix(close + 1);
    if (name.ends_with('*')) {
      parts[name.substr(0, name.size() - 1)] = percent_decode(path);
      return true;
    }
    // A part ends at the next slash, or where the pattern goes on: ".json".
    auto end = std::min(path.find('/'), path.size());
    if (!pattern.empty() && pattern.front() != '/') {
      const auto next = pattern.substr(0, pattern.find('/'));
      const auto at = path.substr(0, end).rfind(next.substr(0, next.find('{')));
      end = at == path.npos ? 0 : at;
    }
    if (end == 0)
      return false;
    parts[name] = percent_decode(path.substr(0, end));
    path.remove_prefix(end);
  }
  return path.empty();
}

} // namespace

struct http_server::table {
  std::vector<route_entry> routes;
  std::vector<std::pair<std::string, upgrade_handler>> upgrades;
  std::vector<std::function<bool(const http_request&, const respond&)>> filters;
  std::chrono::milliseconds latency{0};

  /// What one request makes a handler throw must not end the world.
  void answer(http_request& request, const respond& reply) const {
    try {
      dispatch(request, reply);
    } catch (const std::exception& error) {
      std::cerr << "sandbox: " << request.method << " failed: " << error.what() << std::endl;
      http_response failed;
      failed.status = 500;
      failed.body = R"({"error":"internal server error"})";
      reply(std::move(failed));
    }
  }

  void dispatch(http_request& request, const respond& reply) const {
    for (const auto& filter : filters)
      if (filter(request, reply))
        return;
    bool known_path = false;
    for (const auto& entry : routes) {
      if (!fits(entry.path, request.path, request.parts))
        continue;
      if (entry.method == request.method)
        return entry.handler(request, reply);
      known_path = true;
    }
    http_response none;
    none.status = known_path ? 405 : 404;
    none.body = R"({"error":"no such resource"})";
    reply(std::move(none));
  }

  const upgrade_handler* upgrade(std::string_view path) const {
    for (const auto& [known, handler] : upgrades)
      if (known == path)
        return &handler;
    return nullptr;
  }
};

namespace {

using request_type = http::request<http::string_body>;

http_request plain(const request_type& in) {
  http_request out;
  out.method = std::string{in.method_string()};
  const std::string target{in.target()};
  const auto mark = std::min(target.find('?'), target.size());
  out.path = target.substr(0, mark);
  out.query = parse_form(std::string_view{target}.substr(std::min(mark + 1, target.size())));
  for (const auto& field : in)
    out.headers.emplace_back(lower(field.name_string().to_string()), field.value().to_string());
  out.body = in.body();
  return out;
}

/// One client: reads a request, waits for its answer, writes it, reads on.
class connection : public std::enable_shared_from_this<connection> {
public:
  connection(upgrade_socket socket, std::shared_ptr<http_server::table> table)
    : socket_{std::move(socket)}, late_{socket_.get_executor()}, table_{std::move(table)} {}

  void read() {
    parser_.emplace();
    parser_->body_limit(body_bytes_max);
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](boost::system::error_code error, size_t) {
      if (!error) // otherwise the client is gone or speaks no HTTP
        self->handle(self->parser_->release());
    });
  }

private:
  void handle(request_type message) {
    if (beast::websocket::is_upgrade(message)) {
      const std::string target{message.target()};
      if (const auto* handler = table_->upgrade(target.substr(0, target.find('?'))))
        return (*handler)(std::move(socket_), std::move(message));
    }
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    // The answer may come from any thread, and only the first one counts.
    auto request = plain(message);
    table_->answer(request, [self = shared_from_this(), turn = ++turn_](http_response response) {
      asio::post(self->socket_.get_executor(), [self, turn, response = std::move(response)]() mutable {
        if (turn == self->turn_)
          self->write_late(std::move(response));
      });
    });
  }

  void write_late(http_response answer) {
    ++turn_;
    if (table_->latency == std::chrono::milliseconds{0})
      return write(std::move(answer));
    late_.expires_after(table_->latency);
    late_.async_wait([self = shared_from_this(), answer = std::move(answer)](boost::system::error_code error) mutable {
      if (!error)
        self->write(std::move(answer));
    });
  }

  void write(http_response answer) {
    if (answer.drop)
      return; // the last owner of the socket closes it
    response_ = {static_cast<http::status>(answer.status), version_};
    response_.set(http::field::server, "sandbox");
    if (!answer.content_type.empty())
      response_.set(http::field::content_type, answer.content_type);
    for (const auto& [name, value] : answer.headers)
      response_.set(name, value);
    response_.keep_alive(keep_alive_);
    response_.body() = std::move(answer.body);
    if (answer.status != 204)
      response_.prepare_payload();
    http::async_write(socket_, response_, [self = shared_from_this()](boost::system::error_code error, size_t) {
      if (!error && self->keep_alive_)
        self->read();
    });
  }

  upgrade_socket socket_;
  asio::steady_timer late_;
  std::shared_ptr<http_server::table> table_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  uint64_t turn_ = 0;
  bool keep_alive_ = true;
  unsigned version_ = 11;
};

} // namespace

http_server::http_server(asio::io_context& io, uint16_t port)
  : io_{io}, acceptor_{asio::make_strand(io), tcp::endpoint{asio::ip::address_v4::loopback(), port}},
    table_{std::make_shared<table>()} {
  // nop
}

void http_server::route(std::string method, std::string path, http_handler handler) {
  table_->routes.push_back({std::move(method), std::move(path), std::move(handler)});
}

void http_server::on_upgrade(std::string path, upgrade_handler handler) {
  table_->upgrades.emplace_back(std::move(path), std::move(handler));
}

void http_server::before(std::function<bool(const http_request&, const respond&)> filter) {
  table_->filters.push_back(std::move(filter));
}

void http_server::slow_down(std::chrono::milliseconds latency) {
  table_->latency = latency;
}

void http_server::start() {
  accept();
}

void http_server::accept() {
  acceptor_.async_accept(asio::make_strand(io_), [this](boost::system::error_code error, upgrade_socket socket) {
    if (error == asio::error::operation_aborted)
      return; // stopped
    if (!error) {
      boost::system::error_code ignored;
      socket.set_option(tcp::no_delay{true}, ignored);
      std::make_shared<connection>(std::move(socket), table_)->read();
    }
    accept();
  });
}

void http_server::stop() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

uint16_t http_server::port() const {
  return acceptor_.local_endpoint().port();
}

std::string http_server::base_url() const {
  return "http://127.0.0.1:" + std::to_string(port());
}

} // namespace parley::sandbox
