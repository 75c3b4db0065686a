#include "adapters/sandbox/vendors/smtp.hpp"

#include "adapters/sandbox/audio.hpp"
#include "adapters/sandbox/faults.hpp"
#include "adapters/sandbox/model/text.hpp"
#include "adapters/sandbox/vendors/json_http.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstdlib>

namespace parley::sandbox::vendors {

using asio::ip::tcp;
using nlohmann::json;

struct smtp_server::mailbox {
  explicit mailbox(world& around, smtp_options options)
    : around{around}, options{options}, faults{around, "mail", around.script().faults.mail} {}

  void keep(kept_mail mail) {
    around.log().record(
      "mail", {{"from", mail.from}, {"to", mail.to}, {"bytes", mail.raw.size()}, {"subject", subject_of(mail.raw)}});
    std::lock_guard lock{mutex};
    mails.push_back(std::move(mail));
  }

  static std::string subject_of(const std::string& raw) {
    for (const auto& line : model::split_lines(raw.substr(0, raw.find("\r\n\r\n"))))
      if (lower(line).starts_with("subject:"))
        return std::string{model::trim(std::string_view{line}.substr(8))};
    return {};
  }

  world& around;
  smtp_options options;
  vendor_gate faults;
  mutable std::mutex mutex;
  std::vector<kept_mail> mails;
};

namespace {

constexpr size_t line_bytes_max = 4096;
constexpr size_t recipients_max = 100;

/// "<ada@example.com> SIZE=123" without brackets and parameters.
std::optional<std::string> address_in(std::string_view text) {
  const auto open = text.find('<');
  const auto close = text.find('>');
  if (open == text.npos || close == text.npos || close < open)
    return std::nullopt;
  return std::string{text.substr(open + 1, close - open - 1)};
}

/// The dialogue, without the socket: a line in, an answer out.
class dialogue {
public:
  explicit dialogue(smtp_server::mailbox& box) : box_{box} {}

  std::string greeting() {
    if (!box_.faults.is_down())
      return "220 practice.example ESMTP\r\n";
    over_ = true;
    return "421 practice.example Service not available\r\n";
  }
  bool over() const { return over_; }
  /// How long the answer to the last line takes, in real time.
  milliseconds latency() { return std::exchange(late_, false) ? box_.faults.latency() : milliseconds{0}; }

  /// @param line Without its line end. Empty answer: none is due.
  std::string take(std::string line) {
    if (in_data_)
      return take_data(std::move(line));
    if (expects_credentials_) {
      expects_credentials_ = false;
      return authenticate(line);
    }
    const auto verb = lower(std::string_view{line}.substr(0, line.find_first_of(" :")));
    const auto rest = line.size() > verb.size() ? line.substr(verb.size() + 1) : std::string{};
    if (verb == "ehlo" || verb == "helo")
      return greet(verb == "ehlo");
    if (verb == "noop")
      return "250 OK\r\n";
    if (verb == "rset") {
      mail_ = {};
      has_sender_ = false;
      return "250 OK\r\n";
    }
    if (verb == "quit") {
      over_ = true;
      return "221 Bye\r\n";
    }
    if (!greeted_)
      return "503 Say EHLO first\r\n";
    if (verb == "auth")
      return auth(rest);
    if (verb == "mail")
      return sender(rest);
    if (verb == "rcpt")
      return recipient(rest);
    if (verb == "data")
      return data();
    return "500 Unknown command\r\n";
  }

private:
  std::string greet(bool extended) {
    greeted_ = true;
    if (!extended)
      return "250 practice.example\r\n";
    return "250-practice.example\r\n250-SIZE " + std::to_string(box_.options.message_bytes_max)
           + "\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN\r\n";
  }

  std::string auth(const std::string& rest) {
    if (!lower(rest).starts_with("plain"))
      return "504 Only AUTH PLAIN\r\n";
    const auto credentials = std::string{model::trim(std::string_view{rest}.substr(5))};
    if (!credentials.empty())
      return authenticate(credentials);
    expects_credentials_ = true;
    return "334 \r\n";
  }

  /// NUL name NUL password (RFC 4616).
  std::string authenticate(const std::string& text) {
    const auto credentials = from_base64(text);
    if (!credentials || std::count(credentials->begin(), credentials->end(), '\0') != 2 || credentials->ends_with('\0'))
      return "535 Authentication credentials invalid\r\n";
    authenticated_ = true;
    return "235 OK\r\n";
  }

  std::string sender(const std::string& rest) {
    if (box_.options.authentication && !authenticated_)
      return "530 Authentication required\r\n";
    const auto address = address_in(rest);
    if (!address || !lower(rest).starts_with("from"))
      return "501 Syntax: MAIL FROM:<address>\r\n";
    if (has_sender_)
      return "503 There is a sender already\r\n";
    const auto small = lower(rest);
    if (const auto size = small.find("size=");
        size != small.npos && std::strtoull(small.c_str() + size + 5, nullptr, 10) > box_.options.message_bytes_max)
      return "552 Message exceeds the maximum size\r\n";
    mail_ = {*address, {}, {}};
    has_sender_ = true;
    return "250 OK\r\n";
  }

