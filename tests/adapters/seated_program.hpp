#pragma once

#include "tests/adapters/program_world.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

namespace parley::test {

/// A program with a terminal of its own for input, output and errors.
class seated {
public:
  using variables = std::vector<std::pair<std::string, std::string>>;

  /// `parley` with these arguments, against the node of this world.
  seated(const program_world& world, std::vector<std::string> arguments, const variables& environment = {})
    : seated{with_program(world, std::move(arguments)), environment} {}

  /// Any program, by its path.
  explicit seated(std::vector<std::string> line, const variables& environment = {}) {
    // All is made before the fork: the node of the test has a thread.
    std::vector<std::string> variables_kept;
    const auto set = [&](const std::string& name, const std::string& value) {
      std::erase_if(variables_kept, [&](const std::string& x) { return x.starts_with(name + "="); });
      variables_kept.push_back(name + "=" + value);
    };
    for (char** one = environ; *one; ++one)
      if (!std::string_view{*one}.starts_with("NO_COLOR="))
        variables_kept.emplace_back(*one);
    set("TERM", "xterm-256color");
    for (const auto& [name, value] : environment)
      set(name, value);
    auto argv = pointers(line);
    auto envp = pointers(variables_kept);
    winsize size{};
    size.ws_row = 24;
    size.ws_col = 80;
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::execve(argv.front(), argv.data(), envp.data());
      ::_exit(127);
    }
    ::fcntl(terminal_, F_SETFD, FD_CLOEXEC);
  }
  ~seated() {
    if (!code_) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(terminal_);
  }
  seated(const seated&) = delete;
  seated& operator=(const seated&) = delete;

  void type(const std::string& keys) {
    REQUIRE(::write(terminal_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
  }
  /// Whether this was written so often by now, or is within 20 seconds.
  bool shows(const std::string& text, int times = 1) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (written(text) < times)
      if (std::chrono::steady_clock::now() >= until || !read())
        return written(text) >= times;
    return true;
  }
  /// Whether the terminal shows what is typed and gives it line by line.
  bool is_as_usual() const {
    termios now{};
    return ::tcgetattr(terminal_, &now) == 0 && (now.c_lflag & ECHO) != 0 && (now.c_lflag & ICANON) != 0;
  }
  /// Waits for the program's end. @return Its exit code; -1 when it was killed,
  /// as one is that says nothing for long.
  int end() {
    while (read())
      ;
    ::kill(pid_, silent_ ? SIGKILL : 0);
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return *code_;
  }

  std::string out; ///< all that was written so far

private:
  static std::vector<std::string> with_program(const program_world& world, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {PARLEY_PROGRAM, "--socket", world.socket()});
    return arguments;
  }
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& text : texts)
      out.push_back(text.data());
    out.push_back(nullptr);
    return out;
  }
  int written(const std::string& text) const {
    int count = 0;
    for (auto at = out.find(text); at != out.npos; at = out.find(text, at + text.size()))
      ++count;
    return count;
  }
  /// False once the program has closed the terminal, or says nothing for 20 s.
  bool read() {
    pollfd ready{terminal_, POLLIN, 0};
    silent_ = ::poll(&ready, 1, 20'000) <= 0;
    if (silent_)
      return false;
    char bytes[4096];
    const auto count = ::read(terminal_, bytes, sizeof bytes);
    if (count <= 0)
      return false;
    out.append(bytes, static_cast<size_t>(count));
    return true;
  }

  pid_t pid_ = -1;
  int terminal_ = -1;
  bool silent_ = false;
  std::optional<int> code_;
};

/// What a terminal of 80 x 24 shows after these bytes. It knows the sequences
/// that `parley` uses and fails at others. On the other screen, which `top`
/// fills by itself, nothing may wrap or scroll.
class shown_screen {
public:
  explicit shown_screen(const std::string& bytes) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] == '\033') {
        REQUIRE(bytes.substr(i, 2) == "\033[");
        const auto end = bytes.find_first_not_of("?;0123456789", i + 2);
        if (end == bytes.npos)
          return; // the rest is not read yet
        obey(bytes[end], bytes.substr(i + 2, end - i - 2));
        i = end;
      } else if (bytes[i] == '\r') {
        column_ = 0;
      } else if (bytes[i] == '\n') {
        down();
      } else if ((bytes[i] & 0xc0) != 0x80) { // the first byte of a character
        put((bytes[i] & 0x80) != 0 ? '#' : bytes[i]);
      }
    }
  }

  std::vector<std::string> lines = blank();
  std::string text() const {
    std::string out;
    for (const auto& line : lines)
      out += line + "|\n";
    return out;
  }

private:
  static std::vector<std::string> blank() { return std::vector<std::string>(24, std::string(80, ' ')); }

  void obey(char what, const std::string& numbers) {
    const auto number = [&](size_t otherwise) { return numbers.empty() ? otherwise : std::stoul(numbers); };
    const auto second = numbers.find(';');
    switch (what) {
      case 'm': return; // only how it looks
      case 'A': row_ -= std::min(row_, number(1)); return;
      case 'H':
        row_ = number(1) - 1;
        column_ = second == numbers.npos ? 0 : std::stoul(numbers.substr(second + 1)) - 1;
        REQUIRE((row_ < 24 && column_ < 80));
        return;
      case 'K': lines[row_].replace(column_, 80 - column_, 80 - column_, ' '); return;
      case 'J':
        if (number(0) == 2) {
          lines = blank();
          return;
        }
        obey('K', "");
        std::fill(lines.begin() + static_cast<ptrdiff_t>(row_) + 1, lines.end(), std::string(80, ' '));
        return;
      case 'h':
      case 'l':
        if (numbers == "?1049" && (what == 'h') != other_) {
          std::swap(lines, kept_);
          other_ = what == 'h';
        }
        return;
      default: FAIL("unknown sequence that ends in " << what);
    }
  }
  void down() {
    REQUIRE((row_ < 23 || !other_));
    if (row_ < 23) {
      ++row_;
      return;
    }
    lines.erase(lines.begin());
    lines.push_back(std::string(80, ' '));
  }
  void put(char what) {
    if (column_ == 80) {
      REQUIRE_FALSE(other_);
      column_ = 0;
      down();
    }
    lines[row_][column_++] = what;
  }

  std::vector<std::string> kept_ = blank(); ///< of the screen that is not shown
  bool other_ = false;
  size_t row_ = 0;
  size_t column_ = 0;
};

} // namespace parley::test
