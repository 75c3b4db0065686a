#pragma once

#include "actors/conversation/state.hpp"
#include "runtime/messages/rows.hpp"

namespace parley::mind {

/// What tools did whose answers were lost with the node that waited for them:
/// the store knows, the mind that goes on does not. Without it the agent would
/// book a second meeting in the same call, or move one that is moved.
/// @param booked Meetings that this call has booked, by the store.
/// @param earlier The meeting that the person had before the call, as it is
///   now; null if there was none.
/// @param earlier_at When it was when the call began.
/// @return A paragraph for the summary that the agent goes on from; empty if
///   nothing was lost.
std::string recover_tools(conversation_state& x, const std::vector<meeting_row>& booked, const meeting_row* earlier,
                          wall_time earlier_at, const std::string& zone);

/// How far the hand-over of a call is, by the call's own journal.
enum class handover : uint8_t {
  none,    ///< nobody was rung up
  begun,   ///< the carrier was told to, or is being told
  refused, ///< the carrier would not
  count_
};

/// What is known of a talk's tools besides the mind's own state.
struct tool_outcomes {
  /// False: the store could not be asked, and the meetings here say nothing.
  bool meetings_read = true;
  std::vector<meeting_row> booked; ///< by this call
  /// The meeting that the person had before the call, as it is now, and when it was
  /// when the call began.
  std::optional<meeting_row> earlier;
  wall_time earlier_at{};
  std::optional<wall_time> callback; ///< that the call has stored
  handover transfer = handover::none;
  std::string transfer_name; ///< of whom; may be empty
};

/// A tool of the model that books, moves or calls off.
bool changes_meetings(std::string_view tool);

/// One of them has no answer yet. Where only the call's actor died, the mind before
/// may still be at it: what the store does not show now it may show a moment later.
bool meeting_may_change(const conversation_state& x);

/// What became of every tool that the mind before had begun and heard no more of,
/// told to whoever goes on: its outcome where the store or the call's journal knows
/// it, else that it was not carried out, or of a meeting that nothing is known yet. The agent must not speak as if
/// nothing had been under way. The state afterwards holds what came of them, and no open tool.
/// @return A paragraph for the summary that the agent goes on from; empty if nothing
///   was under way.
std::string recover(conversation_state& x, const tool_outcomes& known, const std::string& zone);

} // namespace parley::mind
