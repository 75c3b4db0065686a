#pragma once

#include "runtime/guard.hpp"
#include "runtime/ports/calendar.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

struct embedded_calendar_state {
  static inline constexpr const char* name = "embedded_calendar";
};

/// The CALENDAR port where there is no calendar account. The diary's own holds
/// and meetings are all that is known of an account manager's time, so nothing
/// is busy beyond them and every event is accepted and kept nowhere else.
calendar_port::behavior_type embedded_calendar(calendar_port::stateful_pointer<embedded_calendar_state> self);

} // namespace parley
