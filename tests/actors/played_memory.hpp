#pragma once

#include "runtime/guard.hpp"
#include "runtime/node_context.hpp"

#include <vector>

namespace parley::test {

/// MEMORY that knows nothing of anybody, and keeps what it was asked.
inline memory_actor::behavior_type play_memory(memory_actor::pointer self, std::vector<recall>* asked) {
  guard(self);
  return {[=](const recall& x) -> caf::result<recollection> {
            asked->push_back(x);
            return recollection{};
          },
          [](const remember_emails&) -> caf::result<emails_remembered> { return emails_remembered{}; },
          [](const inspect_state&) -> caf::result<inspected_state> { return inspected_state{"{}"}; }};
}

} // namespace parley::test
