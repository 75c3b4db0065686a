#include "adapters/media/frame.hpp"

#include <array>

namespace parley::media {

static constexpr auto in_alphabet = [] {
  std::array<uint8_t, 256> table{};
  for (const char c : std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"})
    table[static_cast<uint8_t>(c)] = 1;
  return table;
}();

std::string_view head_of(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max)
    return text;
  while (bytes_max > 0 && (text[bytes_max] & 0xC0) == 0x80)
    --bytes_max;
  return text.substr(0, bytes_max);
}

std::optional<size_t> base64_size(std::string_view text) {
  if (text.size() % 4 != 0)
    return std::nullopt;
  auto digits = text;
  for (int i = 0; i < 2 && digits.ends_with('='); ++i)
    digits.remove_suffix(1);
  uint8_t good = 1; // without a branch per character: this runs for each frame
  for (const char c : digits)
    good &= in_alphabet[static_cast<uint8_t>(c)];
  if (!good)
    return std::nullopt;
  return text.size() / 4 * 3 - (text.size() - digits.size());
}

} // namespace parley::media
