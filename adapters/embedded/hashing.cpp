#include "adapters/embedded/hashing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <map>
#include <utility>

namespace parley {

namespace {

/// A word says more than a pair of words, which is rarer, or than a piece of
/// it, of which there are many.
constexpr float word_weight = 1.0f;
constexpr float pair_weight = 0.5f;
constexpr float piece_weight = 0.35f;
/// Words that stand in every text.
constexpr float filler_weight = 0.1f;
constexpr size_t piece_letters = 4;
/// What is beyond this many bytes adds nothing that tells texts apart.
constexpr size_t text_bytes_max = 64 * 1024;

constexpr auto fillers = std::to_array<std::string_view>(
  {"a",    "about", "after", "all",  "also", "an",    "and",  "any", "are",  "as",  "at",   "be",   "been",
   "but",  "by",    "call",  "can",  "did",  "do",    "does", "for", "from", "had", "has",  "have", "he",
   "her",  "him",   "his",   "how",  "i",    "if",    "in",   "is",  "it",   "its", "just", "me",   "more",
   "my",   "no",    "not",   "of",   "on",   "or",    "our",  "out", "she",  "so",  "than", "that", "the",
   "them", "then",  "there", "they", "this", "to",    "too",  "up",  "us",   "was", "we",   "were", "what",
   "when", "which", "who",   "will", "with", "would", "you",  "your"});

bool is_filler(std::string_view word) {
  return std::binary_search(fillers.begin(), fillers.end(), word);
}

/// FNV-1a with a last mix: its upper bits alone would be poor.
uint64_t hash_of(char kind, std::string_view text, std::string_view more = {}) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  const auto add = [&hash](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL; };
  add(kind);
  for (const char c : text)
    add(c);
  add(' ');
  for (const char c : more)
    add(c);
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53ULL;
  return hash ^ (hash >> 33);
}

/// Letters and digits, ASCII in lower case; other scripts count byte by byte.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (letter)
      word += c;
    else if (c >= 'A' && c <= 'Z')
      word += static_cast<char>(c - 'A' + 'a');
    else if (c != '\'' && !word.empty()) // "don't" is one word
      out.push_back(std::exchange(word, {}));
  }
  if (!word.empty())
    out.push_back(std::move(word));
  return out;
}

} // namespace

std::vector<float> hashed_features(std::string_view text, size_t dimensions) {
  struct feature {
    float weight = 0;
    int times = 0;
  };
  std::map<uint64_t, feature> features; // in order: sums of floats depend on it
  const auto add = [&](uint64_t hash, float weight) {
    auto& one = features[hash];
    one.weight = weight;
    ++one.times;
  };
  const auto words = words_of(text.substr(0, text_bytes_max));
  const std::string* before = nullptr;
  for (const auto& word : words) {
    const bool filler = is_filler(word);
    add(hash_of('w', word), filler ? filler_weight : word_weight);
    if (filler)
      continue;
    if (before)
      add(hash_of('p', *before, word), pair_weight);
    before = &word;
    const auto framed = "<" + word + ">";
    if (word.size() > 3)
      for (size_t i = 0; i + piece_letters <= framed.size(); ++i)
        add(hash_of('c', std::string_view{framed}.substr(i, piece_letters)), piece_weight);
  }
  std::vector<float> out(dimensions, 0.0f);
  for (const auto& [hash, one] : features) {
    const auto sign = (hash >> 63) ? 1.0f : -1.0f;
    // What is said ten times is not ten times as important.
    out[hash % dimensions] += sign * one.weight * std::sqrt(static_cast<float>(one.times));
  }
  double square = 0;
  for (const auto x : out)
    square += double{x} * x;
  if (square == 0) { // nothing to hash, or all of it cancelled
    out[0] = 1;
    return out;
  }
  const auto scale = static_cast<float>(1 / std::sqrt(square));
  for (auto& x : out)
    x *= scale;
  return out;
}

} // namespace parley
