#pragma once

#include "actors/call/call.hpp"
#include "actors/conversation/core.hpp"
#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

struct conversation_shell {
  explicit conversation_shell(conversation_actor::pointer self) : self{self} {}

  void start(context_ptr context, conversation_listener call_actor, call_id id, call_brief brief);
  caf::result<agent_briefed> brief_agent(const parley::brief_agent& x);
  void go_live();
  void hear(const mind::input::any& in);
  void hear(const turn_finished& turn);
  void hear(const line_silence& quiet);
  void ring(); ///< bounded waits that are over
  caf::result<conversation_concluded> conclude();
  void lose_call();
  /// Real time of so much audio time.
  caf::actor_clock::duration_type real(std::chrono::milliseconds audio) const;
  /// The same for something to wait for.
  caf::actor_clock::duration_type patience(std::chrono::milliseconds audio) const;

  conversation_actor::pointer self;
  context_ptr ctx;
  conversation_listener call;
  call_id id;
  call_brief brief;
  mind::conversation_policy policy;
  mind::briefing about;
  mind::conversation_state state;
  std::optional<manager_row> manager;
  std::vector<manager_row> humans; ///< those a call may be handed over to, the person's own first
  std::string first_instructions;
  bool started = false;
  std::vector<std::pair<caf::actor_clock::time_point, std::string>> waits;
  caf::actor_clock::time_point last_speech;
  bool live = false;
  alarm timer;
  bool orphaned = false;  ///< the call is gone
  uint32_t under_way = 0; ///< bookings and callbacks that are not answered yet
  /// When this mind took the talk up it was not certain what the tools of the one
  /// before had done: the store is asked before a meeting is touched.
  bool confirm_meetings = false;
  std::optional<reply<conversation_concluded>> concluding;
  static inline constexpr const char* name = "conversation";

private:
  void carry_out(mind::directives directives);
  void carry_out(const mind::directive::check_availability& x);
  void carry_out(const mind::directive::book& x);
  void carry_out(const mind::directive::schedule_callback& x);
  void carry_out(const mind::directive::reschedule& x);
  void carry_out(const mind::directive::cancel& x);
  void carry_out(const mind::directive::ask_side_analysis& x);
  void carry_out(const mind::directive::record& x);
  void carry_out(const mind::directive::transfer& x);
  // confirming.cpp
  using meetings_known = std::function<void(const meeting_rows& booked, const meeting_rows& earlier)>;
  /// Asks the store what was booked, moved or called off before; then goes on by what
  /// it says: the meetings of this call, and the person's earlier one as it is now.
  /// @param unknown When it does not answer, or the conversation before this one is
  ///   still at it, with what the model is told then.
  void confirm_first(meetings_known then, std::function<void(const std::string& why)> unknown);
  bool predecessor_lives() const;
  void confirm_first(const mind::directive::book& x);
  void confirm_first(const mind::directive::reschedule& x);
  void confirm_first(const mind::directive::cancel& x);
  // briefing.cpp
  void ask_recording_rule(std::function<void()> then);
  void find_humans(std::function<void()> then);
  agent_briefed briefed(const std::string& resume);
  void choose_manager(std::function<void(caf::error)> then);
  void choose_host(manager_id host, std::function<void(caf::error)> then);
  std::string mind_json() const;
  /// A booking or callback that was asked for has its answer.
  void settled();
};

/// @param brief Campaign, person, strategy and history.
conversation_actor::behavior_type
conversation(conversation_actor::stateful_pointer<conversation_shell> self, context_ptr ctx, conversation_listener call,
             caf::actor_id parent_id, call_id id, call_brief brief);

} // namespace parley
