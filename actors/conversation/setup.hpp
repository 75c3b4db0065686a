#pragma once

#include "actors/conversation/policy.hpp"
#include "runtime/messages/dialling.hpp"

/// What a conversation starts with, from the call's brief.
namespace parley::mind {

/// The campaign's words and rules. What has to be looked up is left as it is:
/// whether a recording must be announced, and who takes calls over.
conversation_policy policy_of(const call_brief& brief, bool side_analysis);
briefing briefing_of(const call_brief& brief);

/// Those of the campaign's account managers who can be rung up at this moment,
/// the person's own first; none when the campaign hands no calls over. Outside
/// of their working hours nobody is.
std::vector<manager_row> humans_of(const call_brief& brief, const std::vector<manager_row>& all, wall_time now);
/// That these take calls over.
void name_humans(conversation_policy& policy, const std::vector<manager_row>& humans);

} // namespace parley::mind
