#pragma once

#include "runtime/ports/atoms.hpp"

#include <caf/actor_clock.hpp>

#include <algorithm>
#include <optional>

namespace parley {

/// One wake-up of an actor to itself by `tick_atom`. CAF's delayed messages
/// cannot be cancelled, so without this every reason to wake adds a timer and
/// every timer that fires adds another.
class alarm {
public:
  /// Wakes at `when`, unless an earlier wake-up is set already.
  template <class Self>
  void set(Self* self, caf::actor_clock::time_point when) {
    if (at_ && *at_ <= when)
      return;
    at_ = when;
    self->delayed_send(self, std::max(when - self->clock().now(), caf::actor_clock::duration_type{0}),
                       tick_atom::value);
  }

  template <class Self, class Rep, class Period>
  void set(Self* self, std::chrono::duration<Rep, Period> delay) {
    set(self, self->clock().now() + std::chrono::duration_cast<caf::actor_clock::duration_type>(delay));
  }

  /// Call for each `tick_atom`: true when it is the one that counts.
  bool rings(caf::actor_clock::time_point now) {
    if (!at_ || now < *at_)
      return false;
    at_.reset();
    return true;
  }

private:
  std::optional<caf::actor_clock::time_point> at_;
};

} // namespace parley
