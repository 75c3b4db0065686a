#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace parley::postgres {

/// Cuts connections whose answer is overdue. A server that works ends a long
/// statement itself; one that hangs does not, and neither does a commit that
/// waits for a standby. Keepalive sees nothing of it, since the kernel answers
/// for a process that stands still, and libpq waits without a bound. One thread
/// for all sessions of a process; it goes with the last of them.
class statement_watch {
public:
  using clock = std::chrono::steady_clock;

  /// The process's one.
  static std::shared_ptr<statement_watch> shared();

  statement_watch();
  ~statement_watch();
  statement_watch(const statement_watch&) = delete;

  /// While one lives, the connection has to answer in time.
  class deadline {
  public:
    /// @param socket Must stay open as long as this lives.
    /// @param limit From now on; 0: without one.
    deadline(statement_watch& watch, int socket, std::chrono::milliseconds limit);
    ~deadline();
    deadline(const deadline&) = delete;

    /// It is over, and the connection is cut.
    bool passed() const;

  private:
    friend class statement_watch;
    statement_watch& watch_;
    const int socket_;
    std::multimap<clock::time_point, deadline*>::iterator place_;
    bool waits_ = false; // has a place
    bool passed_ = false;
  };

private:
  void run();

  mutable std::mutex mutex_; // of all below, and of the deadlines' states
  std::condition_variable changed_;
  std::multimap<clock::time_point, deadline*> deadlines_;
  clock::time_point wakes_at_ = clock::time_point::max();
  bool ending_ = false;
  std::thread thread_; // the last: it uses the others
};

/// A socket under a number of our own, so that it can be cut at any time: libpq
/// closes its number in the middle of a statement when the server is gone, and
/// the system gives it to whoever opens something next.
class socket_copy {
public:
  socket_copy() = default;
  /// Throws std::system_error when no number is left.
  explicit socket_copy(int socket);
  ~socket_copy() { close(); }
  socket_copy(socket_copy&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  socket_copy& operator=(socket_copy&& other) noexcept {
    close();
    number_ = std::exchange(other.number_, -1);
    return *this;
  }
  int number() const { return number_; }

private:
  void close() noexcept;
  int number_ = -1;
};

} // namespace parley::postgres
