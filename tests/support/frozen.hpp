#pragma once

#include <sys/types.h>

#include <csignal>
#include <utility>
#include <vector>

namespace parley::test {

/// Processes that stand still (SIGSTOP) until they go on, or this ends. The
/// kernel still answers for them.
class frozen {
public:
  explicit frozen(std::vector<pid_t> those) : those_{std::move(those)} {
    for (const auto pid : those_)
      ::kill(pid, SIGSTOP);
  }
  ~frozen() { go_on(); }
  frozen(const frozen&) = delete;
  void go_on() {
    for (const auto pid : std::exchange(those_, {}))
      ::kill(pid, SIGCONT);
  }

private:
  std::vector<pid_t> those_;
};

} // namespace parley::test
