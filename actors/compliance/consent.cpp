#include "actors/compliance/consent.hpp"

#include <algorithm>

namespace parley {

namespace {

constexpr const char* consent_source = "47 CFR 64.1200(a)(1)-(3), (f)(9); FCC 24-17";

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c < 0;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

constexpr size_t whole_word_below = 4; // letters; "ai" also begins "aim"

/// Whether one of the words stands in the lower-case text (see consent_words).
bool mentions(std::string_view text, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const auto& word) {
    for (auto i = text.find(word); i != text.npos; i = text.find(word, i + 1)) {
      const auto end = i + word.size();
      const bool begins = i == 0 || !is_word_char(text[i - 1]);
      const bool ends = end == text.size() || !is_word_char(text[end]);
      if (begins && (ends || word.size() >= whole_word_below))
        return true;
    }
    return false;
  });
}

/// The text without a name, whose own words ("Automatic Call Company") say
/// nothing of what was agreed to.
std::string without(std::string text, const std::string& name) {
  for (auto i = name.empty() ? text.npos : text.find(name); i != text.npos; i = text.find(name, i))
    text.replace(i, name.size(), " ");
  return text;
}

std::string letters_only(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (is_word_char(lower(c)))
      out += lower(c);
  return out;
}

} // namespace

bool names_seller(std::string_view sellers, std::string_view seller) {
  const auto wanted = letters_only(seller);
  while (!wanted.empty()) {
    const auto cut = sellers.find(';');
    if (letters_only(sellers.substr(0, cut)) == wanted)
      return true;
    if (cut == sellers.npos)
      break;
    sellers.remove_prefix(cut + 1);
  }
  return false;
}

rule_check check_consent(const consent_record& given, const consent_need& need, wall_time now) {
  const auto fails = [](gate_reason reason, std::string sentence) {
    return rule_check{"consent", check_result::failed, reason, std::move(sentence), consent_source};
  };
  switch (given.type) {
    case consent_type::none:
    case consent_type::count_:
      return fails(gate_reason::consent_missing, "There is no consent on record, and an artificial voice "
                                                 "needs it.");
    case consent_type::inquiry:
    case consent_type::ebr:
      return fails(need.written ? gate_reason::consent_not_written : gate_reason::consent_not_express,
                   "A business relationship or an inquiry is no consent to an "
                   "artificial voice.");
    case consent_type::express:
      if (need.written)
        return fails(gate_reason::consent_not_written, "The consent was not given in writing, which sales calls "
                                                       "by artificial voice need.");
      break;
    case consent_type::express_written: break;
  }
  if (!given.at || *given.at > now || given.source.empty() || given.text.empty())
    return fails(gate_reason::consent_unproven, !given.at            ? "The consent has no date."
                                                : *given.at > now    ? "The consent is dated in the future."
                                                : given.text.empty() ? "The text that the person agreed to is "
                                                                       "not on record."
                                                                     : "Where the consent was given is not on "
                                                                       "record.");
  if (!names_seller(given.seller, need.seller))
    return fails(gate_reason::consent_wrong_seller, given.seller.empty()
                                                      ? "The consent does not say to whom it was given."
                                                      : "The consent was given to another seller.");
  const auto text = without(lowered(given.text), lowered(need.seller));
  if (!mentions(text, need.words->phone))
    return fails(gate_reason::consent_wrong_channel, "The text of the consent does not mention phone calls.");
  if (!mentions(text, need.words->artificial_voice))
    return fails(gate_reason::consent_no_artificial_voice, "The text of the consent does not mention an artificial or "
                                                           "automated voice.");
  return {"consent", check_result::passed, gate_reason::none,
          given.type == consent_type::express_written ? "Prior express written consent covers seller, phone calls and "
                                                        "artificial voice."
                                                      : "Prior express consent covers seller, phone calls and "
                                                        "artificial voice.",
          consent_source};
}

} // namespace parley
