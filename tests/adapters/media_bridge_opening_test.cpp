// Goal: a session with the model opens although the vendor is away for a
// moment, and one that cannot be opened says why and is asked for no longer
// than its call waits. Method: as in media_bridge_test.cpp.
#include "adapters/media/opening.hpp"
#include "tests/adapters/media_world.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <ctime>

namespace media_bridge_opening_test {

using namespace parley;
using namespace std::chrono_literals;
using test::quick;
using test::world;

/// How often a session was asked for once more, as the metrics have it.
static double sessions_retried(const telemetry& metrics) {
  const std::string name = R"(parley_port_retries_total{operation="open_session",port="voice_model"} )";
  const auto all = metrics.exposition();
  const auto at = all.find(name);
  return at == std::string::npos ? 0.0 : std::stod(all.substr(at + name.size()));
}

/// As HTTP writes it.
static std::string in_a_minute() {
  const auto then = std::time(nullptr) + 60;
  std::tm utc{};
  ::gmtime_r(&then, &utc);
  std::array<char, 64> out{};
  std::strftime(out.data(), out.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return out.data();
}

TEST_CASE("bridge: a session that cannot be opened says why", "[media]") {
  auto settings = quick();
  settings.open_timeout = 300ms;
  world w{settings};
  auto c = w.new_call();
  SECTION("refused key") {
    w.peers.refuse_models(401);
    CHECK(w.ask_open(c).get() == ec::vendor_unauthorised);
  }
  SECTION("unknown model") {
    w.peers.refuse_models(404);
    CHECK(w.ask_open(c).get() == ec::vendor_refused);
  }
  SECTION("refused configuration") {
    auto result = w.ask_open(c);
    auto model = w.peers.model();
    model->next("session.update");
    model->send({{"type", "error"}, {"error", {{"type", "invalid_request_error"}, {"code", "invalid_value"}}}});
    CHECK(result.get() == ec::vendor_refused);
  }
  SECTION("no answer") {
    auto result = w.ask_open(c);
    auto model = w.peers.model();
    CHECK(result.get() == ec::vendor_unavailable);
    CHECK(model->wait_closed() == 1000);
  }
  SECTION("closed meanwhile") {
    auto result = w.ask_open(c);
    auto model = w.peers.model();
    caf::anon_send(w.port, close_voice_session{c.id});
    CHECK(result.get() == ec::media_lost);
  }
  world::eventually([&] { return w.plane.live() == 0; });
  CHECK(c.log->count<voice_failed>() == 0);
  // Asking again would not help, or there is no time for it.
  CHECK(w.peers.models_asked() == 1);
  CHECK(sessions_retried(w.metrics) == 0);
}

TEST_CASE("bridge: a model that is away for a moment is asked again while the phone rings", "[media]") {
  auto settings = quick();
  settings.open_timeout = test::patience;
  world w{settings};
  auto c = w.new_call();
  const auto asked = std::chrono::steady_clock::now();
  size_t times = 1;
  auto wait = 250ms; // the least, if none is named
  SECTION("after too many requests") {
    w.peers.refuse_models(429, times, "1");
    wait = 1s;
  }
  SECTION("after an overload") {
    w.peers.refuse_models(503, times, "1");
    wait = 1s;
  }
  SECTION("after lost connections") {
    w.peers.refuse_models(test::media_peers::no_answer, times = 2);
  }
  w.open(c);
  CHECK(std::chrono::steady_clock::now() - asked >= wait);
  CHECK(w.peers.models_asked() == times + 1);
  CHECK(sessions_retried(w.metrics) == times);
  w.answer(c);
  c.log->wait<media_started>();
  c.model->next("response.create");
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r1"}}}});
  w.check_alive(c);
  CHECK(w.metric("parley_media_failures_total") == 0);
}

TEST_CASE("bridge: a model that stays away is asked a few times, in the time that there is", "[media]") {
  auto settings = quick();
  settings.open_timeout = test::patience;
  world w{settings};
  auto c = w.new_call();
  size_t tries = 3;
  SECTION("however long it is away") {
    w.peers.refuse_models(503);
  }
  SECTION("and not at all if it names a longer time") {
    w.peers.refuse_models(503, 1, "60");
    tries = 1;
  }
  CHECK(w.ask_open(c).get() == ec::vendor_unavailable);
  CHECK(w.peers.models_asked() == tries);
  CHECK(sessions_retried(w.metrics) == tries - 1);
  world::eventually([&] { return w.plane.live() == 0; });
  CHECK(c.log->count<voice_failed>() == 0);
  CHECK(w.metric("parley_media_failures_total", "the model's connection ended") == 1);
}

TEST_CASE("bridge: a session that is not wanted any more is not asked for again", "[media]") {
  auto settings = quick();
  settings.open_timeout = test::patience;
  world w{settings};
  auto c = w.new_call();
  w.peers.refuse_models(503, 1, "1");
  auto result = w.ask_open(c);
  world::eventually([&] { return sessions_retried(w.metrics) == 1; });
  size_t asked = 1;
  SECTION("because its call is over") {
    caf::anon_send(w.port, close_voice_session{c.id});
    CHECK(result.get() == ec::media_lost);
    world::eventually([&] { return w.plane.live() == 0; });
  }
  SECTION("because its call has another one") {
    w.open(c);
    CHECK(result.get() == ec::conflict);
    ++asked;
  }
  // One that is refused later, and for longer, opens after the try that waited.
  w.peers.refuse_models(503, 1, "2");
  auto later = w.new_call();
  w.open(later);
  CHECK(w.peers.models_asked() == asked + 2);
}

TEST_CASE("a refusal names its wait in seconds, in milliseconds or as a date", "[media]") {
  test::beast::http::response<test::beast::http::string_body> answer;
  answer.result(429);
  const auto told = [&](const char* name, const std::string& value) {
    answer.set(name, value);
    return media::refusal_of(answer).retry_after;
  };
  CHECK_FALSE(media::refusal_of(answer).retry_after);
  CHECK(media::refusal_of(answer).status == 429);
  CHECK(told("Retry-After", "2") == 2s);
  CHECK_FALSE(told("Retry-After", "0"));
  CHECK_FALSE(told("Retry-After", "-5"));
  CHECK_FALSE(told("Retry-After", "soon"));
  CHECK_FALSE(told("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")); // over
  const auto until = told("Retry-After", in_a_minute());
  REQUIRE(until);
  CHECK((*until > 30s && *until <= 60s));
  CHECK(told("Retry-After-Ms", "1500") == 1500ms); // the more precise one
}

TEST_CASE("bridge: a model that cannot be reached is unavailable", "[media]") {
  telemetry metrics;
  auto settings = quick();
  settings.open_timeout = test::patience;
  {
    boost::asio::io_context io; // a port that was just free
    boost::asio::ip::tcp::acceptor acceptor{io, {boost::asio::ip::address_v4::loopback(), 0}};
    settings.base_url = "ws://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  }
  media_plane plane{settings, metrics};
  plane.start();
  std::promise<caf::error> done;
  plane.open({}, [&](caf::error e) { done.set_value(std::move(e)); });
  CHECK(done.get_future().get() == ec::vendor_unavailable);
  CHECK(sessions_retried(metrics) == 2);
}

} // namespace media_bridge_opening_test
