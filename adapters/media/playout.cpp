#include "adapters/media/playout.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace parley::media {

// A carrier whose first mark is so late does not return marks.
static constexpr milliseconds mark_patience{2'000};

std::string heard_part(std::string_view text, int64_t played, int64_t total) {
  if (played >= total)
    return std::string{text};
  static constexpr std::string_view blanks = " \t\r\n";
  const auto begins_letter = [](char c) { return (c & 0xC0) != 0x80; }; // UTF-8
  // The blank behind a word belongs to it, as does an unwritten one at the end.
  const auto whole = std::count_if(text.begin(), text.end(), begins_letter) + 1;
  int64_t letters = 0;
  size_t heard = 0;
  for (size_t i = 0; i < text.size() && (letters + 1) * total <= whole * played; ++i) {
    if (i > 0 && blanks.find(text[i]) != blanks.npos && blanks.find(text[i - 1]) == blanks.npos)
      heard = i;
    letters += begins_letter(text[i]);
  }
  return std::string{text.substr(0, heard)};
}

const playout::spoken* playout::find(std::string_view item) const {
  const auto it = std::find_if(items_.rbegin(), items_.rend(), [&](const spoken& x) { return x.item == item; });
  return it == items_.rend() ? nullptr : &*it;
}

playout::spoken* playout::find(std::string_view item) {
  return const_cast<spoken*>(std::as_const(*this).find(item));
}

playout::spoken& playout::find_or_add(std::string_view item) {
  if (auto* known = find(item))
    return *known;
  items_.emplace_back().item = item;
  return items_.back();
}

int64_t playout::bytes_before_mark(std::string_view item) const {
  const auto* x = find(item);
  return x ? std::max<int64_t>(mark_bytes_ - (x->sent - x->marked), 1) : mark_bytes_;
}

void playout::sent(std::string_view item, int64_t content_index, int64_t bytes, milliseconds now) {
  const bool idle = !playing();
  auto& x = find_or_add(item);
  x.content_index = content_index;
  x.sent += bytes;
  x.received += bytes;
  if (idle && !x.begun) {
    x.begun = true;
    x.start = now;
  }
  queue_end_ = std::max(queue_end_, now) + milliseconds{bytes / audio_bytes_per_ms};
}

void playout::withheld(std::string_view item, int64_t bytes) {
  if (auto* x = find(item))
    x->received += bytes;
}

bool playout::is_cut(std::string_view item) const {
  const auto* x = find(item);
  return x && x->cut;
}

std::optional<uint64_t> playout::mark_due() {
  for (size_t i = 0; i < items_.size(); ++i) {
    auto& x = items_[i];
    const auto unmarked = x.sent - x.marked;
    if (x.cut || unmarked == 0 || (unmarked < mark_bytes_ && !x.audio_done))
      continue;
    x.marked = x.sent;
    marks_.push_back({next_mark_, first_serial_ + i, x.sent, queue_end_});
    return next_mark_++;
  }
  return std::nullopt;
}

void playout::add_text(std::string_view item, std::string_view delta) {
  auto& x = find_or_add(item);
  if (!x.text_done && x.text.size() + delta.size() <= text_bytes_max)
    x.text += delta;
}

void playout::text_done(std::string_view item, std::string_view text) {
  auto& x = find_or_add(item);
  if (x.text_done)
    return;
  if (!text.empty())
    x.text = head_of(text, text_bytes_max);
  x.text_done = true;
}

void playout::audio_done(std::string_view item, milliseconds now) {
  if (auto* x = find(item))
    x->audio_done = true;
  settle(now);
}

void playout::all_done(milliseconds now) {
  for (auto& x : items_)
    x.audio_done = x.text_done = true;
  settle(now);
}

void playout::mark_returned(std::string_view name, milliseconds now) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size())
    return;
  const auto it = std::find_if(marks_.begin(), marks_.end(), [&](const mark& x) { return x.name == number; });
  if (it == marks_.end())
    return;
  mark_seen_ = true;
  markless_ = false;
  returned(static_cast<size_t>(it - marks_.begin()) + 1, now);
}

// A mark also vouches for all audio before it.
void playout::returned(size_t count, milliseconds now) {
  for (size_t i = 0; i < count; ++i)
    if (marks_[i].item >= first_serial_)
      items_[marks_[i].item - first_serial_].played = marks_[i].bytes;
  marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(count));
  settle(now);
}

void playout::advance(milliseconds now) {
  if (!mark_seen_ && !marks_.empty() && now > marks_.front().due + mark_patience)
    markless_ = true;
  if (!markless_)
    return;
  size_t count = 0;
  while (count < marks_.size() && marks_[count].due <= now)
    ++count;
  if (count > 0)
    returned(count, now);
}

// An item ends when all of it was played; the next one begins at that moment.
void playout::settle(milliseconds now) {
  for (auto& x : items_) {
    if (x.ended)
      continue;
    if (!x.begun && x.sent > 0) {
      x.begun = true;
      x.start = now;
    }
    if (!x.audio_done || x.played < x.sent)
      return;
    x.ended = true;
    x.end = now;
  }
}

bool playout::playing() const {
  return std::any_of(items_.begin(), items_.end(), [](const spoken& x) { return !x.cut && x.played < x.sent; });
}

milliseconds playout::unplayed() const {
  int64_t bytes = 0;
  for (const auto& x : items_)
    if (!x.cut)
      bytes += x.sent - x.played;
  return milliseconds{bytes / audio_bytes_per_ms};
}

std::vector<playout::cut> playout::interrupt(milliseconds now) {
  advance(now);
  std::vector<cut> cuts;
  for (auto& x : items_) {
    if (x.ended)
      continue;
    x.cut = x.ended = true;
    x.end = now;
    if (!x.begun)
      x.start = now;
    if (x.sent > 0)
      cuts.push_back({x.item, x.content_index, milliseconds{x.played / audio_bytes_per_ms}});
  }
  marks_.clear();
  queue_end_ = now;
  return cuts;
}

void playout::restart() {
  queue_end_ = milliseconds{0};
  mark_seen_ = markless_ = false;
}

std::optional<playout::turn> playout::next_turn() {
  while (!items_.empty() && items_.front().ended && items_.front().text_done) {
    auto x = std::move(items_.front());
    items_.erase(items_.begin());
    ++first_serial_;
    if (x.sent == 0)
      continue; // never reached the person
    if (x.cut)
      x.text = heard_part(x.text, x.played, x.received);
    if (!x.text.empty())
      return turn{std::move(x.item), std::move(x.text), x.start, x.end, x.cut};
  }
  return std::nullopt;
}

} // namespace parley::media
