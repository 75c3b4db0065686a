// Goal: whatever the carrier and the vendors do wrong, nobody is dialled twice,
// no outcome is lost and every delivery arrives once. Method: the sample
// campaign against a practice world full of faults.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace carrier_faults_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

TEST_CASE("a carrier that doubles, delays, loses and forgets costs nobody a second call", "[cluster]") {
  auto o = campaign_world::options(11);
  o.scenario = campaign_world::scenario([](toml::table& t) {
    auto& faults = *t["carrier"]["faults"].as_table();
    for (const char* fault : {"double_webhooks", "delay_webhooks", "reorder_webhooks", "lose_webhooks"})
      faults.insert_or_assign(fault, 0.2);
    faults.insert_or_assign("drop_replies", 0.15);
    faults.insert_or_assign("server_errors", 0.05);
    faults.insert_or_assign("list_late_seconds", 3);
  });
  campaign_world w{o};
  w.create((cli::config_folder() / "samples" / "prospects.csv").string(), {{"attempts_max", 1}});
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 300s));
  const auto witness = w.world.witness();
  CHECK(witness["double_dials"] == 0);
  CHECK(witness["window_violations"] == 0);
  std::set<std::string> sids;
  for (const auto& call : w.calls()) {
    CHECK(call["outcome"] != "none");
    if (const auto sid = plain_text(call["call_sid"]); !sid.empty())
      CHECK(sids.insert(sid).second);
  }
  CHECK(sids.size() == witness["calls"]["created"].get<size_t>());
}

TEST_CASE("vendors that fail now and then get everything once in the end", "[cluster]") {
  auto o = campaign_world::options(12);
  o.scenario = campaign_world::scenario([](toml::table& t) {
    for (const char* vendor : {"crm", "enrichment", "calendar", "mail", "llm"})
      t["faults"][vendor].as_table()->insert_or_assign("errors", 0.2);
    for (const char* vendor : {"crm", "calendar"})
      t["faults"][vendor].as_table()->insert_or_assign("rate_limits", 0.1);
    t["faults"]["llm"].as_table()->insert_or_assign("prose", 0.2);
  });
  campaign_world w{o};
  w.run({"0100", "0100", "0100", "0100", "0102", "0102", "0103", "0104", "0108", "0109"}, 200s);
  const auto meetings = w.ask("meeting list");
  CHECK(meetings.size() >= 2);
  std::set<std::string> events;
  for (const auto& event : w.witnessed("event"))
    events.insert(event["id"].get<std::string>());
  CHECK(events.size() == meetings.size());
  CHECK(w.world.witness("/mails").size() == 2 * meetings.size()); // the invitation and the manager's preparation
  std::map<std::string, size_t> written;
  for (const auto& entry : w.witnessed("crm"))
    if (entry.value("operation", std::string{}) == "create")
      ++written[entry.value("object", std::string{})];
  CHECK(written["meetings"] == meetings.size());
  CHECK(written["calls"] == w.calls().size());
}

} // namespace carrier_faults_test
