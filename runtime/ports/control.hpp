#pragma once

#include "runtime/messages/control.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The CONTROL port: where the CLI and the HTTP API bring commands.
using control_port = caf::typed_actor<caf::replies_to<control_command>::with<control_answer>>;

} // namespace parley
