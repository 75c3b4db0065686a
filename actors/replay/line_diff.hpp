#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parley::replay {

/// How one text becomes another, line by line: each line with ' ' (in both),
/// '-' (only before) or '+' (only after) in front, as `diff -u` shows it. For
/// texts of some hundred lines; longer ones are shown as taken out and put in.
std::vector<std::string> line_diff(std::string_view before, std::string_view after);

} // namespace parley::replay
