#pragma once

#include "adapters/sqlite/database.hpp"
#include "runtime/ids.hpp"

#include <string>
#include <vector>

namespace parley::sqlite {

/// Whom a campaign takes: what its target filters say in SQL, of `prospects p`.
struct target_filter {
  std::string conditions;                                ///< " AND p.column IN (?, …)" for each column
  std::vector<std::string> values;                       ///< to bind, in order
  bool takes_list() const { return conditions.empty(); } ///< no filter: the imported list
};

/// Throws `refusal`: no such campaign, or filters that cannot be used.
target_filter target_filter_of(database& db, const campaign_id& campaign);

} // namespace parley::sqlite
