#pragma once

#include "adapters/sql/connection.hpp"
#include "runtime/clock.hpp"

#include <nlohmann/json.hpp>

namespace parley::sql {

/// What the store's tables say that operators watch, cheap enough for every
/// few seconds: each list is read along an index.
///
/// `calls_open`, `calls_stuck` (beyond their own limit), `asleep`, `overdue` (running campaigns only), `prospects` and
/// `campaigns` name the campaign; `outbox`, `meetings` a kind or status; each
/// entry has `count`, and `oldest` (seconds of wall time before `now`) where
/// age matters. `inbox` is how many webhooks were ever stored.
nlohmann::ordered_json store_figures(connection& db, wall_time now);

} // namespace parley::sql
