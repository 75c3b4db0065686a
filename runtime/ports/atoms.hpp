#pragma once

#include <caf/atom.hpp>

namespace parley {

/// INTERNAL timers and wake-ups of actors to themselves.
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using retire_atom = caf::atom_constant<caf::atom("retire")>;

} // namespace parley
