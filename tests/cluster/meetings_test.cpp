// Goal: a meeting that is moved or cancelled, by a command, in a call or by
// hand in the calendar, is afterwards the same everywhere: store, calendar, CRM
// and mailbox, and its old time can be booked again. Method: real processes;
// the practice world is the witness, and its hand in the calendar.
#include "tests/cluster/invitation.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>
#include <curl/curl.h>
#include <date/date.h>

namespace meetings_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

using local_days = date::sys_days;

/// One request of somebody who sits before their calendar.
long by_hand(const std::string& method, const std::string& url, const std::string& body) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), curl_easy_cleanup};
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{
    curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all};
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  if (!body.empty())
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 10L);
  curl_easy_setopt(
    curl.get(), CURLOPT_WRITEFUNCTION, +[](char*, size_t size, size_t count, void*) { return size * count; });
  REQUIRE(curl_easy_perform(curl.get()) == CURLE_OK);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

wall_time instant(const ordered_json& x) {
  const auto at = parse_iso(x.get<std::string>());
  REQUIRE(at);
  return *at;
}

/// A practice day that is long enough to act in it, with calls at once.
cli::demo_options slow() {
  auto o = campaign_world::options(7);
  o.speed = 300;
  return o;
}

struct meetings_world : campaign_world {
  meetings_world() : campaign_world{slow()} {}

  /// Calls everybody within the hour, once.
  static json at_once() {
    auto hours = json::array();
    for (int hour = 8; hour < 20; ++hour) {
      const auto h = (hour < 10 ? "0" : "") + std::to_string(hour);
      hours.push_back({{"weekdays", {"mon", "tue", "wed", "thu", "fri"}}, {"from", h + ":00"}, {"until", h + ":30"}});
    }
    return {{"min_probability", 0}, {"attempts_max", 1}, {"best_times", hours}};
  }

  std::vector<ordered_json> meetings() {
    std::vector<ordered_json> out;
    for (auto& m : world.command("meeting list", {{"limit", 1000}}))
      out.push_back(std::move(m));
    return out;
  }
  ordered_json meeting(const ordered_json& id) {
    for (auto& m : meetings())
      if (m["id"] == id)
        return m;
    FAIL("no meeting " << id);
    return {};
  }
  bool quiet() { return world.command("outbox list").empty(); }

  /// Moves it to the first time that suits, some days later.
  ordered_json move_somewhere(const ordered_json& m) {
    const auto day = date::floor<date::days>(
      date::sys_time<std::chrono::milliseconds>{instant(m["scheduled_at"]).time_since_epoch()});
    std::string last;
    for (int ahead = 5; ahead < 12; ++ahead)
      for (const char* time : {"10:00", "11:00", "14:30"})
        try {
          return world.command("meeting reschedule", {{"meeting", m["id"]},
                                                      {"to", date::format("%F", day + date::days{ahead}) + " " + time},
                                                      {"zone", "America/Chicago"}});
        } catch (const cli::command_failed& e) { // taken, a weekend, a free Friday afternoon
          last = e.what();
          const bool expected = last.find("taken") != std::string::npos || last.find("outside") != std::string::npos;
          CAPTURE(last);
          REQUIRE(expected);
        }
    FAIL("no time suits: " << last);
    return {};
  }

