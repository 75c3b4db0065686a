#include "runtime/ids.hpp"

#include <sodium.h>

#include <cctype>
#include <cstring>

namespace parley {

std::string to_string(const uuid& x) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20)
      out += '-';
    const auto word = i < 16 ? x.high : x.low;
    out += digits[(word >> (60 - 4 * (i % 16))) & 0xf];
  }
  return out;
}

std::optional<uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36)
    return std::nullopt;
  uuid x;
  int nibble = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-')
        return std::nullopt;
      continue;
    }
    const auto c = static_cast<unsigned char>(text[i]);
    if (!std::isxdigit(c))
      return std::nullopt;
    const uint64_t value = std::isdigit(c) ? c - '0' : std::tolower(c) - 'a' + 10;
    auto& word = nibble < 16 ? x.high : x.low;
    word = (word << 4) | value;
    ++nibble;
  }
  return x;
}

uuid id_source::next_uuid(wall_time now, uint16_t home) {
  const auto ms = static_cast<uint64_t>(now.time_since_epoch().count());
  uuid x;
  x.high = (ms << 16) | 0x7000 | (engine_() & 0x0fff);
  x.low = 0x8000000000000000ULL | ((engine_() & 0x3fffffffffffULL) << 16) | home;
  return x;
}

static uuid keyed_hash(const number_hasher::secret& key, std::string_view purpose, std::string_view text) {
  std::string input;
  input.append(purpose).push_back('\0');
  input.append(text);
  std::array<uint8_t, 16> out{};
  crypto_generichash(out.data(), out.size(), reinterpret_cast<const uint8_t*>(input.data()), input.size(), key.data(),
                     key.size());
  uuid x;
  std::memcpy(&x.high, out.data(), 8);
  std::memcpy(&x.low, out.data() + 8, 8);
  x.high = (x.high & ~0xf000ULL) | 0x8000ULL;
  x.low = (x.low & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;
  return x;
}

line_id number_hasher::line(std::string_view e164) const {
  return line_id{keyed_hash(key_, "line", e164)};
}

uuid number_hasher::of(std::string_view purpose, std::string_view text) const {
  return keyed_hash(key_, purpose, text);
}

} // namespace parley
