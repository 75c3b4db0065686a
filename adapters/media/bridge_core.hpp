#pragma once

#include "adapters/media/callee_turns.hpp"
#include "adapters/media/carrier_frames.hpp"
#include "adapters/media/playout.hpp"
#include "adapters/media/realtime_events.hpp"
#include "adapters/media/response_gate.hpp"
#include "runtime/errors.hpp"

#include <variant>

namespace parley::media {

using media_report = std::variant<media_started, first_audio, speech_started, turn_finished, tool_called, key_pressed,
                                  playback_finished, line_silence, voice_failed, media_stopped>;

/// What is to be done after an input, in this order. One is used again and
/// again by all calls of a thread.
struct bridge_actions {
  bool drop_carrier_backlog = false; ///< forget what is not on the wire yet
  frame_list to_carrier;
  frame_list to_model;
  std::vector<media_report> reports;
  bool opened = false;                 ///< the model's session is configured
  bool barge_in = false;               ///< `to_carrier` holds the `clear` of one
  ec failure = ec::none;               ///< of the model: its connection is of no use
  std::string end_model;               ///< close that connection, for this reason
  std::string end_carrier;             ///< close the carrier's socket, for this reason
  std::vector<std::string> complaints; ///< codes of errors that the model told

  void clear();
};

/// Joins one call's audio with one voice-model session: a pure state machine
/// without clock, socket or thread. Every input adds to `out` what is to be
/// done. The carrier's media and the model's audio pass without being decoded
/// and without an allocation; everything else is rare.
class bridge_core {
public:
  using time_point = std::chrono::steady_clock::time_point;

  bridge_core(const media_settings& settings, open_voice_session session);

  /// A new model session for the same call, e.g. after the last one failed.
  /// The carrier's stream stays; what the old session was saying is cut off.
  void reopen(open_voice_session session, time_point now, bridge_actions& out);

  // --- the model's side ---
  void model_connected(time_point now, bridge_actions& out);
  void model_message(frame_view frame, time_point now, bridge_actions& out);
  /// The connection is gone, or must go. Nothing happens if it already is.
  void model_lost(ec code, const std::string& reason, time_point now, bridge_actions& out);

  // --- the carrier's side ---
  /// A stream that has shown the right nonce; it replaces an earlier one.
  void carrier_joined(std::string_view stream_sid, uint32_t generation, time_point now, bridge_actions& out);
  void carrier_message(frame_view frame, time_point now, bridge_actions& out);
  /// Lets the model write down what the person was saying at that moment.
  void carrier_lost(const std::string& reason, time_point now, bridge_actions& out);

  // --- commands of the call ---
  void update_instructions(std::string instructions, bridge_actions& out);
  void answer_tool(const parley::answer_tool& answer, time_point now, bridge_actions& out);
  void prompt(const std::string& instructions, time_point now, bridge_actions& out);
  /// One `playback_finished` as soon as the agent is silent.
  void await_playback(bridge_actions& out);
  /// One `line_silence`.
  void measure_silence(time_point now, bridge_actions& out);

  /// Call a few times a second: notices what does not happen.
  void tick(time_point now, bridge_actions& out);

  const open_voice_session& session() const { return session_; }
  bool configured() const { return model_ == model_state::ready; }
  bool joined() const { return joined_; }
  /// The model still owes the words of a turn.
  bool awaits_words() const { return configured() && callee_.open(); }
  uint32_t generation() const { return generation_; }

private:
  enum class model_state : uint8_t { connecting, configuring, ready, lost };
  struct open_tool {
    std::string tool_call;
    std::string response;
    time_point since;
  };

  void agent_audio(const model_event& event, time_point now, bridge_actions& out);
  void response_created(const model_event& event, time_point now, bridge_actions& out);
  void response_done(const model_event& event, time_point now, bridge_actions& out);
  void person_speaks(const model_event& event, time_point now, bridge_actions& out);
  void tool_wanted(const model_event::tool& tool, std::string_view response, time_point now, bridge_actions& out);
  void model_complained(const model_event& event, time_point now, bridge_actions& out);
  void cancel_response(bridge_actions& out);
  /// @returns whether there was anything to interrupt.
  bool interrupt(bridge_actions& out);
  bool is_cancelled(std::string_view response) const;
  void retry_or_fail(std::string_view code, time_point now, bridge_actions& out);
  void ask_for_response(time_point now, bridge_actions& out);
  void send_marks(bridge_actions& out);
  void tell_turns(time_point now, bridge_actions& out);
  void tell_playback(bridge_actions& out);
  /// Somebody speaks, or is about to: remembers that it was so.
  void note_sound(time_point now);
  bool flooded(time_point now);
  milliseconds stream_time(const model_event& event) const;

  const media_settings& settings_;
  open_voice_session session_;

  model_state model_ = model_state::connecting;
  response_gate gate_;
  std::vector<std::string> cancelled_;                          // responses, newest last
  std::vector<open_tool> open_tools_;                           // results not given yet
  std::vector<std::string> seen_tools_;                         // of the running response
  std::vector<std::pair<std::string, std::string>> tool_names_; // item, name
  std::string response_;                                        // the latest
  bool response_spoke_ = false;                                 // it had words or audio
  bool respond_if_silent_ = false;                              // ask for another one if it ends without
  bool greeted_ = false;
  bool playback_owed_ = false; // to be told when all was played
  int failures_ = 0;           // responses that failed in a row
  uint64_t asked_ = 0;
  time_point window_{}; // for counting events
  uint32_t window_events_ = 0;

  bool joined_ = false;
  uint32_t generation_ = 0;
  std::string stream_sid_;
  std::optional<carrier_writer> writer_;
  time_point joined_at_{};
  bool first_audio_told_ = false;
  time_point last_sound_{};
  milliseconds stream_now_{0}; // end of the carrier's latest audio
  int64_t uplink_bytes_ = 0;   // audio given to this model session
  playout playout_;
  callee_turns callee_;
};

} // namespace parley::media
