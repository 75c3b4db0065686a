#include "actors/conversation/words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

namespace parley::mind {
namespace {

bool alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}

/// Typographic apostrophes and dashes as the plain ones.
std::string plain_marks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto rest = text.substr(i);
    if (rest.starts_with("\u2019") || rest.starts_with("\u2018")) {
      out += '\'';
      i += 2;
    } else if (rest.starts_with("\u2013") || rest.starts_with("\u2014") || rest.starts_with("\u2026")) {
      out += " - ";
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// "don't" and what speech recognition makes of it, as the words it is short for.
void append_plain(words& out, std::string word) {
  static const std::map<std::string, words, std::less<>> irregular{{"won't", {"will", "not"}},
                                                                   {"wont", {"will", "not"}},
                                                                   {"can't", {"can", "not"}},
                                                                   {"cant", {"can", "not"}},
                                                                   {"cannot", {"can", "not"}},
                                                                   {"ain't", {"is", "not"}},
                                                                   {"dont", {"do", "not"}},
                                                                   {"doesnt", {"does", "not"}},
                                                                   {"didnt", {"did", "not"}},
                                                                   {"isnt", {"is", "not"}},
                                                                   {"wouldnt", {"would", "not"}},
                                                                   {"havent", {"have", "not"}},
                                                                   {"im", {"i", "am"}},
                                                                   {"ive", {"i", "have"}},
                                                                   {"let's", {"let", "us"}},
                                                                   {"lets", {"let", "us"}},
                                                                   {"gonna", {"going", "to"}},
                                                                   {"wanna", {"want", "to"}},
                                                                   {"gotta", {"have", "to"}},
                                                                   {"it's", {"it", "is"}},
                                                                   {"that's", {"that", "is"}},
                                                                   {"thats", {"that", "is"}},
                                                                   {"there's", {"there", "is"}},
                                                                   {"he's", {"he", "is"}},
                                                                   {"she's", {"she", "is"}},
                                                                   {"what's", {"what", "is"}},
                                                                   {"who's", {"who", "is"}},
                                                                   {"here's", {"here", "is"}},
                                                                   {"how's", {"how", "is"}},
                                                                   {"e-mail", {"email"}},
                                                                   {"yeah", {"yes"}},
                                                                   {"yep", {"yes"}},
                                                                   {"yup", {"yes"}},
                                                                   {"nope", {"no"}},
                                                                   {"nah", {"no"}},
                                                                   {"okay", {"ok"}},
                                                                   {"do-not-call", {"do", "not", "call"}},
                                                                   {"opt-out", {"opt", "out"}},
                                                                   {"anymore", {"any", "more"}},
                                                                   {"noone", {"nobody"}},
                                                                   {"anytime", {"any", "time"}},
                                                                   {"decision-maker", {"decision", "maker"}}};
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> endings{
    {{"n't", "not"}, {"'re", "are"}, {"'m", "am"}, {"'ve", "have"}, {"'ll", "will"}, {"'d", "would"}}};
  if (const auto known = irregular.find(word); known != irregular.end()) {
    out.insert(out.end(), known->second.begin(), known->second.end());
    return;
  }
  for (const auto& [ending, meaning] : endings) {
    if (word.size() > ending.size() && word.ends_with(ending)) {
      out.push_back(word.substr(0, word.size() - ending.size()));
      out.emplace_back(meaning);
      return;
    }
  }
  if (word == "one" && !out.empty() && out.back() == "no") {
    out.back() = "nobody";
    return;
  }
  out.push_back(std::move(word));
}

/// A mark that belongs to the word around it: "3.5", "5,000", "a@b.com", "10:30".
bool joins(std::string_view text, size_t i) {
  if (i == 0 || i + 1 >= text.size() || !alnum(text[i - 1]) || !alnum(text[i + 1]))
    return false;
  const bool digits
    = std::isdigit(static_cast<unsigned char>(text[i - 1])) && std::isdigit(static_cast<unsigned char>(text[i + 1]));
  switch (text[i]) {
    case '.':
    case '@':
    case '-':
    case '_':
    case '\'':
    case '+': return true;
    case ',':
    case ':': return digits;
    default: return false;
  }
}

bool is_abbreviation(std::string_view word) {
  static const std::set<std::string, std::less<>> known{"dr", "mr", "mrs", "ms",  "prof",  "inc", "ltd",
                                                        "co", "vs", "etc", "e.g", "i.e",   "a.m", "p.m",
                                                        "no", "st", "jr",  "sr",  "approx"};
  return known.contains(word);
}

} // namespace

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string trimmed(std::string_view text) {
  const auto space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && space(text.back()))
    text.remove_suffix(1);
  return std::string{text};
}

