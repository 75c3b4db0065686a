#pragma once

#include "adapters/cli/output.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <vector>

namespace parley::cli {

/// The stages of the funnel, by their keys in the answer to `campaign funnel`,
/// in the order people pass through them.
inline constexpr std::array funnel_stages{"enrolled", "researched", "qualified", "waiting",
                                          "ringing",  "talking",    "done",      "booked"};

/// The funnel as one plain line.
std::string funnel_line(const nlohmann::ordered_json& funnel);

/// The funnel as a screen shows it, line by line; fits 80 columns but for the
/// sentences of the node.
std::vector<std::string> funnel_screen(const nlohmann::ordered_json& funnel, const painter& paint);

} // namespace parley::cli
