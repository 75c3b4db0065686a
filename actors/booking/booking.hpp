#pragma once

#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// BOOKING: a worker that makes one meeting: hold, look at the calendar once
/// more, confirm. Ends after its answer.
using booking_actor = caf::typed_actor<
  // `ec::conflict` with a sentence for the person when the time is gone.
  caf::replies_to<book_meeting>::with<meeting_booked>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct booking_state {
  explicit booking_state(booking_actor::pointer self) : self{self} {}
  caf::result<meeting_booked> book(const book_meeting& order);

  booking_actor::pointer self;
  context_ptr ctx;
  std::string step = "idle";
  static inline constexpr const char* name = "booking";
};

booking_actor::behavior_type
booking(booking_actor::stateful_pointer<booking_state> self, context_ptr ctx, caf::actor_id parent_id, call_id call);

} // namespace parley
