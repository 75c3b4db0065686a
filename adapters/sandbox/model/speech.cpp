#include "adapters/sandbox/model/speech.hpp"

#include "adapters/sandbox/audio.hpp"
#include "adapters/sandbox/model/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace parley::sandbox::model {
namespace {

/// "manual data entry" as the sentence "Manual data entry."
std::string as_sentence(std::string_view text) {
  std::string result{trim(text)};
  if (result.empty())
    return result;
  result.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(result.front())));
  if (result.back() != '.' && result.back() != '!' && result.back() != '?')
    result += '.';
  return result;
}

std::string first_sentence(std::string_view text) {
  const auto sentences = sentences_of(text);
  return sentences.empty() ? std::string{} : as_sentence(sentences.front());
}

std::string pain_of(const instructions& text) {
  if (text.strategy.pain_points.empty())
    return {};
  auto pain = text.strategy.pain_points.front();
  while (!pain.empty() && (pain.back() == '.' || pain.back() == ' '))
    pain.pop_back();
  return pain;
}

std::string why_we_call(const instructions& text) {
  if (!text.offer.empty())
    return text.offer;
  if (!text.company.about.empty())
    return text.company.about;
  return text.company.name.empty() ? std::string{} : "I am calling for " + text.company.name + ".";
}

} // namespace

line pitch(const instructions& text) {
  const auto reason = why_we_call(text);
  std::vector<std::string> wanted;
  if (text.strategy.approach == "direct") {
    wanted = {"I will be brief.", as_sentence(reason)};
  } else if (text.strategy.approach == "educational" && !text.strategy.talking_points.empty()) {
    wanted = {as_sentence(text.strategy.talking_points.front()), as_sentence(reason)};
  } else if (const auto pain = pain_of(text); !pain.empty()) {
    wanted = {"Teams like yours tell us about one thing: " + pain + ".", as_sentence(reason)};
  } else {
    wanted = {as_sentence(reason)};
  }
  // The offer matters most; the way to it is left out when time is short.
  while (wanted.size() > 1 && words_of(join(wanted, " ")).size() > pitch_words_max)
    wanted.erase(wanted.begin());
  if (words_of(wanted.front()).size() > pitch_words_max)
    wanted.front() = first_sentence(wanted.front());
  return {topic::pitch, join(wanted, " ")};
}

line question(topic about, const instructions& text, int times) {
  const auto pain = pain_of(text);
  const auto pick = [&](std::string first, std::string again) { return line{about, times == 0 ? first : again}; };
  switch (about) {
    case topic::current_process:
      return pick("How do you handle this today?", "What does your current process look like?");
    case topic::need:
      // The pain stands apart: its words would change what the question asks.
      return pick(pain.empty() ? "How big a problem is that for you?"
                               : "Many teams struggle with " + pain + ". How big a problem is that for you?",
                  "What would you need to improve most?");
    case topic::budget:
      return pick("Do you have a budget set aside for this?",
                  "Just roughly, is there a budget for something like this?");
    case topic::authority:
      return pick("Are you the one who decides on this?", "Who makes the decision about this on your side?");
    case topic::timeline: return pick("When would you like to have this in place?", "What is your timeline for this?");
    case topic::callback:
      return pick("When would be a better time to call you back?", "Which day and time may I call you back?");
    case topic::meeting_time:
      return pick("Which day and time would suit you for a short meeting?", "Which other day would suit you better?");
    case topic::email:
      if (text.person.email.empty())
        return pick("Which e-mail address may I send the invitation to?", "What is the best e-mail address for you?");
      return pick("Shall I send the invitation to " + text.person.email + "?",
                  "Just to confirm, is " + text.person.email + " the right e-mail address?");
    case topic::interest: return pick("Would a short meeting make sense?", "Would it be worth a short meeting?");
    default: return pick("Does that sound relevant to you?", "What do you think?");
  }
}

line answer_to(const std::string& objection, const instructions& text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 13> synonyms{{
    {"price", "cost"},
    {"price", "budget"},
    {"price", "expensive"},
    {"timing", "time"},
    {"timing", "busy"},
    {"vendor", "competitor"},
    {"vendor", "already"},
    {"vendor", "existing"},
    {"interest", "need"},
    {"interest", "value"},
    {"information", "email"},
    {"trust", "proof"},
    {"information", "other"},
  }};
  const auto fits = [&](std::string_view key) {
    return key.find(objection) != key.npos || std::any_of(synonyms.begin(), synonyms.end(), [&](const auto& pair) {
             return pair.first == objection && key.find(pair.second) != key.npos;
           });
  };
  for (const auto& [key, answer] : text.strategy.objections)
    if (fits(lower(key)))
      return {topic::objection, as_sentence(answer)};
  if (!text.strategy.talking_points.empty())
    return {topic::objection, "I understand. " + as_sentence(text.strategy.talking_points.front())};
  return {topic::objection, "I understand, and I do not want to press you."};
}

line proposal(const std::vector<instant>& slots, const person_clock& clock) {
  std::string times;
  for (size_t i = 0; i < slots.size(); ++i)
    times += (i == 0 ? "" : i + 1 == slots.size() ? ", or " : ", ") + clock.say(slots[i]);
  return {topic::meeting_time, "I have " + times + ", your time. Which of these works for you?"};
}

line acknowledgement(const memory& m) {
  static constexpr std::array<std::string_view, 3> neutral{"Thank you.", "I see.", "Good to know."};
  if (m.means.sentiment < -0.2)
    return {topic::none, "I understand."};
  return {topic::none, std::string{neutral[static_cast<size_t>(m.turns_heard) % neutral.size()]}};
}

std::optional<std::string> words_to_say(const std::string& order) {
  const auto small = lower(order);
  auto at = small.find("say");
  if (at == small.npos)
    return std::nullopt;
  for (const auto& [open, close] :
       {std::pair<std::string_view, std::string_view>{"\"", "\""}, {"\xE2\x80\x9C", "\xE2\x80\x9D"}}) {
    const auto begin = order.find(open, at);
    if (begin == order.npos)
      continue;
    const auto end = order.find(close, begin + open.size());
    if (end != order.npos)
      return order.substr(begin + open.size(), end - begin - open.size());
  }
  for (; at != small.npos; at = small.find("say", at + 1)) {
    const auto colon = small.find(':', at);
    if (colon != small.npos && colon - at <= 24 && colon + 1 < order.size())
      return std::string{trim(std::string_view{order}.substr(colon + 1))};
  }
  return std::nullopt;
}

void shorten(std::vector<line>& lines, size_t sentences_max) {
  const auto count = [&] {
    size_t n = 0;
    for (const auto& one : lines)
      n += sentences_of(one.text).size();
    return n;
  };
  while (lines.size() > 1 && count() > sentences_max) {
    const auto longest = std::max_element(lines.begin(), lines.end() - 1, [](const line& a, const line& b) {
      const auto weight = [](const line& x) { return x.about == topic::correction ? 0 : sentences_of(x.text).size(); };
      return weight(a) < weight(b);
    });
    if (longest->about == topic::correction)
      return;
    auto sentences = sentences_of(longest->text);
    if (sentences.size() > 1) {
      // Of a pitch the offer stays: what leads up to it stands before it.
      sentences.erase(longest->about == topic::pitch ? sentences.begin() : sentences.end() - 1);
      longest->text = join(sentences, " ");
    } else {
      lines.erase(longest);
    }
  }
}

} // namespace parley::sandbox::model
