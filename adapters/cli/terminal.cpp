#include "adapters/cli/terminal.hpp"

#include "adapters/cli/control_client.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace parley::cli {

namespace {

// What signal handlers see.
termios before;
termios raw;
volatile std::sig_atomic_t asked_to_end = 0;
volatile std::sig_atomic_t draw_anew = 0;

constexpr std::string_view enter = "\033[?1049h\033[?25l\033[2J";
constexpr std::string_view leave = "\033[0m\033[?25h\033[?1049l";

constexpr int polite[] = {SIGINT, SIGTERM, SIGHUP};
constexpr int deadly[] = {SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

// Async-signal-safe, as all below that handlers call.
void send(std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::write(STDOUT_FILENO, text.data(), text.size());
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent <= 0)
      return; // the terminal is gone
    text.remove_prefix(static_cast<size_t>(sent));
  }
}

void take_screen() {
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
  send(enter);
}

void give_back() {
  send(leave);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

void on_end(int) {
  asked_to_end = 1;
}

void on_resize(int) {}

void on_death(int signal) { // was reset to the default, which raising it takes
  give_back();
  ::raise(signal);
}

void handle(int signal, void (*handler)(int), int flags = 0) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

void on_stop(int) {
  const auto kept = errno;
  give_back();
  handle(SIGTSTP, SIG_DFL);
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTSTP);
  ::raise(SIGTSTP);
  ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr); // stops here, goes on with SIGCONT
  handle(SIGTSTP, on_stop);
  take_screen();
  draw_anew = 1;
  errno = kept;
}

} // namespace

terminal::terminal() {
  if (!::isatty(STDIN_FILENO) || !::isatty(STDOUT_FILENO) || ::tcgetattr(STDIN_FILENO, &before) != 0)
    throw command_failed{"invalid_input", "this needs a terminal; for scripts there is: parley inspect tree --json",
                         exit_usage};
  raw = before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON); // Ctrl-C and Ctrl-Z stay signals
  raw.c_iflag &= ~static_cast<tcflag_t>(IXON);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  asked_to_end = 0;
  draw_anew = 0;
  for (const auto signal : polite)
    handle(signal, on_end);
  for (const auto signal : deadly)
    handle(signal, on_death, static_cast<int>(SA_RESETHAND));
  handle(SIGTSTP, on_stop);
  handle(SIGWINCH, on_resize); // only so that a wait ends
  take_screen();
}

terminal::~terminal() {
  give_back();
  for (const auto signal : polite)
    handle(signal, SIG_DFL);
  for (const auto signal : deadly)
    handle(signal, SIG_DFL);
  handle(SIGTSTP, SIG_DFL);
  handle(SIGWINCH, SIG_DFL);
}

bool terminal::ends() const {
  return asked_to_end != 0;
}

std::vector<key> terminal::wait(std::chrono::milliseconds at_most) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  // An escape that nothing follows within 50 ms is the key.
  const auto patience = bytes_.empty() ? at_most : std::min(at_most, std::chrono::milliseconds{50});
  const auto ready = ::poll(&input, 1, static_cast<int>(patience.count()));
  if (ready <= 0)
    return take_keys(bytes_, true);
  std::array<char, 512> some;
  const auto size = ::read(STDIN_FILENO, some.data(), some.size());
  if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN)) {
    asked_to_end = 1; // nobody is there any more
    return {};
  }
  if (size > 0)
    bytes_.append(some.data(), static_cast<size_t>(size));
  return take_keys(bytes_, false);
}

screen_size size_of_screen() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {};
  return {size.ws_col, size.ws_row};
}

cell_grid terminal::blank() const {
  const auto [columns, rows] = size_of_screen();
  return {columns, rows};
}

void terminal::show(const cell_grid& grid) {
  if (draw_anew) {
    draw_anew = 0;
    shown_.reset();
  }
  send(grid.update(shown_ ? &*shown_ : nullptr));
  shown_ = grid;
}

} // namespace parley::cli
