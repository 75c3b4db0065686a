// Goal: a meeting stands in Google's calendar once, at the right time, and a
// busy hour is never taken for a free one. Method: the adapter against a small
// Google Calendar on a real socket that can be told to misbehave.
#include "tests/adapters/google_calendar_fixture.hpp"

namespace google_calendar_test {

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using parley::test::demo;
using parley::test::google_fixture;
using parley::test::stub_answer;
using parley::test::stub_server;

namespace {

const time_range day{*parse_iso("2026-11-26T00:00:00Z"), *parse_iso("2026-11-27T00:00:00Z")};

} // namespace

TEST_CASE_METHOD(google_fixture, "google says when a calendar is busy, whatever the offset", "[google]") {
  busy = {{{"start", "2026-11-26T10:00:00-05:00"}, {"end", "2026-11-26T10:30:00-05:00"}},
          {{"start", "2026-11-26T20:00:00Z"}, {"end", "2026-11-26T21:00:00Z"}}};
  const auto answer = get<busy_times>(start(), free_busy_query{"grace@example.com", day});
  REQUIRE(answer.busy.size() == 2);
  CHECK(answer.busy[0] == time_range{*parse_iso("2026-11-26T15:00:00Z"), *parse_iso("2026-11-26T15:30:00Z")});
  CHECK(answer.busy[1] == time_range{*parse_iso("2026-11-26T20:00:00Z"), *parse_iso("2026-11-26T21:00:00Z")});
  const auto asked = json::parse(server.seen().back().body());
  CHECK(asked["timeMin"] == "2026-11-26T00:00:00.000Z");
  CHECK(asked["timeMax"] == "2026-11-27T00:00:00.000Z");
}

TEST_CASE_METHOD(google_fixture, "google's doubt is never taken for a free day", "[google]") {
  const auto calendar = start();
  CHECK(error_of<busy_times>(calendar, free_busy_query{"unknown@example.com", day}) == ec::not_found);
  busy = {{{"start", "tomorrow"}, {"end", "2026-11-26T21:00:00Z"}}};
  CHECK(error_of<busy_times>(calendar, free_busy_query{"grace@example.com", day}) == ec::vendor_answered_rubbish);
  for (const auto* body : {"{}", R"({"calendars":{}})", R"({"calendars":{"grace@example.com":{}}})", "<html>"}) {
    meddle = [body](const stub_server::request& x) {
      return x.target() == "/token" ? std::nullopt : std::optional{stub_answer{200, body}};
    };
    CHECK(error_of<busy_times>(calendar, free_busy_query{"grace@example.com", day}) == ec::vendor_answered_rubbish);
  }
  const free_busy_query backwards{"grace@example.com", {day.until, day.from}};
  CHECK(error_of<busy_times>(calendar, backwards) == ec::invalid_input);
}

TEST_CASE_METHOD(google_fixture, "google gets an event with its zone and its guest, and mails nobody", "[google]") {
  const auto x = demo();
  const auto written = get<event_written>(start(), x);
  CHECK(written.event_id == x.event_id);
  CHECK(written.link == "https://calendar.example.com/" + x.event_id);
  REQUIRE(events.size() == 1);
  CHECK(events[x.event_id]
        == json{{"id", x.event_id},
                {"summary", "Demo"},
                {"description", "Prepared: prices"},
                {"location", "https://meet.example.com/7"},
                {"status", "confirmed"},
                {"extendedProperties", {{"private", {{"parleySequence", "0"}}}}},
                {"start", {{"dateTime", "2026-11-26T15:00:00.000Z"}, {"timeZone", "America/New_York"}}},
                {"end", {{"dateTime", "2026-11-26T15:30:00.000Z"}, {"timeZone", "America/New_York"}}},
                {"attendees", {{{"email", "ada@example.org"}, {"displayName", "Ada Byron"}}}}});
}

TEST_CASE_METHOD(google_fixture, "google has one event per id: the second write moves it", "[google]") {
  const auto calendar = start();
  get<event_written>(calendar, demo());
  auto moved = demo();
  moved.when = {moved.when.from + 24h, moved.when.until + 24h};
  get<event_written>(calendar, moved);
  REQUIRE(events.size() == 1);
  CHECK(events[moved.event_id]["start"]["dateTime"] == "2026-11-27T15:00:00.000Z");
}

TEST_CASE_METHOD(google_fixture, "google takes each further change of time, and keeps what others added", "[google]") {
  const auto calendar = start();
  auto x = demo();
  for (int i = 0; i < 3; ++i) {
    get<event_written>(calendar, x);
    events[x.event_id]["colorId"] = "5";
    x.when = {x.when.from + 24h, x.when.until + 24h};
    x.sequence = static_cast<uint32_t>(i + 1);
  }
  const auto& event = events[x.event_id];
  CHECK(event["start"]["dateTime"] == "2026-11-28T15:00:00.000Z");
  CHECK(event["sequence"] == 2); // Google's own
  CHECK(event["extendedProperties"]["private"]["parleySequence"] == "2");
  CHECK(event["colorId"] == "5");
  CHECK(server.seen().back().method_string() == "PATCH");
}

TEST_CASE_METHOD(google_fixture, "google's all-day event gets its times back", "[google]") {
  const auto calendar = start();
  get<event_written>(calendar, demo());
  auto& event = events[demo().event_id];
  event["start"] = {{"date", "2026-11-27"}};
  event["end"] = {{"date", "2026-11-28"}};
  get<event_written>(calendar, demo());
  CHECK(event["start"] == json{{"dateTime", "2026-11-26T15:00:00.000Z"}, {"timeZone", "America/New_York"}});
  CHECK(event["end"] == json{{"dateTime", "2026-11-26T15:30:00.000Z"}, {"timeZone", "America/New_York"}});
}

TEST_CASE_METHOD(google_fixture, "google's event is written once although its answer got lost", "[google]") {
  bool lost = false;
  meddle = [&](const stub_server::request& x) -> std::optional<stub_answer> {
    if (lost || x.method_string() != "POST" || x.target() == "/token")
      return std::nullopt;
    lost = true;
    answer(x);
    stub_answer nothing;
    nothing.drop = true;
    return nothing;
  };
  CHECK(get<event_written>(start(), demo()).event_id == demo().event_id);
  CHECK(lost);
  CHECK(events.size() == 1);
}

TEST_CASE_METHOD(google_fixture, "google cancels an event once, and a cancelled one can come back", "[google]") {
  const auto calendar = start();
  const cancel_event gone{"grace@example.com", demo().event_id};
  CHECK(get<event_cancelled>(calendar, gone).event_id == gone.event_id); // 404: never was there
  get<event_written>(calendar, demo());
  get<event_cancelled>(calendar, gone);
  CHECK(events[gone.event_id]["status"] == "cancelled");
  get<event_cancelled>(calendar, gone); // 410
  get<event_written>(calendar, demo());
  CHECK(events[gone.event_id]["status"] == "confirmed");
}

TEST_CASE_METHOD(google_fixture, "google's writes of one event keep their order, and each is done once", "[google]") {
  std::promise<void> go;
  std::atomic<int> held = 0;
  meddle = [&, told = go.get_future().share()](const stub_server::request& x) -> std::optional<stub_answer> {
    if (x.method_string() == "POST" && x.target() != "/token" && ++held == 1)
      told.wait();
    return std::nullopt;
  };
  settings.request_timeout = 20s;
  const auto calendar = start();
  caf::scoped_actor other{sys};
  auto first = other->request(calendar, 20s, demo());
  auto again = other->request(calendar, 20s, demo());
  auto gone = other->request(calendar, 20s, cancel_event{"grace@example.com", demo().event_id});
  while (held == 0 || shown_by(calendar)["writes_waiting"] != 3)
    std::this_thread::yield();
  go.set_value();
  for (auto* pending : {&first, &again})
    pending->receive([&](const event_written& x) { CHECK(x.event_id == demo().event_id); },
                     [&](const caf::error& e) { FAIL(sys.render(e)); });
  gone.receive([](const event_cancelled&) {}, [&](const caf::error& e) { FAIL(sys.render(e)); });
  CHECK(held == 1);
  CHECK(events[demo().event_id]["status"] == "cancelled");
}

TEST_CASE_METHOD(google_fixture, "google is answered for in time while its token is waited for", "[google]") {
  settings.total_timeout = 300ms;
  settings.request_timeout = 20s;
  meddle = [](const stub_server::request& x) {
    stub_answer nothing;
    nothing.hold = true;
    return x.target() == "/token" ? std::optional{nothing} : std::nullopt;
  };
  const auto calendar = start();
  const auto begun = std::chrono::steady_clock::now();
  CHECK(error_of<event_written>(calendar, demo()) == ec::vendor_unavailable);
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
}

TEST_CASE_METHOD(google_fixture, "google's ids are checked before it is asked", "[google]") {
  const auto calendar = start();
  for (const auto* id : {"", "abcd", "ABCDE", "meeting-7", "wxyz1"}) {
    auto x = demo();
    x.event_id = id;
    CHECK(error_of<event_written>(calendar, x) == ec::invalid_input);
    CHECK(error_of<event_cancelled>(calendar, cancel_event{x.calendar, id}) == ec::invalid_input);
  }
  CHECK(server.seen().empty());
}

TEST_CASE_METHOD(google_fixture, "google's expired access token is renewed and the request repeated", "[google]") {
  token = "token-2";
  get<event_written>(start(), demo());
  CHECK(issued == 2);
  CHECK(events.size() == 1);
}

TEST_CASE_METHOD(google_fixture, "google says when the refresh token was revoked", "[google]") {
  meddle = [](const stub_server::request& x) {
    return x.target() == "/token" ? std::optional{stub_answer{400, R"({"error":"invalid_grant"})"}} : std::nullopt;
  };
  CHECK(error_of<event_written>(start(), demo()) == ec::vendor_unauthorised);
}

TEST_CASE_METHOD(google_fixture, "google's rate limits are waited for, in both of its words for it", "[google]") {
  stub_answer refusal = error(403, "userRateLimitExceeded");
  SECTION("403") {}
  SECTION("429") {
    refusal = error(429, "rateLimitExceeded");
    refusal.headers = {{"Retry-After", "1"}};
  }
  bool refused = false;
  meddle = [&](const stub_server::request& x) -> std::optional<stub_answer> {
    if (refused || x.target() == "/token")
      return std::nullopt;
    refused = true;
    return refusal;
  };
  const auto begun = std::chrono::steady_clock::now();
  get<event_written>(start(), demo());
  CHECK(refused);
  CHECK(std::chrono::steady_clock::now() - begun >= 1s);
}

TEST_CASE_METHOD(google_fixture, "google's retries wait as long as it asks, end, and are counted by operation",
                 "[google]") {
  const auto busy = GENERATE(429, 503);
  CAPTURE(busy);
  std::atomic<int> asked = 0;
  std::atomic<int> refusals = 1;
  meddle = [&](const stub_server::request& x) -> std::optional<stub_answer> {
    if (x.target() == "/token")
      return std::nullopt;
    if (++asked > refusals)
      return std::nullopt;
    auto refusal = error(busy, busy == 429 ? "rateLimitExceeded" : "backendError");
    refusal.headers = {{"Retry-After", "1"}};
    return refusal;
  };
  const auto retries
    = [this] { return metric("parley_port_retries_total", R"(operation="insert_event",port="calendar")"); };
  const auto calendar = start();
  const auto begun = std::chrono::steady_clock::now();
  get<event_written>(calendar, demo());
  CHECK(std::chrono::steady_clock::now() - begun >= 1s);
  CHECK(asked == 2);
  CHECK(retries() == 1);
  auto other = demo();
  other.event_id = "0198f2c7meeting8";
  for (auto& c : other.event_id)
    c = c > 'v' ? 'v' : c;
  asked = 0;
  refusals = 100; // two tries in all
  CHECK(error_of<event_written>(calendar, other) == ec::vendor_unavailable);
  CHECK(asked == 2);
  CHECK(retries() == 2);
}

TEST_CASE_METHOD(google_fixture, "google's failures are told apart", "[google]") {
  stub_answer told;
  meddle = [&](const stub_server::request& x) { return x.target() == "/token" ? std::nullopt : std::optional{told}; };
  const auto calendar = start();
  told = error(500, "backendError");
  CHECK(error_of<event_written>(calendar, demo()) == ec::vendor_unavailable);
  CHECK(server.seen().size() == 3); // the token and two tries
  told = error(403, "insufficientPermissions");
  CHECK(error_of<event_written>(calendar, demo()) == ec::vendor_unauthorised);
  told = error(403, "quotaExceeded");
  CHECK(error_of<event_written>(calendar, demo()) == ec::vendor_unavailable);
  told = error(400, "timeRangeEmpty");
  const auto refused = error_of<event_written>(calendar, demo());
  CHECK(refused == ec::vendor_refused);
  CHECK(sys.render(refused).find("400 timeRangeEmpty") != std::string::npos);
  told = error(404, "notFound");
  CHECK(error_of<event_written>(calendar, demo()) == ec::not_found);
  told = {200, R"({"kind":"calendar#event"})"};
  CHECK(error_of<event_written>(calendar, demo()) == ec::vendor_answered_rubbish);
  told = {};
  told.hold = true;
  CHECK(error_of<event_written>(calendar, demo()) == ec::vendor_unavailable);
  CHECK(metrics.exposition().find(R"(operation="insert_event",outcome="not_found",port="calendar")")
        != std::string::npos);
}

} // namespace google_calendar_test
