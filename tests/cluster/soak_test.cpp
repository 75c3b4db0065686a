// Goal: a node that runs for a day does not grow: what ends is let go of.
// Method: real processes; 24 simulated hours of a campaign with thousands of
// people in the practice world, resident memory read from /proc all the while.
//
// By option only (tests/run soak). PARLEY_SOAK_HOURS (24), PARLEY_SOAK_SPEED (72
// simulated seconds a second) and PARLEY_SOAK_PEOPLE (3000) change it.
#include "tests/cluster/world.hpp"

#include <algorithm>
#include <cstdlib>

namespace soak_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

double setting(const char* name, double otherwise) {
  const char* given = std::getenv(name);
  return given ? std::strtod(given, nullptr) : otherwise;
}

/// Resident memory of a process.
double megabytes_of(int pid) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:"))
      return std::strtod(line.c_str() + 6, nullptr) / 1024;
  return 0;
}

double median(std::vector<double> some) {
  std::nth_element(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(some.size() / 2), some.end());
  return some[some.size() / 2];
}

/// Of these samples, the ones from one share of the time to another.
double median_between(const std::vector<double>& samples, double from, double until) {
  const auto at = [&](double share) {
    return samples.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(samples.size()));
  };
  return median({at(from), at(until)});
}

cli::demo_options soak_options(double speed) {
  auto o = campaign_world::options(11);
  o.speed = speed;
  o.media_speed = 20;
  o.settings = "[pacing]\ncalls_at_once = 10\n[node]\nlog_level = \"warn\"\n";
  return o;
}

} // namespace

TEST_CASE("a node that dials for a day keeps its size", "[soak]") {
  const auto hours = setting("PARLEY_SOAK_HOURS", 24);
  const auto speed = setting("PARLEY_SOAK_SPEED", 72);
  const auto people = static_cast<size_t>(setting("PARLEY_SOAK_PEOPLE", 3000));
  campaign_world w{soak_options(speed)};
  std::vector<std::string> last_four;
  for (size_t i = 0; i < people; ++i) {
    auto digits = std::to_string(i / 10);
    last_four.push_back(std::string(4 - digits.size(), '0') + digits);
  }
  w.create(w.people(last_four), {{"min_probability", 0},
                                 {"attempts_max", 3},
                                 {"backoff", "1h"},
                                 {"calls_at_once", 10},
                                 {"breaker_share", 0},
                                 {"best_times", campaign_world::best_hours(8, 21)}});
  w.ask("campaign launch");

  const auto length = std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>{hours * 3600 / speed});
  const auto between = length / 96; // every quarter of a simulated hour, of 24
  std::vector<double> node;
  std::printf("%8s %10s %10s %8s %8s\n", "hour", "node MB", "world MB", "calls", "actors");
  for (const auto begun = steady::now(); steady::now() - begun < length;) {
    std::this_thread::sleep_for(between);
    REQUIRE(w.world.running());
    node.push_back(megabytes_of(w.world.node_pid()));
    const auto tree = json::parse(
      cli::get_page("http://127.0.0.1:" + std::to_string(w.world.local_port()) + "/inspect/tree?depth=1"));
    const auto hour = std::chrono::duration<double>{steady::now() - begun}.count() * speed / 3600;
    std::printf("%8.2f %10.1f %10.1f %8s %8s\n", hour, node.back(), megabytes_of(w.world.sandbox_pid()),
                w.status()["calls"].dump().c_str(), tree["actors"].dump().c_str());
    std::fflush(stdout);
  }

  // Warm after a quarter of the time: caches are filled, every kind of actor
  // has lived. What may still grow is the store's memory of what was said, some
  // kilobytes a call.
  const auto warm = median_between(node, 0.25, 0.35);
  const auto late = median_between(node, 0.9, 1.0);
  const auto calls = w.status()["calls"].get<double>();
  std::printf("warm %.1f MB, in the end %.1f MB, after %.0f calls\n", warm, late, calls);
  CHECK(calls > static_cast<double>(people) / 4);
  CHECK(late < warm * 1.1 + 10);
}

} // namespace soak_test
