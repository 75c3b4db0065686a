// Goal: a dial whose fate nobody knows is looked for, left to an operator when
// the carrier cannot be asked, and never dialled again. Method: the real call
// actor in virtual time; the carrier is played by the test, and a call that was
// dead in between is taken up from its journal.
#include "tests/actors/call_scene.hpp"

namespace call_doubt_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::call_scene;

namespace {

struct doubt : call_scene {
  doubt() {
    p.dial_answer.outcome = submission::unknown;
    p.dial_answer.sid.clear();
    p.dial_answer.reason = "no reply";
    p.list_fails = true;
    p.shown.status = carrier_status::no_answer;
    p.shown.direction = "outbound-api";
    p.shown.created = wall->now();
  }
  void dies() {
    caf::anon_send_exit(call, caf::exit_reason::kill);
    settle();
  }
  void comes_back() {
    begin();
    advance(2s);
  }
  size_t unresolved_told() const {
    return static_cast<size_t>(std::count_if(told.begin(), told.end(), [](const auto& x) {
      return std::holds_alternative<call_unresolved>(x.what);
    }));
  }
  std::string phase() const { return state_of(id).at("phase"); }
  auto resolve(call_order how) { return ask<call_steered>(call, steer_call{id, how, "looked it up"}); }
  bool gauge_says(const std::string& value) const {
    return metrics.exposition().find("parley_calls_unresolved{campaign=\"campaign 1\"} " + value + "\n")
           != std::string::npos;
  }
};

} // namespace

TEST_CASE_METHOD(doubt, "a carrier that cannot be asked leaves the call to an operator", "[call][doubt]") {
  dial();
  advance(25min);
  CHECK(phase() == "unknown");
  CHECK(unresolved_told() == 0);
  advance(10min);
  CHECK(phase() == "submission_unknown");
  CHECK(unresolved_told() == 1);
  CHECK(gauge_says("1"));
  CHECK(outcome() == "none"); // no end yet
  advance(2h);
  CHECK(phase() == "submission_unknown");
  CHECK(p.dials.size() == 1);
  tell(call, ask_call_end{id}); // the prospect wakes and asks
  CHECK(unresolved_told() == 2);
}

TEST_CASE_METHOD(doubt, "an operator's word is taken once, and answered when it is stored", "[call][doubt]") {
  dial();
  const auto early = resolve(call_order::resolve_not_placed);
  CHECK(early->error == ec::wrong_state);
  advance(35min);
  const auto answer = resolve(call_order::resolve_not_placed);
  REQUIRE(answer->value);
  CHECK_THAT(answer->value->sentence, Catch::Contains("may be repeated"));
  CHECK(resolve(call_order::resolve_placed)->error == ec::wrong_state);
  advance(3s);
  CHECK(outcome() == "congestion");
  CHECK(state_of(id).at("created") == false);
  CHECK(gauge_says("0"));
  CHECK(p.dials.size() == 1); // the attempt is repeated by the prospect, not by this call
}

TEST_CASE_METHOD(doubt, "a placed call ends with what the carrier tells", "[call][doubt]") {
  dial();
  advance(35min);
  SECTION("when it can be asked") {
    p.list_fails = false;
    p.listed = {p.shown};
    REQUIRE(resolve(call_order::resolve_placed)->value);
    advance(3s);
    CHECK(outcome() == "no_answer");
  }
  SECTION("as unreachable when it cannot") {
    REQUIRE(resolve(call_order::resolve_placed)->value);
    advance(3s);
    CHECK(outcome() == "congestion");
  }
  CHECK(state_of(id).at("created") == true);
  CHECK(p.dials.size() == 1);
}

TEST_CASE_METHOD(doubt, "a late webhook resolves it: what rings is hung up", "[call][doubt]") {
  dial();
  advance(35min);
  p.shown.status = carrier_status::ringing;
  says(carrier_status::ringing);
  REQUIRE(p.ends.size() >= 1);
  says(carrier_status::canceled);
  advance(3s);
  CHECK(outcome() == "canceled");
  CHECK(gauge_says("0"));
}

TEST_CASE_METHOD(doubt, "while the inbox cannot be read, no list proves that the carrier never had it",
                 "[call][doubt]") {
  p.list_fails = false; // complete, and without the call
  store.inbox_readable = false;
  dial();
  advance(25min);
  CHECK(phase() == "unknown");
  CHECK(store.count(id, calls::absence_seen::type) == 0);
  store.inbox_readable = true;
  advance(15min);
  CHECK(store.count(id, calls::absence_seen::type) > 0);
  CHECK(p.dials.size() == 1);
}

