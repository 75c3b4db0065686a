#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

namespace parley::cli {

/// `parley demo`: a whole campaign in the practice world, in a minute or so.
struct demo_options {
  std::string prospects; ///< CSV; empty: the sample
  uint64_t seed = 7;
  bool exit = false;   ///< end after the report instead of staying up
  bool json = false;   ///< one JSON object on the last line; implies exit
  double speed = 3600; ///< wall time per real time: an hour a second
  double media_speed = 20;
  int seconds_max = 85; ///< real time after which it reports what there is
  std::string keep;     ///< folder for the data; empty: a temporary one
  int crashes = 0;      ///< how often its node is killed amid calls and started again
  // For tests, not on the command line:
  std::string scenario;     ///< TOML file for the practice world; empty: its own
  std::string disobedience; ///< how the practice voice model misbehaves; empty: not at all
  std::string settings;     ///< TOML that wins over the node's configuration, key by key;
                            ///< arrays of tables as a whole
  /// When practice time begins: a Monday at nine on the east coast, in a week
  /// without a state's day off. In the hours of the sample campaign even three
  /// attempts on three different days then end by Wednesday night, 58 to 67
  /// real seconds later, whoever the seed makes pick up.
  std::string start_at = "2026-12-07T14:00:00Z";
};

/// Adds `demo` to the program.
void add_demo(CLI::App& app, demo_options& options);

/// Runs it; returns the exit status. With `json` a failure is thrown as
/// `command_failed`: the program prints it as an object.
int run_demo(const demo_options& options);

} // namespace parley::cli
