#pragma once

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/asio.hpp>
#include <boost/beast.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace parley::test {

/// What a stub server does with one request.
struct stub_answer {
  int status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool drop = false; ///< closes the connection without an answer
  bool hold = false; ///< neither answers nor closes
};

/// An HTTP server on loopback that plays a vendor: answers each request as the
/// test says and remembers what it saw.
class stub_server {
public:
  using request = boost::beast::http::request<boost::beast::http::string_body>;
  using handler = std::function<stub_answer(const request&)>;

  explicit stub_server(handler answer) : answer_{std::move(answer)} {
    co_spawn(io_, serve(), boost::asio::detached);
    thread_ = std::thread{[this] { io_.run(); }};
  }

  ~stub_server() {
    io_.stop();
    thread_.join();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }
  int connections() const { return connections_; }

  std::vector<request> seen() const {
    std::lock_guard guard{mutex_};
    return seen_;
  }

private:
  using tcp = boost::asio::ip::tcp;

  boost::asio::awaitable<void> serve() {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      ++connections_;
      co_spawn(io_, talk(std::move(socket)), boost::asio::detached);
    }
  }

  boost::asio::awaitable<void> talk(tcp::socket socket) {
    namespace http = boost::beast::http;
    boost::beast::flat_buffer buffer;
    for (;;) {
      request asked;
      boost::system::error_code error;
      co_await http::async_read(socket, buffer, asked, boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error)
        co_return;
      {
        std::lock_guard guard{mutex_};
        seen_.push_back(asked);
      }
      const auto told = answer_(asked);
      if (told.drop)
        co_return;
      if (told.hold) { // until the client gives up
        co_await socket.async_wait(tcp::socket::wait_read,
                                   boost::asio::redirect_error(boost::asio::use_awaitable, error));
        co_return;
      }
      http::response<http::string_body> response{static_cast<http::status>(told.status), 11};
      for (const auto& [name, value] : told.headers)
        response.insert(name, value);
      response.body() = told.body;
      response.prepare_payload();
      co_await http::async_write(socket, response, boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error)
        co_return;
    }
  }

  handler answer_;
  mutable std::mutex mutex_;
  std::vector<request> seen_;
  std::atomic<int> connections_{0};
  boost::asio::io_context io_;
  tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::thread thread_;
};

/// A handler that a test exchanges while the server runs.
class scripted_answer {
public:
  explicit scripted_answer(stub_server::handler first) : now_{std::move(first)} {}
  void operator=(stub_server::handler next) {
    std::lock_guard guard{mutex_};
    now_ = std::move(next);
  }
  stub_answer operator()(const stub_server::request& asked) {
    std::unique_lock lock{mutex_};
    const auto current = now_;
    lock.unlock();
    return current(asked);
  }

private:
  std::mutex mutex_;
  stub_server::handler now_;
};

} // namespace parley::test
