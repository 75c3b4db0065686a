#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/packaged_task.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <thread>

namespace parley::test {

/// A TCP connection's way through a port of our own, which can be cut: what is
/// open breaks, and what comes is refused until it is mended.
class cable {
  using tcp = boost::asio::ip::tcp;

public:
  cable() {
    listen(0);
    port_ = listener_->local_endpoint().port();
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~cable() {
    io_.stop();
    thread_.join();
  }
  cable(const cable&) = delete;
  cable& operator=(const cable&) = delete;

  uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Where it leads; until then connections end at once.
  void lead_to(uint16_t port) {
    run([this, port] { upstream_ = port; });
  }
  void cut() {
    run([this] {
      listener_.reset();
      for (const auto& open : std::exchange(open_, {}))
        open->close();
    });
  }
  void mend() {
    run([this] { listen(port_); });
  }

private:
  struct pair : std::enable_shared_from_this<pair> {
    pair(tcp::socket near, boost::asio::io_context& io) : ends{std::move(near), tcp::socket{io}} {}

    void pass(size_t from) {
      ends[from].async_read_some(boost::asio::buffer(data[from]), [self = shared_from_this(),
                                                                   from](boost::system::error_code e, size_t got) {
        if (e) // one side's end is passed on; the other may still have something to say
          return self->finish(1 - from);
        boost::asio::async_write(self->ends[1 - from], boost::asio::buffer(self->data[from], got),
                                 [self, from](boost::system::error_code failed, size_t) {
                                   failed ? self->close() : self->pass(from);
                                 });
      });
    }
    void finish(size_t to) {
      boost::system::error_code ignored;
      ends[to].shutdown(tcp::socket::shutdown_send, ignored);
      if (++finished == 2)
        close();
    }
    void close() {
      for (auto& end : ends) {
        boost::system::error_code ignored;
        end.close(ignored);
      }
    }

    std::array<tcp::socket, 2> ends; // who asks, who is asked
    std::array<std::array<char, 16384>, 2> data{};
    int finished = 0;
  };

  /// On the cable's own thread, to its end.
  void run(std::function<void()> what) { boost::asio::post(io_, std::packaged_task<void()>{std::move(what)}).get(); }

  void listen(uint16_t port) {
    listener_.emplace(io_, tcp::endpoint{boost::asio::ip::address_v4::loopback(), port}); // reuses the address
    accept();
  }

  void accept() {
    listener_->async_accept([this](boost::system::error_code e, tcp::socket near) {
      if (e == boost::asio::error::operation_aborted || !listener_)
        return; // cut
      if (!e && upstream_)
        join(std::move(near));
      accept();
    });
  }

  void join(tcp::socket near) {
    const auto both = std::make_shared<pair>(std::move(near), io_);
    std::erase_if(open_, [](const auto& old) { return !old->ends[0].is_open(); });
    open_.insert(both);
    both->ends[1].async_connect({boost::asio::ip::address_v4::loopback(), *upstream_},
                                [both](boost::system::error_code e) {
                                  if (e)
                                    return both->close();
                                  both->pass(0);
                                  both->pass(1);
                                });
  }

  boost::asio::io_context io_{1};
  // Nothing is open while it is cut, and its thread must not end for that.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open_for_orders_{io_.get_executor()};
  std::optional<tcp::acceptor> listener_;
  std::optional<uint16_t> upstream_;
  std::set<std::shared_ptr<pair>> open_;
  uint16_t port_ = 0;
  std::thread thread_;
};

} // namespace parley::test
