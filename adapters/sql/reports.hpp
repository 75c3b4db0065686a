#pragma once

#include "adapters/sql/connection.hpp"
#include "runtime/journal/sealing.hpp"
#include "runtime/messages/journal.hpp"

namespace parley::sql {

/// Answers a question that people ask, as JSON with the columns' names: ids
/// with dashes, instants in ISO, sealed fields opened (or `{"erased":true}`).
/// Throws `refusal` when the one thing asked for does not exist or the query
/// does not name it.
std::string make_report(connection& db, const sealer& seal, const report_query& x);

} // namespace parley::sql
