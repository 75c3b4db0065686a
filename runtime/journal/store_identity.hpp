#pragma once

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"

namespace parley {

/// What a store is for all its life, and the epoch that this process may
/// write with. Known before the first actor starts.
struct store_identity {
  number_hasher::secret secret{}; ///< of the keyed hashes of numbers
  uint16_t shards = 0;            ///< fixed when the store was made
  clock_origin origin;            ///< fixed when the store was made
  uint64_t epoch = 0;             ///< of the shards, for each `append`
};

} // namespace parley
