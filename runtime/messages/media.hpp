#pragma once

#include "runtime/ids.hpp"
#include "runtime/names.hpp"

#include <caf/typed_actor.hpp>

#include <string>
#include <vector>

namespace parley {

/// A tool that the model may call: name, purpose and JSON schema of its
/// parameters.
struct tool_definition {
  std::string name;
  std::string description;
  std::string parameters; ///< JSON schema as text
};
PARLEY_INSPECT(tool_definition, x.name, x.description, x.parameters)

// --- what the media plane tells the call actor -----------------------------

/// The carrier's media socket is up; audio flows. The highest generation wins.
struct media_started {
  call_id call;
  uint32_t generation = 0;
  std::string stream_sid;
};
PARLEY_INSPECT(media_started, x.call, x.generation, x.stream_sid)

/// First sound of ours went to the carrier, real milliseconds after the start
/// of the stream. Law and manners want it within 2 s.
struct first_audio {
  call_id call;
  std::chrono::milliseconds after{0};
};
PARLEY_INSPECT(first_audio, x.call, x.after)

/// The person began to speak (and, when the agent was speaking, interrupts).
struct speech_started {
  call_id call;
  std::chrono::milliseconds at{0}; ///< audio time since the stream's start
  bool barge_in = false;
};
PARLEY_INSPECT(speech_started, x.call, x.at, x.barge_in)

enum class speaker : uint8_t { agent, callee, count_ };
PARLEY_NAMES(speaker, "agent", "callee")

/// One finished turn. Of an interrupted agent turn, `text` is what was really
/// played, as far as that can be told.
struct turn_finished {
  call_id call;
  speaker who = speaker::agent;
  std::string text;
  std::string item;                     ///< the model's item id; orders late transcripts
  std::chrono::milliseconds started{0}; ///< audio time since the stream's start
  std::chrono::milliseconds ended{0};
  bool interrupted = false;
};
PARLEY_INSPECT(turn_finished, x.call, x.who, wire::checked(x.who), x.text, x.item, x.started, x.ended, x.interrupted)

struct tool_called {
  call_id call;
  std::string tool_call; ///< the model's id of this call of the tool
  std::string name;
  std::string arguments; ///< JSON as the model wrote it, unchecked
};
PARLEY_INSPECT(tool_called, x.call, x.tool_call, x.name, x.arguments)

struct key_pressed {
  call_id call;
  std::string digit;
};
PARLEY_INSPECT(key_pressed, x.call, x.digit)

/// Everything that the agent has said so far was played to the person.
struct playback_finished {
  call_id call;
};
PARLEY_INSPECT(playback_finished, x.call)

/// For how long nobody has spoken, in audio time: zero while somebody speaks
/// or the model is about to.
struct line_silence {
  call_id call;
  std::chrono::milliseconds lasted{0};
};
PARLEY_INSPECT(line_silence, x.call, x.lasted)

/// The model failed or its connection is gone; the call goes on without it
/// until the call actor decides.
struct voice_failed {
  call_id call;
  std::string reason;
};
PARLEY_INSPECT(voice_failed, x.call, x.reason)

/// The carrier's media socket is gone.
struct media_stopped {
  call_id call;
  uint32_t generation = 0;
  std::string reason;
};
PARLEY_INSPECT(media_stopped, x.call, x.generation, x.reason)

/// The MEDIA_EVENTS port: what a call actor hears from the media plane.
using media_events_port
  = caf::typed_actor<caf::reacts_to<media_started>, caf::reacts_to<first_audio>, caf::reacts_to<speech_started>,
                     caf::reacts_to<turn_finished>, caf::reacts_to<tool_called>, caf::reacts_to<key_pressed>,
                     caf::reacts_to<playback_finished>, caf::reacts_to<line_silence>, caf::reacts_to<voice_failed>,
                     caf::reacts_to<media_stopped>>;

// --- what the call actor tells the media plane ------------------------------

/// Opens a session with the voice model while the phone rings and waits for
/// the carrier's media socket that names this call and shows a nonce of its key.
struct open_voice_session {
  call_id call;
  std::string stream_key; ///< runtime/nonce.hpp
  std::string instructions;
  std::vector<tool_definition> tools;
  std::string voice;
  std::string language;
  media_events_port events;
};
PARLEY_INSPECT(open_voice_session, x.call, x.stream_key, x.instructions, x.tools, x.voice, x.language, x.events)

/// The session is configured; the model waits for the person.
struct voice_session_opened {
  call_id call;
  std::string model;
};
PARLEY_INSPECT(voice_session_opened, x.call, x.model)

/// New instructions, in force from the model's next turn.
struct update_instructions {
  call_id call;
  std::string instructions;
};
PARLEY_INSPECT(update_instructions, x.call, x.instructions)

/// The result of a tool. With `respond` the model goes on speaking at once.
struct answer_tool {
  call_id call;
  std::string tool_call;
  std::string output; ///< JSON
  bool respond = true;
  bool only_if_silent = false; ///< respond only if the response that called the tool said nothing
};
PARLEY_INSPECT(answer_tool, x.call, x.tool_call, x.output, x.respond, x.only_if_silent)

/// Lets the agent speak now, following these extra instructions once.
struct prompt_agent {
  call_id call;
  std::string instructions;
};
PARLEY_INSPECT(prompt_agent, x.call, x.instructions)

/// Asks for one `playback_finished` as soon as the agent is silent: at once if
/// it is, else when its last words were played.
struct await_playback {
  call_id call;
};
PARLEY_INSPECT(await_playback, x.call)

/// Asks for one `line_silence`, at once.
struct measure_silence {
  call_id call;
};
PARLEY_INSPECT(measure_silence, x.call)

/// Ends the session with the model and closes the media socket.
struct close_voice_session {
  call_id call;
};
PARLEY_INSPECT(close_voice_session, x.call)

} // namespace parley
