#pragma once

#include "actors/call/core.hpp"
#include "runtime/messages/conversing.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// What a conversation tells its call.
using conversation_listener = caf::typed_actor<caf::reacts_to<conversation_note>, caf::reacts_to<conversation_outcome>,
                                               caf::reacts_to<conversation_opt_out>,
                                               caf::reacts_to<conversation_meeting>, caf::reacts_to<conversation_over>>;

/// The CALL: the life of one phone call, from the intent to the disposition.
/// It outlives its process: a call that is found open again is looked up at
/// the carrier, never dialled again.
using call_actor = media_events_port::extend_with<conversation_listener>::extend<
  // The intent is committed: dial.
  caf::reacts_to<start_call>,
  // What the carrier says, in any order, doubled or late.
  caf::reacts_to<carrier_event>,
  // Somebody waits for our end and may have missed it.
  caf::reacts_to<ask_call_end>,
  // A manager or a stopping campaign ends the call.
  caf::reacts_to<end_call>,
  // INTERNAL: the watchdog, and the door lets us go.
  caf::reacts_to<tick_atom>, caf::reacts_to<retire_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

/// The CONVERSATION: the mind of one call.
using conversation_actor = caf::typed_actor<
  // What the model's session starts with.
  caf::replies_to<brief_agent>::with<agent_briefed>, caf::reacts_to<begin_conversation>, caf::reacts_to<turn_finished>,
  caf::reacts_to<tool_called>, caf::reacts_to<key_pressed>, caf::reacts_to<playback_finished>,
  // INTERNAL: a bounded wait is over.
  caf::reacts_to<tick_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct call_state {
  explicit call_state(call_actor::pointer self) : self{self} {}

  void start(context_ptr context, shard_door parent, call_id call);
  /// Runs now, or once the stream is loaded.
  void when_loaded(std::function<void()> what);

  void dial(const start_call& order);
  void hear_carrier(const carrier_event& event);
  void hear_media(uint32_t generation, bool up, const std::string& reason);
  void hear_turn(const turn_finished& turn);
  void hear_note(const conversation_note& note);
  void hear_over(const conversation_over& over);
  void answer_end();
  void watch();
  void take(calls::decision d);

  call_actor::pointer self;
  context_ptr ctx;
  shard_door door;
  call_id id;
  aggregate<calls::core> journal;
  conversation_actor mind;
  std::vector<std::function<void()>> before_load;
  uint64_t handled = 0;
  alarm timer;
  bool fresh = false;       ///< born a moment ago, not taken up again
  bool originating = false; ///< the dial is under way
  bool converses = false;
  bool over_after_playback = false;
  std::optional<caf::actor_clock::time_point> closing_since; ///< last words may still come in
  caf::actor_clock::time_point next_look;
  static inline constexpr const char* name = "call";

private:
  void perform(calls::core::effect& effect);
  void originate(wall_time not_after);
  void hang_up(bool cancel);
  void prepare_voice();
  void converse();
  void seek_evidence();
  void look_up();
  void finish();
  std::chrono::nanoseconds watch_interval() const;
};

call_actor::behavior_type call(call_actor::stateful_pointer<call_state> self, context_ptr ctx, shard_door parent,
                               caf::actor_id parent_id, call_id id);

} // namespace parley
