#include "adapters/cli/keys.hpp"

#include <map>
#include <optional>

namespace parley::cli {

static std::optional<key_kind> named(const std::string& sequence) {
  static const std::map<std::string, key_kind> known{
    {"A", key_kind::up},       {"B", key_kind::down},       {"H", key_kind::home}, {"F", key_kind::end},
    {"1~", key_kind::home},    {"7~", key_kind::home},      {"4~", key_kind::end}, {"8~", key_kind::end},
    {"5~", key_kind::page_up}, {"6~", key_kind::page_down},
  };
  const auto found = known.find(sequence);
  return found == known.end() ? std::nullopt : std::optional{found->second};
}

std::vector<key> take_keys(std::string& bytes, bool idle) {
  std::vector<key> out;
  size_t at = 0;
  while (at < bytes.size()) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    if (first == 0x1b) {
      if (at + 1 == bytes.size()) {
        if (!idle)
          break;
        out.push_back({key_kind::escape, {}});
        ++at;
        continue;
      }
      if (bytes[at + 1] != '[' && bytes[at + 1] != 'O') { // Alt and a key: the key is the next one
        out.push_back({key_kind::escape, {}});
        ++at;
        continue;
      }
      auto end = at + 2; // parameters, then one final byte
      while (end < bytes.size() && (bytes[end] < 0x40 || bytes[end] > 0x7e))
        ++end;
      if (end == bytes.size()) {
        if (!idle)
          break;
        at = end; // half a sequence: dropped
        continue;
      }
      if (const auto kind = named(bytes.substr(at + 2, end - at - 1)))
        out.push_back({*kind, {}});
      at = end + 1;
    } else if (first == '\r' || first == '\n') {
      out.push_back({key_kind::enter, {}});
      ++at;
    } else if (first == 0x7f || first == 0x08) {
      out.push_back({key_kind::backspace, {}});
      ++at;
    } else if (first < 0x20) {
      ++at;
    } else {
      auto end = at + 1;
      while (end < bytes.size() && (static_cast<unsigned char>(bytes[end]) & 0xc0) == 0x80)
        ++end;
      out.push_back({key_kind::character, bytes.substr(at, end - at)});
      at = end;
    }
  }
  bytes.erase(0, at);
  return out;
}

} // namespace parley::cli
