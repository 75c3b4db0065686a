// Goal: a node on PostgreSQL does what one on SQLite does, and a database that
// goes away in the middle costs nothing but time: nobody is dialled twice, no
// outcome is lost. Method: real processes, a real server that is stopped as by
// a crash and started again amid calls, and the practice world's log as the
// witness.
#include "tests/cluster/evidence.hpp"
#include "tests/cluster/world.hpp"
#include "tests/support/postgres_server.hpp"

#include <catch2/catch.hpp>

namespace postgres_campaign_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

postgres_server& server() {
  static postgres_server one;
  return one;
}

cli::demo_options on_postgres(const std::string& database) {
  server().create_database(database);
  auto out = campaign_world::options(7);
  // Shorter than one of the outages: only what may wait longer is still there then.
  out.settings = "[journal]\nprovider = \"postgres\"\noutage_wait = \"2s\"\nurl = \"" + server().url(database) + "\"\n";
  return out;
}

struct sample_run : campaign_world {
  explicit sample_run(const std::string& database) : campaign_world{on_postgres(database)}, database{database} {}

  void launch() {
    create((cli::config_folder() / "samples" / "prospects.csv").string());
    ask("campaign launch");
  }
  /// A number that SQL finds in the store.
  int count(const std::string& sql) const { return std::stoi(server().query(database, sql)); }
  bool amid_calls(int made) {
    return wait_for(
      [&] {
        const auto totals = status();
        return totals["calls"].get<int>() > made && totals["calls_open"].get<int>() > 1;
      },
      120s);
  }

  bool answers() {
    try {
      return status().is_object();
    } catch (const cli::command_failed&) {
      return false;
    }
  }
  /// Intents that the carrier has not answered yet.
  size_t dials_on_their_way() {
    size_t out = 0;
    for (const auto& call : ask("call list", {{"open", true}}))
      out += plain_text(call["call_sid"]).empty();
    return out;
  }

  std::string database;
};

} // namespace

TEST_CASE("the sample campaign on PostgreSQL goes on when the database was away", "[cluster]") {
  sample_run w{"campaign"};
  w.launch();
  int made = 3;
  for (const auto away : {300ms, 4000ms}) {
    REQUIRE(w.amid_calls(made));
    const auto on_their_way = w.dials_on_their_way();
    server().stop_immediately();
    const auto dials = dials_in(witness_log(w)).sids.size();
    const auto cut = w.witnessed("stream_cut").size();
    std::this_thread::sleep_for(away);
    // What was on its way to the carrier at the stop may still arrive, and what set out while
    // we looked; nothing new begins.
    CHECK(dials_in(witness_log(w)).sids.size() <= dials + on_their_way + 2);
    CHECK(w.witnessed("stream_cut").size() == cut); // talks go on
    server().start();
    REQUIRE(w.wait_for([&] { return w.world.running(); }, 1s));
    REQUIRE(w.wait_for([&] { return w.answers(); }, 30s)); // questions are refused until it is found again
    made = w.status()["calls"].get<int>() + 3;
  }
  REQUIRE(w.wait_for([&] { return w.finished(); }, 300s));
  check_nothing_lost(w);
  const auto witness = w.world.witness();
  CHECK(witness["double_dials"] == 0);
  CHECK(witness["window_violations"] == 0);
  CHECK(w.status()["meetings"].get<int>() > 0);
  // The journal itself: every call was closed by one event, and its rows say so in SQL.
  CHECK(w.count("SELECT count(*) FROM streams s WHERE kind = 'call' AND (SELECT count(*) FROM events e WHERE e.stream "
                "= s.id AND e.type = 'call_closed') <> 1")
        == 0);
  CHECK(w.count("SELECT count(*) FROM calls WHERE call_sid IS NOT NULL")
        == static_cast<int>(witness["calls"]["created"].get<size_t>()));
  CHECK(w.count("SELECT count(DISTINCT shard) FROM prospects") > 16); // spread over 256 shards
}

TEST_CASE("a node on PostgreSQL that is killed amid calls goes on where it stopped", "[cluster]") {
  sample_run w{"killed"};
  w.launch();
  REQUIRE(w.amid_calls(5));
  w.world.kill_node();
  const auto before = w.count("SELECT max(epoch) FROM shards");
  w.world.start_node();
  CHECK(w.count("SELECT min(epoch) FROM shards") == before + 1);
  REQUIRE(w.wait_for([&] { return w.finished(); }, 300s));
  check_nothing_lost(w);
  CHECK(w.world.witness()["double_dials"] == 0);
}

} // namespace postgres_campaign_test
