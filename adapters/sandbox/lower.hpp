#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace parley::sandbox {

/// ASCII letters in lower case, everything else as it is.
inline std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

} // namespace parley::sandbox
