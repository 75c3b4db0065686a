#pragma once

#include <caf/atom.hpp>

namespace parley {

/// INTERNAL timers and wake-ups of actors to themselves.
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using retire_atom = caf::atom_constant<caf::atom("retire")>;
using restart_atom = caf::atom_constant<caf::atom("restart")>;

/// Here is the door, on another node, of the actors that do not live behind this one.
using opposite_atom = caf::atom_constant<caf::atom("opposite")>;

/// A service to be watched over, with its name and handle.
using watch_atom = caf::atom_constant<caf::atom("watch")>;

} // namespace parley
