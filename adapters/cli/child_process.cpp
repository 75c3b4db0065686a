#include "adapters/cli/child_process.hpp"

#include "adapters/cli/interrupt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

namespace parley::cli {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

static void check(int result, const char* what) {
  if (result < 0)
    throw std::system_error{errno, std::generic_category(), what};
}

child_process::child_process(const std::vector<std::string>& command, const std::string& log_file) {
  int pipe[2];
  check(::pipe2(pipe, O_CLOEXEC), "pipe");
  std::vector<char*> argv;
  for (const auto& word : command)
    argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int parent = ::getpid();
  pid_ = ::fork();
  check(pid_, "fork");
  if (pid_ == 0) {
    // Only async-signal-safe calls until exec.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent)
      ::_exit(127);
    ::setpgid(0, 0); // Ctrl-C reaches us alone; we stop the children in order
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(pipe[1], STDOUT_FILENO);
    const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (log >= 0)
      ::dup2(log, STDERR_FILENO);
    // A socket that we listen on must end with us: whoever connects to a copy
    // of it that a child holds waits for ever. Not all libraries open theirs
    // with O_CLOEXEC.
    if (::close_range(STDERR_FILENO + 1, ~0U, 0) != 0) // before Linux 5.9
      for (auto fd = ::sysconf(_SC_OPEN_MAX); fd > STDERR_FILENO; --fd)
        ::close(static_cast<int>(fd));
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(pipe[1]);
  output_ = pipe[0];
}

child_process::~child_process() {
  stop(2s);
  if (output_ >= 0)
    ::close(output_);
}

std::optional<std::string> child_process::read_line(std::chrono::milliseconds patience) {
  const auto until = clock::now() + patience;
  while (true) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
    pollfd wait{output_, POLLIN, 0};
    const int ready = left <= 0ms ? 0 : ::poll(&wait, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR && !interrupted)
      continue; // a signal that does not end us
    if (ready <= 0)
      return std::nullopt;
    char data[4096];
    const auto got = ::read(output_, data, sizeof data);
    if (got <= 0)
      return std::nullopt;
    buffer_.append(data, static_cast<size_t>(got));
  }
}

bool child_process::running() {
  if (pid_ <= 0)
    return false;
  if (::waitpid(pid_, nullptr, WNOHANG) == 0)
    return true;
  pid_ = -1;
  return false;
}

void child_process::stop(std::chrono::milliseconds patience) {
  if (!running())
    return;
  ::kill(pid_, SIGTERM);
  for (const auto until = clock::now() + patience; clock::now() < until;) {
    if (!running())
      return;
    std::this_thread::sleep_for(20ms);
  }
  kill();
}

void child_process::kill() {
  if (!running())
    return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

} // namespace parley::cli
