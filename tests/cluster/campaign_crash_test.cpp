// Goal: a node that is killed in the middle of a campaign goes on where it
// stopped: nobody is dialled twice, no outcome is lost. Method: real processes,
// SIGKILL, and the practice world's log as the witness.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

TEST_CASE("a campaign survives SIGKILL of its node", "[cluster]") {
  campaign_world w;
  w.create((cli::config_folder() / "samples" / "prospects.csv").string());
  w.ask("campaign launch");
  for (int kill = 0; kill < 2; ++kill) {
    const auto before = w.status()["calls"].get<int>();
    REQUIRE(w.wait_for(
      [&] { return w.status()["calls"].get<int>() > before + 5 && w.status()["calls_open"].get<int>() > 1; }, 40s));
    w.world.kill_node();
    w.world.start_node();
  }
  REQUIRE(w.wait_for([&] { return w.finished(); }, 300s));

  const auto totals = w.status();
  const auto witness = w.world.witness();
  CHECK(witness["double_dials"] == 0);
  CHECK(witness["window_violations"] == 0);
  // Every call the carrier saw is in the store, with one disposition.
  CHECK(totals["calls_open"] == 0);
  std::set<std::string> sids;
  for (const auto& call : w.ask("call list", {{"limit", 100000}})) {
    CHECK(call["outcome"] != "none");
    if (call["call_sid"].is_string() && !call["call_sid"].get<std::string>().empty())
      CHECK(sids.insert(call["call_sid"].get<std::string>()).second);
  }
  CHECK(sids.size() == witness["calls"]["created"].get<size_t>());
  // Nobody is forgotten: every prospect came to an end.
  for (const auto& [state, count] : totals["states"].items())
    CHECK((state == "done" || state == "blocked" || state == "disqualified" || state == "exhausted"));
}
