#pragma once

#include "actors/control/commands.hpp"

namespace parley::commands {

/// Does slow work, such as reading a file, on a thread of its own, so that
/// control goes on to answer; then goes on in control. What `work` throws
/// about the input refuses the command. The two must share nothing with
/// control while `work` runs but what is immutable or atomic.
void in_background(control_state& s, const answer& reply, std::function<void()> work, std::function<void()> then);

} // namespace parley::commands
