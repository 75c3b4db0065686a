// Goal: what lives on another node is reached through the doors alone, nothing
// is taken for ours that is not, and without that node nothing is dialled.
// Method: real shards and pacer, the other node's door played by the test,
// every message over a wire, virtual time.
#include "actors/shard/shard.hpp"
#include "tests/actors/world.hpp"
#include "tests/support/filled.hpp"

#include <catch2/catch.hpp>

namespace opposite_door_test {

using namespace parley;
using namespace std::chrono_literals;

namespace {

/// What came through the other node's door.
struct other_node {
  std::vector<parley::tell> orders;
  std::vector<carrier_event> events;
  std::vector<steer_call> steered;
};

shard_door::behavior_type other_door(shard_door::pointer self, other_node* there) {
  guard(self);
  const auto never = []() -> caf::error { return ec::not_found; };
  return {
    [there](const carrier_event& x) { there->events.push_back(x); },
    [there](const parley::tell& x) { there->orders.push_back(x); },
    [never](const campaign_command&) -> caf::result<campaign_state> { return never(); },
    [never](const assign_manager&) -> caf::result<manager_assigned> { return never(); },
    [never](const find_slots&) -> caf::result<free_slots> { return never(); },
    [never](const hold_slot&) -> caf::result<slot_held> { return never(); },
    [never](const confirm_slot&) -> caf::result<slot_confirmed> { return never(); },
    [never](const move_meeting&) -> caf::result<meeting_changed> { return never(); },
    [never](const cancel_meeting&) -> caf::result<meeting_changed> { return never(); },
    [there](const steer_call& x) -> caf::result<call_steered> {
      there->steered.push_back(x);
      return test::filled<call_steered>();
    },
    [never](const suppress_line&) -> caf::result<line_settled> { return never(); },
    [](const retire_request&) {},
    [never](const inspect_state&) -> caf::result<inspected_state> { return never(); },
    [](opposite_atom, const caf::actor&) {},
    [](tick_atom) {},
  };
}

struct fixture : test::world {
  fixture() {
    there = sys.spawn(other_door, &heard);
    settle();
  }
  ~fixture() {
    for (const auto& x : {there, ours, hosting})
      if (x)
        gone(x);
  }
  /// Other timers go on, so it is not waited for them as `stop` would.
  void gone(const shard_door& door) {
    caf::anon_send_exit(door, caf::exit_reason::kill);
    settle();
  }
  /// A door behind which everything lives but calls.
  const shard_door& without_calls() {
    auto ctx = std::make_shared<node_context>(*context);
    ctx->elsewhere.set(static_cast<size_t>(entity::call));
    ours = sys.spawn(parley::shard, context_ptr{ctx}, uint16_t{0});
    settle();
    return ours;
  }
  void meet() {
    caf::anon_send(ours, opposite_atom::value, caf::actor_cast<caf::actor>(there));
    settle();
  }
  json inspect(const shard_door& door) { return json::parse(ask<inspected_state>(door, inspect_state{})->value->json); }

