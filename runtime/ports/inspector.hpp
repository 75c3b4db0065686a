#pragma once

#include "runtime/messages/inspection.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// What every actor of ours answers: its state as JSON.
using inspectable = caf::typed_actor<caf::replies_to<inspect_state>::with<inspected_state>>;

/// The INSPECTOR port: the live tree, and the state of one actor asked of the
/// actor itself. A state that does not come within 200 ms is shown as
/// "no answer"; `ec::not_found` for an actor that has ended.
using inspector_port = caf::typed_actor<caf::replies_to<inspect_tree>::with<inspected_tree>,
                                        caf::replies_to<inspect_state>::with<inspected_state>,
                                        caf::replies_to<inspect_changes>::with<inspected_changes>>;

} // namespace parley
