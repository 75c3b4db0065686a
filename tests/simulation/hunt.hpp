#pragma once

namespace parley::simulation {

/// Plants each bug in turn and runs seeds until one breaks the promise that the
/// bug is to break; two bugs at a time, each in a process of its own. Prints
/// which seed found it. 1 if one bug escapes 1,000 seeds.
int hunt_all();

} // namespace parley::simulation
