// Goal: the tree's changes can be followed for hours: nothing is told twice or
// lost unnoticed, and a reader that cannot keep up harms nobody else. Method: a
// real server, real sockets, an inspector played by the test.
#include "adapters/web/tree_events.hpp"
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
  explicit reader(uint16_t port, const std::string& target, const std::string& headers = "",
                  const std::string& method = "GET") {
    socket.connect({net::ip::address_v4::loopback(), port});
    net::write(socket, net::buffer(method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n"));
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

TEST_CASE_METHOD(web_fixture, "a position that is none is refused, whoever else follows", "[web][stream]") {
  start();
  for (const auto* since : {"abc", "-1", "7x", ""}) {
    const auto refused = send(get(local(std::string{"/inspect/stream?kind=call&since="} + since)));
    CHECK(refused.status == 400);
    CHECK(refused.body.find("since must be a whole number") != std::string::npos);
  }
  reader x{server->local_port(), "/inspect/stream", "Last-Event-ID: abc\r\n"}; // not the reader's own words
  CHECK(x.until("event: start").find("200 OK") != std::string::npos);
}

TEST_CASE_METHOD(web_fixture, "while nothing changes a comment is told now and then", "[web][stream]") {
  constexpr auto interval = 600ms;
  web::tree_events events{ports, 1s, {}, nullptr, interval};
  net::io_context io;
  std::vector<std::pair<std::string, steady::time_point>> told;
  const auto deadline = steady::now() + 20s;
  while (told.size() < 4 && steady::now() < deadline) {
    std::optional<std::string> piece;
    net::co_spawn(io, events.next(), [&](const std::exception_ptr& failed, std::optional<std::string> text) {
      CHECK_FALSE(failed);
      piece = std::move(text);
    });
    io.run();
    io.restart();
    REQUIRE(piece);
    if (!piece->empty())
      told.emplace_back(*piece, steady::now());
  }
  REQUIRE(told.size() == 4);
  CHECK(told[0].first.find("event: start") != std::string::npos);
  CHECK(told[1].first.find("event: born") != std::string::npos);
  for (const size_t i : {2, 3}) { // what was told begins the wait anew
    CHECK(told[i].first == ": heartbeat\n\n");
    CHECK(told[i].second - told[i - 1].second >= interval - 50ms);
  }
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
  reader head{server->local_port(), "/inspect/stream", "", "HEAD"};
  CHECK(head.until("\r\n\r\n").find("HTTP/1.1 405") != std::string::npos);
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
