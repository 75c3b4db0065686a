#include "adapters/sandbox/audio.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace parley::sandbox {

namespace {

constexpr char word_mark = '\xFE';
constexpr uint8_t first_flag = 1;
constexpr uint8_t last_flag = 2;
constexpr size_t header_bytes = 7;
constexpr size_t crc_bytes = 3;
// Two 7-bit digits; a longer "word" is cut, nobody says it anyway.
constexpr size_t letters_max = 1000;

constexpr auto crc_table = [] {
  std::array<uint16_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    auto crc = static_cast<uint16_t>(i << 8);
    for (int bit = 0; bit < 8; ++bit)
      crc = static_cast<uint16_t>(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
    table[i] = crc;
  }
  return table;
}();

/// CRC-16/CCITT-FALSE.
uint16_t crc16(std::string_view bytes) {
  uint16_t crc = 0xFFFF;
  for (const char c : bytes)
    crc = static_cast<uint16_t>((crc << 8) ^ crc_table[(crc >> 8) ^ static_cast<uint8_t>(c)]);
  return crc;
}

char digit(size_t value, int place) {
  return static_cast<char>((value >> (7 * place)) & 0x7F);
}

size_t number(std::string_view word, size_t high) {
  return static_cast<size_t>(static_cast<uint8_t>(word[high])) << 7 | static_cast<uint8_t>(word[high + 1]);
}

/// Length of the valid UTF-8 sequence at the front of `text`, 0 if none.
size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text.front());
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
  if (length > text.size())
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((static_cast<uint8_t>(text[i]) & 0xC0) != 0x80)
      return 0;
  if (length > 2) { // overlong forms, surrogates and what lies past U+10FFFF
    const auto second = static_cast<uint8_t>(text[1]);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) || (lead == 0xF0 && second < 0x90)
        || (lead == 0xF4 && second >= 0x90))
      return 0;
  }
  return length;
}

/// How many frames it takes to say the word: about 0.4 s on average, longer
/// with more letters, and with a pause where the punctuation asks for one.
size_t frames_of(std::string_view word, bool last) {
  const size_t letters = std::min<size_t>(word.size(), 24);
  size_t frames = 9 + 2 * letters;
  const char end = word.back();
  if (!last && (end == '.' || end == '?' || end == '!'))
    frames += 12;
  else if (!last && (end == ',' || end == ';' || end == ':'))
    frames += 6;
  const size_t bytes = header_bytes + word.size() + crc_bytes;
  return std::max(frames, (bytes + frame_bytes - 1) / frame_bytes);
}

std::string encode_word(std::string_view word, size_t index, bool last) {
  const auto frames = frames_of(word, last);
  const auto size = frames * frame_bytes;
  std::string out;
  out.reserve(size);
  out += word_mark;
  out += static_cast<char>((index == 0 ? first_flag : 0) | (last ? last_flag : 0));
  out += digit(index, 0);
  out += digit(frames, 1);
  out += digit(frames, 0);
  out += digit(word.size(), 1);
  out += digit(word.size(), 0);
  out += word;
  while (out.size() < size - crc_bytes)
    out += static_cast<char>((out.size() * 37 + out.size() / frame_bytes * 11 + index) & 0x7F);
  const auto crc = crc16(out);
  for (int place = 2; place >= 0; --place)
    out += digit(crc, place);
  return out;
}

} // namespace

std::string silence(milliseconds length) {
  const auto frames = (bytes_of(length) + frame_bytes - 1) / frame_bytes;
  return std::string(frames * frame_bytes, silence_byte);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty())
      words.push_back(std::move(word));
    word.clear();
  };
  while (!text.empty()) {
    const char c = text.front();
    const auto length = utf8_length(text);
    if (c == ' ' || (c >= '\t' && c <= '\r'))
      finish();
    else if (word.size() + std::max<size_t>(length, 1) <= letters_max)
      word += length == 0 ? "?" : text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  finish();
  return words;
}

std::string encode_utterance(std::string_view text) {
  const auto words = words_of(text);
  std::string out;
  for (size_t i = 0; i < words.size(); ++i)
    out += encode_word(words[i], i, i + 1 == words.size());
  return out;
}

