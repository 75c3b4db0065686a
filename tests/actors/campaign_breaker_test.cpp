// Goal: failed calls pause their campaign everywhere, with the reason for its
// manager, and a manager's word is what lets it go on. Method: real actors over
// a store in memory, virtual time; the test plays the calls.
#include "actors/shard/shard.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

namespace campaign_breaker_test {

using namespace parley;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

struct fixture : test::world {
  campaign_id spring = [this] {
    auto p = policy(1);
    p.breaker_minimum = 4;
    p.breaker_share = 50;
    p.breaker_window = 10min;
    return make_campaign(p);
  }();
  prospect_id ann = make_prospect(1, "+12025550111", {spring});
  uint64_t calls = 100;

  fixture() {
    REQUIRE(command(spring, campaign_action::launch)->value);
    advance(1s);
  }
  /// A call of the campaign is over, as its part hears it.
  void ended(disposition outcome) {
    ++calls;
    last_tells_its_end(outcome);
  }
  void last_tells_its_end(disposition outcome) {
    const call_id call{uuid{calls, calls}};
    order_to(entity::campaign_shard, spring, call_phase_changed{call, spring, ann, "ended", outcome});
  }
  void last_tells(const char* phase, uint64_t number) {
    const call_id call{uuid{number, number}};
    order_to(entity::campaign_shard, spring, call_phase_changed{call, spring, ann, phase, {}});
  }
  std::string reason() const {
    const auto settings = json::parse(store.campaigns.at(spring).settings);
    return settings.value("reason", std::string{});
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a campaign whose calls fail pauses itself and says why", "[campaign][breaker]") {
  ended(disposition::no_answer);
  ended(disposition::congestion);
  ended(disposition::meeting_booked);
  CHECK(status(spring) == campaign_status::running);
  ended(disposition::failed); // 2 of 4
  CHECK(status(spring) == campaign_status::paused);
  CHECK_THAT(reason(), Contains("2 of the last 4 calls"));
  CHECK_THAT(metrics.exposition(),
             Contains("parley_campaign_breaker_trips_total{campaign=\"" + store.campaigns.at(spring).name + "\"} 1"));
  // Nobody is dialled any more, wherever they wait.
  CHECK(ask<slot_grant>(context->pacer, slot_request{spring, {}, 1})->error == ec::wrong_state);
}

TEST_CASE_METHOD(fixture, "a campaign's figures are there at nought once it is launched",
                 "[campaign][breaker][metrics]") {
  // An increase is seen from a value on that was there before.
  const auto of_spring = "{campaign=\"" + store.campaigns.at(spring).name + "\"";
  CHECK_THAT(metrics.exposition(), Contains("parley_campaign_breaker_trips_total" + of_spring + "} 0\n")
                                     && Contains("parley_calls_total" + of_spring + ",disposition=\"failed\"} 0\n"));
}

TEST_CASE_METHOD(fixture, "calls that end after it paused itself do not pause it again", "[campaign][breaker]") {
  for (int i = 0; i < 8; ++i)
    ended(disposition::congestion);
  CHECK(status(spring) == campaign_status::paused);
  CHECK(store.count(spring, "status_changed") == 2);
}

TEST_CASE_METHOD(fixture, "a resumed campaign begins to count anew", "[campaign][breaker]") {
  for (int i = 0; i < 4; ++i)
    ended(disposition::congestion);
  REQUIRE(status(spring) == campaign_status::paused);
  advance(1h); // it does not resume by itself
  CHECK(status(spring) == campaign_status::paused);
  REQUIRE(command(spring, campaign_action::resume)->value);
  CHECK(reason().empty());
  for (int i = 0; i < 3; ++i)
    ended(disposition::congestion);
  CHECK(status(spring) == campaign_status::running);
  ended(disposition::congestion);
  CHECK(status(spring) == campaign_status::paused);
}

TEST_CASE_METHOD(fixture, "a call that is taken up after its end and tells it again counts once",
                 "[campaign][breaker]") {
  ended(disposition::congestion);
  for (int i = 0; i < 5; ++i)
    last_tells_its_end(disposition::congestion);
  CHECK(status(spring) == campaign_status::running);
  ended(disposition::congestion);
  ended(disposition::congestion);
  CHECK(status(spring) == campaign_status::running);
  ended(disposition::congestion); // the fourth
  CHECK(status(spring) == campaign_status::paused);
  CHECK_THAT(reason(), Contains("4 of the last 4 calls"));
}

TEST_CASE_METHOD(fixture, "a call that the carrier lost counts as failed at once, and once", "[campaign][breaker]") {
  for (int i = 0; i < 3; ++i) {
    last_tells("submitted", ++calls);
    last_tells("submission_unknown", calls);
    last_tells("submission_unknown", calls);
    last_tells_its_end(disposition::failed); // somebody has said what became of it
  }
  CHECK(status(spring) == campaign_status::running);
  last_tells("submitted", ++calls);
  last_tells("submission_unknown", calls);
  CHECK(status(spring) == campaign_status::paused);
  CHECK_THAT(reason(), Contains("4 of the last 4 calls"));
}

TEST_CASE_METHOD(fixture, "calls that were lost before a restart count no more", "[campaign][breaker]") {
  for (int i = 0; i < 8; ++i)
    last_tells("submission_unknown", ++calls); // as each does when it is taken up again
  CHECK(status(spring) == campaign_status::running);
}

TEST_CASE_METHOD(fixture, "what people do never trips the breaker", "[campaign][breaker]") {
  for (int i = 0; i < 20; ++i)
    ended(i % 2 ? disposition::not_interested : disposition::busy);
  CHECK(status(spring) == campaign_status::running);
}

} // namespace campaign_breaker_test
