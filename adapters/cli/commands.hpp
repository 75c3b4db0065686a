#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>
#include <string>

namespace parley::cli {

class painter;

/// Options that every command shares.
struct global_options {
  std::string socket = "data/control.sock";
  bool json = false;
};

/// Adds every command that goes to a node's control socket. A chosen command
/// runs while the line is parsed and throws `command_failed` when refused.
void add_commands(CLI::App& app, global_options& options);

/// A call with its transcript, as `call show` prints it.
/// @param with_notes Also what the conversation observed and did in between.
void print_call(std::ostream& out, const painter& paint, const nlohmann::ordered_json& call, bool with_notes = true);

} // namespace parley::cli
