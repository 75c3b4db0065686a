// Goal: the client answers every request exactly once, within its bounds, and
// tells the truth about what was written. Method: a stub server on loopback.
#include "adapters/http/http_client.hpp"
#include "tests/support/ask_http.hpp"
#include "tests/support/stub_server.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace http_client_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::answer_of;
using parley::test::stub_answer;
using parley::test::stub_server;

TEST_CASE("a request arrives whole and its answer comes back whole", "[http]") {
  stub_server server{[](const auto& asked) { return stub_answer{201, "got " + asked.body(), {{"X-Trace", " 7 "}}}; }};
  http_client client;
  auto request = post_form(server.url() + "/a?b=c", {{"To", "+1 5"}, {"Say", "ä&b"}});
  request.headers.push_back(basic_auth("AC1", "se:cret"));
  const auto response = answer_of(client, request);
  CHECK(response.ok());
  CHECK(response.status == 201);
  CHECK(response.written);
  CHECK(response.body == "got To=%2B1%205&Say=%C3%A4%26b");
  CHECK(response.header("x-trace") == "7");
  const auto seen = server.seen().at(0);
  CHECK(seen.method_string() == "POST");
  CHECK(seen.target() == "/a?b=c");
  CHECK(seen["Authorization"] == "Basic QUMxOnNlOmNyZXQ=");
  CHECK(seen["Content-Type"] == "application/x-www-form-urlencoded");
}

TEST_CASE("connections are kept for the next request", "[http]") {
  stub_server server{[](const auto&) { return stub_answer{}; }};
  http_client client;
  CHECK(answer_of(client, get(server.url())).ok());
  CHECK(answer_of(client, get(server.url())).ok());
  CHECK(server.connections() == 1);
}

TEST_CASE("nothing is written when nobody listens", "[http]") {
  uint16_t port = 0;
  {
    stub_server gone{[](const auto&) { return stub_answer{}; }};
    port = gone.port();
  }
  http_client client;
  const auto response = answer_of(client, get("http://127.0.0.1:" + std::to_string(port)));
  CHECK(response.failure == http_failure::connect);
  CHECK_FALSE(response.written);
}

TEST_CASE("a request without an answer counts as written", "[http]") {
  const bool drop = GENERATE(true, false);
  stub_server server{[drop](const auto&) { return stub_answer{200, "", {}, drop, !drop}; }};
  http_client client;
  auto request = get(server.url());
  request.timeout = 300ms;
  const auto response = answer_of(client, request);
  CHECK(response.failure == (drop ? http_failure::broken : http_failure::timeout));
  CHECK(response.written);
  if (!drop)
    CHECK(response.took >= 290ms);
}

TEST_CASE("nothing of the request is written before the handshake is done", "[http]") {
  // The server speaks no TLS: it takes the client's hello for a bad request and
  // the handshake never ends well.
  stub_server server{[](const auto&) { return stub_answer{}; }};
  http_client client;
  auto request = get("https://127.0.0.1:" + std::to_string(server.port()));
  request.connect_timeout = 300ms;
  const auto response = answer_of(client, request);
  CHECK(response.failure != http_failure::none);
  CHECK_FALSE(response.written);
  CHECK(server.seen().empty());
}

TEST_CASE("what a proxy is told does not count as written", "[http]") {
  stub_server proxy{[](const auto&) { return stub_answer{503}; }};
  ::setenv("https_proxy", proxy.url().c_str(), 1);
  http_client client;
  const auto response = answer_of(client, get("https://vendor.example/"));
  ::unsetenv("https_proxy");
  REQUIRE(proxy.seen().size() == 1);
  CHECK(proxy.seen()[0].method_string() == "CONNECT");
  CHECK(response.failure != http_failure::none);
  CHECK_FALSE(response.written);
}

TEST_CASE("a request whose time has passed is held back", "[http]") {
  stub_server server{[](const auto&) { return stub_answer{}; }};
  http_client client;
  auto request = get(server.url());
  request.proceed = [] { return false; };
  const auto response = answer_of(client, request);
  CHECK(response.failure == http_failure::held_back);
  CHECK_FALSE(response.written);
  CHECK(server.seen().empty());
}

