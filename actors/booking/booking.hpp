#pragma once

#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// BOOKING: a worker that makes one meeting: hold, look at the calendar once
/// more, confirm. Ends after its answer.
using booking_actor = caf::typed_actor<
  // `ec::conflict` with a sentence for the person when the time is gone, `ec::slot_expired`
  // or `ec::wrong_state` with one when it was not booked; after any other error it may be.
  caf::replies_to<book_meeting>::with<meeting_booked>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct booking_state {
  explicit booking_state(booking_actor::pointer self) : self{self} {}
  caf::result<meeting_booked> book(const book_meeting& order);

  booking_actor::pointer self;
  context_ptr ctx;
  std::string step = "idle";
  static inline constexpr const char* name = "booking";
};

/// For the agent, when something went wrong before anything was booked.
/// @param why For the log.
caf::error nothing_booked(const std::string& why, call_id call);

booking_actor::behavior_type
booking(booking_actor::stateful_pointer<booking_state> self, context_ptr ctx, caf::actor_id parent_id, call_id call);

} // namespace parley
