#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

namespace parley::simulation {

/// Chance by seed. Only what the standard fixes is used of the library, so
/// that a seed means the same wherever it is run.
class chance {
public:
  explicit chance(uint64_t seed) : engine_{seed} {}

  uint64_t number() { return engine_(); }
  /// 0 to n − 1; 0 for n = 0.
  uint64_t below(uint64_t n) { return n == 0 ? 0 : engine_() % n; }
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(below(static_cast<uint64_t>(high - low + 1)));
  }
  std::chrono::nanoseconds between(std::chrono::nanoseconds low, std::chrono::nanoseconds high) {
    return std::chrono::nanoseconds{between(low.count(), high.count())};
  }
  bool percent(uint64_t share) { return below(100) < share; }
  bool per_mille(uint64_t share) { return below(1000) < share; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

private:
  std::mt19937_64 engine_;
};

} // namespace parley::simulation
