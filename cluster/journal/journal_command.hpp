#pragma once

#include "adapters/cli/commands.hpp"

#include <CLI/CLI.hpp>

/// `parley journal verify|export`: through the running node, or on the store of
/// a stopped one.
namespace parley::journal_tools {

/// Adds the group. The commands run while the line is parsed and throw
/// `cli::command_failed`; a check with findings ends with exit code 1.
void add_journal(CLI::App& app, cli::global_options& options);

} // namespace parley::journal_tools
