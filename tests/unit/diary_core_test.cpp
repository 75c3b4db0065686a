// Goal: nobody is booked twice, and only within working hours. Method: the
// pure core.
#include "actors/diary/core.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace std::chrono_literals;

namespace {

const wall_time now = *parse_iso("2026-12-01T15:00:00Z"); // Tuesday 10:00 in New York

manager_row manager() {
  manager_row m;
  m.id = manager_id{uuid{3, 3}};
  m.timezone = "America/New_York";
  m.working_hours = "mon-fri 09:00-12:00, 13:00-17:00";
  return m;
}

time_range at(const char* iso) {
  const auto t = *parse_iso(iso);
  return {t, t + 30min};
}

const meeting_id a{uuid{1, 1}};
const meeting_id b{uuid{2, 2}};

diaries::state with_hold(wall_time expires) {
  diaries::state s;
  diaries::core::apply(s, diaries::held{a, {at("2026-12-02T15:00:00Z"), expires}});
  return s;
}

} // namespace

TEST_CASE("only within working hours, lunch excepted, and not in the past", "[diary]") {
  CHECK_FALSE(diaries::why_not({}, manager(), at("2026-12-02T15:00:00Z"), a, now));
  CHECK(diaries::why_not({}, manager(), at("2026-12-02T17:30:00Z"), a, now)); // 12:30
  CHECK(diaries::why_not({}, manager(), at("2026-12-02T16:45:00Z"), a, now)); // into lunch
  CHECK(diaries::why_not({}, manager(), at("2026-12-05T15:00:00Z"), a, now)); // Saturday
  CHECK(diaries::why_not({}, manager(), at("2026-12-01T14:30:00Z"), a, now));
}

TEST_CASE("a held time is taken until the hold runs out, but not for its own meeting", "[diary]") {
  const auto s = with_hold(now + 15min);
  CHECK(diaries::why_not(s, manager(), at("2026-12-02T15:15:00Z"), b, now));
  CHECK_FALSE(diaries::why_not(s, manager(), at("2026-12-02T15:00:00Z"), a, now));
  CHECK_FALSE(diaries::why_not(s, manager(), at("2026-12-02T15:15:00Z"), b, now + 16min));
}

TEST_CASE("free slots avoid busy times, holds and meetings", "[diary]") {
  auto s = with_hold(now + 15min);
  const std::vector<time_range> busy{{*parse_iso("2026-12-02T18:00:00Z"), *parse_iso("2026-12-02T22:00:00Z")}};
  const auto slots = diaries::free_slots(s, manager(), busy, {"2026-12-02"}, 30min, 20, now);
  REQUIRE_FALSE(slots.empty());
  for (const auto& slot : slots) {
    const time_range when{slot, slot + 30min};
    CHECK_FALSE(diaries::why_not(s, manager(), when, b, now));
    CHECK_FALSE(busy.front().overlaps(when));
  }
  CHECK(std::is_sorted(slots.begin(), slots.end()));
}

TEST_CASE("dates that make no sense mean the next days", "[diary]") {
  CHECK_FALSE(diaries::free_slots({}, manager(), {}, {"soon"}, 30min, 4, now).empty());
}

TEST_CASE("an event id is what Google accepts from clients", "[diary]") {
  const auto id = diaries::event_id_of(a);
  CHECK(id.size() >= 5);
  CHECK(id.find_first_not_of("0123456789abcdefghijklmnopqrstuv") == std::string::npos);
  CHECK(id != diaries::event_id_of(b));
}

TEST_CASE("a confirmed meeting goes to calendar, mail and CRM, each under its own key", "[diary]") {
  confirm_slot order;
  order.meeting.id = a;
  order.meeting.scheduled_at = *parse_iso("2026-12-02T15:00:00Z");
  order.email = "dana@globex.example";
  order.brief.person.name = "Dana Reyes";
  const auto rows = diaries::confirmation_rows(order, manager(), number_hasher{{}}, "example.com", now);
  std::map<std::string, int> kinds;
  std::set<uuid> keys;
  for (const auto& row : rows)
    if (const auto* out = std::get_if<outbox_row>(&row)) {
      ++kinds[out->kind];
      keys.insert(out->id);
    }
  CHECK(kinds == std::map<std::string, int>{{"put_event", 1}, {"mail", 1}, {"crm_activity", 1}});
  CHECK(keys.size() == 3);
}

TEST_CASE("the invitation has the UID that the calendar gives the event", "[diary]") {
  confirm_slot order;
  order.meeting.id = a;
  order.meeting.calendar_event_id = diaries::event_id_of(a);
  for (const auto& row : diaries::confirmation_rows(order, manager(), number_hasher{{}}, "example.com", now))
    if (const auto* out = std::get_if<outbox_row>(&row); out && out->kind == "mail")
      CHECK(json::parse(out->payload)["meeting"]["uid"] == diaries::event_id_of(a) + "@example.com");
}
