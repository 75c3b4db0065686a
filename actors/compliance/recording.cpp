#include "actors/compliance/recording.hpp"

namespace parley {

recording_consent consent_to_record(const calling_rules& rules, const number_result& number, const address& where) {
  const auto* usable = std::get_if<phone_number>(&number);
  if (!usable)
    return {true, "The number cannot be placed, so everybody on the call is told of the recording.", ""};
  const auto place = locate(rules, *usable, where);
  const auto* found = std::get_if<candidates>(&place);
  if (!found || found->states.empty())
    return {true, "The person's state is not known, so everybody on the call is told of the recording.", ""};
  for (const auto* state : found->states)
    if (state->all_party_recording)
      return {true, state->name + " wants everybody on a call to agree to its recording.", state->source};
  const auto* state = found->states.front();
  return {false, "In " + state->name + " one side's agreement is enough to record a call.", state->source};
}

} // namespace parley
