#pragma once

#include "runtime/ids.hpp"

#include <string>
#include <vector>

namespace parley {

/// The last things that happened between us and a person.
struct recall {
  prospect_id prospect;
  uint32_t limit = 5;
};
PARLEY_INSPECT(recall, x.prospect, x.limit)

struct recollection {
  std::vector<std::string> interactions; ///< newest first, one paragraph each
};
PARLEY_INSPECT(recollection, x.interactions)

} // namespace parley
