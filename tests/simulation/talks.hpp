#pragma once

#include "runtime/messages/media.hpp"
#include "tests/simulation/carrier.hpp"

#include <variant>

namespace parley::simulation {

using media_event = std::variant<media_started, first_audio, speech_started, turn_finished, tool_called, key_pressed,
                                 playback_finished, line_silence, voice_failed, media_stopped>;

/// How a talk goes, whatever the agent is told to say.
enum class plot : uint8_t {
  books,          ///< qualifies, takes the first slot offered
  opts_out,       ///< says so
  opts_out_key,   ///< presses 9
  not_interested, ///< objects twice
  hangs_up,       ///< after the opening
  calls_back,     ///< wants to be called at another time
  silent,         ///< says nothing
  wants_human,    ///< is handed over
  count_
};
PARLEY_NAMES(plot, "books", "opts_out", "opts_out_key", "not_interested", "hangs_up", "calls_back", "silent",
             "wants_human")

/// The voice model and the person on the phone: both sides of every talk, by a
/// plot. What the person has said stays said when a node dies.
class talks {
public:
  talks(outside& o, carrier& phone) : o_{o}, phone_{phone} {}

  /// What is told to the node's call; nobody there hears nothing.
  std::function<void(call_id, media_event)> tell = [](auto, auto) {};
  std::function<plot(const std::string& number)> plot_of = [](const auto&) { return plot::books; };

  void stream_opened(phone_call& c);
  void stream_closed(phone_call& c);

  // What the node tells the model.
  void tool_answered(const answer_tool& x);
  void prompted(call_id call);
  void playback_awaited(call_id call);
  void silence_measured(call_id call);
  void session_closed(call_id call);

private:
  struct talk {
    std::string sid;
    parley::simulation::plot plot = plot::books;
    size_t step = 0;
    uint32_t stream = 0;  ///< that it is on
    nanoseconds since{0}; ///< the stream's beginning
    uint32_t items = 0;   ///< turns and tools so far: their ids
    nanoseconds silent_from{0};
    std::string waits_for;   ///< id of a tool
    std::string slot;        ///< ISO
    std::string slot_spoken; ///< as the agent offers it
    bool refused = false;    ///< a tool said no
  };

  talk* of(call_id call);
  void go_on(call_id call, nanoseconds delay);
  void act(call_id call);
  void agent_says(call_id call, talk& t, const std::string& text);
  void person_says(call_id call, talk& t, const std::string& text);
  void says(call_id call, speaker who, const std::string& text, nanoseconds lasts);
  void uses(call_id call, talk& t, const std::string& tool, const std::string& arguments);
  void act_booking(call_id call, talk& t);
  bool alive(const talk& t, uint32_t stream);

  outside& o_;
  carrier& phone_;
  std::map<call_id, talk> talks_;
};

} // namespace parley::simulation
