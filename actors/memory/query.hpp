#pragma once

#include "runtime/messages/campaigns.hpp"
#include "runtime/text.hpp"

namespace parley {

/// What a campaign wants to be remembered of a person: what has to do with
/// its offer and its objective.
inline std::string memory_query(const campaign_policy& policy) {
  auto text = policy.offer;
  if (!policy.objective.empty())
    text += (text.empty() ? "" : "\n") + policy.objective;
  return shortened(text, 2'000);
}

} // namespace parley
