#pragma once

#include "runtime/messages/memory.hpp"
#include "runtime/ports/inspector.hpp"

namespace parley {

/// The MEMORY actor: what we know of a person and have said before.
using memory_actor = caf::typed_actor<caf::replies_to<recall>::with<recollection>,
                                      // Answered once they are stored.
                                      caf::replies_to<remember_emails>::with<emails_remembered>,
                                      caf::replies_to<inspect_state>::with<inspected_state>>;

} // namespace parley
