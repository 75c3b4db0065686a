#pragma once

#include "actors/diary/core.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// The DIARY of one account manager: nobody is booked twice.
using diary_actor = caf::typed_actor<
  // Free times, after asking the calendar for busy ones.
  caf::replies_to<find_slots>::with<free_slots>,
  // Holds a time; `ec::conflict` says why not.
  caf::replies_to<hold_slot>::with<slot_held>,
  // Makes the hold a meeting, with everything that goes out for it.
  caf::replies_to<confirm_slot>::with<slot_confirmed>, caf::reacts_to<release_slot>,
  // INTERNAL
  caf::reacts_to<tick_atom>, caf::reacts_to<retire_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct diary_state {
  explicit diary_state(diary_actor::pointer self) : self{self} {}

  void start(context_ptr context, shard_door parent, manager_id manager);
  caf::result<free_slots> find(const find_slots& order);
  caf::result<slot_held> hold(const hold_slot& order);
  caf::result<slot_confirmed> confirm(const confirm_slot& order);
  void release(const release_slot& order);

  diary_actor::pointer self;
  context_ptr ctx;
  shard_door door;
  manager_id id;
  std::optional<manager_row> manager;
  bool ready = false;  ///< stream and manager's row are loaded
  size_t searches = 0; ///< that wait for the calendar
  aggregate<diaries::core> journal;
  std::map<uint64_t, std::function<void()>> askers; ///< answered after the commit
  uint64_t next_asker = 1;
  std::vector<std::function<void()>> before_load;
  uint64_t handled = 0;
  alarm timer;
  static inline constexpr const char* name = "diary";

private:
  void when_loaded(std::function<void()> what);
  void take(diaries::decision d, std::function<void()> after, std::vector<row> rows = {});
};

diary_actor::behavior_type diary(diary_actor::stateful_pointer<diary_state> self, context_ptr ctx, shard_door parent,
                                 caf::actor_id parent_id, manager_id id);

} // namespace parley
