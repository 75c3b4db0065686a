// Goal: held = granted - returned, by the journal: a slot that is out without
// an open call comes back, an open call without a slot gets its own again, and
// what is only under way is left alone. Method: the real pacer and audit over a
// store in memory, virtual time; slots are lost by hand.
#include "actors/pacer/slot_audit.hpp"

#include "actors/call/core.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

namespace slot_audit_test {

using namespace parley;
using namespace std::chrono_literals;

namespace {

struct fixture : test::world {
  checked_pacer_actor slots;
  slot_audit_actor audit;
  campaign_id spring{uuid{1, 1}};

  fixture() {
    slots = sys.spawn(parley::pacer, context_ptr{context}, limits);
    audit = sys.spawn(parley::slot_audit, context_ptr{context}, slots);
    settle();
  }
  slot_id dialled(bool known = true) {
    auto grant = ask<slot_grant>(slots, slot_request{spring, prospect_id{uuid{1, next++}}, 100});
    advance(10ms);
    REQUIRE(grant->value);
    REQUIRE(ask<slot_used>(slots, use_slot{grant->value->slot, {}})->value);
    tell(slots, slot_dialled{grant->value->slot, known});
    return grant->value->slot;
  }
  call_id open_call(slot_id slot, std::vector<calls::core::event> further = {}) {
    calls::call_intended e;
    e.call = call_id{uuid{7, (next++ << 16) | 1}};
    e.campaign = spring;
    e.prospect = prospect_id{uuid{8, 0x10001}};
    e.slot = slot;
    e.at = wall->now();
    std::vector<calls::core::event> events{e};
    events.insert(events.end(), further.begin(), further.end());
    append birth;
    birth.streams.push_back(aggregate<calls::core>::birth(e.call, stream_kind::call, events, wall->now(), birth.rows));
    store.write(birth);
    // The store in memory keeps what is asked of it; this one asks for rows.
    call_row row;
    row.id = e.call;
    row.campaign = spring;
    row.prospect = e.prospect;
    store.calls[e.call] = row;
    return e.call;
  }
  json state() { return json::parse(ask<inspected_state>(audit, inspect_state{})->value->json); }
  uint32_t held() { return json::parse(ask<inspected_state>(slots, inspect_state{})->value->json).at("held"); }
  bool shows(const std::string& line) const { return metrics.exposition().find(line + "\n") != std::string::npos; }
  uint64_t next = 1;
};

} // namespace

TEST_CASE_METHOD(fixture, "slots and open calls that agree are left alone", "[slots]") {
  open_call(dialled());
  open_call(dialled());
  advance(5min);
  CHECK(state().at("rounds") >= 9);
  CHECK(state().at("open") == 2);
  CHECK(held() == 2);
  CHECK(shows("parley_slots_leaked_total 0"));
  CHECK(shows("parley_slots_missing_total 0"));
  CHECK(shows("parley_slots_of_open_calls 2"));
}

TEST_CASE_METHOD(fixture, "a slot whose call is over comes back at the second look", "[slots]") {
  open_call(dialled());
  const auto over = open_call(dialled());
  store.calls.at(over).ended_at = wall->now(); // its return was lost with whoever sent it
  advance(31s);
  CHECK(held() == 2); // once may be a message that is on its way
  advance(30s);
  CHECK(held() == 1);
  CHECK(shows("parley_slots_leaked_total 1"));
  CHECK(shows("parley_slots_returned_total 1"));
  advance(5min);
  CHECK(shows("parley_slots_leaked_total 1"));
}

TEST_CASE_METHOD(fixture, "an open call without a slot has its own again", "[slots]") {
  const auto slot = dialled();
  open_call(slot);
  tell(slots, return_slot{slot});
  advance(31s);
  CHECK(held() == 0);
  advance(30s);
  CHECK(held() == 1);
  CHECK(shows("parley_slots_missing_total 1"));
  CHECK(shows("parley_slots_adopted_total 1"));
}

TEST_CASE_METHOD(fixture, "what the journal knows of a dial the pacer learns from it", "[slots]") {
  const bool named = GENERATE(true, false);
  CAPTURE(named);
  const auto slot = dialled(false);
  if (named)
    open_call(slot, {calls::call_submitted{"CA1", wall->now()}});
  else
    open_call(slot);
  advance(31s);
  const auto settled = ask<dials_settled>(slots, settle_dials{{slot}});
  REQUIRE(settled->value);
  CHECK(settled->value->unknown == (named ? 0 : 1));
}

TEST_CASE_METHOD(fixture, "a call that nobody knows the fate of holds no slot", "[slots]") {
  const auto slot = dialled();
  open_call(slot, {calls::submission_doubted{"no reply", wall->now()}, calls::submission_given_up{wall->now()}});
  tell(slots, return_slot{slot});
  advance(5min);
  CHECK(held() == 0);
  CHECK(shows("parley_slots_missing_total 0"));
}

TEST_CASE_METHOD(fixture, "what is granted and not dialled yet is nobody's leak", "[slots]") {
  context->settings.slot_check_interval = 1s;
  advance(31s); // the first round still has the interval of before
  auto grant = ask<slot_grant>(slots, slot_request{spring, prospect_id{uuid{1, 1}}, 100});
  advance(10ms);
  REQUIRE(grant->value);
  advance(15s); // the slot's expiry is 20 s
  CHECK(held() == 1);
  CHECK(state().at("rounds") >= 14);
  CHECK(shows("parley_slots_leaked_total 0"));
}

TEST_CASE_METHOD(fixture, "a journal that does not answer proves nothing", "[slots]") {
  dialled(); // no call in the store
  caf::anon_send_exit(context->journal, caf::exit_reason::kill);
  advance(5min);
  CHECK(held() == 1);
  CHECK(state().at("given_up") >= 9);
  CHECK(state().at("rounds") == 0);
}

} // namespace slot_audit_test
