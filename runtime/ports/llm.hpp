#pragma once

#include "runtime/messages/llm.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The LLM port: text in, one JSON text out. Fails with `ec::vendor_…` after
/// its own bounded retries.
using llm_port = caf::typed_actor<caf::replies_to<completion_request>::with<completion>>;

} // namespace parley
