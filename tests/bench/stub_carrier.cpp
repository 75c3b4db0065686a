#include "tests/bench/stub_carrier.hpp"

#include "adapters/http/http_message.hpp"
#include "adapters/twilio/signature.hpp"
#include "adapters/twilio/webhooks.hpp"

#include <array>
#include <cstdio>

namespace parley::bench {

namespace net = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

static constexpr std::array statuses{"initiated", "ringing", "in-progress", "completed"};
static constexpr int tries_max = 20;

stub_carrier::stub_carrier(std::string auth_token, uint16_t webhook_port, int callbacks, int connections)
  : auth_token_{std::move(auth_token)}, webhook_port_{webhook_port}, callbacks_{callbacks} {
  waiting_.expires_at(steady::time_point::max());
  net::co_spawn(io_, listen(), net::detached);
  for (int i = 0; i < connections; ++i)
    net::co_spawn(io_, tell_calls(), net::detached);
  thread_ = std::thread{[this] { io_.run(); }};
}

stub_carrier::~stub_carrier() {
  io_.stop();
  thread_.join();
}

std::string stub_carrier::url() const {
  return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
}

void stub_carrier::begin() {
  std::lock_guard guard{mutex_};
  begun_ = steady::now();
  dial_seconds_.clear();
  callback_seconds_.clear();
}

std::vector<double> stub_carrier::dial_seconds() const {
  std::lock_guard guard{mutex_};
  return dial_seconds_;
}

std::vector<double> stub_carrier::callback_seconds() const {
  std::lock_guard guard{mutex_};
  return callback_seconds_;
}

net::awaitable<void> stub_carrier::listen() {
  for (;;) {
    auto socket = co_await acceptor_.async_accept(net::use_awaitable);
    socket.set_option(tcp::no_delay{true});
    net::co_spawn(io_, serve(std::move(socket)), net::detached);
  }
}

net::awaitable<void> stub_carrier::serve(tcp::socket socket) {
  boost::beast::flat_buffer buffer;
  boost::system::error_code error;
  const auto quietly = [&error] { return net::redirect_error(net::use_awaitable, error); };
  while (!error) {
    http::request<http::string_body> asked;
    co_await http::async_read(socket, buffer, asked, quietly());
    if (error)
      co_return;
    auto told = answer(asked);
    told.keep_alive(asked.keep_alive());
    told.prepare_payload();
    co_await http::async_write(socket, told, quietly());
  }
}

http::response<http::string_body> stub_carrier::answer(const http::request<http::string_body>& asked) {
  http::response<http::string_body> told{http::status::ok, 11};
  told.set(http::field::content_type, "application/json");
  const auto form = form_decode(asked.body()).value_or(http_fields{});
  const auto callback = twilio::field(form, "StatusCallback");
  if (!callback) { // asks for a call or ends it: whichever it is, it is over
    const std::string target{asked.target().data(), asked.target().size()};
    const auto end = target.rfind(".json");
    const auto begin = target.rfind('/', end) + 1;
    told.body() = "{\"sid\":\"" + target.substr(begin, end - begin)
                  + R"(","status":"completed","duration":"0","direction":"outbound-api"})";
    return told;
  }
  const auto number = ++dials_;
  std::array<char, 35> sid{};
  std::snprintf(sid.data(), sid.size(), "CA%032llx", static_cast<unsigned long long>(number));
  {
    std::lock_guard guard{mutex_};
    dial_seconds_.push_back(std::chrono::duration<double>{steady::now() - begun_}.count());
  }
  const auto path = callback->find('/', callback->find("://") + 3);
  calls_.push_back({sid.data(), twilio::field(form, "To").value_or(""), twilio::field(form, "From").value_or(""),
                    callback->substr(path)});
  waiting_.cancel_one();
  told.result(http::status::created);
  told.body() = std::string{"{\"sid\":\""} + sid.data() + R"(","status":"queued"})";
  return told;
}

net::awaitable<bool>
stub_carrier::tell(boost::beast::tcp_stream& line, const call& x, const char* status, int sequence) {
  http_fields form{{"AccountSid", "AC00000000000000000000000000000001"},
                   {"ApiVersion", "2010-04-01"},
                   {"CallSid", x.sid},
                   {"CallStatus", status},
                   {"CallbackSource", "call-progress-events"},
                   {"Direction", "outbound-api"},
                   {"From", x.from},
                   {"SequenceNumber", std::to_string(sequence)},
                   {"To", x.to}};
  if (sequence == 3)
    form.emplace_back("CallDuration", "0");
  const auto host = "127.0.0.1:" + std::to_string(webhook_port_);
  http::request<http::string_body> request{http::verb::post, x.callback, 11};
  request.set(http::field::host, host);
  request.set(http::field::content_type, "application/x-www-form-urlencoded");
  request.set("X-Twilio-Signature", twilio::signature(auth_token_, "http://" + host + x.callback, form));
  request.body() = form_encode(form);
  request.prepare_payload();
  boost::system::error_code error;
  const auto quietly = [&error] { return net::redirect_error(net::use_awaitable, error); };
  const auto sent = steady::now();
  co_await http::async_write(line, request, quietly());
  if (error)
    co_return false;
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> told;
  co_await http::async_read(line, buffer, told, quietly());
  if (error || told.result_int() / 100 != 2)
    co_return false;
  std::lock_guard guard{mutex_};
  callback_seconds_.push_back(std::chrono::duration<double>{steady::now() - sent}.count());
  co_return true;
}

// One line to the node, over which one call after the other is told of.
net::awaitable<void> stub_carrier::tell_calls() {
  const tcp::endpoint node{net::ip::address_v4::loopback(), webhook_port_};
  std::unique_ptr<boost::beast::tcp_stream> line;
  for (;;) {
    if (calls_.empty()) {
      boost::system::error_code woken;
      co_await waiting_.async_wait(net::redirect_error(net::use_awaitable, woken));
      continue;
    }
    const auto x = std::move(calls_.front());
    calls_.pop_front();
    for (int i = 4 - callbacks_; i < 4; ++i) {
      bool done = false;
      for (int tries = 0; !done && tries < tries_max; ++tries) {
        if (tries > 0)
          ++repeated_;
        if (!line) {
          boost::system::error_code error;
          line = std::make_unique<boost::beast::tcp_stream>(io_);
          co_await line->async_connect(node, net::redirect_error(net::use_awaitable, error));
          if (!error)
            line->socket().set_option(tcp::no_delay{true});
        }
        done = co_await tell(*line, x, statuses[static_cast<size_t>(i)], i);
        if (!done)
          line.reset();
      }
    }
    ++told_;
  }
}

} // namespace parley::bench
