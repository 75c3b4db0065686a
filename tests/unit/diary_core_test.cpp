// Goal: nobody is booked twice, and only within working hours. Method: the
// pure core.
#include "actors/diary/core.hpp"

#include <catch2/catch.hpp>

namespace diary_core_test {

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

TEST_CASE("what a call brought to light goes to our own people, never to the person", "[diary]") {
  const std::string secret = "BANT 63 of 100. Objection: \"too dear\".";
  auto priya = manager();
  priya.name = "Priya Raman";
  priya.email = "priya@acme.example";
  priya.timezone = "America/New_York";
  confirm_slot order;
  order.meeting.id = a;
  order.meeting.scheduled_at = *parse_iso("2026-12-02T15:00:00Z");
  order.meeting.meeting_type = "video";
  order.meeting.zoom_link = "https://meet.example/priya";
  order.email = "dana@globex.example";
  order.preparation = secret;
  order.brief.person.name = "Dana Reyes";
  order.brief.policy.company = "Acme";
  order.brief.policy.offer = "Robots that count stock.";
  order.brief.policy.callback_number = "+12125550142";
  std::vector<outgoing_mail> mails;
  std::vector<uuid> keys;
  put_event event;
  crm_activity activity;
  for (const auto& row : diaries::confirmation_rows(order, priya, number_hasher{{}}, "example.com", now))
    if (const auto* out = std::get_if<outbox_row>(&row)) {
      keys.push_back(out->id);
      const auto payload = json::parse(out->payload);
      if (out->kind == "mail")
        mails.push_back(payload.get<outgoing_mail>());
      else if (out->kind == "put_event")
        event = payload.get<put_event>();
      else
        activity = payload.get<crm_activity>();
    }
  REQUIRE(mails.size() == 2);
  CHECK(std::set<uuid>(keys.begin(), keys.end()).size() == 4);

  // The person is the event's guest and the invitation's recipient.
  const auto& invitation = mails[0];
  REQUIRE(invitation.to == order.email);
  REQUIRE(event.attendee_email == order.email);
  for (const auto& text : {json(event).dump(), json(invitation).dump()}) {
    CHECK(text.find("BANT") == std::string::npos);
    CHECK(text.find("too dear") == std::string::npos);
  }
  for (const auto& text : {event.description, invitation.meeting->description})
    for (const auto* part : {"Robots that count stock.", "priya@acme.example", "+12125550142", "Priya Raman of Acme"}) {
      CAPTURE(text, part);
      CHECK(text.find(part) != std::string::npos);
    }

  const auto& preparation = mails[1];
  CHECK(preparation.to == priya.email);
  CHECK(preparation.copies.empty());
  CHECK_FALSE(preparation.meeting);
  CHECK(preparation.text.find(secret) != std::string::npos);
  CHECK(preparation.text.find("Wednesday, December 02, 2026 at 10:00 AM (America/New_York)") != std::string::npos);
  CHECK(preparation.message_id != invitation.message_id);
  CHECK(activity.body == secret);

  // Decided again it is the same mail under the same key.
  std::vector<uuid> again;
  for (const auto& row : diaries::confirmation_rows(order, priya, number_hasher{{}}, "example.com", now + 1h))
    if (const auto* out = std::get_if<outbox_row>(&row)) {
      again.push_back(out->id);
      if (out->id == keys[2])
        CHECK(json::parse(out->payload).get<outgoing_mail>().message_id == preparation.message_id);
    }
  CHECK(again == keys);
}

TEST_CASE("the invitation has the UID that the calendar gives the event", "[diary]") {
  confirm_slot order;
  order.meeting.id = a;
  order.meeting.calendar_event_id = diaries::event_id_of(a);
  for (const auto& row : diaries::confirmation_rows(order, manager(), number_hasher{{}}, "example.com", now))
    if (const auto* out = std::get_if<outbox_row>(&row); out && out->kind == "mail")
      CHECK(json::parse(out->payload)["meeting"]["uid"] == diaries::event_id_of(a) + "@example.com");
}

} // namespace diary_core_test
