#pragma once

#include "adapters/sql/connection.hpp"
#include "runtime/messages/journal.hpp"

#include <nlohmann/json.hpp>

/// Reports that need no seal, each made in a file of its own.
namespace parley::sql {

/// How many of a campaign's people are how far, and how fast it goes.
nlohmann::ordered_json funnel(connection& db, const campaign_id& campaign, wall_time now);

/// Of the ended calls that the carrier had; the carrier bills by the started
/// minute.
nlohmann::ordered_json call_averages(connection& db, const std::optional<campaign_id>& campaign);

/// What a text may mean: the whole id, else those whose id begins so, else
/// those named exactly so, else those whose name holds it.
nlohmann::ordered_json find_things(connection& db, const report_query& query);

} // namespace parley::sql
