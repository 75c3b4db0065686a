// Goal: whatever crosses a door arrives as it was sent, and what is not from
// us is refused. Method: serialise, read back, compare.
#include "tests/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace parley;
using namespace std::chrono_literals;

TEST_CASE_METHOD(test::actor_fixture, "an order arrives with everything it carries", "[messages]") {
  dial_request r;
  r.number = "+14155550132";
  r.window_end = *parse_iso("2026-12-01T15:00:00.123Z");
  r.person_attempts = {r.window_end - 1h};
  r.brief.policy.best_times = {{{2, 3}, 600min, 660min}};
  r.brief.history = {"a", "b"};
  const parley::tell sent{{entity::line, uuid{1, 2}}, 3, r};
  const auto got = across_the_wire(sys, sent);
  CHECK(got.to == sent.to);
  CHECK(got.epoch == 3);
  REQUIRE(std::holds_alternative<dial_request>(got.what));
  const auto& back = std::get<dial_request>(got.what);
  CHECK(back.number == r.number);
  CHECK(back.window_end == r.window_end);
  CHECK(back.person_attempts == r.person_attempts);
  CHECK(back.brief.policy.best_times.front().until == 660min);
  CHECK(back.brief.history == r.brief.history);
}

TEST_CASE_METHOD(test::actor_fixture, "doubles survive, whatever their value", "[messages]") {
  for (const double value : {0.1, -1.0, std::numeric_limits<double>::infinity(), 5e-324}) {
    call_row row;
    row.sentiment_score = value;
    CHECK(across_the_wire(sys, append{0, 1, {}, {row}}).rows.size() == 1);
    const auto back = std::get<call_row>(across_the_wire(sys, append{0, 1, {}, {row}}).rows.front());
    CHECK(back.sentiment_score == value);
  }
}

TEST_CASE_METHOD(test::actor_fixture, "an enum value that we do not know is refused", "[messages]") {
  campaign_command c;
  c.action = static_cast<campaign_action>(99);
  CHECK_THROWS_WITH(across_the_wire(sys, c), Catch::Contains("cannot be read back"));
}
