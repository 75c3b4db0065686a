#pragma once

#include "actors/meter/figure_board.hpp"
#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// The METER: asks the journal every 10 s (real time) for the figures that
/// nobody counts as they happen, and puts them on the board that /metrics
/// reads. A journal that does not answer leaves them to grow old.
using meter_actor = caf::typed_actor<
  // INTERNAL: time to read.
  caf::reacts_to<tick_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct meter_state {
  explicit meter_state(meter_actor::pointer self) : self{self} {}
  void look();

  meter_actor::pointer self;
  context_ptr ctx;
  std::shared_ptr<figure_board> board;
  uint64_t readings = 0;
  uint64_t failed = 0;
  static constexpr std::chrono::seconds interval{10};
  static inline constexpr const char* name = "meter";
};

meter_actor::behavior_type
meter(meter_actor::stateful_pointer<meter_state> self, context_ptr ctx, std::shared_ptr<figure_board> board);

} // namespace parley
