#include "adapters/media/callee_turns.hpp"

#include "adapters/media/frame.hpp"

#include <algorithm>

namespace parley::media {

static std::string_view trimmed(std::string_view text) {
  static constexpr std::string_view blanks = " \t\r\n";
  const auto begin = std::min(text.find_first_not_of(blanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

callee_turns::pending& callee_turns::find_or_add(std::string_view item, milliseconds at) {
  const auto it = std::find_if(open_.begin(), open_.end(), [&](const pending& x) { return x.value.item == item; });
  if (it != open_.end())
    return *it;
  if (open_.size() >= open_max)
    open_.erase(open_.begin());
  open_.push_back({{std::string{item}, {}, at, at}, std::nullopt});
  return open_.back();
}

void callee_turns::started(std::string_view item, milliseconds at) {
  find_or_add(item, at);
}

void callee_turns::stopped(std::string_view item, milliseconds at) {
  auto& value = find_or_add(item, at).value;
  value.ended = std::max(at, value.started);
}

void callee_turns::transcribed(std::string_view item, std::string_view text, time_point now) {
  const auto last = open_.empty() ? milliseconds{0} : open_.back().value.ended;
  auto& turn = find_or_add(item, last);
  turn.value.text = head_of(trimmed(text), text_bytes_max);
  turn.known_since = now;
}

std::optional<callee_turns::turn> callee_turns::next(time_point now) {
  for (auto it = open_.begin(); it != open_.end();) {
    const bool may_go = it->known_since && (it == open_.begin() || now - *it->known_since >= order_patience);
    if (!may_go) {
      ++it;
      continue;
    }
    auto turn = std::move(it->value);
    it = open_.erase(it);
    if (!turn.text.empty())
      return turn;
    it = open_.begin(); // its successor may be the first one now
  }
  return std::nullopt;
}

} // namespace parley::media
