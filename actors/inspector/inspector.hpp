#pragma once

#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

struct inspector_state {
  explicit inspector_state(inspector_port::pointer self) : self{self} {}
  inspected_tree tree(const inspect_tree& x) const;
  caf::result<inspected_state> state(const inspect_state& x);

  inspector_port::pointer self;
  context_ptr ctx;
  static inline constexpr const char* name = "inspector";
};

/// The INSPECTOR: shows the live tree; asks the living actors for their state.
inspector_port::behavior_type inspector(inspector_port::stateful_pointer<inspector_state> self, context_ptr ctx);

} // namespace parley
