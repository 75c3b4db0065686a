// Goal: a meeting that is moved or cancelled stays one meeting: same event,
// same UID, next sequence, old time free. Method: the pure core.
#include "actors/diary/changes.hpp"

#include <catch2/catch.hpp>

namespace diary_changes_test {

using namespace parley;
using namespace std::chrono_literals;
using diaries::change;
using diaries::refusal;

namespace {

const wall_time now = *parse_iso("2026-12-01T15:00:00Z"); // Tuesday 10:00 in New York
const wall_time booked_at = *parse_iso("2026-12-02T15:00:00Z");
const wall_time thursday = *parse_iso("2026-12-03T19:00:00Z"); // 14:00 in New York

struct diary {
  manager_row manager;
  diaries::state s;
  meeting_row stored;
  number_hasher hasher{{}};
  const meeting_id id{uuid{1, 1}};
  wall_time clock = now;

  diary() {
    manager.id = s.id = manager_id{uuid{3, 3}};
    manager.name = "Priya Raman";
    manager.email = "priya@acme.example";
    manager.calendar_id = "priya@acme.example";
    manager.timezone = "America/New_York";
    manager.working_hours = "mon-fri 09:00-12:00, 13:00-17:00";
    confirm_slot order;
    order.manager = manager.id;
    order.email = "dana@globex.example";
    order.preparation = "Counts by hand.";
    order.brief.person.name = "Dana Reyes";
    order.brief.policy.company = "Acme";
    order.brief.zone = "America/Chicago";
    order.meeting.id = id;
    order.meeting.prospect = prospect_id{uuid{9, 9}};
    order.meeting.account_manager = manager.id;
    order.meeting.scheduled_at = booked_at;
    order.meeting.calendar_event_id = diaries::event_id_of(id);
    diaries::core::apply(s, diaries::confirmed{order.meeting});
    stored = std::get<meeting_row>(diaries::confirmation_rows(order, manager, hasher, "google.com", now).front());
  }

  std::optional<diaries::papers> papers() const { return diaries::read_papers(stored); }

  std::variant<change, refusal> move(wall_time at, const std::vector<time_range>& busy = {}) {
    return settled(diaries::move(s, manager, {manager.id, id, at, "command"}, busy, papers(), hasher, clock));
  }
  std::variant<change, refusal> cancel() {
    return settled(diaries::cancel(s, manager, {manager.id, id, "Priya is ill.", "command"}, papers(), hasher, clock));
  }
  /// By hand; without events when it means nothing.
  change seen(event_change x) {
    auto out = diaries::follow(s, manager, x, papers(), hasher, clock);
    settle(out);
    return out;
  }
  event_change event(wall_time from, std::optional<uint32_t> sequence) const {
    return {diaries::event_id_of(id), false, {from, from + 30min}, sequence};
  }

