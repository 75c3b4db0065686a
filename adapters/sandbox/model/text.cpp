#include "adapters/sandbox/model/text.hpp"

#include <algorithm>
#include <cctype>

namespace parley::sandbox::model {

static bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}
static bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace_back(trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

static bool ends_sentence(std::string_view text, size_t i) {
  const char c = text[i];
  if (c != '.' && c != '!' && c != '?')
    return false;
  if (i + 1 < text.size() && !is_space(text[i + 1]))
    return false; // 3.5, example.com, "?!"
  if (c != '.')
    return true;
  const auto blank = text.find_last_of(" \n\t", i);
  const auto word = lower(text.substr(blank == text.npos ? 0 : blank + 1, i - (blank == text.npos ? 0 : blank + 1)));
  for (std::string_view title : {"dr", "mr", "mrs", "ms", "prof", "inc", "st", "vs"})
    if (word == title)
      return i + 1 == text.size();
  return true;
}

std::vector<std::string> sentences_of(std::string_view text) {
  std::vector<std::string> sentences;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!ends_sentence(text, i))
      continue;
    sentences.emplace_back(trim(text.substr(begin, i + 1 - begin)));
    begin = i + 1;
  }
  if (const auto rest = trim(text.substr(std::min(begin, text.size()))); !rest.empty())
    sentences.emplace_back(rest);
  return sentences;
}

std::string as_words(std::string_view text) {
  std::string words{" "};
  for (size_t i = 0; i < text.size(); ++i) {
    // The typographic apostrophe is three bytes in UTF-8.
    if (text.substr(i, 3) == "\xE2\x80\x99") {
      i += 2;
    } else if (text[i] == '\'') {
      continue;
    } else if (is_alnum(text[i]) || (static_cast<unsigned char>(text[i]) & 0x80) != 0) {
      words += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
    } else if (words.back() != ' ') {
      words += ' ';
    }
  }
  if (words.back() != ' ')
    words += ' ';
  return words;
}

bool has_any(const std::string& words, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
    for (auto at = words.find(phrase); at != words.npos; at = words.find(phrase, at + 1))
      if (words[at - 1] == ' ' && words[at + phrase.size()] == ' ')
        return true;
    return false;
  });
}

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  std::string result;
  for (const auto& part : parts) {
    if (!result.empty() && !part.empty())
      result += between;
    result += part;
  }
  return result;
}

} // namespace parley::sandbox::model
