// Goal: a recording is ours before it is gone at the carrier, and what a person
// objected to is kept nowhere. Method: a real shard's outbox in virtual time; the
// carrier and the store are played by the test.
#include "tests/actors/call_scene.hpp"

namespace recording_delivery_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::call_scene;

namespace {

struct delivery_of_recording : call_scene {
  void order(bool discard, uint32_t tries = 0) {
    outbox_entry entry;
    entry.row.id = uuid{6, 1};
    entry.row.prospect = person;
    entry.row.kind = "recording";
    entry.row.payload = json(keep_recording{id, person, "RE1", 28, discard}).dump();
    entry.tries = tries;
    store.outbox = {entry};
  }
  /// What the store was told of the delivery last.
  std::string result() const {
    return store.delivered.empty() ? "" : std::string{to_string(store.delivered.back().result)};
  }
};

} // namespace

TEST_CASE_METHOD(delivery_of_recording, "a recording is deleted at the carrier only once it is ours",
                 "[call][recording][outbox]") {
  order(false);
  advance(1s);
  REQUIRE(store.recordings.contains(id));
  CHECK(store.recordings.at(id).audio == "sound");
  CHECK(store.recordings.at(id).prospect == person);
  CHECK(store.recordings.at(id).duration_seconds == 28);
  CHECK(p.recordings_deleted == 1);
  CHECK(result() == "done");
}

TEST_CASE_METHOD(delivery_of_recording, "a recording that cannot be stored stays at the carrier",
                 "[call][recording][outbox]") {
  store.decide = [](const auto&) { return test::fake_store::fate::refuse; };
  order(false);
  advance(1s);
  CHECK(p.recordings_fetched == 1);
  CHECK(p.recordings_deleted == 0);
  CHECK(result() == "again");
}

TEST_CASE_METHOD(delivery_of_recording, "a recording that is ours already is not fetched again",
                 "[call][recording][outbox]") {
  recording_row ours;
  ours.call = id;
  ours.recording_sid = "RE1";
  store.recordings[id] = ours;
  p.delete_fails = true;
  order(false);
  advance(1s);
  CHECK(p.recordings_fetched == 0);
  CHECK(p.recordings_deleted == 1);
  CHECK(result() == "again");
  p.delete_fails = false;
  advance(2min); // when it is tried again
  CHECK(result() == "done");
}

TEST_CASE_METHOD(delivery_of_recording, "what a person objected to is deleted unheard", "[call][recording][outbox]") {
  order(true);
  advance(1s);
  CHECK(p.recordings_fetched == 0);
  CHECK(p.recordings_deleted == 1);
  CHECK(store.recordings.empty());
  CHECK(result() == "done");
}

TEST_CASE_METHOD(delivery_of_recording, "a recording that the carrier lost is parked with the reason",
                 "[call][recording][outbox]") {
  p.fetch_fails = ec::not_found;
  SECTION("not at once: it may be on its way") {
    order(false);
    advance(1s);
    CHECK(result() == "again");
  }
  SECTION("after a while") {
    order(false, 10);
    advance(1s);
    REQUIRE(result() == "parked");
    CHECK_THAT(store.delivered.back().detail, Catch::Contains("has the recording no more"));
  }
}

namespace {

/// A call whose recording is not told when it ends.
struct recording_due : delivery_of_recording {
  void order_due(uint32_t tries = 0) {
    order(false, tries);
    store.outbox.front().row.kind = "recording_due";
  }
  size_t told_to_call() const {
    return static_cast<size_t>(std::count_if(told.begin(), told.end(), [&](const auto& x) {
      const auto* event = std::get_if<carrier_event>(&x.what);
      return x.to.kind == entity::call && event && std::holds_alternative<recording_event>(event->what);
    }));
  }
};

} // namespace

TEST_CASE_METHOD(recording_due, "a recording's webhook that died with its node is found in the inbox",
                 "[call][recording][outbox]") {
  carrier_event stored;
  stored.call = id;
  stored.what = recording_event{"RE1", true, 28s};
  store.inbox[id] = {stored};
  order_due();
  advance(1s);
  CHECK(told_to_call() == 1);
  CHECK(result() == "done");
}

TEST_CASE_METHOD(recording_due, "a recording's webhook that never came is made good by the carrier",
                 "[call][recording][outbox]") {
  SECTION("not at once: it may be on its way") {
    order_due();
    advance(1s);
    CHECK(told_to_call() == 0);
    CHECK(result() == "again");
    CHECK(p.recordings_fetched == 0);
  }
  SECTION("it has the recording") {
    order_due(5);
    advance(1s);
    CHECK(told_to_call() == 1);
    CHECK(result() == "done");
  }
  SECTION("it has none") {
    p.fetch_fails = ec::not_found;
    order_due(5);
    advance(1s);
    CHECK(told_to_call() == 1);
    CHECK(result() == "done");
  }
  SECTION("it is away") {
    p.fetch_fails = ec::vendor_unavailable;
    order_due(5);
    advance(1s);
    CHECK(told_to_call() == 0);
    CHECK(result() == "again");
  }
}

} // namespace recording_delivery_test
