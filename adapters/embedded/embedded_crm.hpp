#pragma once

#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

using embedded_crm_actor = crm_port::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

struct embedded_crm_state {
  static inline constexpr const char* name = "embedded_crm";
};

/// The CRM port where there is no CRM: the node's own tables (prospects,
/// calls, meetings, agent_context) are it. Nobody is found beyond them, and an
/// activity, which they hold already, is accepted.
embedded_crm_actor::behavior_type
embedded_crm(embedded_crm_actor::stateful_pointer<embedded_crm_state> self, const context_ptr& context);

} // namespace parley
