#include "adapters/sql/write_queue.hpp"

#include <algorithm>

namespace parley::sql {

void write_queue::push(write_request&& x) {
  bytes_ += x.bytes;
  requests_.push_back(std::move(x));
}

write_request write_queue::pop() {
  auto out = std::move(requests_.front());
  requests_.pop_front();
  bytes_ -= out.bytes;
  group_ -= group_ > 0;
  return out;
}

void write_queue::push(write_job&& x) {
  bytes_ += x.bytes;
  jobs_.push_back(std::move(x));
}

write_job write_queue::pop_job() {
  auto out = std::move(jobs_.front());
  jobs_.pop_front();
  bytes_ -= out.bytes;
  return out;
}

std::vector<const change*> write_queue::form_group() {
  group_ = std::min(limits_.batch_requests_max, requests_.size());
  std::vector<const change*> out;
  for (size_t i = 0; i < group_; ++i)
    out.push_back(&requests_[i].what);
  return out;
}

void write_queue::count_bytes() {
  for (auto& x : requests_)
    if (x.bytes == 0) {
      x.bytes = bytes_of(x.what);
      bytes_ += x.bytes;
    }
}

template <class F>
std::vector<write_request> write_queue::take(F&& chosen) {
  const auto gone
    = std::stable_partition(behind_group(), requests_.end(), [&](const write_request& x) { return !chosen(x); });
  std::vector<write_request> out{std::move_iterator{gone}, std::move_iterator{requests_.end()}};
  requests_.erase(gone, requests_.end());
  for (const auto& x : out)
    bytes_ -= x.bytes;
  return out;
}

std::vector<write_request> write_queue::take_intents() {
  return take([](const write_request& x) { return is_intent(x.what); });
}

std::vector<write_request> write_queue::take_late() {
  const auto now = std::chrono::steady_clock::now();
  const auto late = [&](const write_request& x) {
    return now - x.since > (moves_stream(x.what) ? limits_.append_wait : limits_.outage_wait);
  };
  if (group_ > 0 && std::all_of(requests_.begin(), behind_group(), late))
    dissolve_group();
  return take(late);
}

std::vector<write_job> write_queue::take_late_jobs() {
  const auto limit = std::chrono::steady_clock::now() - limits_.outage_wait;
  std::vector<write_job> out;
  while (!jobs_.empty() && jobs_.front().since < limit)
    out.push_back(pop_job());
  return out;
}

} // namespace parley::sql
