#pragma once

#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

struct memory_state {
  explicit memory_state(memory_actor::pointer self) : self{self} {}
  caf::result<recollection> recall(const parley::recall& x);

  memory_actor::pointer self;
  context_ptr ctx;
  uint64_t asked = 0;
  static inline constexpr const char* name = "memory";
};

/// What we know of a person and have said before: the last interactions, from
/// `agent_context`. Calls write there themselves, in the append that ends them.
memory_actor::behavior_type memory(memory_actor::stateful_pointer<memory_state> self, context_ptr ctx);

} // namespace parley
