#pragma once

#include "actors/diary/changes.hpp"

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
  // Moves a meeting, after asking the calendar for the new time; cancels one.
  caf::replies_to<move_meeting>::with<meeting_changed>, caf::replies_to<cancel_meeting>::with<meeting_changed>,
  // Follows what was changed by hand.
  caf::reacts_to<calendar_changed>,
  // INTERNAL
  caf::reacts_to<tick_atom>, caf::reacts_to<retire_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct diary_state {
  explicit diary_state(diary_actor::pointer self) : self{self} {}

  void start(context_ptr context, shard_door parent, manager_id manager);
  caf::result<free_slots> find(const find_slots& order);
  caf::result<slot_held> hold(const hold_slot& order);
  caf::result<slot_confirmed> confirm(const confirm_slot& order);
  void release(const release_slot& order);
  caf::result<meeting_changed> move(const move_meeting& order);
  caf::result<meeting_changed> cancel(const cancel_meeting& order);
  void follow(const calendar_changed& seen);

  diary_actor::pointer self;
  context_ptr ctx;
  shard_door door;
  manager_id id;
  std::optional<manager_row> manager;
  bool ready = false;  ///< stream and manager's row are loaded
  size_t searches = 0; ///< that wait for the calendar or the store
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
  using papers = std::optional<diaries::papers>;
  /// Reads what was sent for a meeting.
  void with_papers(meeting_id meeting, std::function<void(const papers&)> then, std::function<void(caf::error)> failed);
  void make(const reply<meeting_changed>& answer, std::variant<diaries::change, diaries::refusal> what);
};

diary_actor::behavior_type diary(diary_actor::stateful_pointer<diary_state> self, context_ptr ctx, shard_door parent,
                                 caf::actor_id parent_id, manager_id id);

} // namespace parley
