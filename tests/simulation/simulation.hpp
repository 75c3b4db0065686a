#pragma once

#include "tests/simulation/outside.hpp"

namespace parley::simulation {

enum class store_kind : uint8_t {
  by_seed, ///< in memory, now and then the real one
  sqlite,
  memory_like_sqlite, ///< in memory, with as many shards as the real one
};

struct options {
  uint64_t seed = 1;
  bug planted = bug::none;
  bool print = false; ///< the log, as it is written
  store_kind store = store_kind::by_seed;
};

/// What a run came to.
struct outcome {
  std::vector<breach> broken; ///< of promises; empty: all were kept
  uint64_t log_hash = 0;      ///< the same for each run of a seed
  hit_counts hits;
  uint64_t steps = 0;
  uint64_t calls = 0; ///< that the carrier had
  uint64_t talks = 0; ///< that somebody answered
  uint64_t meetings = 0;
  uint64_t opt_outs = 0;
  uint32_t crashes = 0;
  nanoseconds lasted{0}; ///< virtual time
  bool on_sqlite = false;
};

/// One campaign or two, from the launch until nothing is left to do, in the
/// weather of the seed.
outcome simulate(const options& wanted);

} // namespace parley::simulation
