#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace parley::fuzz {

/// Inputs like those of a corpus, but damaged: bits flipped, pieces cut out,
/// repeated or put in from another input. The same seed makes the same ones.
class variations {
public:
  static constexpr size_t bytes_max = 65'536;

  variations(const std::vector<std::string>& corpus, uint64_t seed) : corpus_{corpus}, random_{seed} {}

  /// @param base Set to the number of the input that it was made of.
  std::string next(size_t& base) {
    base = below(corpus_.size());
    auto text = corpus_[base];
    // The first line often names who reads the rest; most inputs keep it.
    const auto line = text.find('\n');
    const auto from = line < 64 && below(4) != 0 ? line + 1 : 0;
    for (auto changes = 1 + below(4); changes > 0; --changes)
      change(text, from);
    text.resize(std::min(text.size(), bytes_max));
    return text;
  }

private:
  size_t below(size_t end) { return end == 0 ? 0 : random_() % end; }

  void change(std::string& text, size_t from) {
    static constexpr std::array<std::string_view, 16> pieces{
      "\"", "\\", "{\"a\":", "[", "]}", ",", ";", "\n", "\r\n", "%", "-1", "1e300", "0", "<", "\xff", "\xed\xa0\x80"};
    from = std::min(from, text.size());
    const auto at = from + below(text.size() - from);
    const auto length = std::min(1 + below(below(4) == 0 ? text.size() : 16), text.size() - at);
    switch (below(7)) {
      case 0: // one bit
        if (at < text.size())
          text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 1: // one byte
        if (at < text.size())
          text[at] = static_cast<char>(below(256));
        break;
      case 2: text.erase(at, length); break;
      case 3: text.resize(at); break; // as if the connection had been cut
      case 4: repeat(text, at, length); break;
      case 5: { // goes on as another one does
        const auto& other = corpus_[below(corpus_.size())];
        text.replace(at, below(2) == 0 ? std::string::npos : length, other, below(other.size()), std::string::npos);
        break;
      }
      default: text.insert(at, pieces[below(pieces.size())]);
    }
  }

  /// A few times, or so often that the text is as long as it may be.
  void repeat(std::string& text, size_t at, size_t length) {
    if (length == 0)
      return;
    const auto most = (bytes_max - std::min(bytes_max, text.size())) / length;
    const auto times = std::min(most, below(16) == 0 ? most : 1 + below(8));
    std::string piece;
    for (size_t i = 0; i < times; ++i)
      piece.append(text, at, length);
    text.insert(at, piece);
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
};

} // namespace parley::fuzz
