// Runs seeded campaigns in two processes and judges what they came to.
//   PARLEY_SIMULATION_SEEDS=N  seeds 1 to N in place of 1,000
//   PARLEY_SIMULATION_SEED=S   this one alone, with its log
//   PARLEY_SIMULATION_BUG=NAME with this bug planted
//   PARLEY_SIMULATION_BUGS=all each bug in turn, until a seed finds it
#include "tests/simulation/coverage.hpp"
#include "tests/simulation/hunt.hpp"
#include "tests/simulation/simulation.hpp"
#include "tests/support/slowness.hpp"

#include <nlohmann/json.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <thread>

namespace {

using namespace parley::simulation;
using nlohmann::json;

/// After so many seeds that failed nothing new is learnt.
constexpr size_t failures_shown_max = 10;
/// 1,000 seeds run with every change only as long as they take five minutes on
/// two cores. Processor time is judged: another load on the machine does not add to it.
constexpr double minutes_max = 2 * 5; ///< of processor time, for each 1,000 seeds

std::optional<uint64_t> number_in(const char* name) {
  const char* text = std::getenv(name);
  if (!text || !*text)
    return std::nullopt;
  char* end = nullptr;
  const auto out = std::strtoull(text, &end, 10);
  if (*end != '\0' || out == 0) {
    std::cerr << name << ": \"" << text << "\" is no number from 1\n";
    std::exit(2);
  }
  return out;
}

bug bug_in() {
  const char* text = std::getenv("PARLEY_SIMULATION_BUG");
  if (!text || !*text)
    return bug::none;
  const auto known = parley::parse<bug>(text);
  if (!known) {
    std::cerr << "PARLEY_SIMULATION_BUG: there is no bug \"" << text << "\"; see docs/simulation.md\n";
    std::exit(2);
  }
  return *known;
}

void show(const outcome& x) {
  std::cout << x.calls << " calls, " << x.talks << " talks, " << x.meetings << " meetings, " << x.crashes
            << " crashes, " << x.steps << " steps, "
            << std::chrono::duration_cast<std::chrono::minutes>(x.lasted).count() << " virtual minutes, log "
            << std::hex << x.log_hash << std::dec << '\n';
  for (const auto& what : x.broken)
    std::cout << "  broken: " << to_string(what.which) << ": " << what.what << '\n';
}

int repeat(uint64_t seed, bug planted) {
  const auto x = simulate({seed, planted, true});
  show(x);
  return x.broken.empty() ? 0 : 1;
}

std::vector<std::string> words(const outcome& x) {
  std::vector<std::string> out;
  for (const auto& one : x.broken)
    out.push_back(std::string{to_string(one.which)} + ": " + one.what);
  return out;
}

/// What a worker tells of each seed, one line of JSON.
std::string line_of(uint64_t seed, const outcome& x) {
  return json{{"seed", seed},
              {"broken", words(x)},
              {"hits", x.hits},
              {"calls", x.calls},
              {"talks", x.talks},
              {"meetings", x.meetings},
              {"crashes", x.crashes},
              {"steps", x.steps},
              {"minutes", std::chrono::duration_cast<std::chrono::minutes>(x.lasted).count()}}
           .dump()
         + '\n';
}

[[noreturn]] void work(int out, uint64_t first, uint64_t step, uint64_t last, bug planted) {
  size_t failures = 0;
  for (auto seed = first; seed <= last && failures < failures_shown_max; seed += step) {
    const auto begun = json{{"begun", seed}}.dump() + '\n';
    if (::write(out, begun.data(), begun.size()) < 0)
      ::_exit(3);
    const auto x = simulate({seed, planted, false});
    failures += x.broken.empty() ? 0 : 1;
    const auto line = line_of(seed, x);
    for (size_t at = 0; at < line.size();) {
      const auto n = ::write(out, line.data() + at, line.size() - at);
      if (n <= 0)
        ::_exit(3);
      at += static_cast<size_t>(n);
    }
  }
  ::_exit(0);
}

struct tally {
  uint64_t seeds = 0;
  std::map<std::string, uint64_t> sums;
  hit_counts hits;
  std::vector<std::pair<uint64_t, std::string>> failures;

