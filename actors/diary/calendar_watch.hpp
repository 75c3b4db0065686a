#pragma once

#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <set>

namespace parley {

/// The CALENDAR_WATCH: asks the account managers' calendars, one after the
/// other, what was changed by hand, and tells their diaries.
using calendar_watch_actor = caf::typed_actor<
  // INTERNAL: time to look.
  caf::reacts_to<tick_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct calendar_watch_state {
  explicit calendar_watch_state(calendar_watch_actor::pointer self) : self{self} {}

  void look();

  calendar_watch_actor::pointer self;
  context_ptr ctx;
  std::chrono::milliseconds every{60'000};
  alarm timer;
  std::vector<manager_row> managers; ///< of this round
  uint64_t rounds = 0;
  uint64_t changes = 0; ///< told to diaries
  std::set<manager_id> failing;
  static inline constexpr const char* name = "calendar_watch";

private:
  struct place {
    std::string token;
    caf::actor_clock::time_point compared; ///< whole
  };

  void ask(size_t index);
  void hear(const manager_row& manager, const event_changes& x);
  void rest();

  std::map<manager_id, place> places;
};

/// Where it stands in each calendar is kept in memory only: after a start, and
/// each hour, it compares all events that have not ended, so that nothing that
/// happened meanwhile or got lost on its way stays unnoticed. A diary that
/// knows of it already changes nothing.
/// @param every Real time between two looks.
calendar_watch_actor::behavior_type calendar_watch(calendar_watch_actor::stateful_pointer<calendar_watch_state> self,
                                                   context_ptr ctx, std::chrono::milliseconds every);

} // namespace parley
