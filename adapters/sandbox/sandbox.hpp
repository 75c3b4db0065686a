#pragma once

#include "runtime/clock.hpp"

#include <cstdint>
#include <string>

namespace parley::sandbox {

/// The options of `parley sandbox`; docs/practice-world.md says what they do.
struct sandbox_options {
  std::string scenario; ///< a file; empty for the built-in practice.toml
  uint64_t seed = 1;
  std::string witness_file; ///< empty: in memory only
  // 0 lets the system choose.
  uint16_t carrier_port = 0;
  uint16_t openai_port = 0;
  uint16_t hubspot_port = 0;
  uint16_t apollo_port = 0;
  uint16_t google_port = 0;
  uint16_t smtp_port = 0;
  uint16_t witness_port = 0;
  clock_origin origin;
  double media_speed = 1.0;
  /// How the voice model misbehaves: a name of `model::disobedience`.
  std::string disobedience = "none";
};

/// What the help of `parley sandbox` ends with.
inline constexpr const char* sandbox_footer
  = "Example:\n  parley sandbox --seed 42 --witness witness.jsonl\n\n"
    "Exit codes: 0 ended by SIGTERM or SIGINT, 1 cannot start (the message says why), 2 wrong usage.";

/// Reads the command line (without the program's name it is `argv[0]`).
/// Prints help or what is wrong with it and exits the process in these cases.
sandbox_options parse_sandbox_options(int argc, char** argv);

/// Runs the practice world until SIGTERM or SIGINT; prints the ready line on
/// standard output once all ports listen. Returns the exit status: 0, or 1
/// with a sentence on standard error when it cannot start.
int run_sandbox(const sandbox_options& options);

} // namespace parley::sandbox
