// Goal: calls of which nobody can find out whether the carrier has them wait
// for an operator, who says so by command; nobody is dialled again before.
// Method: real processes. The carrier loses every answer to a dial and shows a
// new call in its list only much later; then it is gone.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

namespace submission_unknown_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

struct doubtful : campaign_world {
  static cli::demo_options forgetful() {
    auto o = options(51);
    o.speed = 600; // an hour is six seconds
    o.start_at = "2026-12-01T15:30:00Z";
    // Long enough for the carrier to be gone before a second list.
    o.settings = "[actors]\nwatchdog_floor = \"200ms\"\nvendor_timeout = \"2s\"\nsubmission_grace = \"1h\"\n";
    o.scenario = scenario([](toml::table& t) {
      auto& faults = *t["carrier"]["faults"].as_table();
      faults.insert_or_assign("drop_replies", 1);
      faults.insert_or_assign("lose_webhooks", 1);
      faults.insert_or_assign("list_late_seconds", 86'400);
    });
    return o;
  }
  doubtful() : campaign_world{forgetful()} {}
  json unresolved() { return json(ask("call list", {{"unresolved", true}})); }
};

} // namespace

TEST_CASE("what nobody can find out waits for an operator's word", "[cluster][doubt]") {
  doubtful w;
  w.create(w.people({"0100", "0102"}),
           {{"min_probability", 0}, {"attempts_max", 2}, {"best_times", campaign_world::each_hour(8, 21, 30min)}});
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.world.witness()["calls"]["created"] == 2; }, 30s));
  w.world.kill_sandbox();
  REQUIRE(w.wait_for([&] { return w.unresolved().size() == 2; }, 60s));
  std::this_thread::sleep_for(2s); // twenty minutes, and still nothing happens by itself
  const auto waiting = w.unresolved();
  REQUIRE(waiting.size() == 2);
  for (const auto& call : waiting) {
    CHECK(call["status"] == "submission_unknown");
    CHECK(call["outcome"] == "submission_unknown");
    CHECK(call["ended_at"].is_null());
    const auto why = w.world.command("prospect why", {{"prospect", call["prospect_id"]}});
    CHECK_THAT(why.dump(), Catch::Contains("parley call resolve"));
  }
  CHECK(w.status()["status"] == "running"); // the campaign is not through with them
  const auto metrics = cli::get_page("http://127.0.0.1:" + std::to_string(w.world.local_port()) + "/metrics");
  CHECK_THAT(metrics, Catch::Contains("parley_calls_unresolved{campaign=\"Test\"} 2\n")
                        && Catch::Contains("parley_slots_held 0\n"));

  // It survives the node, too.
  w.world.kill_node();
  w.world.start_node();
  REQUIRE(w.wait_for([&] { return w.unresolved().size() == 2; }, 20s));

  const auto placed = waiting[0]["id"].get<std::string>();
  const auto never = waiting[1]["id"].get<std::string>();
  w.world.command("call resolve", {{"call", placed}, {"as", "placed"}, {"reason", "the person says that it rang"}});
  REQUIRE(w.wait_for([&] { return w.unresolved().size() == 1; }, 20s));
  const auto ended = w.world.command("call show", {{"call", placed}});
  CHECK(ended["outcome"] == "congestion"); // the carrier cannot be asked: unreachable
  w.world.command("call resolve", {{"call", never}, {"as", "not-placed"}, {"reason", "not in the console"}});
  REQUIRE(w.wait_for([&] { return w.unresolved().empty(); }, 20s));
  CHECK_THROWS_AS(w.world.command("call resolve", {{"call", never}, {"as", "placed"}}), cli::command_failed);
  for (const auto& person : w.ask("prospect list")) {
    const auto shown = w.world.command("prospect show", {{"prospect", person["id"]}});
    // Another attempt follows, since the campaign makes two.
    const auto state = plain_text(shown["enrolments"][0]["state"]);
    CHECK((state == "waiting" || state == "awake"));
    CHECK(shown["enrolments"][0]["last_disposition"] != "none");
  }
}

} // namespace submission_unknown_test
