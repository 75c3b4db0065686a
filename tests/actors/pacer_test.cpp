// Goal: never more calls than the carrier allows, fair turns, no slot lost,
// and nothing dials after a campaign was closed. Method: virtual time.
#include "actors/pacer/pacer.hpp"

#include "runtime/registry.hpp"
#include "tests/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace std::chrono_literals;

namespace {

struct fixture : test::actor_fixture {
  pacer_settings limits;
  pacer_actor start() { return sys.spawn(parley::pacer, context_ptr{context}, limits); }
  campaign_id campaign(uint64_t n) { return campaign_id{uuid{n, n}}; }
  slot_request wants(uint64_t n, int32_t at_once = 100) { return {campaign(n), prospect_id{uuid{1, next++}}, at_once}; }
  uint64_t next = 1;
};

} // namespace

TEST_CASE_METHOD(fixture, "slots are spaced to the calls per second", "[pacer]") {
  limits.calls_per_second = 2;
  const auto pacer = start();
  const auto first = ask<slot_grant>(pacer, wants(1));
  const auto second = ask<slot_grant>(pacer, wants(1));
  CHECK(first->value);
  advance(499ms);
  CHECK_FALSE(second->value);
  advance(2ms);
  CHECK(second->value);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "no more calls at once than there are channels", "[pacer]") {
  limits.calls_per_second = 1000;
  limits.calls_at_once = 2;
  const auto pacer = start();
  const auto a = ask<slot_grant>(pacer, wants(1));
  const auto b = ask<slot_grant>(pacer, wants(1));
  advance(10ms);
  const auto c = ask<slot_grant>(pacer, wants(1));
  advance(10ms);
  REQUIRE(b->value);
  CHECK_FALSE(c->value);
  tell(pacer, return_slot{a->value->slot});
  tell(pacer, return_slot{a->value->slot}); // twice is harmless
  advance(10ms);
  CHECK(c->value);
  const auto d = ask<slot_grant>(pacer, wants(1));
  advance(10ms);
  CHECK_FALSE(d->value);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "campaigns take turns", "[pacer]") {
  limits.calls_per_second = 1;
  const auto pacer = start();
  std::vector<std::shared_ptr<test::answer<slot_grant>>> big;
  for (int i = 0; i < 10; ++i)
    big.push_back(ask<slot_grant>(pacer, wants(1)));
  const auto small = ask<slot_grant>(pacer, wants(2));
  advance(2s);
  CHECK(small->value); // not behind all ten
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "a campaign's own limit holds", "[pacer]") {
  limits.calls_per_second = 1000;
  const auto pacer = start();
  const auto a = ask<slot_grant>(pacer, wants(1, 1));
  const auto b = ask<slot_grant>(pacer, wants(1, 1));
  advance(1s);
  CHECK(a->value);
  CHECK_FALSE(b->value);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "a slot that nobody uses comes back by itself", "[pacer]") {
  limits.calls_per_second = 1000;
  limits.calls_at_once = 1;
  limits.slot_expiry = 5s;
  const auto pacer = start();
  const auto a = ask<slot_grant>(pacer, wants(1));
  const auto b = ask<slot_grant>(pacer, wants(1));
  advance(4s);
  CHECK_FALSE(b->value);
  advance(2s);
  CHECK(b->value);
  const auto late = ask<slot_used>(pacer, use_slot{a->value->slot, {}});
  CHECK(late->error == ec::slot_expired);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "closing a campaign revokes slots and waits for a dial under way", "[pacer]") {
  limits.calls_per_second = 1000;
  const auto pacer = start();
  const auto unused = ask<slot_grant>(pacer, wants(1));
  const auto used = ask<slot_grant>(pacer, wants(1));
  advance(10ms);
  REQUIRE(ask<slot_used>(pacer, use_slot{used->value->slot, {}})->value);
  const auto closed = ask<campaign_gated>(pacer, gate_campaign{campaign(1), false});
  CHECK_FALSE(closed->value); // the line may be committing its intent right now
  CHECK(ask<slot_used>(pacer, use_slot{unused->value->slot, {}})->error == ec::slot_expired);
  CHECK(ask<slot_grant>(pacer, wants(1))->error == ec::wrong_state);
  tell(pacer, slot_dialled{used->value->slot});
  CHECK(closed->value);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "slots of open calls count after a restart", "[pacer]") {
  limits.calls_per_second = 1000;
  limits.calls_at_once = 1;
  const auto pacer = start();
  const slot_id up{uuid{9, 9}};
  tell(pacer, adopt_slots{{up}, {campaign(1)}});
  const auto a = ask<slot_grant>(pacer, wants(1));
  advance(1min);
  CHECK_FALSE(a->value);
  tell(pacer, return_slot{up});
  advance(10ms);
  CHECK(a->value);
  stop(pacer);
}
