#pragma once

#include "runtime/messages/crm.hpp"

#include <string>
#include <vector>

namespace parley {

/// What happened between us and a person, as far as it has to do with what is
/// asked.
struct recall {
  prospect_id prospect;
  uint32_t limit = 5;
  std::string query; ///< in plain words, e.g. what the campaign offers; empty: the latest
};
PARLEY_INSPECT(recall, x.prospect, x.limit, x.query)

struct recollection {
  /// One paragraph each: first what is nearest to the query. The newest first
  /// where nothing was asked, there is no more than asked for, or nearness
  /// could not be told.
  std::vector<std::string> interactions;
};
PARLEY_INSPECT(recollection, x.interactions)

/// Mails of a person's threads, as the CRM has them. Each is summarised once:
/// one that is known already, by its id, changes nothing.
struct remember_emails {
  prospect_id prospect;
  std::vector<crm_email> emails; ///< any order
};
PARLEY_INSPECT(remember_emails, x.prospect, x.emails)

struct emails_remembered {
  uint32_t added = 0;
};
PARLEY_INSPECT(emails_remembered, x.added)

} // namespace parley
