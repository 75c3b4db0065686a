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
  queued_ += bytes.size();
}

void playout::mark(std::string name) {
  marks_.emplace_back(queued_, std::move(name));
}

void playout::clear() {
  buffer_.clear();
  offset_ = 0;
  position_ = queued_;
}

std::vector<heard> playout::play(listener& ear) {
  const auto ready = std::min(buffer_.size() - offset_, frame_bytes);
  std::vector<heard> news;
  if (ready < frame_bytes && ear.in_speech() && ear.silent_for() == milliseconds{0} && dry_ < patience_) {
    // More may be on its way: a hole in the middle of a word would lose it.
    dry_ += frame_time;
    return news;
  }
  if (ready < frame_bytes)
    news = ear.skip(dry_);
  else
    behind_ += dry_; // what it waited for came: its clock stays behind by that
  dry_ = {};
  const auto part = std::string_view{buffer_}.substr(offset_, ready);
  for (auto& one : ear.feed(part))
    news.push_back(std::move(one));
  if (ready < frame_bytes)
    for (auto& one : ear.skip(play_time(frame_bytes - ready)))
      news.push_back(std::move(one));
  offset_ += ready;
  position_ += ready;
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
