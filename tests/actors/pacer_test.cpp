// Goal: never more calls than the carrier allows, fair turns, no slot lost,
// and nothing dials after a campaign was closed. Method: virtual time.
#include "actors/pacer/pacer.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"
#include "tests/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>

namespace pacer_test {

using namespace parley;
using namespace std::chrono_literals;

namespace {

struct fixture : test::actor_fixture {
  pacer_settings limits;
  pacer_actor start() { return sys.spawn(parley::pacer, context_ptr{context}, limits); }
  campaign_id campaign(uint64_t n) { return campaign_id{uuid{n, n}}; }
  slot_request wants(uint64_t n, int32_t at_once = 100) { return {campaign(n), prospect_id{uuid{1, next++}}, at_once}; }
  /// Asked of a dial whose time is over: the answer comes at once.
  uint32_t unknown(const pacer_actor& pacer, std::vector<slot_id> slots = {}) {
    const auto settled = ask<dials_settled>(pacer, settle_dials{std::move(slots)});
    REQUIRE(settled->value);
    return settled->value->unknown;
  }
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

TEST_CASE_METHOD(fixture, "dials are settled when it is known what became of each that could begin", "[pacer]") {
  limits.calls_per_second = 1000;
  const auto pacer = start();
  tell(pacer, adopt_slots{{held_slot{slot_id{uuid{9, 9}}, campaign(1), true}}});
  CHECK(ask<dials_settled>(pacer, settle_dials{})->value);
  const auto unused = ask<slot_grant>(pacer, wants(1));
  const auto used = ask<slot_grant>(pacer, wants(1));
  advance(10ms);
  const auto waits = ask<dials_settled>(pacer, settle_dials{});
  const auto first = ask<dials_settled>(pacer, settle_dials{{used->value->slot}});
  const auto later
    = ask<slot_grant>(pacer, wants(1)); // granted afterwards: who reads the lists for it sees the new one
  REQUIRE(ask<slot_used>(pacer, use_slot{used->value->slot, {}})->value);
  REQUIRE(ask<slot_used>(pacer, use_slot{unused->value->slot, {}})->value);
  CHECK_FALSE(waits->value);
  CHECK_FALSE(first->value);
  tell(pacer, slot_dialled{used->value->slot});
  CHECK(first->value);
  CHECK_FALSE(waits->value); // the other one was granted when it was asked, and is under way by now
  tell(pacer, return_slot{unused->value->slot});
  REQUIRE(waits->value);
  CHECK(waits->value->unknown == 0);
  CHECK(later->value);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "a dial of which nobody knows is settled when its time is over, and not before", "[pacer]") {
  const bool told = GENERATE(true, false); // that nobody knows
  CAPTURE(told);
  limits.slot_expiry = 20s;
  const auto pacer = start();
  const auto used = ask<slot_grant>(pacer, wants(1));
  REQUIRE(ask<slot_used>(pacer, use_slot{used->value->slot, {}})->value);
  const auto waits = ask<dials_settled>(pacer, settle_dials{});
  advance(15s);
  if (told)
    tell(pacer, slot_dialled{used->value->slot, false});
  advance(5s); // the adapter may have written it at the last instant
  CHECK_FALSE(waits->value);
  advance(1s);
  REQUIRE(waits->value);
  CHECK(waits->value->unknown == 1);
  // Whoever asks later is told the same, until somebody knows.
  CHECK(unknown(pacer) == 1);
  CHECK(unknown(pacer, {used->value->slot}) == 1);
  tell(pacer, slot_dialled{used->value->slot});
  CHECK(unknown(pacer) == 0);
  CHECK(unknown(pacer, {used->value->slot}) == 0);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "a slot of a call that is believed to be up, and is not out, is not known", "[pacer]") {
  const auto pacer = start();
  const slot_id slot{uuid{9, 9}};
  CHECK(unknown(pacer, {slot}) == 1);
  CHECK(unknown(pacer) == 0);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "a dial of another life of the node is open until its call knows, or its time is over",
                 "[pacer]") {
  limits.slot_expiry = 20s;
  const auto pacer = start();
  const slot_id slot{uuid{9, 9}};
  tell(pacer, adopt_slots{{held_slot{slot, campaign(1)}}});
  const auto waits = ask<dials_settled>(pacer, settle_dials{});
  advance(20s); // the longest that a slot is good
  CHECK_FALSE(waits->value);
  SECTION("nobody says") {
    advance(1s);
    REQUIRE(waits->value);
    CHECK(waits->value->unknown == 1);
    CHECK(unknown(pacer, {slot}) == 1);
    tell(pacer, adopt_slots{{held_slot{slot, campaign(1), true}}}); // somebody does after all
    CHECK(unknown(pacer, {slot}) == 0);
  }
  SECTION("its call was taken up again") {
    tell(pacer, slot_dialled{slot});
    REQUIRE(waits->value);
    CHECK(waits->value->unknown == 0);
  }
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "what the journal's open calls say of a dial settles it at once", "[pacer]") {
  const auto pacer = sys.spawn(parley::pacer, context_ptr{context}, limits);
  const slot_id slot{uuid{9, 9}};
  tell(pacer, adopt_slots{{held_slot{slot, campaign(1)}}});
  const auto waits = ask<dials_settled>(pacer, settle_dials{});
  const auto closed = ask<campaign_gated>(pacer, gate_campaign{campaign(1), false});
  ask<slots_checked>(pacer, check_slots{{held_slot{slot, campaign(1), false}}});
  CHECK_FALSE(waits->value);
  CHECK_FALSE(closed->value);
  ask<slots_checked>(pacer, check_slots{{held_slot{slot, campaign(1), true}}});
  REQUIRE(waits->value);
  CHECK(waits->value->unknown == 0);
  CHECK(closed->value);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "closing a campaign waits for a dial of which nobody knows until its time is over",
                 "[pacer]") {
  limits.slot_expiry = 20s;
  const auto pacer = start();
  const auto used = ask<slot_grant>(pacer, wants(1));
  REQUIRE(ask<slot_used>(pacer, use_slot{used->value->slot, {}})->value);
  const bool closed_first = GENERATE(true, false); // before the carrier's answer was given up
  CAPTURE(closed_first);
  auto closed = closed_first ? ask<campaign_gated>(pacer, gate_campaign{campaign(1), false}) : nullptr;
  advance(15s);
  tell(pacer, slot_dialled{used->value->slot, false});
  if (!closed_first)
    closed = ask<campaign_gated>(pacer, gate_campaign{campaign(1), false});
  advance(5s); // the adapter may have written it at the last instant
  CHECK_FALSE(closed->value);
  advance(1s);
  REQUIRE(closed->value);
  CHECK_FALSE(closed->value->open);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "slots of open calls count after a restart", "[pacer]") {
  limits.calls_per_second = 1000;
  limits.calls_at_once = 1;
  const auto pacer = start();
  const slot_id up{uuid{9, 9}};
  tell(pacer, adopt_slots{{held_slot{up, campaign(1), true}}});
  const auto a = ask<slot_grant>(pacer, wants(1));
  advance(1min);
  CHECK_FALSE(a->value);
  tell(pacer, return_slot{up});
  advance(10ms);
  CHECK(a->value);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "a slot that was used and never dialled comes back, and the closing is answered", "[pacer]") {
  limits.calls_per_second = 1000;
  limits.calls_at_once = 1;
  const auto pacer = start();
  const auto used = ask<slot_grant>(pacer, wants(1));
  REQUIRE(ask<slot_used>(pacer, use_slot{used->value->slot, {}})->value);
  const auto closed = ask<campaign_gated>(pacer, gate_campaign{campaign(1), false});
  const auto next = ask<slot_grant>(pacer, wants(2));
  // Two appends and a dial at their limits, or one at the last instant: until then the
  // carrier may hear of it.
  const auto limit = std::max<std::chrono::milliseconds>(context->settings.dial_limit(),
                                                         limits.slot_expiry + 1s + context->settings.dial_timeout);
  advance(limit - 1s);
  CHECK_FALSE(closed->value);
  CHECK_FALSE(next->value);
  advance(2s);
  CHECK(closed->value);
  CHECK(next->value);
  tell(pacer, slot_dialled{used->value->slot}); // late, and harmless
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "opening answers whoever waits for the closing", "[pacer]") {
  const auto pacer = start();
  const auto used = ask<slot_grant>(pacer, wants(1));
  REQUIRE(ask<slot_used>(pacer, use_slot{used->value->slot, {}})->value);
  const auto closed = ask<campaign_gated>(pacer, gate_campaign{campaign(1), false});
  CHECK_FALSE(closed->value);
  const auto opened = ask<campaign_gated>(pacer, gate_campaign{campaign(1), true});
  REQUIRE(closed->value);
  CHECK(closed->value->open); // overtaken, and told so
  CHECK(opened->value->open);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "who asks again has one place, the old one", "[pacer]") {
  limits.calls_per_second = 1;
  const auto pacer = start();
  ask<slot_grant>(pacer, wants(1)); // takes the first start
  const auto mine = wants(1);
  const auto first = ask<slot_grant>(pacer, mine);
  const auto other = ask<slot_grant>(pacer, wants(1));
  const auto second = ask<slot_grant>(pacer, mine);
  CHECK(first->error == ec::abandoned);
  advance(1s + 1ms);
  CHECK(second->value);
  CHECK_FALSE(other->value);
  advance(1s);
  CHECK(other->value);
  advance(5s);
  const auto held = json::parse(ask<inspected_state>(pacer, inspect_state{})->value->json);
  CHECK(held.at("held") == 3);
  CHECK(held.at("waiting") == 0);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "a request that nobody waits for any longer takes no slot", "[pacer]") {
  limits.calls_per_second = 1000;
  limits.calls_at_once = 1;
  const auto pacer = start();
  const auto up = ask<slot_grant>(pacer, wants(1));
  tell(pacer, slot_dialled{up->value->slot});
  auto impatient = wants(1);
  impatient.patience = 2s;
  const auto gone = ask<slot_grant>(pacer, impatient);
  const auto waits = ask<slot_grant>(pacer, wants(1));
  advance(3s);
  tell(pacer, return_slot{up->value->slot});
  advance(10ms);
  CHECK(gone->error == ec::abandoned);
  CHECK(waits->value);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "nothing is granted while the carrier wants a pause", "[pacer]") {
  limits.calls_per_second = 1000;
  const auto pacer = start();
  tell(pacer, hold_dials{10s});
  tell(pacer, hold_dials{3s}); // the longer one counts
  const auto a = ask<slot_grant>(pacer, wants(1));
  advance(9s);
  CHECK_FALSE(a->value);
  advance(1s + 1ms);
  CHECK(a->value);
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "a carrier that goes on refusing is left alone for longer each time, to a limit", "[pacer]") {
  limits.calls_per_second = 1000;
  limits.refusal_pause_max = 5s;
  const auto pacer = start();
  // How long nothing is granted after a refusal now, to a tenth of a second.
  const auto held_for = [&](std::chrono::milliseconds asked) {
    tell(pacer, hold_dials{asked});
    tell(pacer, hold_dials{asked}); // of a dial that was under way
    const auto next = ask<slot_grant>(pacer, wants(1));
    auto waited = 0ms;
    for (; !next->value && waited < 1min; waited += 100ms)
      advance(100ms);
    REQUIRE(next->value);
    tell(pacer, return_slot{next->value->slot});
    return waited;
  };
  const auto about = [](std::chrono::milliseconds x, std::chrono::milliseconds expected) {
    CAPTURE(x.count(), expected.count());
    return x >= expected && x <= expected + 200ms;
  };
  CHECK(about(held_for(1s), 1s));
  CHECK(about(held_for(1s), 2s));
  CHECK(about(held_for(1s), 4s));
  CHECK(about(held_for(1s), 5s)); // the limit
  CHECK(about(held_for(1s), 5s));
  CHECK(about(held_for(20s), 20s)); // the carrier's own wish counts, if longer
  advance(10min);
  CHECK(about(held_for(1s), 1s)); // all was well for long: the first one again
  stop(pacer);
}

TEST_CASE_METHOD(fixture, "the same seed makes the same slots, but for the time in them", "[pacer]") {
  const auto one = start();
  const auto a = ask<slot_grant>(one, wants(1));
  stop(one);
  const auto two = start();
  const auto b = ask<slot_grant>(two, wants(1));
  stop(two);
  REQUIRE(a->value);
  REQUIRE(b->value);
  CHECK(a->value->slot.low == b->value->slot.low);
  CHECK(a->value->slot != b->value->slot);
}

} // namespace pacer_test
