#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace parley::cli {

enum class key_kind : uint8_t { character, enter, escape, backspace, up, down, page_up, page_down, home, end };

struct key {
  key_kind kind = key_kind::character;
  std::string text; ///< of a character, UTF-8
  bool operator==(const key&) const = default;
};

/// Takes the keys that are whole out of what a terminal sent (xterm's
/// sequences); unknown sequences are dropped. An escape at the very end may
/// begin a sequence: it is left there unless `idle`, which says that nothing
/// followed it for a while.
std::vector<key> take_keys(std::string& bytes, bool idle);

} // namespace parley::cli
