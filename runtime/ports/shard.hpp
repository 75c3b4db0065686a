#pragma once

#include "runtime/messages/shard.hpp"
#include "runtime/ports/atoms.hpp"
#include "runtime/ports/inbox.hpp"

namespace parley {

/// The SHARD door: the only way to an aggregate from outside its shard, and the
/// only way from node to node. An order for an actor that lives elsewhere is
/// passed on to the door there; a request fails with `ec::vendor_unavailable`
/// while that is away.
using shard_door = inbox_port::extend<
  caf::reacts_to<tell>,
  // Answered by the addressed actor.
  caf::replies_to<campaign_command>::with<campaign_state>, caf::replies_to<assign_manager>::with<manager_assigned>,
  caf::replies_to<find_slots>::with<free_slots>, caf::replies_to<hold_slot>::with<slot_held>,
  caf::replies_to<confirm_slot>::with<slot_confirmed>, caf::replies_to<move_meeting>::with<meeting_changed>,
  caf::replies_to<cancel_meeting>::with<meeting_changed>, caf::replies_to<steer_call>::with<call_steered>,
  caf::replies_to<suppress_line>::with<line_settled>,
  // INTERNAL: a child asks to be put to rest.
  caf::reacts_to<retire_request>, caf::replies_to<inspect_state>::with<inspected_state>,
  // INTERNAL: the same shard's door on the node where the other kinds live.
  caf::reacts_to<opposite_atom, caf::actor>,
  // INTERNAL: time to look at the outbox.
  caf::reacts_to<tick_atom>>;

} // namespace parley
