#pragma once

#include "runtime/messages/compliance.hpp"
#include "runtime/ports/inspector.hpp"

namespace parley {

/// The COMPLIANCE actor: pure rules over data sets; keeps nothing of a person.
using compliance_actor
  = caf::typed_actor<caf::replies_to<gate_check>::with<gate_answer>, caf::replies_to<find_call_time>::with<call_time>,
                     caf::replies_to<recording_check>::with<recording_rule>,
                     caf::replies_to<inspect_state>::with<inspected_state>>;

} // namespace parley
