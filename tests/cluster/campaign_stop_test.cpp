// Goal: pause lets live calls finish, stop cancels ringing ones, stop --now
// hangs up, and afterwards nobody is dialled. Each is commanded while calls
// ring, talk and book. Method: real processes; a slow calendar keeps bookings
// under way; the practice world's log is the witness.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>

namespace campaign_stop_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

cli::demo_options slow_calendar() {
  auto o = campaign_world::options(7);
  o.media_speed = 10; // so that ringing lasts long enough to be met,
  o.speed = 300;      // and some ring while others are far in their talk
  o.scenario = campaign_world::scenario(
    [](toml::table& t) { t["faults"]["calendar"].as_table()->insert_or_assign("latency_seconds", 2.0); });
  return o;
}

/// Thirty people who talk, launched, and met while some ring, some talk and
/// some are being booked.
struct launched : campaign_world {
  std::map<std::string, std::string> before; ///< call → ringing or talking, at the command
  size_t booking = 0;

  launched() : campaign_world{slow_calendar()} {
    std::vector<std::string> talkers;
    for (int i = 0; i < 10; ++i)
      talkers.insert(talkers.end(), {"0100", "0102", "0110"});
    // Within one hour of practice time, so that many calls are up at once.
    create(people(talkers), {{"min_probability", 0}, {"best_times", best_hours(9, 10)}});
    ask("campaign launch");
    REQUIRE(wait_for([this] { return met(); }, 60s));
  }
  /// Ringing, talking and booking at the same moment?
  bool met() {
    before.clear();
    booking = living("booking");
    size_t ringing = 0;
    size_t talking = 0;
    for (const auto& call : calls()) {
      const auto status = call["status"].get<std::string>();
      if (status == "ringing" || status == "talking")
        before[call["id"].get<std::string>()] = status;
      ringing += status == "ringing";
      talking += status == "talking";
    }
    return ringing > 0 && talking > 1 && booking > 0;
  }
  int created() { return world.witness()["calls"]["created"].get<int>(); }
  /// Nothing is dialled in a while in which a running campaign would dial.
  void check_quiet() {
    const auto now = created();
    std::this_thread::sleep_for(2s);
    CHECK(created() == now);
  }
  void check_ended(std::chrono::seconds patience) {
    REQUIRE(wait_for([&] { return status()["calls_open"] == 0; }, patience));
  }
  /// Of the calls that were up at the command: phase then → outcomes.
  std::map<std::string, std::multiset<std::string>> outcomes() {
    std::map<std::string, std::multiset<std::string>> out;
    for (const auto& call : calls())
      if (const auto found = before.find(call["id"].get<std::string>()); found != before.end())
        out[found->second].insert(call["outcome"].get<std::string>());
    return out;
  }
  /// Whatever was cut off: store, calendar and CRM tell the same meetings.
  void check_meetings_agree() {
    REQUIRE(wait_for([&] { return world.command("outbox list").empty(); }, 30s));
    std::set<std::string> store;
    for (const auto& m : ask("meeting list"))
      store.insert(m["calendar_event_id"].get<std::string>());
    std::set<std::string> calendar;
    for (const auto& event : witnessed("event"))
      calendar.insert(event["id"].get<std::string>());
    CHECK(store == calendar);
    size_t booked = 0;
    for (const auto& call : calls())
      booked += call["meeting_booked"] == true;
    CHECK(booked == store.size());
  }
};

} // namespace

TEST_CASE("pause: no new calls, live ones finish, resume goes on", "[cluster]") {
  launched w;
  CHECK(w.ask("campaign pause")["status"] == "paused");
  w.check_quiet();
  w.check_ended(60s);
  for (const auto& [phase, outcomes] : w.outcomes()) {
    CAPTURE(phase);
    CHECK_FALSE(outcomes.contains("canceled")); // nobody was cut off
    CHECK_FALSE(outcomes.contains("no_decision"));
  }
  CHECK(w.outcomes()["talking"].contains("meeting_booked"));
  w.check_meetings_agree();
  const auto before = w.created();
  CHECK(w.ask("campaign resume")["status"] == "running");
  CHECK(w.wait_for([&] { return w.created() > before; }, 60s));
  CHECK(w.world.witness()["double_dials"] == 0);
}

TEST_CASE("stop: ringing calls are cancelled, talks and bookings finish", "[cluster]") {
  launched w;
  CHECK(w.ask("campaign stop")["status"] == "stopped");
  w.check_quiet();
  w.check_ended(60s);
  const auto outcomes = w.outcomes();
  CHECK(outcomes.at("ringing").contains("canceled"));
  CHECK_FALSE(outcomes.at("talking").contains("canceled"));
  CHECK_FALSE(outcomes.at("talking").contains("no_decision")); // we cut nobody off
  CHECK(outcomes.at("talking").contains("meeting_booked"));
  w.check_meetings_agree();
  CHECK(w.world.witness()["double_dials"] == 0);
}

TEST_CASE("stop --now hangs up on everybody at once", "[cluster]") {
  launched w;
  const auto begun = std::chrono::steady_clock::now();
  CHECK(w.ask("campaign stop", {{"now", true}})["status"] == "stopped");
  // The carrier's side is over at once; a booking under way is still answered.
  CHECK(w.wait_for([&] { return w.world.witness()["calls"]["open"] == 0; }, 10s));
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
  w.check_ended(20s);
  w.check_quiet();
  w.check_meetings_agree();
}

TEST_CASE("stop --all hangs up on everybody in every campaign, and says what it did", "[cluster]") {
  launched w;
  // A second campaign for the same people begins beside it.
  const auto first = w.name;
  w.name = "Second";
  w.create((w.world.folder() / "people.csv").string(),
           {{"min_probability", 0}, {"best_times", campaign_world::best_hours(9, 10)}});
  w.ask("campaign launch");
  const auto begun = std::chrono::steady_clock::now();
  const auto done = w.world.command("stop all");
  CAPTURE(done.dump(1));
  CHECK(std::chrono::steady_clock::now() - begun < 20s);
  CHECK(done["failed"].empty());
  std::set<std::string> stopped;
  for (const auto& one : done["stopped"]) {
    stopped.insert(plain_text(one["name"]));
    CHECK(one["status"] == "stopped");
  }
  CHECK(stopped == std::set<std::string>{first, "Second"});
  CHECK(done["calls_hung_up"].get<size_t>() > 0);
  // It answers once nothing is up any more, at the carrier either.
  CHECK(w.world.witness()["calls"]["open"] == 0);
  w.check_quiet();
  for (const auto& name : {first, std::string{"Second"}}) {
    w.name = name;
    CHECK(w.status()["status"] == "stopped");
    CHECK(w.status()["calls_open"] == 0);
  }
  w.name = first;
  w.check_meetings_agree();
  CHECK(w.world.command("stop all")["stopped"].empty()); // there is nothing left to stop
  CHECK(w.world.witness()["double_dials"] == 0);
}

} // namespace campaign_stop_test
