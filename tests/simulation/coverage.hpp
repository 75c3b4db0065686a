#pragma once

#include "tests/simulation/outside.hpp"

namespace parley::simulation {

/// The cells "fault × event" that 1,000 seeds have to reach: a fault that hits
/// nothing proves nothing. Some rows are chosen; those of `kinds` are whole but
/// for what is left out with a reason, so that a new kind needs the one or the
/// other.
const std::map<std::string, std::vector<std::string>>& cells();

/// Rows whose events the node's code lists itself (kinds.hpp): "stored", events
/// of the journal; "exits", requests at the gate; "any_fault", requests that
/// something went wrong with; "webhook", sent by the carrier; "command", done.
const std::map<std::string, std::vector<std::string>>& kinds();

/// Why a kind has no cell in its row: by row, then by kind.
const std::map<std::string, std::map<std::string, std::string>>& left_out();

/// Requests and exits that only few runs come to: the weather aims at them.
const std::vector<std::string>& rare_requests();
const std::vector<std::string>& rare_exits();

/// The cells that were not hit, as "fault event".
std::vector<std::string> never_hit(const hit_counts& hits);

} // namespace parley::simulation
