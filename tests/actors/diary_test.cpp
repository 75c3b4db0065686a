// Goal: what a diary says was done is stored, everybody is answered, and a
// change by hand finds its way into it. Method: real shards, diaries, booking
// workers and the watch over a store in memory, virtual time; the calendar is
// played by the test.
#include "actors/booking/booking.hpp"
#include "actors/diary/calendar_watch.hpp"
#include "actors/diary/changes.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

namespace diary_test {

using namespace parley;
using namespace std::chrono_literals;
using test::fake_store;

namespace {

struct fixture;

calendar_port::behavior_type fake_calendar(calendar_port::pointer self, fixture* f);

/// One account manager, Wednesday and Thursday free.
struct fixture : test::world {
  manager_row priya;
  std::vector<time_range> busy;
  bool down = false;
  std::vector<list_changes> asked;
  std::vector<event_changes> changes;                             ///< the next answers; then none
  std::vector<event_change> whole;                                ///< what a list without a token holds then
  const wall_time wednesday = *parse_iso("2026-12-02T15:00:00Z"); // 10:00 in New York
  const wall_time thursday = *parse_iso("2026-12-03T19:00:00Z");

  fixture() {
    context->calendar = sys.spawn(fake_calendar, this);
    priya.id = manager_id{uuid{3, 3}};
    priya.name = "Priya Raman";
    priya.email = priya.calendar_id = "priya@acme.example";
    priya.timezone = "America/New_York";
    priya.working_hours = "mon-fri 09:00-17:00";
    store.managers = {priya};
  }
  ~fixture() {
    // Before the calendar goes that they may be waiting for.
    for (const auto& [id, entry] : tree.snapshot())
      if (entry.kind == "calendar_watch" || entry.kind == "booking")
        caf::anon_send_exit(caf::actor_cast<caf::actor>(entry.address), caf::exit_reason::kill);
    settle();
    caf::anon_send_exit(context->calendar, caf::exit_reason::kill);
    settle();
  }

