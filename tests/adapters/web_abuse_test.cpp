// Goal: slow, greedy and senseless clients cost one connection and nobody else
// anything. Method: raw bytes on real sockets.
#include "tests/support/web_fixture.hpp"

#include <catch2/catch.hpp>

namespace web_abuse_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::web_fixture;

namespace net = boost::asio;
using steady = std::chrono::steady_clock;

namespace {

/// A client that says what it likes.
struct raw_client {
  net::io_context io;
  net::ip::tcp::socket socket{io};

  explicit raw_client(uint16_t port) { socket.connect({net::ip::address_v4::loopback(), port}); }

  /// False when the server has had enough.
  bool say(const std::string& bytes) {
    boost::system::error_code error;
    net::write(socket, net::buffer(bytes), error);
    return !error;
  }
  /// Everything the server says until it closes.
  std::string hear() {
    std::string all;
    boost::system::error_code error;
    net::read(socket, net::dynamic_buffer(all), error);
    return all;
  }
};

} // namespace

TEST_CASE_METHOD(web_fixture, "a client that trickles its request is dropped, others are served", "[web][abuse]") {
  settings.request_timeout = 300ms;
  start();
  raw_client slow{server->webhook_port()};
  const auto begun = steady::now();
  REQUIRE(slow.say("POST /voice/status HTTP/1.1\r\n"));
  CHECK(send(signed_post("/voice/status" + at_call, completed())).status == 204);
  while (steady::now() - begun < 5s && slow.say("X-Slow: 1\r\n")) // each byte in time, the whole never
    std::this_thread::sleep_for(20ms);
  CHECK(slow.hear() == "");
  CHECK(steady::now() - begun >= 290ms);
  CHECK(steady::now() - begun < 3s);
}

TEST_CASE_METHOD(web_fixture, "a client that trickles its body is dropped", "[web][abuse]") {
  settings.request_timeout = 300ms;
  start();
  raw_client slow{server->webhook_port()};
  const auto begun = steady::now();
  REQUIRE(slow.say("POST /voice/status HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\na="));
  CHECK(slow.hear() == "");
  CHECK(steady::now() - begun < 3s);
}

