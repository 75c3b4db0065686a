#pragma once

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/asio.hpp>
#include <boost/beast.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace parley::bench {

/// A carrier of no calls: it takes every dial with 201 and at once tells, in
/// signed callbacks over HTTP, that the call was initiated, rang, was answered
/// and is over after 0 s. Speaks Twilio's API as far as a node uses it for that.
class stub_carrier {
public:
  /// @param callbacks How many of the four are sent; the last always is.
  /// @param connections Over which callbacks arrive, one at a time on each.
  stub_carrier(std::string auth_token, uint16_t webhook_port, int callbacks, int connections);
  ~stub_carrier();

  std::string url() const;
  uint64_t dials() const { return dials_; }
  /// Calls whose last callback was answered.
  uint64_t told() const { return told_; }
  /// Callbacks that were not answered with success at the first try.
  uint64_t repeated() const { return repeated_; }
  /// From here on times count.
  void begin();
  /// Since `begin`, of each dial's arrival, in the order of arrival.
  std::vector<double> dial_seconds() const;
  /// From sending a callback to its answer.
  std::vector<double> callback_seconds() const;

private:
  using steady = std::chrono::steady_clock;
  using tcp = boost::asio::ip::tcp;
  struct call {
    std::string sid;
    std::string to;
    std::string from;
    std::string callback; ///< path and query
  };

  boost::asio::awaitable<void> listen();
  boost::asio::awaitable<void> serve(tcp::socket socket);
  boost::asio::awaitable<void> tell_calls();
  boost::asio::awaitable<bool> tell(boost::beast::tcp_stream& line, const call& x, const char* status, int sequence);
  boost::beast::http::response<boost::beast::http::string_body>
  answer(const boost::beast::http::request<boost::beast::http::string_body>& asked);

  const std::string auth_token_;
  const uint16_t webhook_port_;
  const int callbacks_;
  boost::asio::io_context io_;
  tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::deque<call> calls_; ///< to be told of; touched by the one thread only
  boost::asio::steady_timer waiting_{io_};
  std::atomic<uint64_t> dials_{0};
  std::atomic<uint64_t> told_{0};
  std::atomic<uint64_t> repeated_{0};
  mutable std::mutex mutex_; ///< of the times
  steady::time_point begun_ = steady::now();
  std::vector<double> dial_seconds_;
  std::vector<double> callback_seconds_;
  std::thread thread_;
};

} // namespace parley::bench
