#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Words in audio: how both ends of a practice call speak and hear.
///
/// No speech is synthesised. An utterance is text carried in the bytes of
/// G.711 μ-law at 8000 bytes a second, cut into frames of 160 bytes (20 ms).
/// A word lasts as long as a person needs to say it, and its letters are only
/// complete with its last byte: a word that is cut, or that misses, repeats or
/// swaps a frame on the way, is not heard, and the words around it are.
///
/// One word on the wire (a whole number of frames):
///
///     0xFE  flags  index  frames:2  letters:2  text…  filler…  crc:3
///
/// Everything but the text is 7-bit and UTF-8 has neither 0xFE nor 0xFF, so
/// 0xFE always starts a word and 0xFF is always silence (μ-law zero). The
/// filler depends on its position and the CRC-16 covers all of it, hence
/// a lost or swapped frame shows anywhere in the word.
namespace parley::sandbox {

using std::chrono::milliseconds;

/// Bytes of one frame: 20 ms at 8 kHz, one byte a sample.
inline constexpr size_t frame_bytes = 160;
inline constexpr milliseconds frame_time{20};
/// The μ-law byte of silence.
inline constexpr char silence_byte = '\xFF';

/// The playing time of so many audio bytes, rounded down.
constexpr milliseconds play_time(size_t bytes) {
  return milliseconds{static_cast<int64_t>(bytes / 8)};
}
/// The audio bytes that play in `time`.
constexpr size_t bytes_of(milliseconds time) {
  return time.count() <= 0 ? 0 : static_cast<size_t>(time.count()) * 8;
}

/// Silence of this length, in whole frames (rounded up).
std::string silence(milliseconds length);

/// The audio of an utterance, in whole frames without silence around it:
/// about 2.5 words a second, with pauses after `, ; : . ? !`. White space
/// only separates words; bytes that are no UTF-8 become '?'. Empty text gives
/// no audio.
std::string encode_utterance(std::string_view text);

/// The words of an utterance, as the other side will hear them.
std::vector<std::string> words_of(std::string_view text);

/// What was heard of `text` after `played` of its audio, e.g. to cut
/// a transcript at `audio_end_ms`. Words half said are left out.
std::string spoken_until(std::string_view text, milliseconds played);

/// What a listener notices.
struct heard {
  enum kind_type {
    speech_started, ///< a first word began; `at` is its first byte
    word,           ///< a whole word; `at` is its end, `start` its beginning
    speech_ended,   ///< nobody speaks any more; `at` is the last word's end
  };
  kind_type kind = word;
  /// The word with its punctuation; for `speech_ended` all words that were
  /// heard since `speech_started`, joined by blanks (empty if none was whole).
  std::string text;
  /// Audio time since the listener's first byte.
  milliseconds at{};
  milliseconds start{};
  /// Of `speech_ended`: the speaker came to the end and no word was lost.
  bool complete = false;
};

/// Decodes a run of audio, in chunks of any length and alignment.
///
/// `speech_ended` comes at once with the last byte of an utterance's last
/// word (it says that it is the last). When an utterance breaks off, it comes
/// once `gap` of silence followed, or when the next utterance begins. It is
/// not end-pointing: a voice model or a person still waits its own silence
/// before it answers. One listener per direction of a call, one thread.
class listener {
public:
  explicit listener(milliseconds gap = milliseconds{200}) : gap_{gap} {}

  /// Takes the next bytes and returns what was noticed in them, in order.
  std::vector<heard> feed(std::string_view bytes);
  /// Lets time pass that was not sent, as silence (see `sparse silence` in
  /// docs/practice-world.md); costs nothing. Less than zero does nothing.
  std::vector<heard> skip(milliseconds time);

  /// Audio time that was fed or skipped so far.
  milliseconds position() const { return play_time(position_); }
  /// True from `speech_started` to `speech_ended`.
  bool in_speech() const { return in_speech_; }
  /// Silence since the last byte that was none.
  milliseconds silent_for() const { return play_time(silent_); }
  /// Words that are known to be lost: cut, damaged, or missing before a word
  /// that came later.
  size_t words_lost() const { return words_lost_; }

private:
  void begin_word(std::vector<heard>& out);
  void take(char byte, std::vector<heard>& out);
  void finish_word(std::vector<heard>& out);
  void lose_word();
  void end_speech(bool complete, std::vector<heard>& out);
  void hear_silence(size_t bytes, std::vector<heard>& out);

  milliseconds gap_;
  size_t position_ = 0; // bytes
  size_t silent_ = 0;   // bytes
  size_t word_start_ = 0;
  size_t last_end_ = 0;
  size_t words_lost_ = 0;
  size_t lost_before_ = 0;
  uint8_t next_index_ = 0;
  bool in_word_ = false;
  bool in_speech_ = false;
  std::string word_;
  std::string said_;
};

/// Standard base64 with padding, as media payloads use it.
std::string to_base64(std::string_view bytes);
/// Nothing when the text is not standard base64.
std::optional<std::string> from_base64(std::string_view text);

} // namespace parley::sandbox