std::vector<std::string> sentences(std::string_view raw) {
  const auto text = plain_marks(raw);
  std::vector<std::string> out;
  size_t begin = 0;
  const auto finish = [&](size_t end) {
    auto sentence = trimmed(std::string_view{text}.substr(begin, end - begin));
    if (std::ranges::any_of(sentence, alnum))
      out.push_back(std::move(sentence));
    begin = end;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      finish(i + 1);
    } else if (c == '!' || c == '?' || (c == '.' && !joins(text, i))) {
      size_t word = i;
      while (word > begin && (alnum(text[word - 1]) || text[word - 1] == '.'))
        --word;
      const auto before = lower(std::string_view{text}.substr(word, i - word));
      // "a.m." may well end a sentence: it does when a capital follows.
      size_t next = i + 1;
      while (next < text.size() && text[next] == ' ')
        ++next;
      const bool capital = next < text.size() && std::isupper(static_cast<unsigned char>(text[next]));
      const bool title = before.size() <= 4 && before != "a.m" && before != "p.m" && before != "etc" && before != "no";
      if (c == '.' && is_abbreviation(before) && next < text.size() && (title || !capital))
        continue;
      while (i + 1 < text.size() && (text[i + 1] == '.' || text[i + 1] == '!' || text[i + 1] == '?'))
        ++i;
      finish(i + 1);
    }
  }
  finish(text.size());
  return out;
}

std::vector<clause> clauses(std::string_view text) {
  std::vector<clause> out;
  for (const auto& sentence : sentences(text)) {
    const bool question = sentence.ends_with('?');
    clause current{{}, sentence, question, true};
    const auto finish = [&] {
      if (!current.plain.empty()) {
        out.push_back(current);
        current = clause{{}, sentence, question, false};
      }
    };
    std::string word;
    const auto finish_word = [&] {
      if (word.empty())
        return;
      if (word == "but" || word == "however" || word == "although")
        finish();
      append_plain(current.plain, std::move(word));
      word.clear();
    };
    for (size_t i = 0; i < sentence.size(); ++i) {
      const char c = sentence[i];
      if (alnum(c) || joins(sentence, i) || c == '$' || (c == '%' && !word.empty())) {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      } else {
        // "dont'" and "'stop'" end or begin with a mark that is no letter.
        finish_word();
        if (c == ',' || c == ';' || c == ':' || c == '-' || c == '.' || c == '!' || c == '?')
          finish();
      }
    }
    finish_word();
    finish();
  }
  return out;
}

words plain_words(std::string_view text) {
  words out;
  for (auto& part : clauses(text))
    out.insert(out.end(), part.plain.begin(), part.plain.end());
  return out;
}

bool is_number(std::string_view word) {
  static const std::set<std::string, std::less<>> number_words{"one",     "two",    "three",   "four",    "five",
                                                               "six",     "seven",  "eight",   "nine",    "ten",
                                                               "eleven",  "twelve", "fifteen", "twenty",  "thirty",
                                                               "forty",   "fifty",  "sixty",   "hundred", "thousand",
                                                               "million", "couple", "few"};
  return std::ranges::any_of(word, [](unsigned char c) { return std::isdigit(c) != 0; }) || number_words.contains(word);
}

phrase::phrase(const char* pattern) {
  std::string_view rest{pattern};
  while (!rest.empty()) {
    const auto space = std::min(rest.find(' '), rest.size());
    auto token = rest.substr(0, space);
    rest.remove_prefix(std::min(space + 1, rest.size()));
    if (token.empty())
      continue;
    element next;
    if (token == "*") {
      next.what = element::kind::gap;
    } else if (token == "^") {
      next.what = element::kind::start;
    } else if (token == "$") {
      next.what = element::kind::end;
    } else {
      if (token.starts_with('?')) {
        next.optional = true;
        token.remove_prefix(1);
      }
      while (!token.empty()) {
        const auto bar = std::min(token.find('|'), token.size());
        next.alternatives.emplace_back(token.substr(0, bar));
        token.remove_prefix(std::min(bar + 1, token.size()));
      }
    }
    elements_.push_back(std::move(next));
  }
}

std::optional<size_t> phrase::matches(const words& text, size_t at, size_t index) const {
  if (index == elements_.size())
    return at;
  const auto& here = elements_[index];
  switch (here.what) {
    case element::kind::start: return at == 0 ? matches(text, at, index + 1) : std::nullopt;
    case element::kind::end: return at == text.size() ? matches(text, at, index + 1) : std::nullopt;
    case element::kind::gap:
      for (size_t skipped = 0; skipped <= 3 && at + skipped <= text.size(); ++skipped)
        if (auto end = matches(text, at + skipped, index + 1))
          return end;
      return std::nullopt;
    case element::kind::word: break;
  }
  const bool fits = at < text.size() && std::ranges::any_of(here.alternatives, [&](const std::string& word) {
                      return word == "#" ? is_number(text[at]) : word == text[at];
                    });
  if (fits)
    if (auto end = matches(text, at + 1, index + 1))
      return end;
  return here.optional ? matches(text, at, index + 1) : std::nullopt;
}

