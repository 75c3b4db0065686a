#pragma once

#include "runtime/messages/pacing.hpp"
#include "runtime/ports/inspector.hpp"
#include "runtime/ports/atoms.hpp"

namespace parley {

/// The PACER: slots of the node, spaced to the carrier's rate and shared
/// fairly between campaigns.
using pacer_actor
  = caf::typed_actor<caf::replies_to<slot_request>::with<slot_grant>, caf::replies_to<use_slot>::with<slot_used>,
                     caf::reacts_to<slot_dialled>, caf::reacts_to<return_slot>,
                     caf::replies_to<gate_campaign>::with<campaign_gated>, caf::reacts_to<adopt_slots>,
                     // The carrier is asked for nothing new for a while.
                     caf::reacts_to<hold_dials>, caf::reacts_to<open_dials>,
                     // Before a word is given that somebody is not dialled any more.
                     caf::replies_to<settle_dials>::with<dials_settled>,
                     // INTERNAL: the next start is possible, or a slot may have expired.
                     caf::reacts_to<tick_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

} // namespace parley
