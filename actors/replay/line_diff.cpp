#include "actors/replay/line_diff.hpp"

#include <algorithm>
#include <cstdint>

namespace parley::replay {

/// The table of the longest common subsequence has this many cells at most.
static constexpr size_t cells_max = 4'000'000;

static std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

std::vector<std::string> line_diff(std::string_view before, std::string_view after) {
  const auto a = lines_of(before);
  const auto b = lines_of(after);
  std::vector<std::string> out;
  if (a.size() * b.size() > cells_max) {
    for (const auto& line : a)
      out.push_back("-" + line);
    for (const auto& line : b)
      out.push_back("+" + line);
    return out;
  }
  // length[i][j]: of the longest common subsequence of a from i and b from j.
  const auto width = b.size() + 1;
  std::vector<uint32_t> length((a.size() + 1) * width, 0);
  for (size_t i = a.size(); i-- > 0;)
    for (size_t j = b.size(); j-- > 0;)
      length[i * width + j] = a[i] == b[j] ? length[(i + 1) * width + j + 1] + 1
                                           : std::max(length[(i + 1) * width + j], length[i * width + j + 1]);
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      out.push_back(" " + a[i]);
      ++i, ++j;
    } else if (j == b.size() || (i < a.size() && length[(i + 1) * width + j] >= length[i * width + j + 1])) {
      out.push_back("-" + a[i++]);
    } else {
      out.push_back("+" + b[j++]);
    }
  }
  return out;
}

} // namespace parley::replay
