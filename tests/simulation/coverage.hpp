#pragma once

#include "tests/simulation/outside.hpp"

namespace parley::simulation {

/// The cells "fault × event" that 1,000 seeds have to reach: a fault that hits
/// nothing proves nothing.
const std::map<std::string, std::vector<std::string>>& cells();

/// Requests and exits that only few runs come to: the weather aims at them.
const std::vector<std::string>& rare_requests();
const std::vector<std::string>& rare_exits();

/// The cells that were not hit, as "fault event".
std::vector<std::string> never_hit(const hit_counts& hits);

} // namespace parley::simulation
