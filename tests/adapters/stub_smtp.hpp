#pragma once

#include <boost/asio.hpp>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility> // Boost 1.74 needs it before asio.hpp
#include <vector>

namespace parley::test {

/// A mail server on loopback that keeps what it gets. `meddle` may answer a
/// command in its place; "" closes the connection instead.
class stub_smtp {
public:
  struct mail {
    std::string from;
    std::vector<std::string> to;
    std::string content;
  };
  std::function<std::optional<std::string>(const std::string& command)> meddle;

  stub_smtp() {
    co_spawn(io_, serve(), boost::asio::detached);
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~stub_smtp() {
    io_.stop();
    thread_.join();
  }

  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  std::vector<mail> mails() const {
    std::lock_guard guard{mutex_};
    return mails_;
  }
  std::vector<std::string> commands() const {
    std::lock_guard guard{mutex_};
    return commands_;
  }

private:
  using tcp = boost::asio::ip::tcp;

  boost::asio::awaitable<void> serve() {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      co_spawn(io_, talk(std::move(socket)), boost::asio::detached);
    }
  }

  boost::asio::awaitable<void> talk(tcp::socket socket) {
    boost::system::error_code error;
    const auto token = [&error] { return boost::asio::redirect_error(boost::asio::use_awaitable, error); };
    std::string input;
    mail current;
    bool in_content = false;
    std::string answer = "220 stub ESMTP\r\n";
    for (;;) {
      if (!answer.empty())
        co_await async_write(socket, boost::asio::buffer(answer), token());
      if (error)
        co_return;
      const std::string end = in_content ? "\r\n.\r\n" : "\r\n";
      const auto size = co_await async_read_until(socket, boost::asio::dynamic_buffer(input), end, token());
      if (error)
        co_return;
      const auto line = input.substr(0, size - end.size());
      input.erase(0, size);
      if (in_content) {
        in_content = false;
        current.content = without_stuffing(line) + "\r\n";
        answer = take(std::exchange(current, {}));
        continue;
      }
      answer = reply_to(line, current);
      in_content = answer.starts_with("354");
      if (answer.empty())
        co_return;
    }
  }

  std::string reply_to(const std::string& line, mail& current) {
    {
      std::lock_guard guard{mutex_};
      commands_.push_back(line);
    }
    if (const auto other = meddle ? meddle(line) : std::nullopt)
      return other->empty() ? "" : *other + "\r\n";
    if (line.starts_with("EHLO"))
      return "250-stub\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n";
    if (line.starts_with("AUTH"))
      return "235 ok\r\n";
    if (line.starts_with("MAIL FROM:"))
      current.from = between_brackets(line);
    if (line.starts_with("RCPT TO:"))
      current.to.push_back(between_brackets(line));
    if (line == "DATA")
      return "354 go on\r\n";
    if (line == "QUIT")
      return "221 bye\r\n";
    return "250 ok\r\n";
  }

  std::string take(mail x) {
    const auto other = meddle ? meddle("(content)") : std::nullopt;
    if (other)
      return *other + "\r\n";
    std::lock_guard guard{mutex_};
    mails_.push_back(std::move(x));
    return "250 queued\r\n";
  }

  static std::string between_brackets(const std::string& line) {
    const auto from = line.find('<');
    return line.substr(from + 1, line.find('>') - from - 1);
  }

  static std::string without_stuffing(std::string content) {
    for (size_t at = 0; (at = content.find("\r\n..", at)) != std::string::npos; at += 3)
      content.erase(at + 2, 1);
    return content;
  }

  mutable std::mutex mutex_;
  std::vector<mail> mails_;
  std::vector<std::string> commands_;
  boost::asio::io_context io_;
  tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::thread thread_;
};

} // namespace parley::test
