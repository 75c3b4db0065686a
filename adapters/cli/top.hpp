#pragma once

#include <string>

namespace parley::cli {

/// The full-screen view of a node's actors, until q or a signal. Throws
/// `command_failed` when there is no node or no terminal.
/// @param socket The node's control socket.
void run_top(const std::string& socket);

} // namespace parley::cli
