#include "tests/simulation/hunt.hpp"

#include "tests/simulation/simulation.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>

namespace parley::simulation {
namespace {

constexpr uint64_t seeds_max = 1000;
constexpr size_t at_once = 2;

/// Looks for one bug and says what came of it. The exit code is the process's.
[[noreturn]] void hunt(bug planted) {
  const auto wanted = broken_by(planted);
  std::map<promise, uint64_t> others;
  int status = 1;
  std::string line = std::string{to_string(planted)} + ": not found within " + std::to_string(seeds_max) + " seeds";
  for (uint64_t seed = 1; seed <= seeds_max; ++seed) {
    const auto x = simulate({seed, planted});
    const auto found
      = std::find_if(x.broken.begin(), x.broken.end(), [&](const breach& one) { return one.which == wanted; });
    if (found != x.broken.end()) {
      line = std::string{to_string(planted)} + ": seed " + std::to_string(seed) + ": " + std::string{to_string(wanted)}
             + ": " + found->what.substr(0, found->what.find('\n'));
      status = 0;
      break;
    }
    if (!x.broken.empty())
      ++others[x.broken.front().which];
  }
  for (const auto& [which, seeds] : others)
    line += "\n  broke another promise before, " + std::string{to_string(which)} + ", in " + std::to_string(seeds)
            + " seeds";
  std::cout << line << std::endl; // in one piece: two processes write
  ::_exit(status);
}

} // namespace

int hunt_all() {
  const auto begun = std::chrono::steady_clock::now();
  std::map<pid_t, bug> running;
  std::string missed;
  const auto reap = [&] {
    int status = 0;
    const auto pid = ::wait(&status);
    const auto ended = running.extract(pid);
    if (ended && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
      missed += " " + std::string{to_string(ended.mapped())};
  };
  for (auto i = 1; i < static_cast<int>(bug::count_); ++i) {
    if (running.size() == at_once)
      reap();
    const auto pid = ::fork();
    if (pid < 0)
      throw std::runtime_error{"no process"};
    if (pid == 0)
      hunt(static_cast<bug>(i));
    running[pid] = static_cast<bug>(i);
  }
  while (!running.empty())
    reap();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::cout << "simulation: planted bugs in " << static_cast<int>(took.count()) << " s, "
            << (missed.empty() ? "each was found" : "FAILED, not found:" + missed) << std::endl;
  return missed.empty() ? 0 : 1;
}

} // namespace parley::simulation
