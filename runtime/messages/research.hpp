#pragma once

#include "runtime/messages/campaigns.hpp"

namespace parley {

/// Works out how to approach a person and how likely it is to succeed.
struct research_prospect {
  prospect_row person;
  campaign_policy policy;
};
PARLEY_INSPECT(research_prospect, x.person, x.policy)

struct prospect_researched {
  std::string strategy = "{}"; ///< JSON, see actors/research/core.hpp
  int32_t probability = 0;     ///< 0 to 100
  std::vector<std::string> history;
  std::string owner_id; ///< the CRM's id of the account manager, if any
};
PARLEY_INSPECT(prospect_researched, x.strategy, x.probability, x.history, x.owner_id)

} // namespace parley
