#pragma once

#include "adapters/cli/command_line.hpp"

#include <chrono>
#include <functional>

namespace parley::cli {

/// Shows on standard error how far something is: one live line on a terminal,
/// elsewhere a plain line every few seconds. Standard output stays for the
/// result. In front of JSON only a terminal sees it.
class progress_line {
public:
  /// @param plain_every Between two plain lines; what is over before the first
  /// one needs none.
  explicit progress_line(bool json, std::chrono::seconds plain_every = std::chrono::seconds{5});
  ~progress_line(); ///< wipes the live line
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  void show(const std::string& text);

private:
  using steady = std::chrono::steady_clock;
  bool live_;
  bool quiet_;
  std::chrono::seconds plain_every_;
  std::string shown_;
  steady::time_point next_;
};

/// "stores 4000 of 10000 (40 %)", from what `job show` answers.
std::string progress_text(const ordered_json& job);

/// Sends a command that may take minutes, shows how far it is and answers with
/// its result. Ctrl-C leaves it running in the node. Throws `command_failed`.
ordered_json ask_long(const shared& s, const std::string& command, arguments args);

} // namespace parley::cli
