// Goal: the demo's promises hold, and every booked meeting is where it should
// be: calendar, CRM and mailbox. Method: the sample campaign in the practice
// world.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <libical/ical.h>

#include <set>

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

TEST_CASE("the sample campaign books meetings and delivers them", "[cluster]") {
  campaign_world w;
  w.create((cli::config_folder() / "samples" / "prospects.csv").string());
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 120s));
  const auto totals = w.status();
  CHECK(totals["prospects"].get<int>() >= 50);
  CHECK(totals["dispositions"].size() >= 8);
  CHECK(totals["meetings"].get<int>() >= 5);
  CHECK(totals["blocked"].size() >= 5);
  const auto witness = w.world.witness();
  CHECK(witness["double_dials"] == 0);
  CHECK(witness["window_violations"] == 0);

  std::map<std::string, int> written;
  std::set<std::string> events;
  std::ifstream log{w.world.folder() / "witness.jsonl"};
  for (std::string line; std::getline(log, line);) {
    const auto entry = json::parse(line);
    const auto kind = entry.value("kind", std::string{});
    if (kind == "crm" && entry.value("operation", std::string{}) == "create")
      ++written["crm " + entry.value("object", std::string{})];
    else
      ++written[kind];
  }
  const auto meetings = totals["meetings"].get<int>();
  CHECK(written["mail"] == meetings);
  CHECK(written["event"] == meetings);
  CHECK(written["crm meetings"] == meetings);
  CHECK(written["crm calls"] == totals["calls"].get<int>());

  // Meetings of one manager never overlap.
  std::map<std::string, std::vector<wall_time>> diaries;
  for (const auto& m : w.ask("meeting list"))
    diaries[m["account_manager"].get<std::string>()].push_back(*parse_iso(m["scheduled_at"].get<std::string>()));
  for (auto& [manager, times] : diaries) {
    std::sort(times.begin(), times.end());
    for (size_t i = 1; i < times.size(); ++i)
      CHECK(times[i] - times[i - 1] >= 30min);
  }
}