TEST_CASE_METHOD(doubt, "a list that cannot be told apart from earlier calls is no list", "[call][doubt]") {
  p.list_fails = false;
  p.listed = {p.shown}; // ours, or that of another attempt
  store.sids_readable = false;
  dial();
  advance(25min);
  CHECK(phase() == "unknown");
  CHECK(outcome() == "none");
  SECTION("until it can be") {
    store.sids_readable = true;
    advance(3min);
    CHECK(outcome() == "no_answer");
  }
  SECTION("and for three graces it leaves the call to an operator") {
    advance(10min);
    CHECK(phase() == "submission_unknown");
  }
  CHECK(p.dials.size() == 1);
}

TEST_CASE_METHOD(doubt, "a late list resolves it", "[call][doubt]") {
  dial();
  advance(35min);
  REQUIRE(phase() == "submission_unknown");
  p.list_fails = false;
  p.listed = {p.shown};
  advance(15min); // asked every ten minutes
  CHECK(outcome() == "no_answer");
}

TEST_CASE_METHOD(call_scene, "a call that the carrier forgot does not stay open for ever", "[call][doubt]") {
  dial();
  REQUIRE(state_of(id).at("sid") == "CA1");
  p.sid_unknown = true;
  advance(5min);
  CHECK(outcome() == "none");
  advance(20min);
  CHECK(outcome() == "congestion");
  CHECK(p.dials.size() == 1);
}

TEST_CASE_METHOD(doubt, "an unresolved call outlives its node and still waits", "[call][doubt]") {
  dial();
  advance(35min);
  dies();
  CHECK(gauge_says("0")); // shown by the node that has it
  comes_back();
  CHECK(gauge_says("1"));
  CHECK(phase() == "submission_unknown");
  CHECK(p.dials.size() == 1);
  CHECK(unresolved_told() == 2); // the prospect may have missed it
  REQUIRE(resolve(call_order::resolve_not_placed)->value);
  advance(3s);
  CHECK(outcome() == "congestion");
}

TEST_CASE_METHOD(doubt, "wherever the node dies while it doubts, nobody is dialled again", "[call][doubt]") {
  dial();
  for (int death = 0; death < 12; ++death) {
    advance(4min);
    dies();
    comes_back();
  }
  CHECK(p.dials.size() == 1);
  CHECK(phase() == "submission_unknown"); // 48 minutes without an answer
}

TEST_CASE_METHOD(doubt, "a node that was away for long looks before it gives up", "[call][doubt]") {
  dial();
  advance(1s);
  dies();
  advance(2h);
  p.list_fails = false;
  p.listed = {p.shown};
  comes_back();
  advance(3s);
  CHECK(outcome() == "no_answer");
  CHECK(p.dials.size() == 1);
}

TEST_CASE_METHOD(call_scene, "an answer that comes after everybody stopped waiting still tells the SID",
                 "[call][doubt]") {
  p.dial_takes = context->settings.dial_timeout + 5s;
  dial();
  advance(context->settings.dial_timeout + 1s);
  CHECK(state_of(id).at("phase") == "unknown"); // and evidence is sought already
  advance(5s);
  CHECK(state_of(id).at("phase") == "submitted");
  CHECK(state_of(id).at("sid") == "CA1");
  says(carrier_status::no_answer);
  advance(3s);
  CHECK(outcome() == "no_answer");
  CHECK(p.dials.size() == 1);
}

TEST_CASE_METHOD(doubt, "a call that shows itself while its end is being stored is not closed", "[call][doubt]") {
  p.list_fails = false; // complete, and empty
  dial();
  advance(1s);
  dies();
  store.hold_meetings = true;
  comes_back();
  for (auto waited = 0s; waited < 12min && state_of(id).at("ended_at").is_null(); waited += 1s)
    advance(1s);
  REQUIRE_FALSE(state_of(id).at("ended_at").is_null()); // the second list: never created
  advance(1s);
  REQUIRE(outcome() == "none"); // its meetings are looked up before it is closed
  p.shown.status = carrier_status::in_progress;
  SECTION("by a status") {
    says(carrier_status::in_progress);
  }
  SECTION("by anything else with a SID") {
    tells(machine_detection_event{answered_by::human});
  }
  store.hold_meetings = false;
  release();
  advance(5s);
  CHECK(outcome() == "none");
  CHECK(state_of(id).at("created") == true);
  says(carrier_status::completed, 20s);
  advance(10s);
  CHECK(outcome() == "dead_air");
  CHECK(state_of(id).at("created") == true);
}

TEST_CASE_METHOD(doubt, "the grace is a setting", "[call][doubt]") {
  context->settings.submission_grace = 2min;
  p.list_fails = false;
  dial();
  advance(90s);
  CHECK(outcome() == "none");
  advance(2min);
  CHECK(outcome() == "congestion");
  CHECK(state_of(id).at("created") == false);
}

} // namespace call_doubt_test
