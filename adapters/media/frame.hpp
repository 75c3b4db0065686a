#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::media {

/// Readable bytes that must follow a message, so that the JSON parser may load
/// whole vector registers (simdjson's SIMDJSON_PADDING).
inline constexpr size_t frame_padding = 64;

/// G.711 at 8 kHz.
inline constexpr int64_t audio_bytes_per_ms = 8;

/// Longest text kept of one turn; who says more in one breath floods.
inline constexpr size_t text_bytes_max = 64 * 1024;

/// The first bytes of UTF-8 text, at most so many, without half a letter.
std::string_view head_of(std::string_view text, size_t bytes_max);

/// One received message inside a buffer with `frame_padding` spare bytes.
struct frame_view {
  const char* data = nullptr;
  size_t size = 0;
};

/// A message with its own padding, for whoever has only text.
class padded_frame {
public:
  explicit padded_frame(std::string_view text) : bytes_{text}, size_{text.size()} {
    bytes_.append(frame_padding, '\0');
  }
  operator frame_view() const { return {bytes_.data(), size_}; }

private:
  std::string bytes_;
  size_t size_;
};

/// Messages to send, end to end in one buffer that is used again and again, so
/// that a frame costs no allocation.
class frame_list {
public:
  /// Where the next message is written.
  std::string& buffer() { return bytes_; }
  /// What was written since the last message is a message.
  void end_frame() { ends_.push_back(bytes_.size()); }
  void add(std::string_view frame) {
    bytes_ += frame;
    end_frame();
  }
  size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  size_t bytes() const { return bytes_.size(); }
  std::string_view operator[](size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view{bytes_}.substr(begin, ends_[i] - begin);
  }
  /// Keeps its memory, unless a burst made it large.
  void clear() {
    ends_.clear();
    bytes_.clear();
    if (bytes_.capacity() > kept_bytes_max)
      bytes_ = {};
    if (ends_.capacity() > kept_bytes_max / sizeof(size_t))
      ends_ = {};
  }

private:
  static constexpr size_t kept_bytes_max = 8 * 1024;
  std::string bytes_;
  std::vector<size_t> ends_;
};

/// How many bytes this base64 text stands for, without decoding it; nothing if
/// it is not standard, padded base64. What passes may stand in a JSON string
/// as it is.
std::optional<size_t> base64_size(std::string_view text);

} // namespace parley::media
