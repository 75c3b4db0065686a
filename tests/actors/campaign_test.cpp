// Goal: a campaign enrols everybody on its list, does what its manager says
// and answers them, completes when nobody is left, and pauses by itself when
// every call would fail. Method: real actors over a store in memory, virtual
// time; the test plays the calls.
#include "actors/shard/shard.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <array>

namespace campaign_test {

using namespace parley;
using namespace std::chrono_literals;
using test::fake_store;

namespace {

struct fixture : test::world {
  campaign_id spring = make_campaign(1);

  void launch() {
    REQUIRE(command(spring, campaign_action::launch)->value);
    advance(1s);
  }
  /// The next time for a call is a day away.
  void only_tomorrow() {
    time = [](const find_call_time& x) {
      call_time later;
      later.possible = true;
      later.at = x.from + 24h;
      later.until = x.from + 25h;
      return later;
    };
  }
  /// Takes a person through a call.
  void talk(disposition outcome) {
    REQUIRE_FALSE(begun().empty());
    const auto call = begun().back();
    dialled(call);
    end(call, outcome);
    advance(5s);
  }
};

manager_row manager(uint64_t n, const std::string& name, const std::string& owner = {}) {
  manager_row m;
  m.id = manager_id{uuid{n, n}};
  m.name = name;
  m.crm_owner_id = owner;
  return m;
}

} // namespace

TEST_CASE_METHOD(fixture, "a campaign calls everybody on its list and completes", "[campaign]") {
  const auto ann = make_prospect(1, "+12025550111", {spring});
  launch();
  REQUIRE(begun().size() == 1);
  CHECK(enrolment(spring, ann).state == enrolment_state::awake);
  talk(disposition::not_interested);
  CHECK(enrolment(spring, ann).state == enrolment_state::done);
  CHECK(status(spring) == campaign_status::completed);
}

TEST_CASE_METHOD(fixture, "an import while it runs is enrolled and called", "[campaign]") {
  make_prospect(1, "+12025550111", {spring});
  launch();
  const auto bob = make_prospect(2, "+12025550112", {spring});
  order_to(entity::campaign, spring, prospects_added{spring});
  advance(1s);
  CHECK(begun().size() == 2);
  CHECK(enrolment(spring, bob).attempts == 1);
}

TEST_CASE_METHOD(fixture, "who was blocked is called once the cause is gone and the campaign launched again",
                 "[campaign]") {
  const auto allowed = gate;
  gate = [](const gate_check&) {
    gate_answer out;
    out.verdict = dial_verdict::blocked;
    out.reason = "consent_missing";
    out.sentence = "There is no consent on record.";
    return out;
  };
  const auto ann = make_prospect(1, "+12025550111", {spring});
  const auto bob = make_prospect(2, "+12025550112", {spring});
  launch();
  REQUIRE(enrolment(spring, ann).state == enrolment_state::blocked);
  REQUIRE(status(spring) == campaign_status::completed);
  gate = allowed;
  launch(); // nothing has changed about them
  CHECK(begun().empty());
  CHECK(status(spring) == campaign_status::completed);
  store.reopenable = {ann};
  launch();
  REQUIRE(begun().size() == 1);
  CHECK(status(spring) == campaign_status::running);
  talk(disposition::not_interested);
  CHECK(enrolment(spring, ann).state == enrolment_state::done);
  CHECK(enrolment(spring, bob).state == enrolment_state::blocked);
  CHECK(status(spring) == campaign_status::completed);
}

TEST_CASE_METHOD(fixture, "many whose block may be gone are opened again a page at a time", "[campaign]") {
  gate = [](const gate_check&) {
    gate_answer out;
    out.verdict = dial_verdict::blocked;
    out.reason = "dnc_list_stale";
    return out;
  };
  for (uint64_t n = 1; n <= 250; ++n)
    store.reopenable.insert(make_prospect(n, "+12025550111", {spring})); // one number, so one shard
  launch();
  advance(1min);
  REQUIRE(status(spring) == campaign_status::completed);
  const auto decided = checks.size();
  CHECK(decided == 250);
  launch();
  advance(1min);
  CHECK(checks.size() == 2 * decided);
  CHECK(status(spring) == campaign_status::completed);
}

TEST_CASE_METHOD(fixture, "an import into a completed campaign waits for its launch", "[campaign]") {
  make_prospect(1, "+12025550111", {spring});
  launch();
  talk(disposition::not_interested);
  REQUIRE(status(spring) == campaign_status::completed);
  const auto bob = make_prospect(2, "+12025550112", {spring});
  order_to(entity::campaign, spring, prospects_added{spring});
  advance(10s);
  CHECK(status(spring) == campaign_status::completed);
  CHECK(enrolment(spring, bob).state == enrolment_state::listed);
  launch();
  CHECK(status(spring) == campaign_status::running); // the old reports say that nobody is left
  REQUIRE(begun().size() == 2);
  talk(disposition::not_interested);
  CHECK(enrolment(spring, bob).state == enrolment_state::done);
  CHECK(status(spring) == campaign_status::completed);
}

TEST_CASE_METHOD(fixture, "who is listed while the enrolling is under way is enrolled, too", "[campaign]") {
  make_prospect(1, "+12025550111", {spring});
  store.hold_enrolling = true;
  launch();
  const auto bob = make_prospect(2, "+12025550112", {spring});
  order_to(entity::campaign, spring, prospects_added{spring});
  store.hold_enrolling = false;
  release(); // answers as it was before Bob
  advance(1s);
  CHECK(enrolment(spring, bob).attempts == 1);
}

TEST_CASE_METHOD(fixture, "no more people are awake than there is work for; who rests makes room for the next",
                 "[campaign]") {
  auto p = policy(2);
  p.calls_at_once = 2;
  p.min_probability = 100; // whom research has seen, rests
  const auto autumn = make_campaign(p);
  std::array<size_t, shards> listed{};
  for (uint64_t n = 1; listed[0] + listed[1] < 20; ++n) {
    const auto phone = "+" + std::to_string(12025550200 + n);
    if (auto& here = listed.at(shard_of(context->hasher.line(phone), shards)); here < 10) {
      ++here;
      make_prospect(n, phone, {autumn});
    }
  }
  hold_crm = true;
  REQUIRE(command(autumn, campaign_action::launch)->value);
  advance(1s);
  constexpr size_t window = 4; // of each part: twice its share of the calls, and two more
  CHECK(store.due.size() == 20);
  CHECK(tree.count("prospect") == shards * window);
  REQUIRE(crm_asked.size() == shards * window);
  for (size_t i = 0; i < 3; ++i)
    answer_crm(i, {});
  advance(10s);
  CHECK(store.due.size() == 17);
  CHECK(tree.count("prospect") == shards * window);
  CHECK(crm_asked.size() == shards * window + 3);
  CHECK(status(autumn) == campaign_status::running);
}

TEST_CASE_METHOD(fixture, "a report that has not heard of the current orders completes nothing", "[campaign]") {
  hold_crm = true;
  make_prospect(1, "+12025550111", {spring});
  launch();
  const auto round_now = [&] {
    uint64_t round = 0;
    for (const auto& x : told)
      if (const auto* orders = std::get_if<shard_orders>(&x.what))
        round = orders->round;
    return round;
  };
  const auto old = round_now();
  store.hold_enrolling = true;
  order_to(entity::campaign, spring, prospects_added{spring});
  REQUIRE(round_now() > old);
  const auto nobody_left = [&](uint64_t round) {
    for (uint16_t shard = 0; shard < shards; ++shard)
      order_to(entity::campaign, spring, shard_progress{spring, shard, 0, 0, 0, 0, false, round});
  };
  nobody_left(old);
  CHECK(status(spring) == campaign_status::running);
  nobody_left(round_now());
  CHECK(status(spring) == campaign_status::completed);
}

TEST_CASE_METHOD(fixture, "a campaign does not complete before its sleepers were counted", "[campaign]") {
  const auto ann = make_prospect(1, "+12025550111", {spring});
  only_tomorrow();
  launch();
  REQUIRE(enrolment(spring, ann).state == enrolment_state::waiting);
  store.hold_due = true; // as a node does that was started again
  REQUIRE(command(spring, campaign_action::pause)->value);
  REQUIRE(command(spring, campaign_action::resume)->value);
  for (const auto& [id, entry] : tree.snapshot())
    if (entry.kind == "campaign_shard")
      caf::anon_send_exit(caf::actor_cast<caf::actor>(entry.address), caf::exit_reason::kill);
  advance(5s);
  REQUIRE(store.due_asked.size() >= shards); // everybody is enrolled, and asks who sleeps
  // A call of another one is over, which every part reports.
  for (uint16_t shard = 0; shard < shards; ++shard)
    tell(context->doors[shard],
         parley::tell{{entity::campaign_shard, spring},
                      0,
                      call_phase_changed{call_id{uuid{4, shard}}, spring, {}, "ended", disposition::busy}});
  CHECK(status(spring) == campaign_status::running);
  store.hold_due = false;
  release();
  advance(1s);
  CHECK(status(spring) == campaign_status::running);
}

TEST_CASE_METHOD(fixture, "a pause while it enrols loses nobody", "[campaign]") {
  constexpr uint64_t people = 2500; // two full batches and a rest
  for (uint64_t n = 1; n <= people; ++n) {
    prospect_row x;
    x.id = prospect_id{uuid{n, n << 16}}; // all in one shard
    x.phone = "+12025550111";
    store.prospects[x.id] = x;
    list(x.id, spring);
  }
  only_tomorrow();
  store.hold_enrolling = true;
  REQUIRE(command(spring, campaign_action::launch)->value);
  REQUIRE(command(spring, campaign_action::pause)->value);
  store.hold_enrolling = false;
  release(); // the first full batch, after the pause
  advance(1s);
  CHECK(store.due.size() == 1000);
  REQUIRE(command(spring, campaign_action::resume)->value);
  advance(1s);
  CHECK(store.due.size() == people);
}

TEST_CASE_METHOD(fixture, "each command gets its own answer, whatever overtakes it", "[campaign]") {
  make_prospect(1, "+12025550111", {spring});
  store.decide = [](const append& x) { // the line's append stays under way
    return !x.streams.empty() && x.streams.front().kind == stream_kind::line ? fake_store::fate::hold
                                                                             : fake_store::fate::commit;
  };
  launch();
  const auto paused = command(spring, campaign_action::pause);
  CHECK_FALSE(paused->value); // a dial may still happen
  const auto refused = command(spring, campaign_action::launch);
  CHECK(refused->value->status == campaign_status::running);
  REQUIRE(paused->value); // overtaken, and told so
  CHECK(paused->value->status == campaign_status::running);
  const auto again = command(spring, campaign_action::pause);
  CHECK_FALSE(again->value);
  store.decide = [](const append&) { return fake_store::fate::commit; };
  release();
  advance(1s);
  CHECK_FALSE(again->value); // begun, not handed to the carrier yet
  dialled(begun().at(0));
  REQUIRE(again->value);
  CHECK(again->value->status == campaign_status::paused);
}

TEST_CASE_METHOD(fixture, "a pause is answered also when the call never says that it dialled", "[campaign]") {
  make_prospect(1, "+12025550111", {spring});
  launch();
  REQUIRE(begun().size() == 1);
  const auto paused = command(spring, campaign_action::pause);
  CHECK_FALSE(paused->value);
  advance(36s); // two appends and a dial at their limits
  CHECK(paused->value);
}

TEST_CASE_METHOD(fixture, "trouble at the carrier pauses a running campaign and keeps the reason", "[campaign]") {
  const campaign_trouble trouble{spring, "The carrier's account is suspended."};
  order_to(entity::campaign, spring, trouble);
  CHECK(status(spring) == campaign_status::draft);
  make_prospect(1, "+12025550111", {spring});
  launch();
  order_to(entity::campaign, spring, trouble);
  order_to(entity::campaign, spring, trouble); // each call tells it
  CHECK(status(spring) == campaign_status::paused);
  CHECK(store.count(spring, "status_changed") == 2);
  CHECK(json::parse(store.campaigns.at(spring).settings).at("reason") == trouble.reason);
  CHECK(ask<slot_grant>(context->pacer, slot_request{spring, {}, 1})->error == ec::wrong_state);
  const auto resumed = command(spring, campaign_action::resume);
  REQUIRE(resumed->value);
  CHECK(resumed->value->reason.empty());
  order_to(entity::campaign, spring, trouble);
  const auto paused = command(spring, campaign_action::pause);
  dialled(begun().at(0));
  REQUIRE(paused->value);
  CHECK(paused->value->reason == trouble.reason);
}

TEST_CASE_METHOD(fixture, "account managers take turns, also after a restart", "[campaign]") {
  auto p = policy(2);
  p.managers = {"Zoe", to_string(uuid{1, 1})};
  const auto autumn = make_campaign(p);
  store.managers = {manager(1, "Adam"), manager(2, "Zoe", "owner-z"), manager(3, "Not ours", "owner-n")};
  const auto turn = [&](const std::string& owner = {}) {
    const auto got = ask<manager_assigned>(context->door_of(autumn), assign_manager{autumn, owner});
    REQUIRE(got->value);
    return got->value->manager.name;
  };
  CHECK(turn() == "Zoe"); // as the policy names them
  CHECK(turn() == "Adam");
  CHECK(turn() == "Zoe");
  CHECK(turn("owner-z") == "Zoe");  // the person's own, who so uses up no turn
  CHECK(turn("owner-n") == "Adam"); // not one of the campaign's
  // Another node takes the shard over.
  inner[shard_of(autumn, shards)] = sys.spawn(shard, context_ptr{context}, shard_of(autumn, shards));
  CHECK(turn() == "Zoe");
  CHECK(store.count(autumn, "manager_taken") == 5);
}

TEST_CASE_METHOD(fixture, "no account manager is an error, and so is no campaign", "[campaign]") {
  CHECK(ask<manager_assigned>(context->door_of(spring), assign_manager{spring, {}})->error == ec::not_found);
  store.managers = {manager(1, "Adam")};
  CHECK(ask<manager_assigned>(context->door_of(spring), assign_manager{spring, {}})->value);
  const campaign_id none{uuid{77, 77}};
  CHECK(ask<manager_assigned>(context->door_of(none), assign_manager{none, {}})->error == ec::not_found);
}

TEST_CASE_METHOD(fixture, "the manager in turn is told when the turn is stored, not before", "[campaign]") {
  store.managers = {manager(1, "Adam"), manager(2, "Zoe")};
  store.decide = [](const append&) { return fake_store::fate::hold; };
  const auto got = ask<manager_assigned>(context->door_of(spring), assign_manager{spring, {}});
  CHECK_FALSE(got->value);
  release();
  settle();
  CHECK(got->value);
}

TEST_CASE_METHOD(fixture, "a part that was started anew is given its orders again", "[campaign]") {
  make_prospect(1, "+12025550111", {spring});
  launch();
  for (const auto& [id, entry] : tree.snapshot())
    if (entry.kind == "campaign_shard")
      caf::anon_send_exit(caf::actor_cast<caf::actor>(entry.address), caf::exit_reason::kill);
  advance(5s);
  make_prospect(2, "+12025550112", {spring});
  make_prospect(3, "+12025550113", {spring});
  order_to(entity::campaign, spring, prospects_added{spring});
  advance(5s);
  CHECK(begun().size() == 3);
}

} // namespace campaign_test
