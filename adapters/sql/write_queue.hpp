#pragma once

#include "adapters/sql/store_writer.hpp"

#include <caf/error.hpp>

#include <deque>
#include <functional>

namespace parley {

/// Bounds of a store's thread of writes.
struct journal_writer_limits {
  size_t batch_requests_max = 512;                 ///< that share a commit
  uint64_t waiting_bytes_max = 256u * 1024 * 1024; ///< of what waits while the store is away
  std::chrono::milliseconds outage_wait{50'000};   ///< so long a request waits for a store that is away
  std::chrono::milliseconds append_wait{600'000};  ///< so long an actor's own append does
  std::chrono::milliseconds retry_min{100};        ///< first pause before a store that is away is tried again
  std::chrono::milliseconds retry_max{2'000};      ///< longest
};

} // namespace parley

namespace parley::sql {

/// A change and who waits for it.
struct write_request {
  using time_point = std::chrono::steady_clock::time_point;

  change what;
  std::function<void(outcome)> answer;
  std::function<void(caf::error)> fail;
  time_point since = std::chrono::steady_clock::now();
  size_t bytes = 0; ///< counted once it waits for a store that is away
};

/// Work in slices; `step` does one in a transaction of its own and returns true
/// when it was the last.
struct write_job {
  std::function<bool()> step;
  std::function<void()> answer;
  std::function<void(caf::error)> fail;
  size_t bytes = 0;
  write_request::time_point since = std::chrono::steady_clock::now();
};

/// What waits for a store: requests in their order, the first of them perhaps
/// in a transaction; and long jobs beside them.
class write_queue {
public:
  explicit write_queue(const journal_writer_limits& limits) : limits_{limits} {}

  bool empty() const { return requests_.empty(); }
  bool has_job() const { return !jobs_.empty(); }
  size_t size() const { return requests_.size() + jobs_.size(); }
  /// So many bytes more may wait.
  bool has_room(size_t bytes) const { return bytes_ + bytes <= limits_.waiting_bytes_max; }

  void push(write_request&& x);
  write_request pop();
  void push(write_job&& x);
  write_job& job() { return jobs_.front(); }
  write_job pop_job();

  /// The first ones, to be written together. They stay where they are.
  std::vector<const change*> form_group();
  size_t group() const { return group_; }
  /// The group is not stored: each is a request as any other again.
  void dissolve_group() { group_ = 0; }

  /// From now on bytes count: the store went away.
  void count_bytes();
  /// Takes out the intents to dial that are in no group.
  std::vector<write_request> take_intents();
  /// Takes out what has waited too long. A group stays together: none of it
  /// goes before all of it must.
  std::vector<write_request> take_late();
  std::vector<write_job> take_late_jobs();

private:
  template <class F>
  std::vector<write_request> take(F&& chosen);
  auto behind_group() { return requests_.begin() + static_cast<std::ptrdiff_t>(group_); }

  const journal_writer_limits limits_;
  std::deque<write_request> requests_; // oldest first
  std::deque<write_job> jobs_;
  size_t group_ = 0;   // so many requests are in the transaction, or in doubt
  uint64_t bytes_ = 0; // of jobs, and of requests that wait for a store that is away
};

} // namespace parley::sql
