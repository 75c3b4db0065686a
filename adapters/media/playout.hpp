#pragma once

#include "adapters/media/frame.hpp"

#include <chrono>

namespace parley::media {

using std::chrono::milliseconds;

/// The words of `text` that were heard when `played` of its `total` audio
/// bytes were: whole words only. Every letter is taken to last as long as any
/// other, so now and then it is a word more or less than the person heard.
std::string heard_part(std::string_view text, int64_t played, int64_t total);

/// What of the agent's audio the person has heard, known by the marks that the
/// carrier returns. All times are audio time since the stream's start.
///
/// A carrier that returns no mark at all, though the vendor's protocol says
/// so, is taken to play in real time.
class playout {
public:
  /// Where the model's item must be truncated after an interruption.
  struct cut {
    std::string item;
    int64_t content_index = 0;
    milliseconds played{0};
  };
  /// The agent's part of the conversation: one item, as the person heard it.
  struct turn {
    std::string item;
    std::string text;
    milliseconds started{0};
    milliseconds ended{0};
    bool interrupted = false;
  };

  /// Most items that may be open: each is a few seconds of speech, and no more
  /// than two minutes wait at the carrier.
  static constexpr size_t items_max = 64;

  /// @param mark_interval Audio between two marks.
  explicit playout(milliseconds mark_interval) : mark_bytes_{mark_interval.count() * audio_bytes_per_ms} {}

  /// How many bytes of this item may go out before the next mark is due.
  int64_t bytes_before_mark(std::string_view item) const;
  /// So many bytes of an item go to the carrier now.
  void sent(std::string_view item, int64_t content_index, int64_t bytes, milliseconds now);
  /// Audio of an item came, but does not go to the carrier.
  void withheld(std::string_view item, int64_t bytes);
  /// The item was interrupted: nothing of it may go out any more.
  bool is_cut(std::string_view item) const;
  /// The name of a mark to send now, behind the audio; none if none is due.
  std::optional<uint64_t> mark_due();

  void add_text(std::string_view item, std::string_view delta);
  void text_done(std::string_view item, std::string_view text);
  void audio_done(std::string_view item, milliseconds now);
  /// The response is over: no item gets any more audio or text.
  void all_done(milliseconds now);

  /// A mark came back. Unknown ones, such as those that a `clear` threw back,
  /// say nothing.
  void mark_returned(std::string_view name, milliseconds now);
  /// Lets time pass, for a carrier without marks.
  void advance(milliseconds now);

  /// More items are open than anybody says.
  bool crowded() const { return items_.size() > items_max; }

  /// Whether audio is on its way to the person's ear.
  bool playing() const;
  milliseconds unplayed() const;

  /// The carrier's queue is thrown away. Names what the model must forget: of
  /// an item that had no audio there is nothing to cut off.
  std::vector<cut> interrupt(milliseconds now);
  /// A new stream begins at time zero. Interrupt the old one first.
  void restart();
  /// The next turn whose audio is over and whose words are known, in the order
  /// they were spoken. Turns without a heard word are left out.
  std::optional<turn> next_turn();

private:
  struct spoken {
    std::string item;
    int64_t content_index = 0;
    int64_t sent = 0;     // to the carrier
    int64_t received = 0; // from the model, with what was withheld
    int64_t marked = 0;   // of `sent`, followed by a mark
    int64_t played = 0;
    std::string text;
    bool audio_done = false;
    bool text_done = false;
    bool cut = false;
    bool ended = false;
    bool begun = false;
    milliseconds start{0};
    milliseconds end{0};
  };
  struct mark {
    uint64_t name;
    uint64_t item; // serial number
    int64_t bytes; // of the item
    milliseconds due;
  };

  spoken* find(std::string_view item);
  const spoken* find(std::string_view item) const;
  spoken& find_or_add(std::string_view item);
  void returned(size_t count, milliseconds now);
  void settle(milliseconds now);

  int64_t mark_bytes_;
  std::vector<spoken> items_; // oldest first
  uint64_t first_serial_ = 0; // of items_.front()
  std::vector<mark> marks_;   // oldest first
  uint64_t next_mark_ = 1;
  milliseconds queue_end_{0}; // when a carrier in real time is done playing
  bool mark_seen_ = false;
  bool markless_ = false;
};

} // namespace parley::media
