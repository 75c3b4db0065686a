#include "adapters/postgres/statement_watch.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace parley::postgres {

std::shared_ptr<statement_watch> statement_watch::shared() {
  static std::mutex mutex;
  static std::weak_ptr<statement_watch> current;
  std::lock_guard guard{mutex};
  auto out = current.lock();
  if (!out)
    current = out = std::make_shared<statement_watch>();
  return out;
}

statement_watch::statement_watch() : thread_{[this] { run(); }} {}

statement_watch::~statement_watch() {
  {
    std::lock_guard guard{mutex_};
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void statement_watch::run() {
  std::unique_lock lock{mutex_};
  while (!ending_) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= clock::now()) {
      auto& late = *deadlines_.begin()->second;
      deadlines_.erase(deadlines_.begin());
      late.waits_ = false;
      late.passed_ = true;
      ::shutdown(late.socket_, SHUT_RDWR); // whoever waits for it sees its end
    }
    if (deadlines_.empty()) {
      wakes_at_ = clock::time_point::max();
      changed_.wait(lock);
    } else {
      const auto next = wakes_at_ = deadlines_.begin()->first;
      changed_.wait_until(lock, next);
    }
  }
}

statement_watch::deadline::deadline(statement_watch& watch, int socket, std::chrono::milliseconds limit)
  : watch_{watch}, socket_{socket} {
  if (limit.count() == 0)
    return;
  const auto at = clock::now() + limit;
  bool earlier = false;
  {
    std::lock_guard guard{watch_.mutex_};
    place_ = watch_.deadlines_.emplace(at, this);
    waits_ = true;
    // As a rule it is not, and the thread sleeps on: it finds this one later.
    earlier = at < watch_.wakes_at_;
  }
  if (earlier)
    watch_.changed_.notify_one();
}

statement_watch::deadline::~deadline() {
  std::lock_guard guard{watch_.mutex_};
  if (waits_)
    watch_.deadlines_.erase(place_);
}

bool statement_watch::deadline::passed() const {
  std::lock_guard guard{watch_.mutex_};
  return passed_;
}

socket_copy::socket_copy(int socket) : number_{::fcntl(socket, F_DUPFD_CLOEXEC, 0)} {
  if (number_ < 0)
    throw std::system_error{errno, std::generic_category(), "the socket of a connection"};
}

void socket_copy::close() noexcept {
  if (number_ >= 0)
    ::close(number_);
  number_ = -1;
}

} // namespace parley::postgres
