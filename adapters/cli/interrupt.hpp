#pragma once

#include <csignal>

namespace parley::cli {

/// Set by SIGINT and SIGTERM once `take_interrupts` was called: whoever waits
/// looks at it and ends in order.
extern volatile std::sig_atomic_t interrupted;

/// From here on SIGINT and SIGTERM set `interrupted` and end a wait (no
/// SA_RESTART) instead of ending the process.
void take_interrupts();

} // namespace parley::cli
