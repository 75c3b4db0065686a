// Goal: HubSpot being slow costs nothing but time, and no more of that than
// our actors have. Method: as in hubspot_test.cpp.
#include "tests/adapters/hubspot_fixture.hpp"

#include <future>
#include <set>

namespace hubspot_limits_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::call_activity;
using parley::test::fake_hubspot;
using parley::test::hubspot_fixture;
using parley::test::meeting_activity;
using parley::test::stub_answer;
using parley::test::stub_server;

TEST_CASE_METHOD(hubspot_fixture, "hubspot does a write once that is asked for again while it is under way",
                 "[hubspot]") {
  std::promise<void> go;
  std::atomic<int> held = 0;
  hubspot.meddle = [&, told = go.get_future().share()](const stub_server::request& x) -> std::optional<stub_answer> {
    if (fake_hubspot::path_of(x) == "/crm/v3/objects/meetings/search" && ++held == 1)
      told.wait();
    return std::nullopt;
  };
  settings.request_timeout = 20s;
  const auto crm = start();
  caf::scoped_actor other{sys};
  auto moved = meeting_activity();
  moved.at += 24h; // the same key, but not the same write: it must not be lost
  auto first = other->request(crm, 20s, meeting_activity());
  auto second = other->request(crm, 20s, meeting_activity());
  auto third = other->request(crm, 20s, moved);
  auto fourth = other->request(crm, 20s, moved);
  while (held == 0 || shown_by(crm)["writes_waiting"] != 4)
    std::this_thread::yield();
  go.set_value();
  std::set<std::string> objects;
  for (auto* pending : {&first, &second, &third, &fourth})
    pending->receive([&](const crm_written& x) { objects.insert(x.object_id); },
                     [&](const caf::error& e) { FAIL(sys.render(e)); });
  CHECK(objects.size() == 1);
  CHECK(hubspot.count("POST", "/crm/v3/objects/meetings/search") == 2);
  CHECK(hubspot.all("meetings").begin()->second.properties["hs_meeting_start_time"] == "2026-08-05T12:00:00.000Z");
  CHECK(shown_by(crm)["writes_waiting"] == 0);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot answers by its total time, whatever the server asks for", "[hubspot]") {
  settings.total_timeout = 700ms;
  settings.attempts_max = 10;
  settings.request_timeout = 20s;
  stub_answer told;
  SECTION("it never answers") {
    told.hold = true;
  }
  SECTION("it asks for more patience than there is") {
    told = {429, "{}", {{"Retry-After", "3"}}};
  }
  SECTION("it stays down") {
    told = fake_hubspot::error(503, "UNAVAILABLE");
  }
  hubspot.meddle = [&](const stub_server::request&) { return std::optional{told}; };
  const auto crm = start();
  const auto begun = std::chrono::steady_clock::now();
  CHECK(error_of<crm_contact>(crm, find_contact{"", "ada@example.com", ""}) == ec::vendor_unavailable);
  CHECK(error_of<crm_written>(crm, call_activity()) == ec::vendor_unavailable);
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
  CHECK(shown_by(crm)["exchanges_open"] == 0);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot is never waited for longer than our actors wait", "[hubspot]") {
  settings.total_timeout = 20s;
  settings.request_timeout = 20s;
  context->settings.vendor_timeout = 600ms;
  hubspot.meddle = [](const stub_server::request&) {
    stub_answer nothing;
    nothing.hold = true;
    return std::optional{nothing};
  };
  const auto begun = std::chrono::steady_clock::now();
  CHECK(error_of<crm_contact>(start(), find_contact{"", "ada@example.com", ""}) == ec::vendor_unavailable);
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot's retries are counted by operation", "[hubspot]") {
  std::atomic<int> asked = 0;
  hubspot.meddle = [&](const stub_server::request&) -> std::optional<stub_answer> {
    return ++asked == 1 ? std::optional{fake_hubspot::error(503, "UNAVAILABLE")} : std::nullopt;
  };
  const auto crm = start();
  CHECK_FALSE(get<crm_contact>(crm, find_contact{"", "ada@example.com", ""}).found);
  CHECK(metric("parley_port_retries_total", R"(operation="search_contact",port="crm")") == 1);
  CHECK(shown_by(crm)["retries"] == 1);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot's retries wait as long as it asks, and end", "[hubspot]") {
  const auto busy = GENERATE(429, 503);
  CAPTURE(busy);
  std::atomic<int> asked = 0;
  hubspot.meddle = [&](const stub_server::request&) -> std::optional<stub_answer> {
    ++asked;
    return stub_answer{busy, "{}", {{"Retry-After", "1"}}};
  };
  const auto begun = std::chrono::steady_clock::now();
  CHECK(error_of<crm_contact>(start(), find_contact{"", "ada@example.com", ""}) == ec::vendor_unavailable);
  CHECK(std::chrono::steady_clock::now() - begun >= 1s);
  CHECK(asked == settings.attempts_max);
  CHECK(metric("parley_port_retries_total", R"(operation="search_contact",port="crm")") == settings.attempts_max - 1);
}

} // namespace hubspot_limits_test
