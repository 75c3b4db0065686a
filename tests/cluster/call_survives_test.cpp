// Goal: a call outlives its node's process: most of the calls that are talking
// when the node is killed go on talking, on the same line, and end properly;
// how many, and how long a gap they hear, is printed. Method: real processes at
// the speed of life, SIGKILL, and the practice carrier's log of streams that
// were cut and resumed.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

namespace call_survives_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

constexpr size_t people_called = 30;

struct living : campaign_world {
  static cli::demo_options at_the_speed_of_life() {
    auto o = options(41);
    o.speed = 1;
    o.media_speed = 1;
    o.start_at = "2026-12-01T16:00:00Z";
    o.settings = "[pacing]\ncalls_at_once = 40\n";
    o.scenario = scenario([](toml::table& t) {
      t["carrier"].as_table()->insert_or_assign("calls_per_second", 40);
      t["carrier"].as_table()->insert_or_assign("ring_seconds_max", 5);
    });
    return o;
  }
  living() : campaign_world{at_the_speed_of_life()} {
    std::vector<std::string> digits;
    for (size_t i = 0; i < people_called; ++i)
      digits.push_back(i % 3 == 0 ? "0100" : i % 3 == 1 ? "0102" : "0110");
    create(people(digits),
           {{"min_probability", 0}, {"attempts_max", 1}, {"calls_at_once", 40}, {"best_times", each_hour(8, 21, 60s)}});
    ask("campaign launch");
  }
  /// SIDs of the calls that talk, by id.
  std::map<std::string, std::string> talking() {
    std::map<std::string, std::string> out;
    for (const auto& call : ask("call list", {{"open", true}, {"limit", 1000}}))
      if (call["status"] == "talking")
        out[call["id"].get<std::string>()] = plain_text(call["call_sid"]);
    return out;
  }
};

} // namespace

TEST_CASE("calls outlive their node: one SIGKILL amid talks", "[cluster][survives]") {
  living w;
  REQUIRE(w.wait_for([&] { return w.talking().size() >= people_called * 2 / 3; }, 90s));
  std::this_thread::sleep_for(2s); // they are past the greeting
  const auto cut = w.talking();
  const auto killed = std::chrono::steady_clock::now();
  w.world.kill_node();
  w.world.start_node();
  const auto back = std::chrono::steady_clock::now() - killed;
  REQUIRE(w.wait_for([&] { return w.finished(); }, 300s));

  std::map<std::string, int64_t> gaps; // first of each call, by SID
  for (const auto& entry : w.witnessed("stream_resumed"))
    gaps.try_emplace(plain_text(entry["sid"]), entry["milliseconds"].get<int64_t>());
  std::map<std::string, ordered_json> ended;
  for (const auto& call : w.calls())
    ended[call["id"].get<std::string>()] = call;
  size_t saved = 0;
  std::vector<int64_t> heard;
  std::map<std::string, size_t> outcomes;
  for (const auto& [id, sid] : cut) {
    CAPTURE(id, sid);
    REQUIRE(ended.contains(id));
    CHECK(plain_text(ended[id]["call_sid"]) == sid); // the same line, not another call
    CHECK(ended[id]["outcome"] != "none");
    if (!gaps.contains(sid))
      continue;
    ++saved;
    heard.push_back(gaps[sid]);
    ++outcomes[ended[id]["outcome"].get<std::string>()];
  }
  std::sort(heard.begin(), heard.end());
  const auto at = [&](double share) {
    return heard.empty() ? 0 : heard[static_cast<size_t>(share * static_cast<double>(heard.size() - 1))];
  };
  std::cout << "calls that outlive their node: " << saved << " of " << cut.size()
            << " talking calls went on; node away "
            << std::chrono::duration_cast<std::chrono::milliseconds>(back).count() << " ms; gap heard p50 " << at(0.5)
            << " ms, p90 " << at(0.9) << " ms, longest " << at(1) << " ms; ended with";
  for (const auto& [outcome, count] : outcomes)
    std::cout << ' ' << outcome << ' ' << count;
  std::cout << std::endl;
  CHECK(saved * 10 >= cut.size() * 8);
  CHECK(at(0.9) < 15'000); // the carrier's own patience

  // Nobody was called twice, and every call is in the store.
  const auto witness = w.world.witness();
  CHECK(witness["double_dials"] == 0);
  CHECK(witness["calls"]["created"] == people_called);
  CHECK(witness["calls"]["open"] == 0);
  // What went on went on as the same talk: the agent did not begin anew.
  for (const auto& [id, sid] : cut) {
    if (!gaps.contains(sid))
      continue;
    const auto shown = w.world.command("call show", {{"call", id}});
    size_t disclosures = 0;
    for (const auto& turn : shown["transcript"])
      disclosures += turn["who"] == "agent" && plain_text(turn["text"]).find("AI assistant") != std::string::npos;
    CAPTURE(id);
    CHECK(disclosures <= 1);
  }
}

} // namespace call_survives_test
