#pragma once

#include "runtime/ids.hpp"

#include <chrono>

namespace parley {

/// The one clock. Wall time is what calendars, calling hours and due times
/// are in; real time is what sockets and timers wait in. At speed 1 they are
/// the same, in the practice world wall time may run faster.
class clock {
public:
  virtual ~clock() = default;
  /// Wall time now.
  virtual wall_time now() const = 0;
  /// Wall milliseconds per real millisecond; 1 outside practice and tests.
  virtual double speed() const = 0;
  /// How long to wait, in real time, until wall time has moved on by `wall`.
  std::chrono::nanoseconds real(std::chrono::milliseconds wall) const;
  /// How far wall time moves while `real` passes.
  std::chrono::milliseconds wall(std::chrono::nanoseconds real) const;
};

/// Where practice time started: wall = wall0 + speed × (real − real0), both
/// origins in Unix milliseconds. Stored at first start and handed to the
/// sandbox, which so shares the clock.
struct clock_origin {
  wall_time wall0{};
  std::chrono::milliseconds real0{};
  double speed = 1.0;
};

/// Reads the system clock at each use, shifted and scaled by the origin.
class system_clock final : public clock {
public:
  explicit system_clock(clock_origin origin = {}) : origin_{origin} {}
  wall_time now() const override;
  double speed() const override { return origin_.speed; }
  const clock_origin& origin() const { return origin_; }

private:
  clock_origin origin_;
};

/// Unix milliseconds of the machine's clock.
std::chrono::milliseconds real_now();

/// "2026-11-24T09:30:00.000Z"; the form used in JSON, SQL and logs.
std::string to_iso(wall_time t);
/// The inverse; also takes seconds without a fraction and offsets (+02:00).
std::optional<wall_time> parse_iso(std::string_view text);

} // namespace parley