  std::string recipient(const std::string& rest) {
    if (!has_sender_)
      return "503 MAIL first\r\n";
    const auto address = address_in(rest);
    if (!address || !lower(rest).starts_with("to") || address->find('@') == address->npos)
      return "501 Syntax: RCPT TO:<address>\r\n";
    if (mail_.to.size() >= recipients_max)
      return "452 Too many recipients\r\n";
    mail_.to.push_back(*address);
    return "250 OK\r\n";
  }

  std::string data() {
    if (mail_.to.empty())
      return "503 RCPT first\r\n";
    in_data_ = true;
    too_big_ = false;
    return "354 End with a dot on a line of its own\r\n";
  }

  std::string take_data(std::string line) {
    if (line == ".") {
      in_data_ = false;
      has_sender_ = false;
      auto mail = std::exchange(mail_, {});
      if (too_big_)
        return "552 Message exceeds the maximum size\r\n";
      late_ = true;
      switch (box_.faults.next(joined(mail.to))) {
        case mishap::none: break;
        case mishap::rate_limit: return "450 Too many messages, try again later\r\n";
        case mishap::error: return "451 Local error in processing\r\n";
        case mishap::outage: over_ = true; return "421 Service not available\r\n";
      }
      box_.keep(std::move(mail));
      return "250 Kept\r\n";
    }
    if (line.starts_with('.'))
      line.erase(0, 1); // the client doubled it (RFC 5321, 4.5.2)
    too_big_ = too_big_ || mail_.raw.size() + line.size() > box_.options.message_bytes_max;
    if (!too_big_)
      mail_.raw += line + "\r\n";
    return {};
  }

  static std::string joined(const std::vector<std::string>& all) {
    std::string out;
    for (const auto& one : all)
      out += (out.empty() ? "" : ",") + lower(one);
    return out;
  }

  smtp_server::mailbox& box_;
  kept_mail mail_;
  bool greeted_ = false;
  bool authenticated_ = false;
  bool expects_credentials_ = false;
  bool has_sender_ = false;
  bool in_data_ = false;
  bool too_big_ = false;
  bool over_ = false;
  bool late_ = false;
};

asio::awaitable<void> converse(upgrade_socket socket, std::shared_ptr<smtp_server::mailbox> box) {
  dialogue talk{*box};
  boost::system::error_code error;
  asio::steady_timer late{socket.get_executor()};
  std::string answer = talk.greeting();
  std::string buffer;
  for (;;) {
    if (!answer.empty())
      co_await asio::async_write(socket, asio::buffer(answer), asio::redirect_error(asio::use_awaitable, error));
    if (error || talk.over())
      co_return;
    const auto size = co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer, line_bytes_max), "\r\n",
                                                      asio::redirect_error(asio::use_awaitable, error));
    if (error)
      co_return; // the client is gone, or sends a line without end
    answer = talk.take(buffer.substr(0, size - 2));
    buffer.erase(0, size);
    if (const auto latency = talk.latency(); latency > milliseconds{0}) {
      late.expires_after(latency);
      co_await late.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

} // namespace

smtp_server::smtp_server(world& around, uint16_t port, smtp_options options)
  : world_{around}, acceptor_{asio::make_strand(around.io()), tcp::endpoint{asio::ip::address_v4::loopback(), port}},
    mailbox_{std::make_shared<mailbox>(around, options)} {
  // nop
}

void smtp_server::start() {
  accept();
}

void smtp_server::accept() {
  acceptor_.async_accept(asio::make_strand(world_.io()),
                         [this](boost::system::error_code error, upgrade_socket socket) {
                           if (error == asio::error::operation_aborted)
                             return; // stopped
                           if (!error) {
                             auto strand = socket.get_executor();
                             asio::co_spawn(strand, converse(std::move(socket), mailbox_), asio::detached);
                           }
                           accept();
                         });
}

void smtp_server::stop() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

uint16_t smtp_server::port() const {
  return acceptor_.local_endpoint().port();
}

std::vector<kept_mail> smtp_server::mails() const {
  std::lock_guard lock{mailbox_->mutex};
  return mailbox_->mails;
}

void smtp_server::serve_mails(http_server& server) const {
  server.route("GET", "/mails", [box = mailbox_](const http_request&, const respond& reply) {
    auto list = json::array();
    {
      std::lock_guard lock{box->mutex};
      for (const auto& mail : box->mails)
        list.push_back({{"from", mail.from}, {"to", mail.to}, {"raw", mail.raw}});
    }
    reply(json_response(200, list));
  });
}

} // namespace parley::sandbox::vendors
