// Goal: a door loses no order, starts again what fails, within a bound, and
// hands out what lies in the outbox. Method: real actors over a store in
// memory, virtual time.
#include "actors/shard/shard.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

namespace shard_test {

using namespace parley;
using namespace std::chrono_literals;
using test::fake_store;

namespace {

struct fixture : test::world {
  campaign_id spring = make_campaign(1);

  size_t killed(const std::string& kind) {
    size_t count = 0;
    for (const auto& [id, entry] : tree.snapshot())
      if (entry.kind == kind) {
        caf::anon_send_exit(caf::actor_cast<caf::actor>(entry.address), caf::exit_reason::kill);
        ++count;
      }
    settle();
    return count;
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "an order on its way keeps its receiver from being let go", "[shard]") {
  const auto number = context->hasher.line("+12025550111");
  order_to(entity::line, number, suppress_line{number, "command", "asked", false});
  REQUIRE(tree.count("line") == 1);
  const auto& door = inner[shard_of(number, shards)];
  // It asks to go and has not seen the order that the door hands to it at the
  // same time.
  caf::anon_send(door, parley::tell{{entity::line, number}, 0, suppress_line{number, "command", "mistake", true}});
  caf::anon_send(door, retire_request{{entity::line, number}, 1});
  settle();
  CHECK(tree.count("line") == 1);
  CHECK(store.count(number, "suppression_lifted") == 1);
  advance(10s); // it asks again
  CHECK(tree.count("line") == 0);
  // And back it comes with the next order.
  order_to(entity::line, number, suppress_line{number, "command", "again", false});
  CHECK(store.count(number, "line_suppressed") == 2);
}

TEST_CASE_METHOD(fixture, "whoever could not go at once goes later", "[shard]") {
  const auto number = context->hasher.line("+12025550111");
  store.decide = [](const append&) { return fake_store::fate::hold; };
  order_to(entity::line, number, suppress_line{number, "command", "asked", false});
  advance(5s); // its first wish to rest comes while the append is under way
  CHECK(tree.count("line") == 1);
  release();
  advance(10s);
  CHECK(tree.count("line") == 0);
}

TEST_CASE_METHOD(fixture, "what is told of a call that never was leaves nothing behind, whenever it comes", "[shard]") {
  for (uint64_t steps = 0; steps < 16; ++steps) {
    carrier_event event;
    event.call = call_id{uuid{77, steps << 16}};
    event.sid = "CA77";
    event.at = wall->now();
    event.what = call_status_event{carrier_status::completed, 0s, 0};
    const auto& door = inner[shard_of(event.call, shards)];
    caf::anon_send(door, event);
    for (uint64_t i = 0; i < steps; ++i)
      coordinator.try_run_once();
    caf::anon_send(door, event); // also while it asks to be let go
    settle();
    advance(3s);
    INFO(steps);
    CHECK_FALSE(store.streams.contains(event.call));
    CHECK(tree.count("call") == 0);
  }
}

TEST_CASE_METHOD(fixture, "a prospect that fails is woken again, its data failing for good is blocked", "[shard]") {
  const auto ann = make_prospect(1, "+12025550111", {spring});
  // Its stream cannot be read, so that each life of it ends at once.
  store.streams[ann] = {1, stream_kind::prospect, "no JSON", {}, {}};
  REQUIRE(command(spring, campaign_action::launch)->value);
  advance(1s);
  CHECK(enrolment(spring, ann).state == enrolment_state::blocked);
  CHECK(enrolment(spring, ann).reason.starts_with("failure"));
  CHECK(store.due.empty());
  CHECK(status(spring) == campaign_status::completed);
}

TEST_CASE_METHOD(fixture, "a store in trouble blocks nobody", "[shard]") {
  const auto ann = make_prospect(1, "+12025550111", {spring});
  store.decide = [](const append& x) {
    const bool prospect = !x.streams.empty() && x.streams.front().kind == stream_kind::prospect;
    return prospect ? fake_store::fate::refuse : fake_store::fate::commit;
  };
  REQUIRE(command(spring, campaign_action::launch)->value);
  advance(10s);
  CHECK(enrolment(spring, ann).state == enrolment_state::waiting);
  const auto tries = store.appends.size();
  advance(30s);
  CHECK(store.appends.size() == tries); // not in a circle
  store.decide = [](const append&) { return fake_store::fate::commit; };
  advance(1min);
  CHECK(begun().size() == 1);
}

TEST_CASE_METHOD(fixture, "a campaign that fails is started again, with a pause when it fails often", "[shard]") {
  make_prospect(1, "+12025550111", {spring});
  REQUIRE(command(spring, campaign_action::launch)->value);
  dialled(begun().front());
  for (int i = 0; i < 5; ++i) {
    REQUIRE(killed("campaign") == 1);
    CHECK(tree.count("campaign") == 1);
  }
  REQUIRE(killed("campaign") == 1);
  CHECK(tree.count("campaign") == 0);
  REQUIRE(command(spring, campaign_action::pause)->value); // an order asks for it
  CHECK(tree.count("campaign") == 1);
  const auto failed_lately = [&] {
    const auto state = ask<inspected_state>(inner[shard_of(spring, shards)], inspect_state{});
    return json::parse(state->value->json).at("failed_lately").get<int>();
  };
  CHECK(failed_lately() == 1);
  advance(61s);
  CHECK(failed_lately() == 0);
  REQUIRE(killed("campaign") == 1);
  CHECK(tree.count("campaign") == 1);
}

TEST_CASE_METHOD(fixture, "a line that fails asks for the call that it began", "[shard]") {
  make_prospect(1, "+12025550111", {spring});
  REQUIRE(command(spring, campaign_action::launch)->value);
  REQUIRE(begun().size() == 1);
  REQUIRE(killed("line") == 1);
  CHECK(tree.count("line") == 1);
}

TEST_CASE_METHOD(fixture, "what was given up is taken up again when its failures are forgotten", "[shard]") {
  make_prospect(1, "+12025550111", {spring});
  REQUIRE(command(spring, campaign_action::launch)->value);
  dialled(begun().front());
  const auto parts = tree.count("campaign_shard");
  REQUIRE(parts > 0);
  for (int i = 0; i < 6; ++i)
    REQUIRE(killed("campaign_shard") == parts);
  CHECK(tree.count("campaign_shard") == 0);
  advance(62s); // nobody else would ask for it
  CHECK(tree.count("campaign_shard") == parts);
}

TEST_CASE_METHOD(fixture, "a delivery that cannot be read is parked without a word of it", "[shard]") {
  const auto payload = GENERATE(R"({"key": "Ann Lee")", R"({"kind": "Ann Lee"})", R"({"at": "Ann Lee"})");
  CAPTURE(payload);
  outbox_row row;
  row.id = uuid{5, 5};
  row.kind = "crm_activity";
  row.payload = payload;
  store.outbox = {{row, 0}};
  advance(1s);
  REQUIRE(store.delivered.size() == 1);
  CHECK(store.delivered.front().result == delivery::parked);
  CHECK(store.delivered.front().detail.find("Ann") == std::string::npos);
}

TEST_CASE_METHOD(fixture, "an order of another epoch is refused", "[shard]") {
  const auto number = context->hasher.line("+12025550111");
  tell(context->door_of(number), parley::tell{{entity::line, number}, 7, suppress_line{number, "command", "x", false}});
  CHECK(tree.count("line") == 0);
}

TEST_CASE_METHOD(fixture, "an event of a call that nobody knows changes nothing and leaves nobody behind", "[shard]") {
  carrier_event stray;
  stray.call = call_id{uuid{77, 0x10001}};
  stray.sid = "CA9";
  stray.what = GENERATE(as<decltype(stray.what)>{}, call_status_event{carrier_status::in_progress, 0s, 0},
                        machine_detection_event{answered_by::human}, resume_requested_event{1});
  const auto appends = store.appends.size();
  caf::anon_send(inner[shard_of(stray.call, shards)], stray);
  settle();
  advance(10s);
  CHECK(tree.count("call") == 0);
  CHECK(store.appends.size() == appends);
}

} // namespace shard_test
