#pragma once

#include "runtime/messages/calendar.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The CALENDAR port. Fails with `ec::vendor_…` after its own bounded
/// retries, with `ec::not_found` for an unknown calendar.
using calendar_port = caf::typed_actor<caf::replies_to<free_busy_query>::with<busy_times>,
                                       caf::replies_to<put_event>::with<event_written>,
                                       caf::replies_to<cancel_event>::with<event_cancelled>,
                                       // A token that the calendar knows no more counts as an empty one.
                                       caf::replies_to<list_changes>::with<event_changes>>;

} // namespace parley
