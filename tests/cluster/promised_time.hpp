#pragma once

#include "tests/support/slowness.hpp"

#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <string>

namespace parley::test {

/// Seconds of processor time: of the whole machine since it started, and of us
/// and our children that have ended.
struct processor_time {
  double machine = 0;
  double ours = 0;

  static processor_time now() {
    processor_time out;
    std::ifstream stat{"/proc/stat"};
    std::string word;
    stat >> word; // "cpu", then user, nice, system, idle, iowait, irq, softirq, steal
    for (int i = 0; i < 8; ++i) {
      double ticks = 0;
      stat >> ticks;
      if (i != 3 && i != 4)
        out.machine += ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
    for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
      rusage used{};
      ::getrusage(who, &used);
      for (const auto& x : {used.ru_utime, used.ru_stime})
        out.ours += static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) / 1e6;
    }
    return out;
  }
};

/// What the demo promises: under 90 s, with a crash, too. Sanitizers make its
/// processes several times slower, by the factor that tests have there.
inline constexpr double demo_seconds_max = 90.0 * slowness;

/// That so many seconds keep the promise, which is made of a machine that does
/// nothing else: what the others on it used meanwhile is known.
/// @param before, after Taken around the demo, once all its processes had ended.
inline void
check_promised_time(const char* what, double seconds, const processor_time& before, const processor_time& after) {
  const auto others = ((after.machine - before.machine) - (after.ours - before.ours)) / seconds;
  std::cout << what << ": " << seconds << " s, beside " << others << " cores of other work" << std::endl;
  if (others < 0.4)
    CHECK(seconds < demo_seconds_max);
  else
    WARN("the machine is busy with other things; that the demo ends within 90 s is not looked at");
}

} // namespace parley::test
