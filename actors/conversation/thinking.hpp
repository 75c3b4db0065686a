#pragma once

#include "actors/conversation/core.hpp"
#include "actors/conversation/rules_analysis.hpp"
#include "actors/conversation/side_analysis.hpp"

/// One step of the conversation while it is being thought: shared by the
/// files that make up the core, and by nobody else.
namespace parley::mind {

/// Why a `wake_me` rings.
inline constexpr const char* machine_alarm = "machine";

class thinking {
public:
  thinking(conversation_state& state, wall_time now, const conversation_policy& policy, const briefing& about)
    : x{state}, now_{now}, policy_{policy}, about_{about} {}

  directives take() { return std::move(out_); }

  // The course of the call (core.cpp).
  void on(const input::session_started&);
  void on(const input::agent_turn&);
  void on(const input::callee_turn&);
  void on(const input::key_pressed&);
  void on(const input::silence&);
  void on(const input::woken&);
  void on(const input::call_over&);
  void on(const input::operator_say&);

  // Handing over, recording, machines (handover.cpp).
  void on(const input::answered&);
  void on(const input::transfer_failed&);

  // The meeting that the person has (rescheduling.cpp).
  void on(const input::reschedule_result&);
  void on(const input::cancel_result&);

  // What the words establish (hearing.cpp).
  void on(const input::side_analysis_result&);

  // Tools (tool_use.cpp).
  void on(const input::tool_called&);
  void on(const input::availability_result&);
  void on(const input::booking_result&);
  void on(const input::callback_result&);

private:
  // core.cpp
  /// Derives the stage, ends what must end, and issues instructions again
  /// where something changed.
  void settle();
  void issue(std::string reason);
  void opt_out(const std::string& source, const std::string& words);
  void begin_ending(enum disposition how, const std::string& why);
  /// A wish to be called later is kept, also when the model forgot it.
  void keep_callback_wish(enum disposition how);
  void hang_up(bool after_playout, enum disposition how, const std::string& why);
  void note(std::string kind, nlohmann::json data);
  template <class T>
  void give(T directive) {
    out_.emplace_back(std::move(directive));
  }

  // rescheduling.cpp
  void use(const std::string& id, const reschedule_meeting_arguments& args);
  void use(const std::string& id, const cancel_meeting_arguments& args);

  // handover.cpp
  void allow_recording();
  void object_to_recording(const std::string& quote);
  /// A machine speaks and gets a message: nothing is said until its beep.
  void await_beep(uint32_t turn);
  void use(const std::string& id, const transfer_arguments& args);

  // hearing.cpp
  void hear(const turn& spoken);
  void confirm_identity(uint32_t turn);
  void take_evidence(evidence one);
  bool take_model_evidence(evidence one);
  void take_objection(objection_kind kind, const std::string& quote, uint32_t turn, reader source);
  void take_mood(double sentiment, const std::vector<std::string>& key_points);
  void hear_slots(const turn& spoken, const reading& read, topic asked);
  void hear_emails(const reading& read);
  /// @param proposed The reader's own next best action; ours if it has none. What
  /// steers the call is ours.
  void note_observation(uint32_t turn, reader source, const std::string& proposed = {});
  /// The agent's words between the callee's turn before `turn` and it.
  std::string agent_words_before(uint32_t turn) const;
  /// The latest turn of the callee that holds the quote; 0: none.
  uint32_t turn_with(const std::string& quote) const;

  // tool_use.cpp
  void use(const std::string& id, const record_observation_arguments& args);
  void use(const std::string& id, const check_calendar_availability_arguments& args);
  void use(const std::string& id, const book_meeting_arguments& args, bool may_wait);
  void use(const std::string& id, const schedule_callback_arguments& args);
  void use(const std::string& id, const opt_out_arguments& args);
  void use(const std::string& id, const end_call_arguments& args);
  /// Every tool that is taken up is open until `refuse` or `accept` answers it.
  void open(const input::tool_called& call);
  void close(const std::string& id);
  void refuse(const std::string& id, const std::string& tool, const std::string& sentence);
  void accept(const std::string& id, nlohmann::json output, enum directive::respond respond);
  void retry_waiting(bool last_time);
  /// The sentence that refuses a booking; `words_may_help` if the transcript
  /// of words just spoken could change it.
  std::optional<std::string> booking_refusal(const book_meeting_arguments& args, bool& words_may_help) const;
  std::optional<std::string> end_refusal(end_reason reason) const;
  enum disposition factual(end_reason reason) const;

  conversation_state& x;
  wall_time now_;
  const conversation_policy& policy_;
  const briefing& about_;
  directives out_;
};

/// Does the person want another time for a meeting that there is?
bool wishes_move(const std::string& words);
/// Does the person want a meeting that there is not to take place at all?
bool wishes_cancellation(const std::string& words);

/// "2026-11-26T15:00:00Z": how slots are told to the model.
std::string iso_seconds(wall_time t);

} // namespace parley::mind
