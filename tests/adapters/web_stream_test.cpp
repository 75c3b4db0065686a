// Goal: the tree's changes can be followed for hours: nothing is told twice or
// lost unnoticed, and a reader that cannot keep up harms nobody else. Method: a
// real server, real sockets, an inspector played by the test.
#include "tests/support/web_fixture.hpp"

#include <catch2/catch.hpp>

#include <list>

namespace web_stream_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::web_fixture;
using steady = std::chrono::steady_clock;

namespace net = boost::asio;

namespace {

/// Reads from a connection with a time limit.
struct reader {
  explicit reader(uint16_t port, const std::string& target, const std::string& headers = "") {
    socket.connect({net::ip::address_v4::loopback(), port});
    net::write(socket, net::buffer("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n"));
    const timeval patience{0, 50'000};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  /// All that came until this text did, or the connection ended.
  const std::string& until(const std::string& text, std::chrono::milliseconds limit = 10s) {
    const auto deadline = steady::now() + limit;
    std::array<char, 4096> some;
    while (heard.find(text) == std::string::npos && steady::now() < deadline) {
      const auto size = ::recv(socket.native_handle(), some.data(), some.size(), 0);
      if (size == 0)
        break;
      if (size > 0)
        heard.append(some.data(), static_cast<size_t>(size));
    }
    return heard;
  }
  bool has(const std::string& text) const { return heard.find(text) != std::string::npos; }

  net::io_context io;
  net::ip::tcp::socket socket{io};
  std::string heard;
};

size_t count(const std::string& text, const std::string& part) {
  size_t out = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++out;
  return out;
}

} // namespace

TEST_CASE_METHOD(web_fixture, "the stream says where it begins and tells each change once", "[web][stream]") {
  start();
  reader x{server->local_port(), "/inspect/stream"};
  x.until("id: 102\n");
  CHECK(x.has("HTTP/1.1 200"));
  CHECK(x.has("Content-Type: text/event-stream"));
  CHECK(x.has("id: 100\nevent: start\ndata: {\"position\":100}\n\n"));
  CHECK(x.has("id: 101\nevent: born\ndata: {\"position\":101,\"what\":\"born\",\"id\":101,\"kind\":\"call\"}\n\n"));
  x.until("never", 600ms); // two more looks find nothing new
  CHECK(count(x.heard, "event: born") == 2);
}

TEST_CASE_METHOD(web_fixture, "a reader that comes back goes on where it was", "[web][stream]") {
  start();
  reader x{server->local_port(), "/inspect/stream", "Last-Event-ID: 101\r\n"};
  x.until("id: 102\n");
  CHECK(x.has("id: 101\nevent: start"));
  CHECK(x.has("id: 102\nevent: born"));
  CHECK(count(x.heard, "event: born") == 1);
  reader y{server->local_port(), "/inspect/stream?since=101"};
  y.until("id: 102\n");
  CHECK(count(y.heard, "event: born") == 1);
}

TEST_CASE_METHOD(web_fixture, "a reader that comes back too late is told to begin anew", "[web][stream]") {
  start();
  reader x{server->local_port(), "/inspect/stream", "Last-Event-ID: 7\r\n"};
  x.until("id: 102\n");
  CHECK(x.has("id: 99\nevent: reset\n"));
  CHECK(count(x.heard, "event: born") == 3);
}

TEST_CASE_METHOD(web_fixture, "a reader may follow one kind", "[web][stream]") {
  start();
  reader x{server->local_port(), "/inspect/stream?since=99&kind=line"};
  x.until("id: 102\n");
  CHECK(x.has("id: 100\nevent: born"));
  CHECK_FALSE(x.has("id: 101\n"));
}

TEST_CASE_METHOD(web_fixture, "a reader that takes nothing is dropped and others are served", "[web][stream]") {
  settings.write_timeout = 300ms;
  start();
  reader deaf{server->local_port(), "/inspect/stream?since=1000000"};
  deaf.socket.set_option(net::socket_base::receive_buffer_size{4096});
  const auto deadline = steady::now() + 10s;
  while (steady::now() < deadline && metrics.exposition().find("status=\"dropped\"} 1") == std::string::npos) {
    const auto asked = steady::now();
    CHECK(send(get(local("/healthz"))).status == 200);
    CHECK(steady::now() - asked < 250ms);
    std::this_thread::sleep_for(20ms);
  }
  CHECK(steady::now() < deadline);
}

TEST_CASE_METHOD(web_fixture, "there are so many readers at most", "[web][stream]") {
  start();
  std::list<reader> readers;
  for (int i = 0; i < 32; ++i)
    readers.emplace_back(server->local_port(), "/inspect/stream").until("event: start");
  const auto refused = send(get(local("/inspect/stream")));
  CHECK(refused.status == 503);
  CHECK(refused.body.find("32 readers") != std::string::npos);
  reader busy{server->local_port(), "/inspect/tree"};
  CHECK(busy.until("}").find("200 OK") != std::string::npos);
}

TEST_CASE_METHOD(web_fixture, "the stream is for operators only, and for reading", "[web][stream]") {
  start();
  auto foreign = get(local("/inspect/stream"));
  foreign.headers.emplace_back("Host", "evil.example");
  CHECK(send(foreign).status == 403);
  CHECK(send(post_json(local("/inspect/stream"), "{}")).status == 405);
  CHECK(send(get(webhook("/inspect/stream"))).status == 404);
}

TEST_CASE_METHOD(web_fixture, "a server stops although somebody follows", "[web][stream]") {
  start();
  reader x{server->local_port(), "/inspect/stream"};
  x.until("id: 102\n");
  const auto begun = steady::now();
  server->stop();
  CHECK(steady::now() - begun < 2s);
}

} // namespace web_stream_test
