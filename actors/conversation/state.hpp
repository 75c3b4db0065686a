#pragma once

#include "actors/conversation/bant.hpp"
#include "actors/conversation/policy.hpp"
#include "runtime/messages/telephony.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// All that a conversation knows, as plain data.
namespace parley::mind {

enum class stage : uint8_t {
  opening,
  value_proposition,
  discovery,
  qualification,
  booking,
  objection,
  closing,
  count_
};
PARLEY_NAMES(stage, "opening", "value_proposition", "discovery", "qualification", "booking", "objection", "closing")

enum class party : uint8_t { agent, callee, count_ };
PARLEY_NAMES(party, "agent", "callee")

struct turn {
  party who = party::agent;
  uint32_t number = 1;                  ///< of this party's turns, from 1
  std::string text;                     ///< as heard by the other side
  std::string item;                     ///< the voice model's id of it
  std::chrono::milliseconds started{0}; ///< audio time
  std::chrono::milliseconds ended{0};
  bool interrupted = false;
  std::vector<std::string> marks; ///< soft rules that it broke
};

struct objection {
  objection_kind kind = objection_kind::other;
  std::string quote;
  uint32_t turn = 0; ///< the callee's turn
  reader source = reader::rules;
};

/// A call of a tool that is under way, or one that waits for the transcript of
/// words that were just spoken.
struct tool_under_way {
  std::string tool_call_id;
  std::string name;
  std::string arguments;
};

/// The call is being ended politely.
struct ending {
  disposition how = disposition::no_decision;
  std::string why;
  uint32_t agent_turns = 0; ///< finished since it began
};

struct booked_meeting {
  std::string id;
  wall_time at{};
  std::string type; ///< video or phone
  std::string email;
  int minutes = 30;
};

/// Evidence of the voice model whose quote isn't in the transcript yet.
struct pending_evidence {
  evidence what;
  uint32_t until_turn = 0; ///< dropped after this turn of the callee
};

struct conversation_state {
  // What is derived from the words.
  enum stage stage = stage::opening;
  struct bant bant;
  std::vector<objection> objections;
  uint32_t objection_turns = 0; ///< turns in which the callee objected: what the limit counts
  std::vector<std::string> key_points;
  double sentiment = 0; ///< running, -1 to 1
  std::string next_action;

  // The opening.
  bool disclosed = false;
  bool opt_out_offered = false;
  bool identity_confirmed = false;
  bool value_heard = false;      ///< the callee answered after the value proposition
  bool gatekeeper = false;       ///< somebody else answered for the person, who is not on the phone (yet)
  uint32_t gatekeeper_since = 0; ///< the callee's turn that said so
  bool asked_if_ai = false;      ///< the callee wants to know whether this is an AI, and was not told yet

  // Recording.
  bool recording_announced = false;
  bool recording_allowed = false;  ///< said so to the call, once
  bool recording_objected = false; ///< final

  // The booking.
  std::vector<wall_time> slots;              ///< proposed by the calendar
  std::map<wall_time, int> slot_minutes;     ///< for how long each was proposed last: so long it is booked
  std::vector<wall_time> accepted_slots;     ///< of these the callee accepted one
  std::vector<std::string> emails_read_back; ///< by the agent, not yet answered
  std::vector<std::string> emails_confirmed; ///< named or not denied by the callee
  std::optional<tool_under_way> booking;     ///< the answer is awaited
  std::optional<tool_under_way> waiting;     ///< for the words of the callee
  std::optional<booked_meeting> meeting;

  // The meeting that the person had before the call.
  bool wants_move = false;        ///< the person wants another time for it
  bool moving = false;            ///< the diary's answer is awaited
  std::optional<wall_time> moved; ///< its new time
  bool wants_cancel = false;      ///< the person does not want it to take place
  bool cancelling = false;        ///< the diary's answer is awaited
  bool cancelled = false;

  // Other outcomes.
  bool transfer_failed = false; ///< nobody could take the call: it is not offered again
  bool last_attempt = false;    ///< no call follows: a wish for one can't be fulfilled
  bool opted_out = false;
  bool wrong_person = false;
  bool wants_human = false;
  std::string follow_up_asked;              ///< by the agent when it ended the call
  bool hands_over = false;                  ///< there is somebody to hand over to
  bool handing_over = false;                ///< it is under way: nothing more is said
  bool machine_heard = false;               ///< a machine's greeting; its beep is awaited
  std::optional<wall_time> callback_wished; ///< a time the callee named
  bool callback_asked = false;              ///< with or without a time
  std::optional<wall_time> callback_set;

  /// Tools that were called and have no result yet, oldest first: of these the agent
  /// is told when it goes on elsewhere (recovery.hpp). A hand-over is `handing_over`.
  std::vector<tool_under_way> open_tools;

  // The course of the call.
  std::vector<turn> turns;
  uint32_t agent_turns = 0;
  uint32_t callee_turns = 0;
  uint32_t asking_turns = 0; ///< callee turns spent in discovery and qualification
  std::vector<pending_evidence> pending;
  std::vector<std::string> corrections; ///< for the next instructions
  bool awaits_speech = false;           ///< the callee was asked "are you still there"
  uint32_t refused_ends = 0;            ///< calls of end_call that contradicted the facts
  std::optional<struct ending> ending;
  bool ended = false; ///< an end_call directive was given
  enum disposition disposition = disposition::none;
  std::string issued; ///< what the instructions in force depend on
};

/// The whole state as JSON: what the inspector shows, and a later node reads.
nlohmann::json to_json(const conversation_state& x);
/// The inverse. Throws nlohmann::json::exception or std::invalid_argument on
/// a text that `to_json` didn't write.
conversation_state state_from_json(const nlohmann::json& in);

/// How the call would count if it ended now. The facts decide: an opt-out,
/// then a meeting, then a call-back, before any opinion.
enum disposition conclude(const conversation_state& x);

/// For memory and the CRM's notes.
struct call_summary {
  enum disposition outcome = disposition::none;
  std::vector<std::string> topics; ///< need, budget, … and kinds of objection that came up
  std::vector<std::string> key_points;
  std::vector<objection> objections;
  struct bant bant;
  int score = 0;
  double sentiment = 0;
  std::string follow_up; ///< what is to be done next, one sentence
  std::string text;      ///< all of it in prose, a few lines
};

call_summary summary(const conversation_state& x, const briefing& about);
nlohmann::json to_json(const call_summary& x);

} // namespace parley::mind
