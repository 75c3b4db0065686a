// Goal: what is worth repeating is repeated within bounds, and nothing that
// could be done twice by it.
#include "adapters/http/retry.hpp"
#include "tests/support/ask_http.hpp"
#include "tests/support/stub_server.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <ctime>

namespace http_retry_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::answer_of;
using parley::test::stub_answer;
using parley::test::stub_server;

static http_response with_status(int status) {
  http_response response;
  response.status = status;
  response.written = true;
  return response;
}

TEST_CASE("the wait doubles, spreads and is bounded", "[http][retry]") {
  retry_policy policy;
  policy.attempts_max = 10;
  policy.first_delay = 1s;
  policy.delay_max = 5s;
  const auto busy = with_status(503);
  CHECK(retry_delay(policy, 1, busy, 1.0) == 1000ms);
  CHECK(retry_delay(policy, 1, busy, 0.0) == 500ms);
  CHECK(retry_delay(policy, 2, busy, 1.0) == 2000ms);
  CHECK(retry_delay(policy, 3, busy, 1.0) == 4000ms);
  CHECK(retry_delay(policy, 4, busy, 1.0) == 5000ms);
  CHECK(retry_delay(policy, 9, busy, 1.0) == 5000ms);
  CHECK_FALSE(retry_delay(policy, 10, busy, 1.0));
}

TEST_CASE("the server's wish is honoured, or the caller told to come back later", "[http][retry]") {
  retry_policy policy;
  policy.delay_max = 5s;
  auto busy = with_status(429);
  busy.retry_after = 4s;
  CHECK(retry_delay(policy, 1, busy, 0.0) == 4000ms);
  CHECK(retry_delay(policy, 1, busy, 1.0) == 4500ms); // who was told the same does not come back at once
  busy.retry_after = 6s;
  CHECK_FALSE(retry_delay(policy, 1, busy, 0.0));
}

TEST_CASE("a wait is read as seconds, as milliseconds and as a date", "[http][retry]") {
  http_fields named;
  stub_server server{[&](const auto&) { return stub_answer{429, "", named}; }};
  http_client client;
  const auto told = [&](http_fields fields) {
    named = std::move(fields);
    return answer_of(client, get(server.url())).retry_after;
  };
  CHECK(told({{"Retry-After", "7"}}) == 7s);
  CHECK(told({{"Retry-After", "7"}, {"retry-after-ms", "1250"}}) == 1250ms); // the more precise one
  const auto in_a_minute = std::time(nullptr) + 60;
  std::array<char, 64> date{};
  std::tm utc{};
  ::gmtime_r(&in_a_minute, &utc);
  std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  const auto wait = told({{"Retry-After", date.data()}});
  REQUIRE(wait);
  CHECK(*wait > 30s);
  CHECK(*wait <= 61s);
  CHECK_FALSE(told({}));
}

TEST_CASE("only what may help is repeated", "[http][retry]") {
  const retry_policy policy;
  for (const int status : {408, 425, 429, 500, 502, 503, 504})
    CHECK(retry_delay(policy, 1, with_status(status), 0.5));
  for (const int status : {200, 301, 400, 401, 403, 404, 409, 422, 501})
    CHECK_FALSE(retry_delay(policy, 1, with_status(status), 0.5));
  for (const auto failure : {http_failure::connect, http_failure::timeout, http_failure::broken})
    CHECK(retry_delay(policy, 1, {failure}, 0.5));
  for (const auto failure : {http_failure::bad_request, http_failure::held_back, http_failure::queue_full,
                             http_failure::too_large, http_failure::unauthorised, http_failure::shutting_down})
    CHECK_FALSE(retry_delay(policy, 1, {failure}, 0.5));
}

TEST_CASE("what must not be done twice is repeated only if it surely was not done", "[http][retry]") {
  retry_policy policy;
  policy.idempotent = false;
  CHECK(retry_delay(policy, 1, with_status(429), 0.5));
  CHECK_FALSE(retry_delay(policy, 1, with_status(503), 0.5));
  http_response lost;
  lost.failure = http_failure::timeout;
  CHECK(retry_delay(policy, 1, lost, 0.5));
  lost.written = true;
  CHECK_FALSE(retry_delay(policy, 1, lost, 0.5));
}

TEST_CASE("a server that recovers is answered from", "[http][retry]") {
  std::atomic<int> asked = 0;
  stub_server server{[&](const auto&) {
    if (++asked < 3)
      return stub_answer{503, "", {{"Retry-After", "0"}}};
    return stub_answer{200, "well"};
  }};
  http_client client;
  retry_policy policy;
  policy.first_delay = 1ms;
  auto sender = with_retries(client, policy);
  CHECK(answer_of(sender, get(server.url())).body == "well");
  CHECK(asked == 3);
}

TEST_CASE("Retry-After delays the next try", "[http][retry]") {
  std::atomic<int> asked = 0;
  stub_server server{[&](const auto&) {
    if (++asked < 2)
      return stub_answer{429, "", {{"Retry-After", "1"}}};
    return stub_answer{};
  }};
  http_client client;
  retry_policy policy;
  policy.first_delay = 1ms;
  auto sender = with_retries(client, policy);
  const auto begun = std::chrono::steady_clock::now();
  CHECK(answer_of(sender, get(server.url())).ok());
  CHECK(std::chrono::steady_clock::now() - begun >= 1s);
}

TEST_CASE("a server that stays down is given up after the last try", "[http][retry]") {
  stub_server server{[](const auto&) { return stub_answer{502}; }};
  http_client client;
  retry_policy policy;
  policy.attempts_max = 3;
  policy.first_delay = 1ms;
  auto sender = with_retries(client, policy);
  CHECK(answer_of(sender, get(server.url())).status == 502);
  CHECK(server.seen().size() == 3);
}

TEST_CASE("stopping the client ends the wait for the next try", "[http][retry]") {
  stub_server server{[](const auto&) { return stub_answer{503}; }};
  http_client client;
  retry_policy policy;
  policy.first_delay = 30s;
  auto sender = with_retries(client, policy);
  auto pending = test::send(sender, get(server.url()));
  while (server.seen().empty())
    std::this_thread::yield();
  client.stop();
  CHECK(pending.get().failure == http_failure::shutting_down);
}

TEST_CASE("tries end in time for the request's deadline", "[http][retry]") {
  std::atomic<int> asked = 0;
  std::string wish;
  stub_server server{[&](const auto&) {
    ++asked;
    return stub_answer{503, "", {{"Retry-After", wish}}};
  }};
  http_client client;
  retry_policy policy;
  policy.attempts_max = 100;
  policy.first_delay = 1ms;
  policy.delay_max = 3s;
  std::atomic<int> repeated = 0;
  policy.retried = [&](const http_request& x) { repeated += x.operation == "look"; };
  auto sender = with_retries(client, policy);
  auto request = get(server.url());
  request.operation = "look";
  request.deadline = std::chrono::steady_clock::now() + 500ms;
  const auto begun = std::chrono::steady_clock::now();
  SECTION("by their own waits") {
    CHECK(answer_of(sender, request).status == 503);
    CHECK(asked > 2);
  }
  SECTION("a wish that passes it ends them at once") {
    wish = "2";
    CHECK(answer_of(sender, request).status == 503);
    CHECK(asked == 1);
    CHECK(std::chrono::steady_clock::now() - begun < 1500ms);
  }
  CHECK(repeated == asked - 1);
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

} // namespace http_retry_test
