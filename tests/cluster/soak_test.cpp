// Goal: a node that runs for a day does not grow: what ends is let go of.
// Method: real processes; 24 simulated hours of a campaign with thousands of
// people in the practice world, memory and number of actors looked at all the while.
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

/// What the node may hold of the store in memory: the page cache of the one
/// connection that writes, which grows with the file up to 64 MiB (adapters/sqlite/store.cpp).
double page_cache_megabytes(double store_megabytes) {
  return std::min(store_megabytes, 64.0);
}
/// For each call that has ended: its vector in the index, 256 numbers of 4 bytes
/// (config/practice.toml) with its links and names. The journal has all else.
constexpr double kilobytes_a_call = 3;
/// What the allocator keeps or gives back as it likes.
constexpr double megabytes_of_noise = 8;
/// Between two quiet moments: ten calls with their conversations, lines and
/// prospects, and as many prospects again that are being prepared.
constexpr double actors_of_noise = 100;

/// Memory of a process that is no file's: what is read of the store by mapping
/// it is not counted, the system takes that back at will.
double megabytes_of(int pid) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:"))
      return std::strtod(line.c_str() + 8, nullptr) / 1024;
  return 0;
}

double median(std::vector<double> some) {
  std::nth_element(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(some.size() / 2), some.end());
  return some[some.size() / 2];
}

/// Of these samples, the least from one share of the time to another.
double least_between(const std::vector<double>& samples, double from, double until) {
  const auto at = [&](double share) {
    return samples.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(samples.size()));
  };
  return *std::min_element(at(from), at(until));
}

/// And the median.
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
  std::vector<double> store;
  std::vector<double> calls;
  std::vector<double> actors;
  std::printf("%8s %10s %10s %10s %8s %8s\n", "hour", "node MB", "store MB", "world MB", "calls", "actors");
  for (const auto begun = steady::now(); steady::now() - begun < length;) {
    std::this_thread::sleep_for(between);
    REQUIRE(w.world.running());
    node.push_back(megabytes_of(w.world.node_pid()));
    const auto tree = json::parse(
      cli::get_page("http://127.0.0.1:" + std::to_string(w.world.local_port()) + "/inspect/tree?depth=1"));
    store.push_back(static_cast<double>(std::filesystem::file_size(w.world.folder() / "data" / "journal.db"))
                    / (1 << 20));
    calls.push_back(w.status()["calls"].get<double>());
    actors.push_back(tree["actors"].get<double>());
    const auto hour = std::chrono::duration<double>{steady::now() - begun}.count() * speed / 3600;
    std::printf("%8.2f %10.1f %10.1f %10.1f %8.0f %8.0f\n", hour, node.back(), store.back(),
                megabytes_of(w.world.sandbox_pid()), calls.back(), actors.back());
    std::fflush(stdout);
  }

  // Warm after a quarter of the time: caches are filled, every kind of actor
  // has lived. What may still grow stands above, with what it is.
  const auto grown
    = [](const std::vector<double>& x) { return median_between(x, 0.9, 1) - median_between(x, 0.25, 0.35); };
  const auto cache
    = page_cache_megabytes(median_between(store, 0.9, 1)) - page_cache_megabytes(median_between(store, 0.25, 0.35));
  const auto allowed = cache + grown(calls) * kilobytes_a_call / 1024 + megabytes_of_noise;
  std::printf("since it was warm: %.0f calls, %.1f MB more, of at most %.1f MB (page cache %.1f MB)\n", grown(calls),
              grown(node), allowed, cache);
  CHECK(calls.back() > static_cast<double>(people) / 4);
  CHECK(grown(node) < allowed);
  // What ends does not stay: in its quietest moment the node has no more actors
  // later than before, though thousands have lived in between.
  const auto before = least_between(actors, 0.25, 0.6);
  const auto after = least_between(actors, 0.6, 1);
  std::printf("actors in the quietest moments: %.0f, later %.0f\n", before, after);
  CHECK(after <= before + actors_of_noise);
}

} // namespace soak_test
