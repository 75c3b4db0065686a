#pragma once

#include "adapters/sql/connection.hpp"
#include "runtime/ids.hpp"

#include <string>
#include <utility>
#include <vector>

namespace parley::sql {

/// Whom a campaign takes, by its target filters.
struct target_filter {
  std::vector<std::pair<std::string, std::vector<std::string>>> columns; ///< each with the values it may have

  bool takes_list() const { return columns.empty(); } ///< no filter: the imported list
  /// Adds " AND p.column IN (?, …)" for each column, of `prospects p`.
  void restrict(statement& ask) const;
};

/// Throws `refusal`: no such campaign, or filters that cannot be used.
target_filter target_filter_of(connection& db, const campaign_id& campaign);

} // namespace parley::sql
