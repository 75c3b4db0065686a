#pragma once

#include "actors/conversation/bant.hpp"
#include "actors/conversation/words.hpp"
#include "actors/research/strategy.hpp"
#include "runtime/clock.hpp"

#include <optional>
#include <string>
#include <vector>

/// What one turn of the callee says, read by rules alone. Works without any
/// model, repeats exactly, and is the ground that the hard rules stand on.
namespace parley::mind {

/// What the agent's question before was about.
enum class topic : uint8_t {
  none,
  identity,
  process,
  need,
  budget,
  authority,
  timeline,
  meeting_time,
  email,
  interest,
  callback,
  count_
};
PARLEY_NAMES(topic, "none", "identity", "process", "need", "budget", "authority", "timeline", "meeting_time", "email",
             "interest", "callback")

/// The subject of a turn's last question.
topic asked_about(std::string_view agent_text);

/// What a turn is read against.
struct hearing {
  std::string agent_before; ///< the agent's words just before; decides what "yes" means
  std::string person_name;
  bool identity_confirmed = false;
  uint32_t turn = 1; ///< the callee's turn, for the evidence
  wall_time now{};
  std::string zone; ///< of the person, IANA
};

struct objection_heard {
  objection_kind kind = objection_kind::other;
  std::string quote;
};

struct callback_wish {
  std::string quote;
  std::optional<wall_time> at; ///< if a time was named
};

struct reading {
  reply answer = reply::unclear;      ///< to the agent's question
  std::optional<std::string> opt_out; ///< the sentence that asks for no more calls
  bool confirms_identity = false;
  bool wrong_person = false;
  std::optional<callback_wish> callback;
  std::vector<evidence> bant;
  std::vector<objection_heard> objections; ///< one of a kind
  std::vector<std::string> key_points;
  std::vector<std::string> emails;
  double sentiment = 0; ///< -1 to 1
  bool farewell = false;
  bool wants_human = false;
  bool machine = false;    ///< the greeting of an answering machine
  bool gatekeeper = false; ///< somebody else answers for the person: a front desk, an assistant
  bool asks_if_ai = false; ///< wants to know whether this is a robot
};

reading read_turn(std::string_view callee_text, const hearing& about);

/// The sentence that asks for no more calls, if there is one. Errs on the side
/// of the person where the law does, but isn't fooled by "don't stop".
std::optional<std::string> opt_out_wish(std::string_view callee_text);

/// E-mail addresses in a text, also spelt out ("ann at acme dot com"), lower case.
std::vector<std::string> emails_in(std::string_view text);
bool is_email(std::string_view text);

// The parts of read_turn, each in a file of its own.
std::vector<evidence> read_bant(const std::vector<clause>& turn, const hearing& about, topic asked, reply answer);
std::vector<objection_heard> read_objections(const std::vector<clause>& turn);
/// Only said of a turn before the person was confirmed.
bool speaks_for_another(const std::vector<clause>& turn, const std::string& person_name);
bool asks_if_ai(const std::vector<clause>& turn);

} // namespace parley::mind
