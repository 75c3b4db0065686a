// Goal: a campaign whose calls fail stops by itself, no sooner and no later
// than its policy says, and only a command lets it go on. Method: ended calls
// and the time are given by hand.
#include "actors/campaign/breaker.hpp"
#include "actors/campaign/core.hpp"
#include "runtime/messages/telephony.hpp"

#include <catch2/catch.hpp>

namespace campaign_core_test {

using namespace parley;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

const wall_time noon = *parse_iso("2026-12-01T17:00:00Z");

campaign_policy policy(int32_t share, int32_t minimum) {
  campaign_policy p;
  p.breaker_share = share;
  p.breaker_minimum = minimum;
  p.breaker_window = 10min;
  return p;
}

campaigns::state running() {
  campaigns::state s;
  campaigns::core::apply(s, campaigns::campaign_created{});
  campaigns::core::apply(s, campaigns::status_changed{campaign_status::running, "launch", noon, {}});
  return s;
}

} // namespace

TEST_CASE("the breaker trips at its share, once there are enough calls", "[campaign][breaker]") {
  const auto p = policy(50, 10);
  campaigns::breaker b;
  b.count(9, 9, noon);
  CHECK_FALSE(b.trips(p, noon)); // all failed, but too few to tell
  b.count(1, 0, noon);
  const auto why = b.trips(p, noon);
  REQUIRE(why);
  CHECK_THAT(*why, Contains("9 of the last 10 calls") && Contains("50 %"));
}

TEST_CASE("calls below the share do not trip it, calls at it do", "[campaign][breaker]") {
  const auto p = policy(50, 10);
  campaigns::breaker b;
  b.count(20, 9, noon);
  CHECK_FALSE(b.trips(p, noon));
  b.count(0, 0, noon + 1s);
  b.count(2, 2, noon + 2s); // 11 of 22
  CHECK(b.trips(p, noon + 2s));
}

TEST_CASE("failures older than the window are forgotten", "[campaign][breaker]") {
  const auto p = policy(50, 10);
  campaigns::breaker b;
  b.count(10, 10, noon);
  CHECK(b.trips(p, noon + 10min));
  CHECK_FALSE(b.trips(p, noon + 10min + 1s));
  b.count(10, 4, noon + 11min);
  CHECK_FALSE(b.trips(p, noon + 11min));
}

TEST_CASE("a share of nothing switches the breaker off", "[campaign][breaker]") {
  campaigns::breaker b;
  b.count(100, 100, noon);
  CHECK_FALSE(b.trips(policy(0, 10), noon));
  CHECK(b.trips(policy(100, 100), noon));
}

TEST_CASE("after a reset only what comes later counts", "[campaign][breaker]") {
  campaigns::breaker b;
  b.count(100, 100, noon);
  b.reset();
  CHECK_FALSE(b.trips(policy(50, 10), noon));
  b.count(10, 10, noon);
  CHECK(b.trips(policy(50, 10), noon));
}

TEST_CASE("what is wrong with us or the carrier is a failure, what people do is not", "[campaign][breaker]") {
  for (const auto failed :
       {disposition::congestion, disposition::failed, disposition::dead_air, disposition::submission_unknown})
    CHECK(is_failure(failed));
  for (const auto fine :
       {disposition::none, disposition::no_answer, disposition::busy, disposition::machine, disposition::invalid_number,
        disposition::canceled, disposition::hung_up, disposition::not_interested, disposition::do_not_call,
        disposition::meeting_booked, disposition::no_decision})
    CHECK_FALSE(is_failure(fine));
}

TEST_CASE("a tripped breaker pauses a running campaign once, with the reason in its row", "[campaign][breaker]") {
  auto s = running();
  const auto d = campaigns::on_breaker(s, "9 of 10 failed.", noon);
  REQUIRE(d.events.size() == 1);
  REQUIRE(d.effects.size() == 1);
  CHECK(std::get<campaigns::do_enforce>(d.effects[0]).action == campaign_action::pause);
  campaigns::core::apply(s, d.events[0]);
  CHECK(s.status == campaign_status::paused);
  CHECK(campaigns::on_breaker(s, "again", noon).events.empty());
  const auto rows = campaigns::core::rows(s);
  CHECK(json::parse(std::get<campaign_row>(rows.at(0)).settings).at("reason") == "9 of 10 failed.");
}

TEST_CASE("only a command resumes what the breaker paused, and clears the reason", "[campaign][breaker]") {
  auto s = running();
  for (const auto& event : campaigns::on_breaker(s, "9 of 10 failed.", noon).events)
    campaigns::core::apply(s, event);
  CHECK(campaigns::complete(s, noon).events.empty());
  const auto resumed = campaigns::command(s, campaign_action::resume, noon);
  REQUIRE(std::holds_alternative<campaigns::decision>(resumed));
  for (const auto& event : std::get<campaigns::decision>(resumed).events)
    campaigns::core::apply(s, event);
  CHECK(s.status == campaign_status::running);
  CHECK(s.reason.empty());
}

} // namespace campaign_core_test
