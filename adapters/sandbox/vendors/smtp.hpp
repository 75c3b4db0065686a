#pragma once

#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/world.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace parley::sandbox::vendors {

struct smtp_options {
  size_t message_bytes_max = 10 << 20;
  /// Asks for AUTH PLAIN before MAIL; any name and password will do, but
  /// they must be sent.
  bool authentication = false;
};

/// One mail that was accepted.
struct kept_mail {
  std::string from;
  std::vector<std::string> to;
  std::string raw; ///< headers and body as sent, CRLF, dots unstuffed
};

/// A mail server on 127.0.0.1 (RFC 5321 without TLS) that keeps what it gets
/// and delivers nothing. Each mail is a `mail` entry of the witness. Fails as
/// the scenario's `[faults.mail]` says.
class smtp_server {
public:
  /// Throws `boost::system::system_error` when the port is taken.
  smtp_server(world& around, uint16_t port, smtp_options options = {});

  void start();
  void stop();
  uint16_t port() const;
  std::vector<kept_mail> mails() const;
  /// Adds `GET /mails` to a server: a JSON list of `from`, `to`, `raw`.
  void serve_mails(http_server& server) const;

  struct mailbox; // shared with the connections

private:
  void accept();

  world& world_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::shared_ptr<mailbox> mailbox_;
};

} // namespace parley::sandbox::vendors
