#pragma once

#include "adapters/sandbox/model/instructions.hpp"
#include "adapters/sandbox/model/language.hpp"
#include "adapters/sandbox/model/moments.hpp"
#include "adapters/sandbox/model/tools.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sandbox::model {

/// One thing that the agent says, and what it is for.
struct line {
  topic about = topic::none;
  std::string text;
  /// False when the person talked over it: they did not hear all of it.
  bool complete = true;
};

std::string words_in(const std::vector<line>& lines);

/// One entry of the conversation, in the order of the session's items.
struct turn {
  enum class kind { heard, said, called, result, note };

  kind what = kind::note;
  std::string words;       // heard, note
  std::vector<line> lines; // said
  std::string tool;        // called, result
  std::string call_id;     // called, result
  nlohmann::json data;     // called: the arguments; result: the output

  /// Forgets what of `lines` was not played: a line half said stays as such.
  /// @param spoken The words that were.
  void cut(std::string_view spoken);
};

/// What the agent goes by: nothing but the session's text, tools and items.
struct session_view {
  const instructions& text;
  const std::vector<tool>& tools;
  const std::vector<turn>& turns;
};

/// What the conversation so far amounts to.
struct memory {
  bool said_anything = false;
  std::set<std::string> said; // whole lines
  std::map<topic, int> asked;
  topic last_question = topic::none;
  int turns_heard = 0;

  // Since the agent last spoke:
  std::string heard;
  topic question_heard = topic::none; // which `heard` answers
  meaning means;
  bool observed = false;
  std::optional<turn> result;
  std::string note;

  std::vector<instant> slots;
  std::vector<instant> proposed;
  std::optional<instant> chosen;
  spoken_time wanted;
  std::optional<std::string> email;
  bool email_confirmed = false;
  bool by_phone = false;
  bool interested = false;

  int objections = 0;
  int calendar_checks = 0;
  int booking_attempts = 0;
  int end_attempts = 0;
  bool booked = false;
  bool moving = false; ///< the person wants another time for the meeting that there is
  bool moved = false;
  bool cancelling = false; ///< the person wants that meeting no more
  bool cancelled = false;
  bool handed_over = false; ///< a human is asked to take the call: nothing more is said
  bool nobody_took_it = false;
  bool callback_set = false;
  bool opted_out = false;
  bool ended = false;
};

memory recall(const session_view& session, const std::optional<person_clock>& clock);

} // namespace parley::sandbox::model