  void take(const json& x) {
    ++seeds;
    for (const auto* what : {"calls", "talks", "meetings", "crashes", "steps", "minutes"})
      sums[what] += x.at(what).get<uint64_t>();
    for (const auto& [fault, events] : x.at("hits").get<hit_counts>())
      for (const auto& [event, count] : events)
        hits[fault][event] += count;
    for (const auto& what : x.at("broken"))
      failures.emplace_back(x.at("seed").get<uint64_t>(), what.get<std::string>());
  }
};

/// Reads what a worker says until it ends.
void listen(int in, pid_t worker, tally& into) {
  std::string text;
  uint64_t begun = 0;
  std::array<char, 65536> buffer{};
  const auto take_lines = [&] {
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      const auto x = json::parse(text.substr(0, end));
      text.erase(0, end + 1);
      if (x.contains("begun"))
        begun = x.at("begun").get<uint64_t>();
      else
        into.take(x);
    }
  };
  for (ssize_t n = 0; (n = ::read(in, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<size_t>(n));
    take_lines();
  }
  int status = 0;
  ::waitpid(worker, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    into.failures.emplace_back(begun, "the process died, status " + std::to_string(status));
}

tally run_all(uint64_t seeds, bug planted) {
  const uint64_t workers = std::min<uint64_t>(2, std::max(1U, std::thread::hardware_concurrency()));
  std::vector<std::pair<int, pid_t>> started;
  for (uint64_t i = 0; i < workers; ++i) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0)
      throw std::runtime_error{"no pipe"};
    const auto pid = ::fork(); // before any thread
    if (pid < 0)
      throw std::runtime_error{"no process"};
    if (pid == 0) {
      ::close(pipe[0]);
      work(pipe[1], 1 + i, workers, seeds, planted);
    }
    ::close(pipe[1]);
    started.emplace_back(pipe[0], pid);
  }
  std::vector<tally> parts(workers);
  std::vector<std::thread> ears;
  for (uint64_t i = 0; i < workers; ++i)
    ears.emplace_back([&, i] { listen(started[i].first, started[i].second, parts[i]); });
  tally all;
  for (uint64_t i = 0; i < workers; ++i) {
    ears[i].join();
    ::close(started[i].first);
    all.seeds += parts[i].seeds;
    for (const auto& [what, n] : parts[i].sums)
      all.sums[what] += n;
    for (const auto& [fault, events] : parts[i].hits)
      for (const auto& [event, n] : events)
        all.hits[fault][event] += n;
    all.failures.insert(all.failures.end(), parts[i].failures.begin(), parts[i].failures.end());
  }
  std::sort(all.failures.begin(), all.failures.end());
  return all;
}

void show(const tally& x, std::chrono::duration<double> took) {
  std::cout << "simulation: " << x.seeds << " seeds in " << std::fixed << std::setprecision(1) << took.count() << " s";
  for (const auto& [what, n] : x.sums)
    std::cout << ", " << n << ' ' << what;
  std::cout << "\n\nWhat was hit, by fault and event:\n";
  for (const auto& [fault, events] : x.hits) {
    std::cout << "  " << fault << ':';
    for (const auto& [event, n] : events)
      std::cout << ' ' << event << '=' << n;
    std::cout << '\n';
  }
}

/// Processor time of all workers; they have ended.
double minutes_computed() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  const auto seconds
    = [](const timeval& x) { return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) / 1e6; };
  return (seconds(used.ru_utime) + seconds(used.ru_stime)) / 60;
}

/// False, and says so, if the seeds took more than they may.
bool were_fast(uint64_t seeds) {
  const auto took = minutes_computed();
  const auto most = minutes_max * static_cast<double>(seeds) / 1000;
  std::cout << "\nsimulation: " << took << " minutes of processor time, of at most " << most << '\n';
  if (took <= most)
    return true;
  std::cout << "too slow: on two cores 1,000 seeds are to take five minutes, which is ten of processor time\n";
  return false;
}

} // namespace

int main() {
  if (const char* text = std::getenv("PARLEY_SIMULATION_BUGS"); text && *text) {
    if (std::string_view{text} != "all") {
      std::cerr << "PARLEY_SIMULATION_BUGS: is \"all\" or not set; for one bug there is PARLEY_SIMULATION_BUG\n";
      return 2;
    }
    return hunt_all();
  }
  const auto planted = bug_in();
  if (const auto seed = number_in("PARLEY_SIMULATION_SEED"))
    return repeat(*seed, planted);
  const auto seeds = number_in("PARLEY_SIMULATION_SEEDS").value_or(1000);
  const auto begun = std::chrono::steady_clock::now();
  const auto all = run_all(seeds, planted);
  show(all, std::chrono::steady_clock::now() - begun);
  int status = 0;
  for (const auto& [seed, what] : all.failures) {
    std::cout << "seed " << seed << ": " << what << "\n  repeat it: PARLEY_SIMULATION_SEED=" << seed
              << " build/dev/bin/simulation_campaigns\n";
    status = 1;
  }
  if (seeds >= 1000)
    for (const auto& cell : never_hit(all.hits)) {
      std::cout << "never hit: " << cell << "\n";
      status = 1;
    }
  // Fewer seeds say little of a thousand, and sanitizers nothing.
  if (seeds >= 1000 && parley::test::slowness == 1 && !were_fast(seeds))
    status = 1;
  std::cout << (status == 0 ? "simulation: every promise was kept\n" : "simulation: FAILED\n");
  return status;
}
