// Goal: SIGTERM lets live calls finish and starts no new one; calls that outlast
// the limit are left to the next start, and so they are by a second SIGTERM,
// which ends the node at once, also while its store hangs. Method: real processes and signals, the practice
// world's log as the witness.
#include "tests/cluster/world.hpp"
#include "tests/support/frozen.hpp"
#include "tests/support/postgres_server.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <set>

namespace drain_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

struct draining : campaign_world {
  static cli::demo_options patient() {
    auto o = options(31);
    o.speed = 60;
    o.media_speed = 4; // talks last some ten seconds
    o.start_at = "2026-12-01T16:00:00Z";
    o.settings = "[actors]\ndrain_limit = \"120s\"\n[pacing]\ncalls_at_once = 3\n";
    return o;
  }
  /// Calls outlast the limit by far.
  static cli::demo_options impatient() {
    auto o = patient();
    o.media_speed = 2;
    o.settings = "[actors]\ndrain_limit = \"2s\"\n[pacing]\ncalls_at_once = 3\n";
    return o;
  }
  explicit draining(const cli::demo_options& o = patient(),
                    const std::vector<std::string>& whom
                    = {"0100", "0100", "0100", "0100", "0102", "0102", "0102", "0103"})
    : campaign_world{o} {
    create(people(whom), {{"min_probability", 0}, {"attempts_max", 1}, {"best_times", each_hour(9, 20, 20min)}});
    ask("campaign launch");
  }
  size_t talking() {
    size_t out = 0;
    for (const auto& call : ask("call list", {{"open", true}, {"limit", 1000}}))
      out += call["status"] == "talking";
    return out;
  }
  void amid_talks() {
    REQUIRE(wait_for([&] { return talking() >= 2; }, 90s));
  }
  std::string node_log() const {
    std::ifstream in{world.folder() / "parleyd.log"};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  size_t created() { return world.witness()["calls"]["created"].get<size_t>(); }
  void terminate() { REQUIRE(::kill(world.node_pid(), SIGTERM) == 0); }
  bool ended_within(std::chrono::seconds patience) {
    return wait_for([&] { return !world.running(); }, patience);
  }
};

/// The server and all that it has started.
std::vector<pid_t> processes_of(const postgres_server& server) {
  std::vector<pid_t> out{server.process()};
  const auto own = "/proc/" + std::to_string(server.process());
  std::ifstream children{own + "/task/" + std::to_string(server.process()) + "/children"};
  for (pid_t pid = 0; children >> pid;)
    out.push_back(pid);
  REQUIRE(out.size() > 1);
  return out;
}

} // namespace

TEST_CASE("SIGTERM: live calls finish and are logged, nobody new is dialled", "[cluster][drain]") {
  draining w;
  w.amid_talks();
  w.terminate();
  std::this_thread::sleep_for(1s); // what a line was committing at the signal may still be dialled
  const auto before = w.created();
  REQUIRE(w.ended_within(110s));
  CHECK(w.created() == before);
  CHECK(before < 8); // there was somebody left to call
  const auto witness = w.world.witness();
  CHECK(witness["calls"]["open"] == 0); // nobody was cut off
  CHECK(w.witnessed("stream_cut").empty());
  // Every one of them came to its end in the store before the node went.
  w.world.start_node();
  CHECK(w.status()["status"] == "running"); // the campaign goes on where it was
  std::set<std::string> sids;
  for (const auto& call : w.calls())
    if (const auto sid = plain_text(call["call_sid"]); !sid.empty())
      sids.insert(sid);
  CHECK(sids.size() >= before);
  REQUIRE(w.wait_for([&] { return w.finished(); }, 240s));
  CHECK(w.created() == 8);
  CHECK(w.world.witness()["double_dials"] == 0);
  for (const auto& call : w.calls())
    CHECK(call["outcome"] != "none");
}

TEST_CASE("calls that outlast the drain limit are not hung up: the node ends, and the next start takes them up",
          "[cluster][drain]") {
  draining w{draining::impatient(), {"0100", "0100", "0100", "0100", "0100"}};
  w.amid_talks();
  const auto at = std::chrono::steady_clock::now();
  w.terminate();
  std::this_thread::sleep_for(1s); // what a line was committing at the signal may still be dialled
  REQUIRE(w.world.running());      // it waits as long as it may
  const auto before = w.created();
  REQUIRE(w.ended_within(20s));
  const auto took = std::chrono::steady_clock::now() - at;
  CHECK(took >= 2s);
  CHECK(took < 15s); // far sooner than the talks would have ended by themselves
  CHECK(w.created() == before);
  CHECK(before < 5);
  const auto log = w.node_log();
  CHECK_THAT(log, Catch::Contains("calls up; the next start takes them up again"));
  // The node has hung up on nobody: whoever was talking is still on the line.
  CHECK(w.world.witness()["calls"]["open"].get<int>() > 0);
  w.world.start_node();
  REQUIRE(w.wait_for([&] { return w.finished(); }, 240s));
  CHECK(w.world.witness()["double_dials"] == 0);
  CHECK(w.created() == 5);
  std::set<std::string> sids;
  for (const auto& call : w.calls()) {
    CHECK(call["outcome"] != "none");
    if (const auto sid = plain_text(call["call_sid"]); !sid.empty())
      CHECK(sids.insert(sid).second);
  }
  CHECK(sids.size() == 5);
}

TEST_CASE("a second SIGTERM ends at once, and the next start recovers", "[cluster][drain]") {
  draining w;
  w.amid_talks();
  w.terminate();
  std::this_thread::sleep_for(500ms);
  REQUIRE(w.world.running()); // it drains
  const auto at = std::chrono::steady_clock::now();
  w.terminate();
  REQUIRE(w.ended_within(5s)); // though calls are up and the limit is two minutes
  CHECK(std::chrono::steady_clock::now() - at < 3s);
  CHECK(w.world.witness()["calls"]["open"].get<int>() > 0);
  w.world.start_node();
  REQUIRE(w.wait_for([&] { return w.finished(); }, 240s));
  CHECK(w.world.witness()["double_dials"] == 0);
  CHECK(w.created() == 8);
  std::set<std::string> sids;
  for (const auto& call : w.calls()) {
    CHECK(call["outcome"] != "none");
    if (const auto sid = plain_text(call["call_sid"]); !sid.empty())
      CHECK(sids.insert(sid).second);
  }
  CHECK(sids.size() == 8);
}

TEST_CASE("neither the drain nor a second SIGTERM waits for a store that hangs", "[cluster][drain]") {
  postgres_server server;
  server.create_database("drained");
  auto o = draining::patient();
  o.settings += "[journal]\nprovider = \"postgres\"\nurl = \"" + server.url("drained") + "\"\n";
  draining w{o};
  w.amid_talks();
  frozen store{processes_of(server)};
  w.terminate();
  REQUIRE(w.wait_for([&] { return w.node_log().find("drains on signal") != std::string::npos; }, 5s));
  std::this_thread::sleep_for(1s); // it looks after its calls, and not at the store
  REQUIRE(w.world.running());
  w.terminate();
  REQUIRE(w.ended_within(3s));
  CHECK_THAT(w.node_log(), Catch::Contains("ends at once on signal"));
  store.go_on();
  w.world.start_node();
  REQUIRE(w.wait_for([&] { return w.finished(); }, 240s));
  CHECK(w.world.witness()["double_dials"] == 0);
  CHECK(w.created() == 8);
}

} // namespace drain_test
