#pragma once

#include <string>
#include <string_view>

namespace parley {

/// At most so many bytes of a UTF-8 text, cut between characters: half of one
/// is no text, and JSON refuses it.
inline std::string shortened(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max)
    return std::string{text};
  size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  return std::string{text.substr(0, end)};
}

} // namespace parley