  /// Store, calendar, CRM and mailbox speak of the same meeting.
  void check(const ordered_json& id) {
    const auto m = meeting(id);
    CAPTURE(m.dump());
    const auto at = instant(m["scheduled_at"]);
    const bool cancelled = m["status"] == "cancelled";
    const auto event_id = m["calendar_event_id"].get<std::string>();
    ordered_json event;
    for (const auto& entry : witnessed("event"))
      if (entry["id"] == event_id)
        event = entry["event"];
    REQUIRE_FALSE(event.is_null());
    CHECK((event["status"] == "cancelled") == cancelled);
    if (!cancelled)
      CHECK(instant(event["start"]["dateTime"]) == at);

    const auto uid = event["iCalUID"].get<std::string>();
    CHECK(uid == event_id + "@google.com");
    std::vector<invitation> sent;
    for (const auto& mail : world.witness("/mails"))
      if (auto found = invitation_in(mail["raw"].get<std::string>()); found.uid == uid)
        sent.push_back(std::move(found));
    REQUIRE(sent.size() == m["sequence"].get<size_t>() + 1); // one mail a change
    for (size_t i = 0; i < sent.size(); ++i)
      CHECK(sent[i].sequence == static_cast<int>(i));
    CHECK(sent.back().cancelled == cancelled);
    CHECK(sent.back().start == at);

    // The CRM's object of this meeting bears the person's company in its title.
    const auto title = " and " + m["company"].get<std::string>();
    std::string object;
    ordered_json known = ordered_json::object();
    size_t created = 0;
    for (const auto& entry : witnessed("crm")) {
      if (entry.value("object", std::string{}) != "meetings" || !entry["details"].contains("properties"))
        continue;
      const auto& properties = entry["details"]["properties"];
      if (entry["operation"] == "create" && plain_text(properties["hs_meeting_title"]).ends_with(title)) {
        object = plain_text(entry["id"]);
        ++created;
      }
      if (!object.empty() && plain_text(entry["id"]) == object)
        known.update(properties);
    }
    CHECK(created == 1); // changed, not written once more
    REQUIRE_FALSE(object.empty());
    CAPTURE(known.dump());
    CHECK(instant(known["hs_meeting_start_time"]) == at);
    CHECK(known["hs_meeting_outcome"]
          == (cancelled                      ? "CANCELED"
              : m["sequence"].get<int>() > 0 ? "RESCHEDULED"
                                             : "SCHEDULED"));
  }
};

} // namespace

