#pragma once

#include "actors/pacer/pacer.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// The SLOT AUDIT: compares the pacer's slots with the open calls of the
/// journal (`slot_check_interval`, real time). Slots are derived from open
/// intents, so whatever crashed in between, held = granted - returned must come
/// out; where it does not, the pacer puts it right and counts it.
using slot_audit_actor = caf::typed_actor<
  // INTERNAL: time to compare.
  caf::reacts_to<tick_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct slot_audit_state {
  explicit slot_audit_state(slot_audit_actor::pointer self) : self{self} {}

  void begin_round();

  slot_audit_actor::pointer self;
  context_ptr ctx;
  checked_pacer_actor pacer;
  uint64_t rounds = 0;
  uint64_t given_up = 0; ///< rounds that the journal did not answer
  slots_checked last;
  static inline constexpr const char* name = "slot_audit";

private:
  void read_shard(uint16_t shard);
  void read_call(size_t call, uint16_t shard);
  void compare();
  void next_round();
  void give_up(const caf::error& e);

  std::vector<open_call> calls; ///< of the shard that is being read
  check_slots found;
};

slot_audit_actor::behavior_type
slot_audit(slot_audit_actor::stateful_pointer<slot_audit_state> self, context_ptr ctx, checked_pacer_actor pacer);

} // namespace parley
