#pragma once

#include <chrono>
#include <optional>

namespace parley::sql {

/// How often to try again after a loss: pauses that double.
class outage {
public:
  using clock = std::chrono::steady_clock;

  /// @param wait So long one may wait for its end.
  outage(std::chrono::milliseconds pause_min, std::chrono::milliseconds pause_max, std::chrono::milliseconds wait)
    : min_{pause_min}, max_{pause_max}, wait_{wait} {}

  bool going_on() const { return since_.has_value(); }
  /// The store was lost or is still away; returns the pause before the next try.
  std::chrono::milliseconds begin_or_go_on();
  void over() { since_.reset(); }
  /// It is so young that one may wait for its end.
  bool young() const { return since_ && clock::now() - *since_ < wait_; }
  bool may_try() const { return !since_ || clock::now() >= next_; }
  std::chrono::milliseconds length() const;

private:
  std::chrono::milliseconds min_;
  std::chrono::milliseconds max_;
  std::chrono::milliseconds wait_;
  std::optional<clock::time_point> since_;
  clock::time_point next_;
  std::chrono::milliseconds pause_{0};
};

} // namespace parley::sql