TEST_CASE("a meeting is moved and cancelled by command and by hand, and is the same everywhere", "[cluster]") {
  meetings_world w;
  w.create(w.people(std::vector<std::string>(9, "0100")), meetings_world::at_once());
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 240s));
  std::map<std::string, std::vector<ordered_json>> diaries;
  for (auto& m : w.meetings())
    diaries[m["account_manager"].get<std::string>()].push_back(std::move(m));
  const auto fullest = std::max_element(diaries.begin(), diaries.end(),
                                        [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  REQUIRE(fullest != diaries.end());
  const auto& list = fullest->second;
  REQUIRE(list.size() >= 4);
  const auto &moved = list[3], &cancelled = list[1], &dragged = list[2], &follower = list[0];

  // By command. What does not fit is refused and changes nothing.
  const auto refused = [&](json args) -> std::string {
    args["meeting"] = moved["id"];
    try {
      w.world.command("meeting reschedule", std::move(args));
    } catch (const cli::command_failed& e) {
      return e.what();
    }
    return "";
  };
  CHECK_THAT(refused({{"to", "soon"}}), Catch::Contains("to: \"soon\" is no time"));
  CHECK_THAT(refused({{"to", "2026-12-03 14:00"}, {"zone", "Mars"}}), Catch::Contains("zone:"));
  CHECK_THAT(refused({{"to", "2020-12-03 14:00"}}), Catch::Contains("past"));
  CHECK_THAT(refused({{"to", plain_text(follower["scheduled_at"])}}), Catch::Contains("taken"));
  const auto answer = w.move_somewhere(moved);
  CHECK(answer["status"] == "moved");
  CHECK(answer["was"] == moved["scheduled_at"]);
  w.world.command("meeting cancel", {{"meeting", cancelled["id"]}, {"reason", "Priya is ill."}});
  w.world.command("meeting cancel", {{"meeting", cancelled["id"]}}); // twice is once

  // By hand: a week later, the same hour.
  std::string calendar;
  for (const auto& entry : w.witnessed("event"))
    if (entry["id"] == dragged["calendar_event_id"])
      calendar = entry["calendar"].get<std::string>();
  const auto later = instant(dragged["scheduled_at"]) + 7 * 24h;
  const auto edge = [](wall_time t) { return json{{"dateTime", to_iso(t)}}; };
  CHECK(by_hand("PATCH",
                "http://127.0.0.1:" + std::to_string(w.world.witness_port()) + "/calendars/" + calendar + "/events/"
                  + plain_text(dragged["calendar_event_id"]),
                json{{"start", edge(later)}, {"end", edge(later + 30min)}}.dump())
        == 200);
  REQUIRE(w.wait_for([&] { return instant(w.meeting(dragged["id"])["scheduled_at"]) == later; }, 30s));
  REQUIRE(w.wait_for([&] { return w.quiet(); }, 60s));
  for (const auto* m : {&moved, &cancelled, &dragged, &follower})
    w.check((*m)["id"]);
  CHECK(w.meeting(dragged["id"])["status"] == "moved");
  CHECK(w.meeting(dragged["id"])["sequence"] == 1);

  // The old time is free again.
  const auto taken
    = w.world.command("meeting reschedule", {{"meeting", follower["id"]}, {"to", plain_text(moved["scheduled_at"])}});
  CHECK(instant(taken["scheduled_at"]) == instant(moved["scheduled_at"]));
  REQUIRE(w.wait_for([&] { return w.quiet(); }, 60s));
  w.check(follower["id"]);

  // Moved once more, and moved by command after somebody dragged it.
  for (const auto* m : {&moved, &dragged}) {
    const auto again = w.move_somewhere(w.meeting((*m)["id"]));
    CHECK(again["status"] == "moved");
    REQUIRE(w.wait_for([&] { return w.quiet(); }, 60s));
    w.check((*m)["id"]);
    CHECK(w.meeting((*m)["id"])["sequence"] == 2);
  }

  // What is deleted by hand while the node is down is found when it comes back.
  w.world.kill_node();
  CHECK(by_hand("DELETE",
                "http://127.0.0.1:" + std::to_string(w.world.witness_port()) + "/calendars/" + calendar + "/events/"
                  + plain_text(dragged["calendar_event_id"]),
                "")
        == 204);
  w.world.start_node();
  REQUIRE(w.wait_for([&] { return w.meeting(dragged["id"])["status"] == "cancelled"; }, 30s));
  REQUIRE(w.wait_for([&] { return w.quiet(); }, 60s));
  w.check(dragged["id"]);
}

TEST_CASE("a person who is called again calls the meeting off in the call", "[cluster]") {
  meetings_world w;
  const auto csv = w.people({"0122"});
  w.create(csv, meetings_world::at_once());
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 120s));
  REQUIRE(w.meetings().size() == 1);
  w.name = "Again";
  w.create(csv, meetings_world::at_once());
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 120s));
  const auto calls = w.calls();
  REQUIRE(calls.size() == 1);
  CAPTURE(w.world.command("call show", {{"call", calls.front()["id"]}}).dump(1));
  CHECK(calls.front()["outcome"] == "meeting_cancelled");
  REQUIRE(w.meetings().size() == 1);
  CHECK(w.meetings().front()["status"] == "cancelled");
  w.check(w.meetings().front()["id"]); // calendar, invitation and CRM say so too
}

TEST_CASE("a person who is called again moves the meeting in the call", "[cluster]") {
  meetings_world w;
  const auto csv = w.people({"0118"});
  w.create(csv, meetings_world::at_once());
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 120s));
  REQUIRE(w.meetings().size() == 1);
  const auto before = w.meetings().front();
  w.name = "Again";
  w.create(csv, meetings_world::at_once());
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 120s));
  const auto calls = w.calls();
  REQUIRE(calls.size() == 1);
  CAPTURE(w.world.command("call show", {{"call", calls.front()["id"]}}).dump(1));
  CHECK(calls.front()["outcome"] == "meeting_moved");
  REQUIRE(w.meetings().size() == 1); // moved, not booked once more
  const auto after = w.meetings().front();
  CHECK(after["id"] == before["id"]);
  CHECK(after["status"] == "moved");
  CHECK(after["scheduled_at"] != before["scheduled_at"]);
  w.check(after["id"]);
}

} // namespace meetings_test
