#pragma once

#include "adapters/sandbox/audio.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sandbox {

/// What the called person hears: plays queued audio frame by frame, whatever
/// sizes it came in, and knows when each mark has been played.
class playout {
public:
  /// @param patience How long the queue may run dry in the middle of a word
  ///   before that is heard as silence; the network's jitter, in media time.
  explicit playout(milliseconds patience) : patience_{patience} {}

  void queue(std::string_view bytes);
  /// Echoed by `due` once everything queued before it was played.
  void mark(std::string name);
  /// Drops what is queued; every waiting mark is due at once. The ear does not
  /// wait for the rest of a word that was cut.
  void clear();

  /// Plays the next 20 ms to the ear.
  std::vector<heard> play(listener& ear);
  /// The bytes that `play` played last, silence apart.
  const std::string& last_played() const { return last_; }
  /// The marks that are due by now, in order; each is told once.
  std::vector<std::string> due();

  /// True when everything queued has been played.
  bool idle() const { return position_ == queued_; }
  /// Milliseconds that were played of what was queued, silence apart.
  milliseconds played() const { return play_time(position_); }

private:
  milliseconds patience_;
  std::string buffer_;
  std::string last_;
  size_t offset_ = 0;     // of the next byte in `buffer_`
  size_t position_ = 0;   // bytes played or dropped since the beginning
  size_t queued_ = 0;     // bytes queued since the beginning
  bool cut_ = false;      // by `clear`, and nothing came since
  milliseconds dry_{};    // starved in the middle of speech, not yet heard
  milliseconds behind_{}; // the ear's clock is so much behind
  std::deque<std::pair<size_t, std::string>> marks_;
};

} // namespace parley::sandbox
