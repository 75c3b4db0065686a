#pragma once

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace parley::test {

/// A mail server on loopback that keeps what it gets. `meddle` may answer a
/// command in its place; "" closes the connection instead. It would take a
/// login in the clear, too.
class stub_smtp {
public:
  struct mail {
    std::string from;
    std::vector<std::string> to;
    std::string content;
  };
  std::function<std::optional<std::string>(const std::string& command)> meddle;

  /// @param tls The certificate with which it offers STARTTLS, if any.
  /// @param from_start Whether it speaks TLS at once instead.
  explicit stub_smtp(boost::asio::ssl::context* tls = nullptr, bool from_start = false)
    : tls_{tls}, from_start_{from_start} {
    co_spawn(io_, serve(), boost::asio::detached);
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~stub_smtp() {
    io_.stop();
    thread_.join();
  }

  std::string url() const {
    return (from_start_ ? "smtps://127.0.0.1:" : "smtp://127.0.0.1:")
           + std::to_string(acceptor_.local_endpoint().port());
  }
  std::vector<mail> mails() const {
    std::lock_guard guard{mutex_};
    return mails_;
  }
  std::vector<std::string> commands() const {
    std::lock_guard guard{mutex_};
    return commands_;
  }
  /// Those that everybody on the way could read.
  std::vector<std::string> commands_in_clear() const {
    std::lock_guard guard{mutex_};
    return commands_in_clear_;
  }

private:
  using tcp = boost::asio::ip::tcp;

  struct session {
    bool encrypted = false;
    mail current;
  };

  boost::asio::awaitable<void> serve() {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      co_spawn(io_, talk(std::move(socket)), boost::asio::detached);
    }
  }

  boost::asio::awaitable<void> talk(tcp::socket socket) {
    std::string greeting = "220 stub ESMTP\r\n";
    if (!from_start_) {
      const bool secure = co_await converse(socket, greeting, false);
      if (!secure)
        co_return;
      greeting.clear(); // the client says EHLO anew
    }
    boost::asio::ssl::stream<tcp::socket&> secured{socket, *tls_};
    boost::system::error_code error;
    co_await secured.async_handshake(boost::asio::ssl::stream_base::server,
                                     boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (!error)
      co_await converse(secured, greeting, true);
  }

  /// Whether TLS begins now; else the connection is over. What was said before
  /// it is forgotten (RFC 3207, 4.2).
  template <class Stream>
  boost::asio::awaitable<bool> converse(Stream& stream, std::string answer, bool encrypted) {
    boost::system::error_code error;
    const auto token = [&error] { return boost::asio::redirect_error(boost::asio::use_awaitable, error); };
    std::string input;
    session x;
    x.encrypted = encrypted;
    bool in_content = false;
    bool secure = false;
    for (;;) {
      if (!answer.empty())
        co_await async_write(stream, boost::asio::buffer(answer), token());
      if (error || secure)
        co_return !error;
      const std::string end = in_content ? "\r\n.\r\n" : "\r\n";
      const auto size = co_await async_read_until(stream, boost::asio::dynamic_buffer(input), end, token());
      if (error)
        co_return false;
      const auto line = input.substr(0, size - end.size());
      input.erase(0, size);
      if (in_content) {
        in_content = false;
        x.current.content = without_stuffing(line) + "\r\n";
        answer = take(std::exchange(x.current, {}));
        continue;
      }
      answer = reply_to(line, x);
      in_content = answer.starts_with("354");
      secure = tls_ && line == "STARTTLS" && answer.starts_with("220");
      if (answer.empty())
        co_return false;
    }
  }

  std::string reply_to(const std::string& line, session& x) {
    {
      std::lock_guard guard{mutex_};
      commands_.push_back(line);
      if (!x.encrypted)
        commands_in_clear_.push_back(line);
    }
    if (const auto other = meddle ? meddle(line) : std::nullopt)
      return other->empty() ? "" : *other + "\r\n";
    const bool may_secure = tls_ && !x.encrypted;
    if (line.starts_with("EHLO"))
      return std::string{"250-stub\r\n"} + (may_secure ? "250-STARTTLS\r\n" : "")
             + "250-AUTH PLAIN\r\n250 8BITMIME\r\n";
    if (line == "STARTTLS")
      return may_secure ? "220 go on\r\n" : "502 no such command\r\n";
    if (line.starts_with("AUTH"))
      return "235 ok\r\n";
    if (line.starts_with("MAIL FROM:"))
      x.current.from = between_brackets(line);
    if (line.starts_with("RCPT TO:"))
      x.current.to.push_back(between_brackets(line));
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

  boost::asio::ssl::context* const tls_;
  const bool from_start_;
  mutable std::mutex mutex_;
  std::vector<mail> mails_;
  std::vector<std::string> commands_;
  std::vector<std::string> commands_in_clear_;
  boost::asio::io_context io_;
  tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::thread thread_;
};

} // namespace parley::test