  std::variant<change, refusal> settled(std::variant<change, refusal> x) {
    if (const auto* made = std::get_if<change>(&x))
      settle(*made);
    return x;
  }
  /// Takes it as the shell does.
  void settle(const change& x) {
    for (const auto& e : x.events)
      diaries::core::apply(s, e);
    for (const auto& r : x.rows)
      if (const auto* m = std::get_if<meeting_row>(&r))
        stored = *m;
  }
};

std::vector<std::string> kinds(const change& x) {
  std::vector<std::string> out;
  for (const auto& r : x.rows)
    if (const auto* o = std::get_if<outbox_row>(&r))
      out.push_back(o->kind);
  return out;
}

template <class T>
T sent(const change& x, const std::string& kind) {
  for (const auto& r : x.rows)
    if (const auto* o = std::get_if<outbox_row>(&r); o && o->kind == kind)
      return json::parse(o->payload).get<T>();
  FAIL("nothing of that kind: " << kind);
  return {};
}

change made(const std::variant<change, refusal>& x) {
  if (const auto* no = std::get_if<refusal>(&x))
    FAIL(no->sentence);
  return std::get<change>(x);
}

ec refused(const std::variant<change, refusal>& x) {
  REQUIRE(std::holds_alternative<refusal>(x));
  return std::get<refusal>(x).code;
}

} // namespace

TEST_CASE("a move takes notes that an earlier version left in the event out of it", "[diary]") {
  diary d;
  auto old = *d.papers();
  old.event.description = old.activity.body;
  d.stored.papers = json(old).dump();
  const auto event = sent<put_event>(made(d.move(thursday)), "put_event");
  CHECK(event.description.find("Counts by hand.") == std::string::npos);
  CHECK(event.description.find("Meeting with Priya Raman") != std::string::npos);
}

TEST_CASE("a moved meeting is the same event, invitation and CRM entry at another time", "[diary]") {
  diary d;
  const auto before = *d.papers();
  const auto x = made(d.move(thursday));
  CHECK(x.meeting.status == "moved");
  for (const auto* kind : {"put_event", "mail"}) // the person reads both
    CHECK(sent<json>(x, kind).dump().find("Counts by hand.") == std::string::npos);
  CHECK(x.meeting.sequence == 1);
  CHECK(x.meeting.scheduled_at == thursday);
  CHECK(d.stored.sequence == 1);
  CHECK(kinds(x) == std::vector<std::string>{"put_event", "mail", "crm_activity"});
  const auto event = sent<put_event>(x, "put_event");
  CHECK(event.event_id == before.event.event_id);
  CHECK(event.sequence == 1);
  CHECK(event.when == time_range{thursday, thursday + 30min});
  const auto mail = sent<outgoing_mail>(x, "mail");
  REQUIRE(mail.meeting);
  CHECK(mail.meeting->uid == before.mail.meeting->uid);
  CHECK(mail.meeting->sequence == 1);
  CHECK_FALSE(mail.meeting->cancel);
  CHECK(mail.meeting->when.from == thursday);
  CHECK(mail.message_id != before.mail.message_id); // another mail
  CHECK(mail.text.find("Thursday, December 03, 2026 at 01:00 PM (America/Chicago)") != std::string::npos);
  const auto activity = sent<crm_activity>(x, "crm_activity");
  CHECK(activity.key == before.activity.key);
  CHECK(activity.outcome == "rescheduled");
  CHECK(activity.at == thursday);
  CHECK(activity.end == thursday + 30min);
}

TEST_CASE("the old time is free again, the new one is taken", "[diary]") {
  diary d;
  const meeting_id other{uuid{2, 2}};
  made(d.move(thursday));
  CHECK_FALSE(diaries::why_not(d.s, d.manager, {booked_at, booked_at + 30min}, other, now));
  CHECK(diaries::why_not(d.s, d.manager, {thursday, thursday + 30min}, other, now));
  made(d.cancel());
  CHECK_FALSE(diaries::why_not(d.s, d.manager, {thursday, thursday + 30min}, other, now));
}

TEST_CASE("each change counts on, and its deliveries have keys of their own", "[diary]") {
  diary d;
  std::set<uuid> keys;
  size_t rows = 0;
  for (const auto& x : {made(d.move(thursday)), made(d.move(thursday + 30min)), made(d.cancel())})
    for (const auto& r : x.rows)
      if (const auto* o = std::get_if<outbox_row>(&r)) {
        keys.insert(o->id);
        ++rows;
      }
  CHECK(rows == 9);
  CHECK(keys.size() == rows);
  CHECK(d.stored.sequence == 3);
}

TEST_CASE("moving to where it is, and cancelling twice, change nothing", "[diary]") {
  diary d;
  CHECK(made(d.move(booked_at)).events.empty());
  CHECK(made(d.move(booked_at)).rows.empty());
  CHECK(made(d.cancel()).events.size() == 1);
  const auto again = made(d.cancel());
  CHECK(again.events.empty());
  CHECK(again.rows.empty());
  CHECK(again.meeting.sequence == 1);
}

TEST_CASE("a cancelled meeting says so everywhere", "[diary]") {
  diary d;
  const auto x = made(d.cancel());
  CHECK(x.meeting.status == "cancelled");
  CHECK(kinds(x) == std::vector<std::string>{"cancel_event", "mail", "crm_activity"});
  CHECK(sent<cancel_event>(x, "cancel_event").event_id == diaries::event_id_of(d.id));
  const auto mail = sent<outgoing_mail>(x, "mail");
  CHECK(mail.meeting->cancel);
  CHECK(mail.meeting->sequence == 1);
  CHECK(mail.meeting->when.from == booked_at);
  CHECK(mail.text.find("Priya is ill.") != std::string::npos);
  CHECK(sent<crm_activity>(x, "crm_activity").outcome == "cancelled");
  CHECK(refused(d.move(thursday)) == ec::wrong_state);
}

TEST_CASE("a move that does not suit is refused", "[diary]") {
  diary d;
  CHECK(refused(d.move(*parse_iso("2026-12-05T15:00:00Z"))) == ec::conflict); // Saturday
  CHECK(refused(d.move(*parse_iso("2026-12-01T14:00:00Z"))) == ec::conflict); // past
  const meeting_id other{uuid{2, 2}};
  diaries::core::apply(d.s, diaries::held{other, {{thursday, thursday + 30min}, now + 10min}});
  CHECK(refused(d.move(thursday)) == ec::conflict);
  const auto unknown = diaries::move(d.s, d.manager, {d.manager.id, other, thursday, "command"}, {}, {}, d.hasher, now);
  CHECK(refused(unknown) == ec::not_found);
  CHECK(d.stored.sequence == 0);
}

TEST_CASE("the calendar's own appointments stand in the way, the meeting itself does not", "[diary]") {
  diary d;
  CHECK(refused(d.move(thursday, {{thursday + 15min, thursday + 45min}})) == ec::conflict);
  // A quarter of an hour later: the calendar shows the meeting itself as busy.
  const auto later = booked_at + 15min;
  CHECK(refused(d.move(later, {{booked_at, booked_at + 45min}})) == ec::conflict); // and something behind it
  CHECK(made(d.move(later, {{booked_at, booked_at + 30min}})).meeting.scheduled_at == later);
}

TEST_CASE("a change by hand is followed, even where we would not book", "[diary]") {
  diary d;
  const auto saturday = *parse_iso("2026-12-05T15:00:00Z");
  const auto x = d.seen(d.event(saturday, 0));
  CHECK(x.meeting.scheduled_at == saturday);
  CHECK(x.meeting.sequence == 1);
  CHECK(kinds(x) == std::vector<std::string>{"mail", "crm_activity"}); // the calendar knows
  CHECK(sent<outgoing_mail>(x, "mail").meeting->sequence == 1);
  // And once more: it is still our first write that was changed.
  CHECK(d.seen(d.event(saturday + 1h, 0)).meeting.sequence == 2);
  auto longer = d.event(saturday + 1h, 0);
  longer.when.until += 30min;
  CHECK(d.seen(longer).meeting.duration_minutes == 60);
}

TEST_CASE("an all-day event by hand moves the meeting to that day, at its own time", "[diary]") {
  diary d;
  const auto before = d.s.meetings.at(d.id).scheduled_at;
  const auto midnight = [](wall_time t) { // of the manager's day
    return wall_time{std::chrono::floor<std::chrono::days>(t.time_since_epoch() - 5h)} + 5h;
  };
  auto whole_day = d.event(midnight(before), 0);
  whole_day.when.until = whole_day.when.from + 24h;
  CHECK_FALSE(diaries::changed_by_hand(d.s, whole_day, now)); // the same day: nothing moves
  whole_day.when.from += 48h;
  whole_day.when.until += 48h;
  const auto x = d.seen(whole_day);
  CHECK(x.meeting.scheduled_at == before + 48h);
  CHECK(x.meeting.duration_minutes == 30);
  CHECK_FALSE(diaries::changed_by_hand(d.s, whole_day, now)); // and is not moved again
}

TEST_CASE("an event that is dragged into the past by mistake can be dragged back", "[diary]") {
  diary d;
  CHECK(d.seen(d.event(now - 30min, 0)).events.empty()); // over by now
  CHECK(d.s.meetings.at(d.id).scheduled_at == booked_at);
  CHECK(d.seen(d.event(booked_at, 0)).events.empty());
  CHECK(d.seen(d.event(booked_at + 1h, 0)).meeting.scheduled_at == booked_at + 1h);
  CHECK(d.seen(d.event(now - 29min, 0)).meeting.scheduled_at == now - 29min); // it still lasts
}

TEST_CASE("a cancelled meeting's event that comes back from the bin changes nothing", "[diary]") {
  diary d;
  d.seen(event_change{diaries::event_id_of(d.id), true, {}, {}});
  const auto x = d.seen(d.event(booked_at, 0));
  CHECK(x.events.empty());
  CHECK(x.rows.empty());
  CHECK(d.s.meetings.at(d.id).status == "cancelled");
}

TEST_CASE("an event deleted by hand cancels the meeting", "[diary]") {
  diary d;
  event_change gone{diaries::event_id_of(d.id), true, {}, {}};
  const auto x = d.seen(gone);
  CHECK(x.meeting.status == "cancelled");
  CHECK(kinds(x) == std::vector<std::string>{"mail", "crm_activity"});
  CHECK(d.seen(gone).events.empty()); // seen twice
}

TEST_CASE("a meeting that is over stays as it is: nobody is told that it moved or was cancelled", "[diary]") {
  diary d;
  event_change gone{diaries::event_id_of(d.id), true, {}, {}};
  const auto over = booked_at + 30min;
  const auto refusal_of = [](const std::variant<change, refusal>& x) {
    REQUIRE(std::holds_alternative<refusal>(x));
    return std::get<refusal>(x);
  };
  d.clock = over - 1ms; // it lasts: whoever deletes it calls it off
  CHECK(diaries::changed_by_hand(d.s, gone, d.clock));
  d.clock = over;
  CHECK_FALSE(diaries::changed_by_hand(d.s, gone, d.clock));
  for (const auto& tidied : {gone, d.event(thursday, 0)}) {
    const auto x = d.seen(tidied);
    CHECK(x.events.empty());
    CHECK(x.rows.empty());
  }
  CHECK(d.s.meetings.at(d.id).status == "scheduled");
  CHECK(refusal_of(d.cancel()).code == ec::wrong_state);
  CHECK(refusal_of(d.cancel()).sentence == "that meeting is over, so it cannot be cancelled any more");
  for (const auto at : {thursday, booked_at}) { // also to where it was
    CHECK(refusal_of(d.move(at)).code == ec::wrong_state);
    CHECK_THAT(refusal_of(d.move(at)).sentence, Catch::Contains("over") && Catch::Contains("book another one"));
  }
}

TEST_CASE("a meeting that was cancelled in time stays cancelled, also when it is asked for late", "[diary]") {
  diary d;
  made(d.cancel());
  d.clock = booked_at + 24h;
  CHECK(made(d.cancel()).events.empty());
}

TEST_CASE("what we wrote ourselves is no change by hand", "[diary]") {
  diary d;
  CHECK(d.seen(d.event(booked_at, 0)).events.empty());
  made(d.move(thursday));
  CHECK(d.seen(d.event(booked_at, 0)).events.empty()); // our write is on its way
  CHECK(d.seen(d.event(thursday, 1)).events.empty());
  CHECK(d.seen(d.event(thursday + 1h, 1)).meeting.scheduled_at == thursday + 1h);
  event_change others;
  others.event_id = "somebodyelses";
  CHECK(d.seen(others).events.empty());
}

TEST_CASE("without what was sent, a cancellation still frees time and calendar, and a move is refused", "[diary]") {
  diary d;
  d.stored.papers.clear();
  CHECK(refused(d.move(thursday)) == ec::wrong_state);
  const auto x = made(d.cancel());
  CHECK(kinds(x) == std::vector<std::string>{"cancel_event"});
  CHECK(sent<cancel_event>(x, "cancel_event").calendar == d.manager.calendar_id);
}

TEST_CASE("what was moved is the same after a restart", "[diary]") {
  diary d;
  made(d.move(thursday));
  d.s = diaries::core::restore(diaries::core::public_part(d.s), json::object());
  CHECK(d.s.meetings.at(d.id).scheduled_at == thursday);
  CHECK(d.seen(d.event(booked_at, 0)).events.empty()); // what we wrote last is known, too
}

} // namespace diary_changes_test
