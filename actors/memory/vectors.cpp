#include "actors/memory/vectors.hpp"

#include <bit>
#include <cstdint>

namespace parley::memories {

std::string pack(const std::vector<float>& vector) {
  std::string out;
  out.reserve(vector.size() * sizeof(float));
  for (const auto number : vector)
    for (int shift = 0; shift < 32; shift += 8)
      out += static_cast<char>(std::bit_cast<uint32_t>(number) >> shift);
  return out;
}

std::vector<float> unpack(std::string_view bytes) {
  if (bytes.size() % sizeof(float) != 0)
    return {};
  std::vector<float> out;
  out.reserve(bytes.size() / sizeof(float));
  for (size_t at = 0; at < bytes.size(); at += sizeof(float)) {
    uint32_t bits = 0;
    for (size_t i = 0; i < sizeof(float); ++i)
      bits |= uint32_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
    out.push_back(std::bit_cast<float>(bits));
  }
  return out;
}

} // namespace parley::memories
