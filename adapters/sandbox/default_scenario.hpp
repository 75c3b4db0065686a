#pragma once

#include <string_view>

namespace parley::sandbox {

/// config/scenarios/practice.toml as it was when this was built.
extern const std::string_view default_scenario;

} // namespace parley::sandbox