  book_meeting wish(wall_time at, uint64_t call = 7) const {
    book_meeting x;
    x.manager = priya.id;
    x.call = call_id{uuid{call, call}};
    x.at = at;
    x.email = "dana@globex.example";
    x.meeting_type = "video";
    x.preparation = "Counts by hand.";
    x.brief.person.id = prospect_id{uuid{9, 9}};
    x.brief.person.name = "Dana Reyes";
    x.brief.policy.company = "Acme";
    return x;
  }
  std::shared_ptr<test::answer<meeting_booked>> book(wall_time at, uint64_t call = 7) {
    auto worker = sys.spawn(booking, context_ptr{context}, caf::actor_id{0}, call_id{uuid{call, call}});
    return ask<meeting_booked>(worker, wish(at, call));
  }
  meeting_row booked(wall_time at, uint64_t call = 7) {
    const auto done = book(at, call);
    REQUIRE(done->value);
    return done->value->meeting;
  }
  std::shared_ptr<test::answer<meeting_changed>> move(const meeting_row& m, wall_time at) {
    return ask<meeting_changed>(context->door_of(priya.id), move_meeting{priya.id, m.id, at, "command"});
  }
  std::shared_ptr<test::answer<meeting_changed>> cancel(const meeting_row& m) {
    return ask<meeting_changed>(context->door_of(priya.id), cancel_meeting{priya.id, m.id, "", "command"});
  }
  /// What goes out by the appends from `first` on, in order.
  std::vector<std::string> outgoing(size_t first = 0) const {
    std::vector<std::string> out;
    for (size_t i = first; i < store.appends.size(); ++i)
      for (const auto& r : store.appends[i].rows)
        if (const auto* o = std::get_if<outbox_row>(&r))
          out.push_back(o->kind);
    return out;
  }
  std::vector<std::string> payloads() const {
    std::vector<std::string> out;
    for (const auto& x : store.appends)
      for (const auto& r : x.rows)
        if (const auto* o = std::get_if<outbox_row>(&r))
          out.push_back(o->payload);
    return out;
  }
  void watch() { sys.spawn(calendar_watch, context_ptr{context}, std::chrono::milliseconds{60'000}); }
};

calendar_port::behavior_type fake_calendar(calendar_port::pointer self, fixture* f) {
  guard(self);
  return {
    [=](const free_busy_query& x) -> caf::result<busy_times> {
      if (f->down)
        return caf::make_error(ec::vendor_unavailable, std::string{"down"});
      busy_times out;
      for (const auto& b : f->busy)
        if (b.overlaps(x.range))
          out.busy.push_back(b);
      return out;
    },
    [](const put_event& x) -> caf::result<event_written> {
      return event_written{x.event_id, {}};
    },
    [](const cancel_event& x) -> caf::result<event_cancelled> { return event_cancelled{x.event_id}; },
    [=](const list_changes& x) -> caf::result<event_changes> {
      f->asked.push_back(x);
      if (f->down)
        return caf::make_error(ec::vendor_unavailable, std::string{"down"});
      event_changes out;
      if (!f->changes.empty()) {
        out = f->changes.front();
        f->changes.erase(f->changes.begin());
      } else if (x.token.empty()) {
        out.changes = f->whole;
      }
      out.token = "token-" + std::to_string(f->asked.size());
      return out;
    },
  };
}

} // namespace

TEST_CASE_METHOD(fixture, "a booked meeting is stored with all that goes out for it", "[diary]") {
  const auto m = booked(wednesday);
  CHECK(m.scheduled_at == wednesday);
  REQUIRE(store.meetings.contains(m.id));
  CHECK(store.meetings.at(m.id).status == "scheduled");
  CHECK(diaries::read_papers(store.meetings.at(m.id)));
  // Invitation and preparation are mails of their own.
  CHECK(outgoing() == std::vector<std::string>{"put_event", "mail", "mail", "crm_activity"});
  const auto texts = payloads();
  REQUIRE(texts.size() == 4);
  CHECK_THAT(texts[0], !Catch::Contains("Counts by hand."));
  CHECK_THAT(texts[1], Catch::Contains("dana@globex.example") && !Catch::Contains("Counts by hand."));
  CHECK_THAT(texts[2], Catch::Contains("Counts by hand."));
  CHECK(json::parse(texts[2])["to"] == priya.email);
  CHECK(json::parse(texts[2])["copies"].empty());
  const auto before = store.appends.size();
  CHECK(booked(wednesday).id == m.id); // the same call asks again
  CHECK(outgoing(before).empty());
}

TEST_CASE_METHOD(fixture, "nobody is booked twice, nor where the calendar is busy", "[diary]") {
  booked(wednesday);
  CHECK(book(wednesday + 15min, 8)->error == ec::conflict);
  busy = {{thursday, thursday + 1h}};
  CHECK(book(thursday, 8)->error == ec::conflict);
  busy.clear(); // the hold of the try that failed is gone
  CHECK(book(thursday, 9)->value);
}

TEST_CASE_METHOD(fixture, "a hold that has run out is no longer confirmed", "[diary]") {
  const auto hold_then_confirm = [&](uint64_t meeting, caf::timespan later) {
    const meeting_id id{uuid{meeting, meeting}};
    const auto held
      = ask<slot_held>(context->door_of(priya.id), hold_slot{priya.id, id, {wednesday, wednesday + 30min}});
    REQUIRE(held->value);
    advance(later);
    confirm_slot order;
    order.manager = priya.id;
    order.meeting.id = id;
    order.brief = wish(wednesday).brief;
    order.email = wish(wednesday).email;
    return ask<slot_confirmed>(context->door_of(priya.id), order);
  };
  const auto late = hold_then_confirm(5, 16min);
  CHECK_FALSE(late->value);
  CHECK(late->error == ec::slot_expired);
  CHECK(store.meetings.empty());
  CHECK(outgoing().empty());
  CHECK(hold_then_confirm(6, 14min)->value); // the time was free again
  CHECK(store.meetings.size() == 1);
}

TEST_CASE_METHOD(fixture, "a calendar that is down books nothing and holds nothing", "[diary]") {
  down = true;
  CHECK(book(wednesday)->error == ec::wrong_state);
  CHECK(store.meetings.empty());
  down = false;
  CHECK(book(wednesday, 8)->value);
}

TEST_CASE_METHOD(fixture, "a moved meeting frees its time and is answered after the commit", "[diary]") {
  const auto m = booked(wednesday);
  const auto before = store.appends.size();
  store.decide = [](const append&) { return fake_store::fate::hold; };
  const auto moved = move(m, thursday);
  CHECK_FALSE(moved->value);
  store.decide = [](const append&) { return fake_store::fate::commit; };
  release();
  REQUIRE(moved->value);
  CHECK(moved->value->meeting.sequence == 1);
  CHECK(store.meetings.at(m.id).scheduled_at == thursday);
  CHECK(store.meetings.at(m.id).status == "moved");
  CHECK(outgoing(before) == std::vector<std::string>{"put_event", "mail", "crm_activity"});
  CHECK(booked(wednesday, 8).id != m.id);
}

TEST_CASE_METHOD(fixture, "a move is refused where the calendar is busy, down or the meeting unknown", "[diary]") {
  const auto m = booked(wednesday);
  busy = {{thursday, thursday + 1h}};
  CHECK(move(m, thursday)->error == ec::conflict);
  busy = {{wednesday, wednesday + 30min}}; // the meeting itself
  CHECK(move(m, wednesday + 15min)->value);
  down = true;
  CHECK(move(m, thursday)->error == ec::vendor_unavailable);
  down = false;
  auto other = m;
  other.id = meeting_id{uuid{5, 5}};
  CHECK(move(other, thursday)->error == ec::not_found);
  CHECK(cancel(other)->error == ec::not_found);
}

TEST_CASE_METHOD(fixture, "a cancelled meeting frees its time, and cancelling twice sends once", "[diary]") {
  const auto m = booked(wednesday);
  CHECK(cancel(m)->value);
  CHECK(store.meetings.at(m.id).status == "cancelled");
  const auto before = store.appends.size();
  REQUIRE(cancel(m)->value);
  CHECK(outgoing(before).empty());
  CHECK(move(m, thursday)->error == ec::wrong_state);
  CHECK(book(wednesday, 8)->value);
}

TEST_CASE_METHOD(fixture, "an append that is refused is answered, and the next try works", "[diary]") {
  const auto m = booked(wednesday);
  store.decide = [](const append&) { return fake_store::fate::refuse; };
  CHECK(move(m, thursday)->error);
  store.decide = [](const append&) { return fake_store::fate::commit; };
  CHECK(store.meetings.at(m.id).scheduled_at == wednesday);
  CHECK(move(m, thursday)->value);
}

TEST_CASE_METHOD(fixture, "a diary that rested knows its meetings", "[diary]") {
  const auto m = booked(wednesday);
  move(m, thursday);
  advance(2min);
  REQUIRE(tree.count("diary") == 0);
  CHECK(book(thursday, 8)->error == ec::conflict);
  const auto before = store.appends.size();
  REQUIRE(move(m, thursday)->value); // there already
  CHECK(outgoing(before).empty());
}

TEST_CASE_METHOD(fixture, "a change by hand is followed and the invitation sent again", "[diary]") {
  const auto m = booked(wednesday);
  watch();
  advance(1s);
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].calendar == priya.calendar_id);
  CHECK(asked[0].token.empty());
  const auto before = store.appends.size();
  changes = {{{{m.calendar_event_id, false, {thursday, thursday + 30min}, 0}, {"dentist", false, {}, {}}}, ""}};
  advance(60s);
  CHECK(asked[1].token == "token-1");
  CHECK(store.meetings.at(m.id).scheduled_at == thursday);
  CHECK(store.meetings.at(m.id).sequence == 1);
  CHECK(outgoing(before) == std::vector<std::string>{"mail", "crm_activity"});
  changes = {{{{m.calendar_event_id, true, {}, {}}}, ""}};
  advance(60s);
  CHECK(store.meetings.at(m.id).status == "cancelled");
  CHECK(book(thursday, 8)->value);
}

TEST_CASE_METHOD(fixture, "who tidies up the calendar after a meeting tells nobody", "[diary]") {
  const auto m = booked(wednesday);
  watch();
  advance(1s);
  const auto days = std::chrono::duration_cast<std::chrono::seconds>(wednesday + 30min - context->clock.now());
  advance(days + 2min);
  REQUIRE(context->clock.now() >= wednesday + 30min);
  const auto before = store.appends.size();
  changes = {{{{m.calendar_event_id, true, {}, {}}}, ""},
             {{{m.calendar_event_id, false, {thursday, thursday + 30min}, 0}}, ""}};
  advance(3min);
  CHECK(changes.empty()); // both were seen
  CHECK(cancel(m)->error == ec::wrong_state);
  CHECK(move(m, thursday)->error == ec::wrong_state);
  CHECK(outgoing(before).empty());
  CHECK(store.meetings.at(m.id).status == "scheduled");
}

TEST_CASE_METHOD(fixture, "what happened while nobody looked is found by comparing all", "[diary]") {
  const auto m = booked(wednesday);
  changes = {{{{m.calendar_event_id, false, {thursday, thursday + 30min}, 0}}, ""}};
  watch(); // the first look has no token: it gets every event
  advance(1s);
  CHECK(store.meetings.at(m.id).scheduled_at == thursday);
  // Each hour it compares again, so that an order that was lost is found.
  advance(61min);
  CHECK(std::count_if(asked.begin(), asked.end(), [](const auto& x) { return x.token.empty(); }) == 2);
}

TEST_CASE_METHOD(fixture, "an outage of the calendar loses no change", "[diary]") {
  const auto m = booked(wednesday);
  watch();
  advance(1s);
  down = true;
  advance(5min);
  down = false;
  changes = {{{{m.calendar_event_id, true, {}, {}}}, ""}};
  advance(60s);
  CHECK(asked.back().token == "token-1"); // where it stood before
  CHECK(store.meetings.at(m.id).status == "cancelled");
}

TEST_CASE_METHOD(fixture, "a change whose append is lost is found when all are compared", "[diary]") {
  const auto m = booked(wednesday);
  watch();
  advance(1s);
  store.decide = [](const append&) { return fake_store::fate::refuse; };
  changes = {{{{m.calendar_event_id, true, {}, {}}}, ""}};
  advance(60s);
  store.decide = [](const append&) { return fake_store::fate::commit; };
  CHECK(store.meetings.at(m.id).status == "scheduled");
  whole = {{m.calendar_event_id, true, {}, {}}};
  advance(30min); // nothing new comes with the token
  CHECK(store.meetings.at(m.id).status == "scheduled");
  advance(31min);
  CHECK(store.meetings.at(m.id).status == "cancelled");
}

} // namespace diary_test
