#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace parley::cli {

/// One way to go on with a line.
struct candidate {
  std::string word;
  std::string about;
};

/// What may stand at the end of a command line.
struct completion {
  std::vector<candidate> candidates; ///< that begin with the current word
  bool files = false;                ///< any file
};

/// Asks the node for the names of a kind of thing: "campaign", "prospect",
/// "call", "meeting", "outbox", "manager". Empty when it does not answer.
using name_source = std::function<std::vector<candidate>(const std::string& kind)>;

/// How a line goes on: commands, options, words that an option takes, names of
/// things in the node, files.
/// @param before The words between the program's name and the current one.
completion complete_line(const CLI::App& app, const std::vector<std::string>& before, const std::string& current,
                         const name_source& names);

/// The script that a shell reads to complete `parley`; nothing for another
/// shell than bash, zsh and fish.
std::optional<std::string> completion_script(const std::string& shell);

} // namespace parley::cli
