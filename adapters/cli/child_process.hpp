#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace parley::cli {

/// A program that this one started. It ends with us, however we end.
class child_process {
public:
  /// Starts a program; its standard error goes into `log_file`. It inherits
  /// none of our other files and sockets. Throws std::system_error.
  child_process(const std::vector<std::string>& command, const std::string& log_file);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// The first line it prints, or nothing when it ends, the time is over or we
  /// are interrupted.
  std::optional<std::string> read_line(std::chrono::milliseconds patience);
  bool running();
  /// SIGTERM, then SIGKILL after the patience.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds{10});
  /// SIGKILL, at once.
  void kill();
  int pid() const { return pid_; }

private:
  int pid_ = -1;
  int output_ = -1;
  std::string buffer_;
};

} // namespace parley::cli