  other_node heard;
  shard_door there;
  shard_door ours;
  shard_door hosting;
  const call_id call{uuid{5, 0}};
  const line_id number{uuid{6, 0}};
};

} // namespace

TEST_CASE_METHOD(fixture, "orders and requests for calls go on to the node where calls live", "[shard]") {
  const auto& door = without_calls();
  meet();
  tell(door, parley::tell{{entity::call, call}, 0, end_call{call, true, "the campaign was stopped"}});
  REQUIRE(heard.orders.size() == 1);
  CHECK(heard.orders[0].to == entity_key{entity::call, call});
  CHECK(std::get<end_call>(heard.orders[0].what).reason == "the campaign was stopped");
  carrier_event event;
  event.call = call;
  event.sid = "CA1";
  tell(door, event);
  REQUIRE(heard.events.size() == 1);
  CHECK(heard.events[0].sid == "CA1");
  steer_call steer;
  steer.call = call;
  CHECK(ask<call_steered>(door, steer)->value);
  CHECK(heard.steered.size() == 1);
  CHECK(tree.count("call") == 0);
  // What lives here stays here.
  tell(door, parley::tell{{entity::line, number}, 0, suppress_line{number, "command", "asked", false}});
  CHECK(heard.orders.size() == 1);
  CHECK(ask<line_settled>(door, suppress_line{number, "command", "asked", false})->value);
  CHECK(tree.count("line") == 1);
}

TEST_CASE_METHOD(fixture, "while the node with the calls is away, orders are counted and requests refused", "[shard]") {
  const auto& door = without_calls();
  const parley::tell order{{entity::call, call}, 0, ask_call_end{call}};
  steer_call steer;
  steer.call = call;
  tell(door, order); // none has come yet
  CHECK(ask<call_steered>(door, steer)->error == ec::vendor_unavailable);
  CHECK(inspect(door)["orders_lost"] == 1);
  meet();
  tell(door, order);
  CHECK(heard.orders.size() == 1);
  gone(there);
  tell(door, order);
  CHECK(ask<call_steered>(door, steer)->error == ec::vendor_unavailable);
  CHECK(inspect(door)["orders_lost"] == 2);
  CHECK(tree.count("call") == 0); // nobody takes them up here instead
  // It comes back behind another door.
  there = sys.spawn(other_door, &heard);
  meet();
  tell(door, order);
  CHECK(heard.orders.size() == 2);
}

TEST_CASE_METHOD(fixture, "an order that comes back is not sent round again", "[shard]") {
  const auto& door = without_calls();
  meet();
  caf::send_as(caf::actor_cast<caf::actor>(there), caf::actor_cast<caf::actor>(door),
               parley::tell{{entity::call, call}, 0, ask_call_end{call}});
  settle();
  CHECK(heard.orders.empty());
  CHECK(inspect(door)["orders_lost"] == 1);
}

TEST_CASE_METHOD(fixture, "a door that only hosts calls begins nothing else", "[shard]") {
  const auto spring = make_campaign(1);
  store.campaigns.at(spring).status = campaign_status::running; // its own shard would wake it
  auto ctx = std::make_shared<node_context>(*context);
  ctx->elsewhere.set().reset(static_cast<size_t>(entity::call));
  ctx->opposite_doors = {there, there};
  const auto before = tree.count("campaign");
  hosting = sys.spawn(parley::shard, context_ptr{ctx}, shard_of(spring, shards));
  settle();
  advance(1s); // and its outbox is not its business
  CHECK(tree.count("campaign") == before);
  tell(hosting, parley::tell{{entity::line, number}, 0, suppress_line{number, "call", "asked", false}});
  CHECK(heard.orders.size() == 1);
  CHECK(tree.count("line") == 0);
  CHECK(ask<campaign_state>(hosting, campaign_command{spring, campaign_action::pause})->error == ec::not_found);
  tell(hosting, parley::tell{{entity::call, call}, 0, ask_call_end{call}});
  CHECK(heard.orders.size() == 1);
}

TEST_CASE_METHOD(test::actor_fixture, "without somebody to dial no slot is granted or used", "[pacer]") {
  pacer_settings limits;
  limits.calls_per_second = 1000;
  const pacer_actor pacer = sys.spawn(parley::pacer, context_ptr{context}, limits);
  const campaign_id spring{uuid{1, 1}};
  const auto granted = ask<slot_grant>(pacer, slot_request{spring, prospect_id{uuid{2, 1}}, 10});
  REQUIRE(granted->value);
  tell(pacer, open_dials{false});
  // Nobody can use it any more: it is free at once, not when its time is over.
  CHECK(json::parse(ask<inspected_state>(pacer, inspect_state{})->value->json).at("held") == 0);
  const auto waits = ask<slot_grant>(pacer, slot_request{spring, prospect_id{uuid{2, 2}}, 10});
  advance(1s);
  CHECK_FALSE(waits->value);
  CHECK_FALSE(waits->error); // it keeps its place
  CHECK(ask<slot_used>(pacer, use_slot{granted->value->slot, {}})->error == ec::slot_expired);
  tell(pacer, open_dials{true});
  advance(10ms);
  REQUIRE(waits->value);
  CHECK(ask<slot_used>(pacer, use_slot{waits->value->slot, {}})->value);
  tell(pacer, return_slot{waits->value->slot});
  stop(pacer);
}

} // namespace opposite_door_test