TEST_CASE_METHOD(web_fixture, "a silent client is dropped, at once or after its requests", "[web][abuse]") {
  settings.request_timeout = 200ms;
  settings.idle_timeout = 500ms;
  start();
  raw_client silent{server->local_port()};
  raw_client polite{server->local_port()};
  const auto begun = steady::now();
  REQUIRE(polite.say("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
  CHECK(silent.hear() == "");
  CHECK(steady::now() - begun < 450ms);
  CHECK(polite.hear().starts_with("HTTP/1.1 200"));
  CHECK(steady::now() - begun >= 490ms);
}

TEST_CASE_METHOD(web_fixture, "a client that does not take its answer is dropped", "[web][abuse]") {
  settings.write_timeout = 300ms;
  start();
  for (int i = 0; i < 3000; ++i) // an answer larger than what the sockets buffer
    metrics.counter("parley_test_total", "A test.", {{"name", std::string(1000, 'x') + std::to_string(i)}});
  raw_client deaf{server->local_port()};
  deaf.socket.set_option(net::socket_base::receive_buffer_size{4096});
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  for (int i = 0; i < 4; ++i)
    REQUIRE(deaf.say(request));
  const auto deadline = steady::now() + 10s;
  while (steady::now() < deadline && deaf.say(" ")) // fails once the server has closed
    std::this_thread::sleep_for(20ms);
  CHECK(steady::now() < deadline);
}

TEST_CASE_METHOD(web_fixture, "what is too long is refused before it is read", "[web][abuse]") {
  start();
  auto giant = signed_post("/voice/status" + at_call, completed());
  giant.body = std::string(10u << 20, 'x');
  CHECK(send(giant).status == 413);
  auto head = get(local("/healthz"));
  head.headers.emplace_back("X-Long", std::string(20'000, 'x'));
  CHECK(send(head).status == 431);
  raw_client endless{server->webhook_port()};
  endless.say("POST /voice/status HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "1000\r\n" + std::string(4096, 'x') + "\r\n";
  for (int i = 0; i < 1000 && endless.say(chunk); ++i)
    ;
  CHECK(endless.hear().starts_with("HTTP/1.1 413"));
}

TEST_CASE_METHOD(web_fixture, "garbage is answered 400 or dropped, and the server lives on", "[web][abuse]") {
  start();
  for (const std::string garbage :
       {"hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello TLS",
        "GET /voice/twiml HTTP/1.1\r\nContent-Length: -5\r\n\r\n", "G\r\nE\r\nT\r\n\r\n",
        "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    raw_client client{server->webhook_port()};
    client.say(garbage);
    boost::system::error_code ignored;
    client.socket.shutdown(net::socket_base::shutdown_send, ignored);
    const auto heard = client.hear();
    CHECK((heard.empty() || heard.starts_with("HTTP/1.1 400")));
  }
  uint32_t seed = 1; // the same noise in each run
  for (int round = 0; round < 200; ++round) {
    std::string noise;
    for (int i = 0; i < 300; ++i)
      noise += static_cast<char>((seed = seed * 1'664'525 + 1'013'904'223) >> 24);
    raw_client client{server->webhook_port()};
    client.say(noise);
    boost::system::error_code ignored;
    client.socket.shutdown(net::socket_base::shutdown_send, ignored);
    const auto heard = client.hear();
    CHECK((heard.empty() || heard.starts_with("HTTP/1.1 4")));
  }
  CHECK(send(signed_post("/voice/status" + at_call, completed())).status == 204);
}

TEST_CASE_METHOD(web_fixture, "connections beyond the bound are closed at once", "[web][abuse]") {
  settings.connections_max = 2;
  start();
  auto first = std::make_unique<raw_client>(server->local_port());
  raw_client second{server->local_port()};
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  std::array<char, 12> head;
  for (auto* one : {first.get(), &second}) {
    REQUIRE(one->say(request)); // both are admitted now
    net::read(one->socket, net::buffer(head));
  }
  raw_client third{server->local_port()};
  third.say(request);
  CHECK(third.hear() == "");
  first.reset();
  const auto deadline = steady::now() + 10s;
  std::string heard;
  while (heard.empty() && steady::now() < deadline) { // until its place is free
    raw_client next{server->local_port()};
    next.say("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    heard = next.hear();
  }
  CHECK(heard.starts_with("HTTP/1.1 200"));
}

TEST_CASE_METHOD(web_fixture, "clients that trickle give way to the carrier when all places are taken",
                 "[web][abuse]") {
  settings.connections_max = 2;
  settings.request_timeout = 60s; // that is not waited for
  start();
  const auto begun = steady::now();
  raw_client first{server->webhook_port()};
  raw_client second{server->webhook_port()};
  for (auto* one : {&first, &second})
    REQUIRE(one->say("POST /voice/status HTTP/1.1\r\nHost: a\r\nX-Slow: "));
  CHECK(send(signed_post("/voice/status" + at_call, completed())).status == 204);
  CHECK(first.hear() == ""); // whose request has taken longest
  CHECK(steady::now() - begun < 30s);
  // The other one is still read to its end.
  REQUIRE(second.say("1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
  CHECK(second.hear().starts_with("HTTP/1.1 4"));
}

TEST_CASE_METHOD(web_fixture, "a client that asks before a long body is told to go on", "[web]") {
  start();
  raw_client client{server->webhook_port()};
  client.say("POST /voice/status HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n"
             "Content-Length: 3\r\n\r\n");
  std::string told(25, ' ');
  net::read(client.socket, net::buffer(told));
  CHECK(told == "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("a=b");
  CHECK(client.hear().starts_with("HTTP/1.1 400")); // no form header, but it was read
}

TEST_CASE_METHOD(web_fixture, "requests that come together are answered in order", "[web]") {
  start();
  raw_client client{server->local_port()};
  client.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /readyz HTTP/1.1\r\nHost: localhost\r\n"
             "Connection: close\r\n\r\n");
  const auto heard = client.hear();
  const auto first = heard.find(R"({"status":"ok"})");
  REQUIRE(first != std::string::npos);
  CHECK(heard.find(R"({"ready":true,"reasons":[]})") > first);
}

} // namespace web_abuse_test
