#pragma once

#include "adapters/sandbox/model/brain.hpp"
#include "adapters/sandbox/model/speech.hpp"

namespace parley::sandbox::model {

/// One decision of the obedient agent: made for it, used once. What it says
/// is in brain.cpp, what it arranges (slots, meeting, call-back) in booking.cpp.
class agent {
public:
  explicit agent(const session_view& session)
    : session_{session}, text_{session.text}, clock_{person_clock::read(text_.person.local_time)}, m_{recall(session,
                                                                                                             clock_)} {}

  reply decide();

private:
  using json = nlohmann::json;

  void answer();

  // The opening
  bool disclose(); ///< the words that the law wants first; what was talked over comes again
  bool undisclosed(const std::string& words) const { return !words.empty() && !m_.said.contains(words); }
  bool talked_over() const; ///< the disclosure was begun over and over, never heard to its end
  bool denies_name() const; ///< "no" to "Am I speaking with Ada?", and nothing but that
  void noncommittal();      ///< without instructions there is nobody to speak for

  // Answers to what the person said
  bool observe(); ///< notes it down, when the session offers that
  void react();
  void meet_objection();
  void stop_calling();
  void resume(); ///< asked to speak though nobody said anything since

  // The stage
  void next_step();
  void correct();
  void close();
  bool starts_here() const;
  bool qualifying() const { return text_.stage.name == "discovery" || text_.stage.name == "qualification"; }
  bool booking_under_way() const { return text_.stage.name == "booking" || (m_.calendar_checks > 0 && !qualifying()); }
  std::optional<topic> next_question() const; ///< of the stage's topics, neither known nor asked enough
  bool is_known(const std::string& item) const;
  bool answered(topic about) const { return m_.question_heard == about && !m_.heard.empty(); }

  // Arrangements
  void use_result();
  /// A refusal's sentence says what to do instead; of several things the
  /// first that was not done yet.
  void follow_refusal(const turn& refused);
  void book();
  void book_slot();
  bool moving() const { return m_.moving && !m_.moved && offered("reschedule_meeting"); }
  void move_meeting();
  bool cancelling() const { return m_.cancelling && !m_.cancelled && offered("cancel_meeting"); }
  void cancel_meeting();
  void hand_over();
  void look_into_calendar();
  void propose();
  void confirm_email();
  void call_later();
  /// " on Tuesday, …"; empty when the time is unknown.
  std::string spoken(const char* preposition, const std::optional<instant>& at) const;

  // The reply
  void say(line one);
  void say(topic about, std::string text) { say(line{about, std::move(text)}); }
  void ask(topic about) { say(question(about, text_, asked(about))); }
  void goodbye(const std::string& reason, std::string words);
  void drop_acknowledgement(); ///< a tool is called in silence, not with half a sentence
  bool call(std::string_view name, std::map<std::string, json> facts); ///< false when it is not offered
  bool offered(std::string_view name) const { return find_tool(session_.tools, name) != nullptr; }
  int asked(topic about) const;

  const session_view& session_;
  const instructions& text_;
  std::optional<person_clock> clock_;
  memory m_;
  reply reply_;
  bool disclosing_ = false;
};

} // namespace parley::sandbox::model
