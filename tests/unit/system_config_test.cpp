// Goal: actors are scheduled as the settings say. Method: what the
// configuration holds that a node starts its actor system with.
#include "runtime/system_config.hpp"

#include <catch2/catch.hpp>

namespace system_config_test {

TEST_CASE("actors share as many threads as the settings say", "[settings]") {
  const parley::system_config config{3};
  CHECK(caf::get_or(config, "scheduler.policy", caf::atom("default")) == caf::atom("sharing"));
  CHECK(caf::get_or(config, "scheduler.max-threads", size_t{0}) == 3);
  CHECK(caf::get_or(parley::system_config{0}, "scheduler.max-threads", size_t{0}) >= 2); // the machine's, at least 2
}

} // namespace system_config_test