std::string spoken_until(std::string_view text, milliseconds played) {
  const auto words = words_of(text);
  std::string out;
  milliseconds end{};
  for (size_t i = 0; i < words.size(); ++i) {
    end += frames_of(words[i], i + 1 == words.size()) * frame_time;
    if (end > played)
      break;
    out += (out.empty() ? "" : " ") + words[i];
  }
  return out;
}

std::vector<heard> listener::feed(std::string_view bytes) {
  std::vector<heard> out;
  while (!bytes.empty()) {
    if (bytes.front() == silence_byte) {
      const auto run = std::min(bytes.find_first_not_of(silence_byte), bytes.size());
      hear_silence(run, out);
      bytes.remove_prefix(run);
    } else {
      take(bytes.front(), out);
      bytes.remove_prefix(1);
    }
  }
  return out;
}

std::vector<heard> listener::skip(milliseconds time) {
  std::vector<heard> out;
  if (time.count() > 0)
    hear_silence(bytes_of(time), out);
  return out;
}

void listener::hear_silence(size_t bytes, std::vector<heard>& out) {
  lose_word();
  position_ += bytes;
  silent_ += bytes;
  if (in_speech_ && silent_ >= bytes_of(gap_))
    end_speech(false, out);
}

void listener::take(char byte, std::vector<heard>& out) {
  if (byte == word_mark)
    begin_word(out);
  ++position_;
  silent_ = 0;
  if (!in_word_)
    return; // a beep, or the rest of a word whose beginning was lost
  word_ += byte;
  // The header's length is trusted for this word only: another 0xFE or
  // silence ends the word early, whatever a damaged length says.
  if (word_.size() >= header_bytes && word_.size() >= number(word_, 3) * frame_bytes)
    finish_word(out);
}

void listener::begin_word(std::vector<heard>& out) {
  lose_word();
  in_word_ = true;
  word_start_ = position_;
  if (in_speech_)
    return;
  in_speech_ = true;
  said_.clear();
  lost_before_ = words_lost_;
  next_index_ = 0;
  last_end_ = position_;
  out.push_back({heard::speech_started, {}, play_time(position_), play_time(position_)});
}

void listener::finish_word(std::vector<heard>& out) {
  const std::string_view word{word_};
  const auto letters = number(word, 5);
  const auto crc = crc16(word.substr(0, word.size() - crc_bytes));
  const auto tail = word.substr(word.size() - crc_bytes);
  const bool sound = header_bytes + letters + crc_bytes <= word.size() && tail[0] == digit(crc, 2)
                     && tail[1] == digit(crc, 1) && tail[2] == digit(crc, 0);
  if (!sound)
    return lose_word();
  in_word_ = false;
  const auto flags = static_cast<uint8_t>(word[1]);
  const auto index = static_cast<uint8_t>(word[2]);
  const auto start = word_start_;
  if ((flags & first_flag) != 0 && !said_.empty()) {
    // The previous utterance broke off and another one began without a gap.
    end_speech(false, out);
    in_speech_ = true;
    said_.clear();
    lost_before_ = words_lost_;
    out.push_back({heard::speech_started, {}, play_time(start), play_time(start)});
  } else if ((flags & first_flag) != 0) {
    lost_before_ = words_lost_; // what was cut before belonged to another one
  } else if (index != next_index_) {
    words_lost_ += static_cast<uint8_t>((index - next_index_) & 0x7F);
  }
  next_index_ = (index + 1) & 0x7F;
  last_end_ = position_;
  std::string text{word.substr(header_bytes, letters)};
  said_ += (said_.empty() ? "" : " ") + text;
  out.push_back({heard::word, std::move(text), play_time(last_end_), play_time(start)});
  if ((flags & last_flag) != 0)
    end_speech(words_lost_ == lost_before_, out);
  word_.clear();
}

void listener::lose_word() {
  if (in_word_) {
    ++words_lost_;
    next_index_ = (next_index_ + 1) & 0x7F;
  }
  in_word_ = false;
  word_.clear();
}

void listener::end_speech(bool complete, std::vector<heard>& out) {
  in_speech_ = false;
  out.push_back({heard::speech_ended, said_, play_time(last_end_), play_time(last_end_), complete});
}

std::string to_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length
    = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(length));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.find_first_of(" \t\r\n") != text.npos)
    return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
    ++padding;
  std::string out(text.size() / 4 * 3, '\0');
  const int length
    = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0)
    return std::nullopt;
  out.resize(static_cast<size_t>(length) - padding);
  return out;
}

} // namespace parley::sandbox
