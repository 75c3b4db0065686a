#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace parley::test {

/// A way to a PostgreSQL server, through a port of our own, that can lose the
/// answer to a COMMIT: the server has done it, and the connection breaks before
/// it says so. The way must not be encrypted.
class lossy_way {
  using tcp = boost::asio::ip::tcp;

public:
  /// @param server Its port on the loopback.
  explicit lossy_way(uint16_t server) : server_{boost::asio::ip::address_v4::loopback(), server} {
    accept();
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~lossy_way() {
    io_.stop();
    thread_.join();
  }
  lossy_way(const lossy_way&) = delete;

  uint16_t port() const { return port_; }
  /// The `number`th answer to a COMMIT from now on is lost.
  void lose_commit(int number = 1) { until_loss_ = number; }
  /// So many answers were lost.
  int lost() const { return lost_; }

private:
  struct pair {
    pair(tcp::socket near, boost::asio::io_context& io) : ends{std::move(near), tcp::socket{io}} {}
    void close() {
      for (auto& end : ends) {
        boost::system::error_code ignored;
        end.close(ignored);
      }
    }

    std::array<tcp::socket, 2> ends; // who asks, the server
    std::array<std::array<char, 16384>, 2> data{};
    std::string answered; // the end of what the server said so far
  };
  using pair_ptr = std::shared_ptr<pair>;

  void accept() {
    listener_.async_accept([this](boost::system::error_code e, tcp::socket near) {
      if (e)
        return;
      auto both = std::make_shared<pair>(std::move(near), io_);
      both->ends[1].async_connect(server_, [this, both](boost::system::error_code failed) {
        if (failed)
          return both->close();
        pass(both, 0);
        pass(both, 1);
      });
      accept();
    });
  }

  void pass(const pair_ptr& both, size_t from) {
    both->ends[from].async_read_some(boost::asio::buffer(both->data[from]),
                                     [this, both, from](boost::system::error_code e, size_t got) {
                                       if (e || (from == 1 && is_lost(*both, {both->data[from].data(), got})))
                                         return both->close();
                                       send(both, from, got);
                                     });
  }

  void send(const pair_ptr& both, size_t from, size_t got) {
    boost::asio::async_write(both->ends[1 - from], boost::asio::buffer(both->data[from], got),
                             [this, both, from](boost::system::error_code failed, size_t) {
                               failed ? both->close() : pass(both, from);
                             });
  }

  /// The message CommandComplete names the command.
  bool is_lost(pair& both, std::string_view said) {
    static constexpr std::string_view committed{"COMMIT\0", 7};
    both.answered += said;
    const bool answer = both.answered.find(committed) != std::string::npos;
    both.answered.erase(0, both.answered.size() - std::min(both.answered.size(), committed.size() - 1));
    if (!answer || until_loss_ == 0 || --until_loss_ > 0)
      return false;
    ++lost_;
    return true;
  }

  boost::asio::io_context io_{1};
  const tcp::endpoint server_;
  tcp::acceptor listener_{io_, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
  const uint16_t port_ = listener_.local_endpoint().port();
  std::atomic<int> until_loss_{0}; // answers; 0: none is lost
  std::atomic<int> lost_{0};
  std::thread thread_;
};

} // namespace parley::test
