#pragma once

#include "adapters/cli/cell_grid.hpp"
#include "adapters/cli/keys.hpp"

#include <chrono>
#include <optional>

namespace parley::cli {

struct screen_size {
  size_t columns = 80;
  size_t rows = 24;
};
/// Of the terminal at standard output; 80×24 where there is none.
screen_size size_of_screen();

/// The whole screen of this process' terminal, while it lives: other screen,
/// no echo, no cursor. Whatever ends the process, the terminal is put back:
/// the destructor does it, and so do the handlers of the signals that kill,
/// and of a stop (Ctrl-Z), after which the screen is drawn anew. One at a time.
class terminal {
public:
  /// Throws `command_failed` when standard input or output is no terminal.
  terminal();
  ~terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  /// Keys, a changed size, or nothing within this time.
  std::vector<key> wait(std::chrono::milliseconds at_most);
  /// A blank screen of the size that the terminal has now.
  cell_grid blank() const;
  void show(const cell_grid& grid);
  /// Somebody asked the process to end (SIGINT, SIGTERM, SIGHUP).
  bool ends() const;

private:
  std::string bytes_;
  std::optional<cell_grid> shown_;
};

} // namespace parley::cli
