#pragma once

#include "runtime/guard.hpp"
#include "runtime/ports/crm.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

struct embedded_crm_state {
  static inline constexpr const char* name = "embedded_crm";
};

/// The CRM port where there is no CRM: the node's own tables (prospects,
/// calls, meetings, agent_context) are it. Nobody is found beyond them, and an
/// activity, which they hold already, is accepted.
crm_port::behavior_type embedded_crm(crm_port::stateful_pointer<embedded_crm_state> self);

} // namespace parley
