#pragma once

#include "actors/research/strategy.hpp"
#include "runtime/clock.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

/// What a conversation is held with: the campaign's settings, the person, the
/// strategy. Plain values; the shell fills them from its messages.
namespace parley::mind {

/// A meeting that was booked earlier and is still to come.
struct known_meeting {
  std::string id;
  wall_time at{};
  int minutes = 30;
  std::string type; ///< video or phone
};

/// Whom the agent calls. Unknown fields are empty.
struct person_profile {
  std::string name;
  std::string role;
  std::string company;
  std::string email;
  std::string zone = "UTC"; ///< IANA name
  std::optional<known_meeting> meeting;
  std::string extension; ///< digits of the number's extension
};

struct conversation_policy {
  // Who calls, for whom and what for.
  std::string agent_name = "Katie";
  std::string company_name;
  std::string company_about;
  std::string offer;           ///< at most two sentences
  std::string objective;       ///< what a good call ends with
  std::string script;          ///< the campaign's own wording; may be empty
  std::string callback_number; ///< E.164; told to whoever asks how to reach us; may be empty

  // The first words. {{agent}}, {{company}} and {{person}} are filled in. One
  // sentence each: together they are one turn of at most `sentences_max`.
  std::string say_first = "Hello, this is {{agent}}, an AI assistant calling for {{company}}.";
  std::string confirm = "Am I speaking with {{person}}?";
  std::string opt_out = "If you want no more calls, say so or press 9.";
  std::string opt_out_key = "9"; ///< the key that lists the number

  // Hard rules.
  uint32_t objections_max = 2;                  ///< this objection ends the call politely; 1 to 10
  uint32_t no_grace_turns = 2;                  ///< callee turns that may pass before a "no" in BANT ends the call
  uint32_t qualification_turns = 10;            ///< callee turns of asking before "not qualified"
  uint32_t gatekeeper_turns = 6;                ///< turns of somebody who answers for the person, before a polite end
  std::chrono::milliseconds ending_max{20'000}; ///< of audio: a polite end lasts no longer
  std::chrono::milliseconds words_wait_max{
    2'500}; ///< of audio: how long a tool waits for the transcript of words just spoken
  std::chrono::milliseconds dead_air_max{
    8'000}; ///< of silence before the agent asks; after as much again the call ends

  // Soft rules.
  uint32_t sentences_max = 3;                      ///< a turn
  std::chrono::milliseconds opt_out_within{2'000}; ///< 47 CFR 64.1200(b)(3)
  std::chrono::milliseconds value_proposition_max{15'000};

  bool last_attempt = false; ///< nobody is called after this call: a call-back may not be promised

  // Handing over, recording, machines.
  bool may_transfer = false;                       ///< an account manager with a phone is there
  std::string manager_name;                        ///< who takes the call then; may be empty
  bool record = false;                             ///< the call is to be recorded
  bool announce_recording = true;                  ///< not before the person was told, with the first words
  bool leaves_message = false;                     ///< a machine gets a message after its beep: it is not hung up on
  std::chrono::milliseconds beep_wait_max{60'000}; ///< of audio: a greeting without an end is hung up on

  // The meeting.
  int meeting_minutes = 30; ///< the campaign's own: none is offered that is shorter
  int meeting_minutes_min = 10;
  int meeting_minutes_max = 120; ///< that may be asked for, unless the campaign's own are longer
  size_t slots_offered_max = 6;

  bool side_analysis = false; ///< ask the `llm` port after each turn of the callee
  std::string prompt;         ///< template instead of the built-in one; empty: config/prompts/conversation.md
};

/// Everything the instructions are rendered from that stays as it is.
struct briefing {
  person_profile person;
  strategy plan;
  std::vector<std::string> history; ///< earlier calls and notes, newest first
  std::string resume;               ///< summary, when the call goes on after an interruption
};

} // namespace parley::mind
