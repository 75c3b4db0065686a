#pragma once

#include "actors/call/core.hpp"
#include "actors/conversation/recovery.hpp"
#include "runtime/messages/conversing.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// What a conversation tells its call.
using conversation_listener
  = caf::typed_actor<caf::reacts_to<conversation_note>, caf::reacts_to<conversation_outcome>,
                     caf::reacts_to<conversation_opt_out>, caf::reacts_to<conversation_meeting>,
                     caf::reacts_to<conversation_over>, caf::reacts_to<conversation_transfer>,
                     caf::reacts_to<conversation_recording>>;

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
  // A manager acts on the call while it is up.
  caf::replies_to<steer_call>::with<call_steered>,
  // INTERNAL: the watchdog, and the door lets us go.
  caf::reacts_to<tick_atom>, caf::reacts_to<retire_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

/// The CONVERSATION: the mind of one call.
using conversation_actor = caf::typed_actor<
  // What the model's session starts with.
  caf::replies_to<brief_agent>::with<agent_briefed>, caf::reacts_to<begin_conversation>, caf::reacts_to<turn_finished>,
  caf::reacts_to<tool_called>, caf::reacts_to<key_pressed>, caf::reacts_to<line_silence>,
  // A manager's words for the agent; the call could not be handed over.
  caf::reacts_to<say_next>, caf::reacts_to<transfer_refused>,
  // The line is gone: how did it end? Answered when no booking or callback is under way any more.
  caf::replies_to<conclude_conversation>::with<conversation_concluded>,
  // INTERNAL: a bounded wait is over.
  caf::reacts_to<tick_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct call_state {
  /// How long after the carrier's last word the last transcripts may come in,
  /// real time: the model writes them down a moment after they were spoken.
  static constexpr std::chrono::milliseconds last_words{500};
  static constexpr std::chrono::milliseconds last_words_max{3'000};
  /// Longest a farewell plays, real time, before the line is closed all the same.
  static constexpr std::chrono::seconds farewell_max{20};
  /// What the carrier has not begun to dial by then is cancelled: it may dial
  /// queued calls hours later. Wall time.
  static constexpr std::chrono::seconds queued_max{5};
  /// After the call was taken up, audio time: a carrier whose stream broke says
  /// its word, pauses and asks what to do next within about 5 s. One that is
  /// silent for longer holds a stream that nobody reads.
  static constexpr std::chrono::seconds stream_wait{8};

  /// How long the store is asked what the tools of a dead mind did, audio time: the
  /// person waits meanwhile, and the carrier asks some ten times, every two seconds.
  /// Then the agent goes on and is told that it is not known.
  static constexpr std::chrono::seconds tools_wait{12};
  /// Between two such questions, real time: doubled each time up to the longest.
  static constexpr std::chrono::milliseconds tools_pause{250};
  static constexpr std::chrono::milliseconds tools_pause_max{2'000};
  /// One of them, real time.
  static constexpr std::chrono::milliseconds tools_answer{3'000};

  explicit call_state(call_actor::pointer self) : self{self} {}
  ~call_state();

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
  void converse_no_more(const caf::down_msg& down);
  void lose_voice(const std::string& reason);
  // call_live.cpp
  caf::result<call_steered> steer(const steer_call& order);
  void hear_transfer(const conversation_transfer& x);
  void hear_recording(const conversation_recording& x);
  void played_out();

  call_actor::pointer self;
  context_ptr ctx;
  shard_door door;
  call_id id;
  aggregate<calls::core> journal;
  conversation_actor mind;
  bool mind_briefed = false; ///< it knows the brief, and what was known before it
  std::vector<std::function<void()>> before_load;
  std::vector<std::pair<steer_call, reply<call_steered>>> steers_before_load;
  uint64_t handled = 0;
  alarm timer;
  bool fresh = false;                                     ///< born a moment ago, not taken up again
  std::optional<caf::actor_clock::time_point> recover_at; ///< taken up again, unless the order to dial comes
  bool originating = false;                               ///< the dial is under way
  std::optional<caf::actor_clock::time_point> answer_by;  ///< then nobody knows what came of the dial
  bool dial_known = false;                                ///< the pacer was told what came of it
  bool converses = false;
  bool rings = false; ///< the carrier said so in this life of ours
  bool over_after_playback = false;
  bool concluding = false;              ///< the conversation was asked how it ended
  caf::actor_clock::time_point over_by; ///< hung up by then, played or not
  /// When the person's last utterance began, audio time, until it is written down.
  std::optional<std::chrono::milliseconds> unwritten_since;
  bool closes = false;                                       ///< this life of ours decided the end
  std::optional<calls::transfer_wish> handing;               ///< hands over once the last words were played
  caf::actor_clock::time_point handing_by;                   ///< or then
  std::optional<reply<call_steered>> handing_asked;          ///< who waits for the carrier's answer
  std::vector<reply<call_steered>> resolving;                ///< who waits for a resolution's commit
  std::vector<reply<call_steered>> hanging_up;               ///< who ordered it and waits for its commit
  bool shown_unresolved = false;                             ///< counted among those that wait for an operator
  bool meetings_read = false;                                ///< before it closes
  std::optional<std::string> voice_lost;                     ///< why nobody can talk with who answers
  std::optional<caf::actor_clock::time_point> dial_since;    ///< the dial, then the ringing
  std::optional<caf::actor_clock::time_point> queue_check;   ///< whether the carrier dials yet
  std::optional<caf::actor_clock::time_point> closing_since; ///< last words may still come in
  std::optional<caf::actor_clock::time_point> pull_at;       ///< unless a stream comes, or the carrier asks
  /// What a dead mind's tools did is being looked up.
  struct tool_reading {
    std::function<void(const std::string&)> then;
    caf::actor_clock::time_point by;
    std::chrono::milliseconds pause = tools_pause;
    std::optional<caf::actor_clock::time_point> again_at;
  };
  std::optional<tool_reading> reading;
  wall_time stream_awaited_since{};
  caf::actor_clock::time_point next_look;
  static inline constexpr const char* name = "call";

private:
  void perform(calls::core::effect& effect);
  void settle_dial(bool known);
  void originate(wall_time not_after);
  void doubt_dial(const std::string& why);
  void hang_up(bool cancel);
  // call_live.cpp
  bool perform_live(calls::core::effect& effect);
  bool perform_doubt(calls::core::effect& effect);
  void steer_resolve(const steer_call& order, const reply<call_steered>& answer);
  void show_unresolved(bool now);
  void steer_now(const steer_call& order, const reply<call_steered>& answer);
  void steer_hang_up(const steer_call& order, const reply<call_steered>& answer);
  void steer_transfer(const steer_call& order, const reply<call_steered>& answer);
  void hand_over(calls::transfer_wish wish);
  void transfer();
  void leave_message();
  void record();
  void stop_recording(const std::string& sid);
  void take_back(const std::string& reason);
  void hear_recording_event(const recording_event& x);
  void prepare_voice();
  void open_voice(const std::string& known);
  void recover_mind(std::function<void(const std::string&)> then);
  void read_tools();
  void tools_unread(const caf::error& e);
  void tools_read(mind::tool_outcomes known);
  std::string recovered_mind(mind::tool_outcomes known) const;
  caf::actor_clock::time_point rung_long_enough() const;
  void replay_to_mind();
  void resume(wall_time asked_at);
  void await_stream();
  void pull();
  void converse();
  void seek_evidence();
  void look_up();
  void hear_fetched(const carrier_call& x);
  void exclude_known(const carrier_calls& listed);
  std::chrono::milliseconds grace() const;
  void check_queue();
  std::chrono::milliseconds last_words_wait() const;
  void recover();
  void rest();
  void conclude();
  void ask_conclusion();
  void finish_without(const caf::error& e);
  void read_meetings(std::function<void()> then);
  void finish();
  std::chrono::nanoseconds watch_interval() const;
};

/// For an order to a call that never was.
caf::error no_call(const call_id& id);

call_actor::behavior_type call(call_actor::stateful_pointer<call_state> self, context_ptr ctx, shard_door parent,
                               caf::actor_id parent_id, call_id id);

} // namespace parley
