#pragma once

#include "adapters/sqlite/database.hpp"
#include "runtime/journal/sealing.hpp"
#include "runtime/messages/journal.hpp"

namespace parley::sqlite {

/// Answers a question that people ask, as JSON with the columns' names: ids
/// with dashes, instants in ISO, sealed fields opened (or `{"erased":true}`).
/// Throws `refusal` when the one thing asked for does not exist or the query
/// does not name it.
std::string make_report(database& db, const sealer& seal, const report_query& x);

} // namespace parley::sqlite
