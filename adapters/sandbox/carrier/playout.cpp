#include "adapters/sandbox/carrier/playout.hpp"

#include <algorithm>
#include <utility>

namespace parley::sandbox {

namespace {

// Memory is given back once so much of the buffer lies behind.
constexpr size_t behind_bytes_max = 64 << 10;

} // namespace

void playout::queue(std::string_view bytes) {
  if (offset_ > behind_bytes_max || offset_ == buffer_.size()) {
    buffer_.erase(0, offset_);
    offset_ = 0;
  }
  buffer_ += bytes;
  cut_ = cut_ && bytes.empty();
  queued_ += bytes.size();
}

void playout::mark(std::string name) {
  marks_.emplace_back(queued_, std::move(name));
}

void playout::clear() {
  buffer_.clear();
  offset_ = 0;
  position_ = queued_;
  cut_ = true;
}

std::vector<heard> playout::play(listener& ear) {
  const auto ready = std::min(buffer_.size() - offset_, frame_bytes);
  std::vector<heard> news;
  last_.clear();
  if (ready > 0) {
    // What the ear waited for came: its clock stays behind by that.
    behind_ += std::exchange(dry_, milliseconds{0});
    last_ = buffer_.substr(offset_, ready);
    news = ear.feed(last_);
    offset_ += ready;
    position_ += ready;
  }
  if (const auto missing = play_time(frame_bytes - ready); missing > milliseconds{0}) {
    // In the middle of a word more may be on its way: a hole would lose it.
    dry_ += missing;
    const bool waits = !cut_ && ear.in_speech() && ear.silent_for() == milliseconds{0} && dry_ < patience_;
    if (!waits)
      for (auto& one : ear.skip(std::exchange(dry_, milliseconds{0})))
        news.push_back(std::move(one));
  }
  for (auto& one : news) {
    one.at += behind_;
    one.start += behind_;
  }
  return news;
}

std::vector<std::string> playout::due() {
  std::vector<std::string> names;
  while (!marks_.empty() && marks_.front().first <= position_) {
    names.push_back(std::move(marks_.front().second));
    marks_.pop_front();
  }
  return names;
}

} // namespace parley::sandbox
