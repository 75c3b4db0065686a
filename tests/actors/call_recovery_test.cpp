// Goal: nobody is left with silence when a node or the voice model is lost in
// the middle of a talk. Method: the real call and conversation in virtual time;
// carrier and voice model are played by the test.
#include "tests/actors/call_scene.hpp"

namespace call_recovery_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::call_scene;

TEST_CASE_METHOD(call_scene, "a talk that no stream follows to its new node is pulled there once", "[call][recovery]") {
  talk();
  node_dies();
  advance(7s); // a carrier whose stream broke would have asked by now
  CHECK(p.redirects.empty());
  advance(2s);
  REQUIRE(p.redirects.size() == 1);
  CHECK(p.redirects[0].sid == "CA1");
  CHECK(p.redirects[0].path == "/voice/resume?call=" + to_string(id) + "&round=1");
  CHECK(store.count(id, "call_pulled") == 1);
  CHECK(p.sessions.size() == 2); // waits for the stream
  advance(40s);
  CHECK(p.redirects.size() == 1);
  tells(resume_requested_event{1});
  stream_comes();
  CHECK(state_of(id).at("media_up") == true);
  CHECK(p.sessions.size() == 2);
  CHECK(p.dials.size() == 1);
  CHECK(p.ends.empty());
}

TEST_CASE_METHOD(call_scene, "a pull is stored before the carrier is asked", "[call][recovery]") {
  talk();
  node_dies();
  store.decide = [](const append&) { return test::fake_store::fate::refuse; };
  advance(9s);
  CHECK(p.redirects.empty());
}

TEST_CASE_METHOD(call_scene, "a talk that goes on, or is about to end, is not pulled", "[call][recovery]") {
  SECTION("its node lives") {
    talk();
    media_stopped stopped;
    stopped.call = id;
    stopped.generation = 1;
    tell(call, stopped);
  }
  SECTION("the stream came") {
    talk();
    node_dies();
    advance(5s);
    stream_comes();
  }
  SECTION("the carrier asks what to do next by itself") {
    talk();
    node_dies();
    advance(5s);
    tells(resume_requested_event{1});
  }
  SECTION("it is being hung up") {
    talk();
    tell(call, end_call{id, false, "stopped"});
    node_dies();
  }
  SECTION("it is over at the carrier") {
    talk();
    node_dies();
    says(carrier_status::completed, 30s);
  }
  SECTION("it still rang when its node died") {
    dial();
    says(carrier_status::ringing);
    node_dies();
  }
  advance(50s);
  CHECK(p.redirects.empty());
}

TEST_CASE_METHOD(call_scene, "an old wish of the carrier, read from the inbox, does not hold up the pull",
                 "[call][recovery]") {
  talk();
  carrier_event before;
  before.call = id;
  before.sid = "CA1";
  before.at = wall->now();
  before.what = resume_requested_event{1};
  store.inbox[id] = {before};
  advance(1s);
  node_dies();
  advance(9s);
  CHECK(p.redirects.size() == 1);
}

TEST_CASE_METHOD(call_scene, "a pull that the carrier does not take is repeated while there is a call",
                 "[call][recovery]") {
  talk();
  node_dies();
  SECTION("it cannot be asked now") {
    p.redirect_fails = ec::vendor_unavailable;
    advance(9s);
    CHECK(p.redirects.size() == 1);
    advance(50s);
    CHECK(p.redirects.size() == 1);
    p.redirect_fails = ec::none;
    advance(11s);
    CHECK(p.redirects.size() == 2);
    advance(2min);
    CHECK(p.redirects.size() == 2);
  }
  SECTION("it can never be asked: the carrier ends it by itself") {
    p.redirect_fails = ec::vendor_unavailable;
    advance(30min);
    CHECK(p.redirects.size() <= 10); // of 10 minutes
  }
  SECTION("it says that the call is over: it is looked up") {
    p.redirect_fails = ec::wrong_state;
    const auto before = p.fetched;
    advance(7s);
    CHECK(p.fetched == before);
    p.shown.status = carrier_status::completed;
    p.shown.duration = 40s;
    advance(2s);
    CHECK(p.fetched == before + 2); // the watchdog looks then, too
    advance(10s);
    CHECK(p.redirects.size() == 1);
    CHECK(outcome() != "none");
  }
}

TEST_CASE_METHOD(call_scene, "whoever is on the phone when the voice model is lost is not left with silence",
                 "[call][recovery]") {
  std::string expected;
  SECTION("in the middle of a talk") {
    talk();
    expected = "no_decision";
  }
  SECTION("before they have said a word") {
    picked_up();
    expected = "failed";
  }
  tell(call, voice_failed{id, "the session is gone"});
  REQUIRE(p.ends.size() == 1);
  CHECK_FALSE(p.ends[0].cancel);
  hangs_up();
  advance(5s);
  CHECK(outcome() == expected);
  CHECK(p.ends.size() == 1);
}

} // namespace call_recovery_test
