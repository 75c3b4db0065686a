// Goal: the simulation itself can be trusted: it repeats, its store is the real
// one's equal, and it finds what is wrong. Method: the same seeds twice, on two
// stores, and with bugs planted.
#include "tests/simulation/simulation.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::simulation;

TEST_CASE("a seed repeats exactly", "[simulation]") {
  const auto seed = GENERATE(uint64_t{7}, uint64_t{23}, uint64_t{80});
  const auto once = simulate({seed});
  const auto again = simulate({seed});
  INFO("seed " << seed);
  CHECK(once.log_hash == again.log_hash);
  CHECK(once.steps == again.steps);
  CHECK(once.broken == again.broken);
  CHECK(once.calls > 0);
}

TEST_CASE("other seeds make other runs", "[simulation]") {
  CHECK(simulate({11}).log_hash != simulate({12}).log_hash);
}

TEST_CASE("the store in memory does what the real one does", "[simulation][store]") {
  const auto seed = GENERATE(range(uint64_t{1}, uint64_t{7}));
  options real{seed};
  real.store = store_kind::sqlite;
  options like{seed};
  like.store = store_kind::memory_like_sqlite;
  const auto on_disk = simulate(real);
  const auto in_memory = simulate(like);
  INFO("seed " << seed);
  CHECK(on_disk.log_hash == in_memory.log_hash);
  CHECK(on_disk.broken == in_memory.broken);
}
