#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace parley::sandbox::model {

/// What the agent may speak about; also what a question asks for.
enum class topic {
  none,
  disclosure,
  pitch,
  interest,
  current_process,
  need,
  budget,
  authority,
  timeline,
  meeting_time,
  email,
  callback,
  presence, ///< "Are you still there?"
  objection,
  correction,
  goodbye,
};

/// The topic that an `Ask about:` item means; `none` for one it doesn't know.
topic topic_of(std::string_view ask_about);

/// What an utterance means, by simple rules about English phrases.
struct meaning {
  bool yes = false;
  bool no = false;
  bool opt_out = false;
  bool wrong_person = false;
  /// The person is real but not on the phone.
  bool absent = false;
  /// Somebody else answers for the person, who may be there or not.
  bool front_desk = false;
  bool call_later = false;
  /// Wants another time for a meeting that there is.
  bool moves_meeting = false;
  /// Wants a meeting that there is not to take place.
  bool cancels_meeting = false;
  /// Would rather speak with a human.
  bool wants_human = false;
  bool goodbye = false;
  bool asks_who = false;
  bool asks_what = false;
  bool asks_if_robot = false;
  /// A machine asks to leave a message.
  bool machine = false;
  /// Would rather be called than join by video.
  bool by_phone = false;
  /// "price", "timing", "vendor", "interest", "information" or "trust".
  std::optional<std::string> objection;
  std::optional<std::string> email;
  /// -1 (hostile) to 1 (delighted).
  double sentiment = 0.0;
};

/// @param asked What the agent's last question was about: "we have no budget"
/// answers the question for it, and is an objection anywhere else.
meaning understand(std::string_view utterance, topic asked);

/// What an utterance says about "budget", "authority", "need" and
/// "timeline": for each that it touches "no", "weak" or "strong".
std::map<std::string, std::string> qualify(std::string_view utterance, topic asked);

} // namespace parley::sandbox::model
