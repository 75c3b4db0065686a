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

} // namespace parley::mind
