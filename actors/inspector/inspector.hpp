#pragma once

#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <nlohmann/json.hpp>

namespace parley {

struct inspector_state {
  explicit inspector_state(inspector_port::pointer self) : self{self} {}
  caf::result<inspected_tree> tree(const inspect_tree& x) const;
  caf::result<inspected_state> state(const inspect_state& x);
  inspected_changes changes(const inspect_changes& x) const;

  inspector_port::pointer self;
  context_ptr ctx;
  static inline constexpr const char* name = "inspector";

private:
  nlohmann::json about(caf::actor_id id, const actor_entry& entry) const;
};

/// The INSPECTOR: shows the live tree; asks the living actors for their state.
/// - A tree's page: see actors/inspector/tree_json.hpp. `ec::not_found` when
///   `under` has ended.
/// - An actor: what the tree knows of it, up to 100 of its children, the
///   journal stream that it is the life of, and its own answer; its backlog
///   is measured as it answers.
/// - Changes: from a ring of the last `actor_tree::changes_max`.
inspector_port::behavior_type inspector(inspector_port::stateful_pointer<inspector_state> self, context_ptr ctx);

} // namespace parley
