#include "adapters/cli/interrupt.hpp"

namespace parley::cli {

volatile std::sig_atomic_t interrupted = 0;

void take_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

} // namespace parley::cli