std::optional<match> phrase::find(const words& text, size_t from) const {
  for (size_t begin = from; begin < text.size(); ++begin)
    if (auto end = matches(text, begin, 0))
      return match{begin, *end};
  return std::nullopt;
}

std::optional<match> find_any(const std::vector<phrase>& phrases, const words& text) {
  for (const auto& candidate : phrases)
    if (auto found = candidate.find(text))
      return found;
  return std::nullopt;
}

bool negated(const words& text, size_t at) {
  static const std::set<std::string, std::less<>> helpers{
    "have",   "to",     "need", "want", "you",      "going",     "asking",      "ask",     "wish",
    "like",   "please", "just", "do",   "be",       "ever",      "us",          "me",      "the",
    "really", "even",   "any",  "a",    "an",       "that",      "necessarily", "exactly", "particularly",
    "so",     "very",   "too",  "all",  "actually", "currently", "yet",         "been",    "much",
    "think",  "we",     "i",    "it",   "is"};
  for (size_t i = at, steps = 0; i-- > 0 && steps < 5; ++steps) {
    if (text[i] == "not" || text[i] == "never" || text[i] == "no" || text[i] == "without" || text[i] == "hardly") {
      return text[i] != "no" || i > 0 || at <= 1; // "no I have the budget": an answer, not a negation
    }
    if (!helpers.contains(text[i]))
      return false;
  }
  return false;
}

bool hedged(const words& text, size_t at) {
  static const std::set<std::string, std::less<>> doubts{"might",    "may",      "maybe", "perhaps", "could",
                                                         "possibly", "probably", "if",    "hope",    "hopefully",
                                                         "unless",   "whether",  "guess"};
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size()));
  return std::any_of(text.begin(), end, [](const std::string& word) { return doubts.contains(word); });
}

reply reply_of(const std::vector<clause>& turn) {
  static const std::vector<phrase> no{"^ no problem",
                                      "^ no worries", // placed first: these are a yes
                                      "^ ?well|um|uh|oh|sorry ?i|we no",
                                      "^ ?well|um|uh|oh|sorry ?i ?am ?really not",
                                      "^ i do not think so",
                                      "^ i am afraid not",
                                      "^ that is not|wrong",
                                      "^ never",
                                      "^ neither",
                                      "^ none",
                                      "^ we|i do not",
                                      "^ it is not",
                                      "^ that does|will|would not",
                                      "^ that did not"};
  static const std::vector<phrase> yes{"^ ?oh|ah|well|um|uh|and yes",
                                       "^ ?oh|ah|well sure",
                                       "^ ?that|it|he|she|you ?is|are correct",
                                       "^ ?that|it|you ?is|are right $",
                                       "^ exactly",
                                       "^ absolutely",
                                       "^ definitely",
                                       "^ certainly",
                                       "^ of course",
                                       "^ ok",
                                       "^ fine $",
                                       "^ indeed",
                                       "^ speaking",
                                       "^ go ahead",
                                       "^ i|we do $",
                                       "^ i am $",
                                       "^ that|it|this ?is|would ?be me|mine",
                                       "^ just me|myself",
                                       "^ sounds|looks ?like ?very good|great|fine|perfect|right",
                                       "^ that|it|which sounds|looks|works|work|would|will|is|suits ?work|be ?very "
                                       "good|great|fine|perfect|right|ok|for|me|us",
                                       "^ works",
                                       "^ perfect",
                                       "^ great",
                                       "^ good $",
                                       "^ right $",
                                       "^ let us do",
                                       "^ by all means",
                                       "^ please do",
                                       "^ all right",
                                       "^ alright",
                                       "^ you got it",
                                       "^ why not",
                                       "^ happy to",
                                       "^ i|we would love",
                                       "^ i|we can do"};
  for (size_t i = 0; i < turn.size() && i < 2; ++i) {
    const auto& said = turn[i].plain;
    if (no[0].find(said) || no[1].find(said))
      return reply::yes;
    if (std::any_of(no.begin() + 2, no.end(), [&](const phrase& p) { return p.find(said).has_value(); }))
      return reply::no;
    if (const auto found = find_any(yes, said))
      return reply::yes;
  }
  return reply::unclear;
}

} // namespace parley::mind