TEST_CASE("a request that must go out once is not repeated on a dead connection", "[http]") {
  stub_server server{[](const auto& asked) {
    stub_answer answer;
    answer.drop = asked.target() == "/dial";
    return answer;
  }};
  http_client client;
  REQUIRE(answer_of(client, get(server.url() + "/warm-up")).ok()); // leaves a kept connection
  auto request = get(server.url() + "/dial");
  SECTION("once") {
    request.once = true;
    CHECK(answer_of(client, request).failure == http_failure::broken);
    CHECK(server.seen().size() == 2);
  }
  SECTION("libcurl itself repeats it otherwise") {
    CHECK(answer_of(client, request).failure == http_failure::broken);
    CHECK(server.seen().size() == 3);
  }
}

TEST_CASE("an overlong answer is given up", "[http]") {
  const bool in_header = GENERATE(true, false);
  stub_server server{[in_header](const auto&) {
    if (!in_header)
      return stub_answer{200, std::string(100'000, 'x')};
    stub_answer answer;
    for (int i = 0; i < 10; ++i)
      answer.headers.emplace_back("X-Much-" + std::to_string(i), std::string(10'000, 'x'));
    return answer;
  }};
  http_client client;
  auto request = get(server.url());
  request.response_bytes_max = 99'999;
  const auto response = answer_of(client, request);
  CHECK(response.failure == http_failure::too_large);
  CHECK(response.body.size() <= 99'999);
}

TEST_CASE("requests beyond the bounds wait or are refused", "[http]") {
  stub_server server{[](const auto& asked) {
    stub_answer answer;
    answer.hold = asked.target() == "/hold";
    return answer;
  }};
  http_client client{{1, 2, ""}};
  auto blocking = get(server.url() + "/hold");
  blocking.timeout = 400ms;
  auto first = test::send(client, blocking);
  while (server.seen().empty()) // it runs now and does not count as waiting
    std::this_thread::yield();
  auto impatient = get(server.url() + "/late");
  impatient.timeout = 100ms;
  auto late = test::send(client, impatient);
  auto patient = test::send(client, get(server.url() + "/next"));
  auto refused = test::send(client, get(server.url() + "/refused"));
  CHECK(refused.get().failure == http_failure::queue_full);
  const auto timed_out = late.get();
  CHECK(timed_out.failure == http_failure::timeout);
  CHECK_FALSE(timed_out.written);
  CHECK(first.get().failure == http_failure::timeout);
  CHECK(patient.get().ok());
}

TEST_CASE("stopping answers what runs, what waits and what comes later", "[http]") {
  stub_server server{[](const auto&) { return stub_answer{200, "", {}, false, true}; }};
  http_client client{{1, 10, ""}};
  auto running = test::send(client, get(server.url()));
  while (server.seen().empty())
    std::this_thread::yield();
  auto waiting = test::send(client, get(server.url()));
  client.stop();
  const auto canceled = running.get();
  CHECK(canceled.failure == http_failure::shutting_down);
  CHECK(canceled.written);
  const auto unsent = waiting.get();
  CHECK(unsent.failure == http_failure::shutting_down);
  CHECK_FALSE(unsent.written);
  CHECK(answer_of(client, get(server.url())).failure == http_failure::shutting_down);
  client.stop();
}

TEST_CASE("a client may end inside one of its own callbacks", "[http]") {
  stub_server server{[](const auto&) { return stub_answer{}; }};
  auto client = std::make_shared<http_client>();
  auto* const raw = client.get();
  std::promise<void> gone;
  raw->send(get(server.url()), [&gone, client = std::move(client)](http_response) mutable {
    client.reset();
    gone.set_value();
  });
  CHECK(gone.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE("a line break in a header or address is refused", "[http]") {
  stub_server server{[](const auto&) { return stub_answer{}; }};
  http_client client;
  auto request = get(server.url());
  SECTION("header") {
    request.headers.emplace_back("X-A", "1\r\nX-B: 2");
  }
  SECTION("address") {
    request.url += "/\r\nX-B: 2";
  }
  SECTION("another scheme") {
    request.url = "file:///etc/hostname";
  }
  CHECK(answer_of(client, request).failure == http_failure::bad_request);
  CHECK(server.seen().empty());
}

TEST_CASE("what fails on our own side is the answer of its request alone", "[http]") {
  stub_server server{[](const auto&) { return stub_answer{200, "well"}; }};
  http_client client;
  auto other = test::send(client, get(server.url()), 50ms);
  http_request request = get(server.url());
  SECTION("an option that libcurl does not take") {
    request.url += '/' + std::string(9'000'000, 'x');
  }
  SECTION("a question that throws") {
    request.proceed = []() -> bool { throw std::runtime_error{"no clock"}; };
  }
  const auto failed = answer_of(client, request);
  CHECK(failed.failure == http_failure::failed);
  CHECK_FALSE(failed.written);
  CHECK_FALSE(failed.detail.empty());
  CHECK(error_code(failed) == ec::vendor_unavailable);
  CHECK(other.get().body == "well");
  CHECK(answer_of(client, get(server.url())).body == "well");
}

TEST_CASE("a callback that throws does not end the client", "[http]") {
  stub_server server{[](const auto&) { return stub_answer{200, "well"}; }};
  http_client client;
  std::promise<void> called;
  client.send(get(server.url()), [&](const http_response&) {
    called.set_value();
    throw std::runtime_error{"against the contract"};
  });
  called.get_future().wait();
  CHECK(answer_of(client, get(server.url())).body == "well");
}

TEST_CASE("a request ends by its deadline, and none begins after it", "[http]") {
  stub_server server{[](const auto&) { return stub_answer{200, "", {}, false, true}; }};
  http_client client;
  auto request = get(server.url());
  request.timeout = 20s;
  request.deadline = std::chrono::steady_clock::now() + 300ms;
  const auto begun = std::chrono::steady_clock::now();
  CHECK(answer_of(client, request).failure == http_failure::timeout);
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
  const auto late = answer_of(client, request);
  CHECK(late.failure == http_failure::timeout);
  CHECK_FALSE(late.written);
  CHECK(server.seen().size() == 1);
}

TEST_CASE("a delayed request starts no earlier", "[http]") {
  stub_server server{[](const auto&) { return stub_answer{}; }};
  http_client client;
  const auto begun = std::chrono::steady_clock::now();
  CHECK(test::send(client, get(server.url()), 150ms).get().ok());
  CHECK(std::chrono::steady_clock::now() - begun >= 150ms);
}

TEST_CASE("forms are read as they were written", "[http]") {
  const http_fields fields{{"To", "+15551230001"}, {"Body", "Grüße ✓ 😀"}, {"A", "x y+z&="}, {"Empty", ""}, {"A", "2"}};
  CHECK(form_decode(form_encode(fields)) == fields);
  CHECK(form_decode("a=1+2&&b") == http_fields{{"a", "1 2"}, {"b", ""}});
  CHECK(form_decode("") == http_fields{});
  CHECK_FALSE(form_decode("a=%2"));
  CHECK_FALSE(form_decode("a=%"));
  CHECK_FALSE(form_decode("a=%zz"));
  CHECK_FALSE(form_decode("a=1&b=2&c=3", 2));
}

TEST_CASE("answers translate into the project's errors", "[http]") {
  http_response response;
  const auto code = [&](int status) {
    response.status = status;
    return error_code(response);
  };
  CHECK(code(401) == ec::vendor_unauthorised);
  CHECK(code(404) == ec::not_found);
  CHECK(code(422) == ec::vendor_refused);
  CHECK(code(429) == ec::vendor_unavailable);
  CHECK(code(503) == ec::vendor_unavailable);
  response.failure = http_failure::timeout;
  CHECK(code(200) == ec::vendor_unavailable);
  response.failure = http_failure::shutting_down;
  CHECK(code(200) == ec::shutting_down);
}

} // namespace http_client_test
