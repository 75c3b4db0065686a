#pragma once

#include "runtime/text.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reading English speech by rule: clauses in a plain form, and patterns of
/// words over them. Texts come from speech recognition, so case, contractions
/// and punctuation can't be relied on.
namespace parley::mind {

using words = std::vector<std::string>;

/// A part of a sentence between punctuation marks, in plain words: lower case
/// and with contractions spelt out ("don't" becomes "do", "not").
struct clause {
  words plain;
  std::string sentence;  ///< the whole sentence as spoken, for quotes
  bool question = false; ///< its sentence ends with a question mark
  bool first = false;    ///< opens its sentence
};

/// Cuts a text into clauses. "but", "however" and "although" also end one.
/// Dots and commas inside of numbers and addresses don't.
std::vector<clause> clauses(std::string_view text);

/// The text's sentences as spoken, trimmed. "Dr.", "e.g.", "3.5" and
/// "a@b.com" don't end one.
std::vector<std::string> sentences(std::string_view text);

/// All words of a text in plain form.
words plain_words(std::string_view text);

std::string lower(std::string_view text);
std::string trimmed(std::string_view text);

/// Half-open range of words.
struct match {
  size_t begin = 0;
  size_t end = 0;
};

/// A pattern of words: "take|remove me off|from ?the list".
///   a|b  one of these words        ?a  may be missing
///   *    up to three of any word   #   a word of digits or a number word
///   ^    start of the clause       $   end of the clause
class phrase {
public:
  phrase(const char* pattern); // NOLINT: tables of patterns read better without a type name
  /// The first match that starts at `from` or later.
  std::optional<match> find(const words& text, size_t from = 0) const;

private:
  struct element {
    std::vector<std::string> alternatives;
    enum class kind { word, gap, start, end } what = kind::word;
    bool optional = false;
  };
  std::optional<size_t> matches(const words& text, size_t at, size_t element) const;

  std::vector<element> elements_;
};

/// The first match of any of the phrases.
std::optional<match> find_any(const std::vector<phrase>& phrases, const words& text);

/// True if a "not" or "never" governs the word at `at`: nothing but helping
/// verbs and pronouns stands between ("don't take me off", but not "I am not
/// interested take me off").
bool negated(const words& text, size_t at);

/// True if something before `at` makes it uncertain ("might", "if", "perhaps").
bool hedged(const words& text, size_t at);

bool is_number(std::string_view word);

/// What a turn's first words say to a yes-or-no question.
enum class reply { unclear, yes, no };
reply reply_of(const std::vector<clause>& turn);

} // namespace parley::mind
