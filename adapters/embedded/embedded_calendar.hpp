#pragma once

#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

using embedded_calendar_actor = calendar_port::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

struct embedded_calendar_state {
  static inline constexpr const char* name = "embedded_calendar";
};

/// The CALENDAR port where there is no calendar account. The diary's own holds
/// and meetings are all that is known of an account manager's time, so nothing
/// is busy beyond them and every event is accepted and kept nowhere else.
embedded_calendar_actor::behavior_type
embedded_calendar(embedded_calendar_actor::stateful_pointer<embedded_calendar_state> self, const context_ptr& context);

} // namespace parley
