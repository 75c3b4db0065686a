// How long a node takes to start on a store of 1,000, 10,000 and 100,000
// prospects, all of them asleep in a campaign that runs: from the start of the
// process until /readyz answers 200 and every part of the campaign knows its
// sleepers. Prints a table.
//
//   recovery_bench [PROSPECTS…] [--check] [--postgres [URL]]
//
// --check: fails if the best of three starts takes longer than the aim, 5 s for
// each 100,000 prospects, or for fewer.
// --postgres: the journal is in an empty database, of a server that is started
// for it if none is named; a named one is for one number of prospects.
#include "adapters/cli/control_client.hpp"
#include "adapters/cli/demo_world.hpp"
#include "tests/bench/bench_postgres.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using steady = std::chrono::steady_clock;

namespace {

/// Numbers of states without rules of their own; each once.
std::string people(const cli::demo_world& world, size_t count) {
  static constexpr const char* areas[]{"404", "602", "704", "614", "313", "919", "678", "216", "480", "248"};
  const auto file = (world.folder() / "people.csv").string();
  std::ofstream out{file};
  out << "crm_id,name,email,phone,company,role,consent_type,consent_at,consent_source,consent_text,consent_seller\n";
  for (size_t i = 0; i < count; ++i)
    out << "B-" << i << ",Person " << i << ",person" << i << "@example.com,+1" << areas[i % 10] << 2'200'000 + i / 10
        << ",Company " << i << ",Plant manager,express_written,2026-06-11,web form,\"I agree that Acme Robotics may "
        << "call me by phone with an automated system and an artificial voice.\",Acme Robotics\n";
  return file;
}

bool is_ready(const cli::demo_world& world) {
  try {
    cli::get_page("http://127.0.0.1:" + std::to_string(world.local_port()) + "/readyz");
    return true;
  } catch (const std::exception&) { // not yet: 503, or nobody listens
    return false;
  }
}

/// Each part of the campaign has told what it found in the store.
bool goes_on(const cli::demo_world& world, const json& campaign) {
  return is_ready(world) && !world.command("campaign funnel", campaign)["enrolling"].get<bool>();
}

double seconds(steady::duration x) {
  return std::chrono::duration<double>{x}.count();
}

long resident_mb(int pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:"))
      return std::strtol(line.c_str() + 6, nullptr, 10) / 1024;
  return 0;
}

/// @returns the best time of three.
double measure(size_t count, bench::bench_postgres& postgres) {
  cli::demo_options o;
  o.settings = "[journal]\n" + postgres.journal_keys();
  o.speed = 1;
  o.start_at = "2026-12-01T08:00:00Z"; // night in the whole country
  cli::demo_world world{o};
  const json which{{"campaign", "Recovery"}};
  world.command("campaign create",
                {{"name", "Recovery"}, {"company", "Acme Robotics"}, {"offer", "Robots that count stock."}});
  auto import = which;
  import["file"] = people(world, count);
  const auto filled = steady::now();
  world.command("prospect import", import);
  world.command("campaign launch", which);
  while (world.command("campaign status", which)["prospects"].get<size_t>() < count
         || world.command("campaign status", which)["states"].value("waiting", size_t{0}) + 1'000 < count)
    std::this_thread::sleep_for(100ms);
  const auto filling = seconds(steady::now() - filled);
  double best = 1e9;
  double worst = 0;
  long memory = 0;
  for (int round = 0; round < 3; ++round) {
    world.kill_node();
    const auto begun = steady::now();
    world.start_node();
    while (!goes_on(world, which))
      std::this_thread::sleep_for(5ms);
    const auto took = seconds(steady::now() - begun);
    best = std::min(best, took);
    worst = std::max(worst, took);
    memory = resident_mb(world.node_pid());
  }
  std::printf("%10zu  %10.1f  %10.2f  %10.2f  %10ld\n", count, filling, best, worst, memory);
  std::fflush(stdout);
  return best;
}

double seconds_max(size_t count) {
  return 5.0 * std::max(1.0, static_cast<double>(count) / 100'000);
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool check = std::erase(words, "--check") > 0;
  bench::bench_postgres postgres{words};
  if (words.empty())
    words = {"1000", "10000", "100000"};
  std::printf("%10s  %10s  %10s  %10s  %10s\n", "prospects", "filled s", "ready s", "worst s", "node MB");
  int status = 0;
  try {
    for (const auto& word : words) {
      const auto count = std::stoul(word);
      const auto best = measure(count, postgres);
      if (!check || best <= seconds_max(count))
        continue;
      std::printf("too slow: %zu prospects are to be there within %.1f s\n", static_cast<size_t>(count),
                  seconds_max(count));
      status = 1;
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "recovery_bench: %s\n", e.what());
    return 1;
  }
  return status;
}
