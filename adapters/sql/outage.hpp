#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace parley::sql {

/// How often to try again after a loss: pauses that double.
class outage {
public:
  using clock = std::chrono::steady_clock;

  /// @param wait So long one may wait for its end.
  /// @param now Tells the time; another one is for tests.
  outage(std::chrono::milliseconds pause_min, std::chrono::milliseconds pause_max, std::chrono::milliseconds wait,
         std::function<clock::time_point()> now = clock::now)
    : min_{pause_min}, max_{pause_max}, wait_{wait}, now_{std::move(now)} {}

  bool going_on() const { return since_.has_value(); }
  /// The store was lost or is still away; returns the pause before the next try.
  std::chrono::milliseconds begin_or_go_on();
  void over() { since_.reset(); }
  /// It is so young that one may wait for its end.
  bool young() const { return since_ && now_() - *since_ < wait_; }
  bool may_try() const { return !since_ || now_() >= next_; }
  std::chrono::milliseconds length() const;

private:
  std::chrono::milliseconds min_;
  std::chrono::milliseconds max_;
  std::chrono::milliseconds wait_;
  std::function<clock::time_point()> now_;
  std::optional<clock::time_point> since_;
  clock::time_point next_;
  std::chrono::milliseconds pause_{0};
};

} // namespace parley::sql
