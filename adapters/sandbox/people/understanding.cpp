#include "adapters/sandbox/people/understanding.hpp"

#include "adapters/sandbox/lower.hpp"

#include <algorithm>
#include <regex>
#include <utility>

namespace parley::sandbox {

namespace {

bool says(const std::string& text, const std::vector<std::string_view>& any) {
  return std::any_of(any.begin(), any.end(), [&](auto part) { return text.find(part) != text.npos; });
}

/// Cuts at `. ! ?` before a blank or the end, so that "10:00 a.m." or
/// "dana@fuller.example" stay whole where it matters.
std::vector<std::string> sentences_of(std::string_view text) {
  std::vector<std::string> out;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool stop = text[i] == '.' || text[i] == '!' || text[i] == '?';
    const bool end = i + 1 == text.size() || text[i + 1] == ' ';
    // "a.m." and the like end no sentence: a letter between two full stops.
    const bool shortened = text[i] == '.' && i >= 2 && text[i - 2] == '.';
    if (i + 1 == text.size() || (stop && end && !shortened)) {
      out.emplace_back(text.substr(begin, i + 1 - begin));
      begin = std::min(i + 2, text.size());
    }
  }
  return out;
}

/// "Am I speaking with Dana Fuller?": what follows, as long as it is a name.
std::string name_in(const std::string& question) {
  static const std::regex asks{
    R"((?:speaking (?:with|to)|talking (?:with|to)|speak (?:with|to)|[Ii]s this|looking for|reached|reach)\s+((?:[A-Z][^\s,?!]*\s?)+))"};
  std::smatch found;
  if (!std::regex_search(question, found, asks))
    return {};
  auto name = found[1].str();
  while (!name.empty() && (name.back() == ' ' || name.back() == '.' || name.back() == '?'))
    name.pop_back();
  return name;
}

std::vector<std::string> times_in(const std::string& text) {
  static const std::regex time{
    R"((?:(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|[Tt]omorrow|[Tt]oday),?\s+)?(?:(?:(?:January|February|March|April|May|June|July|August|September|October|November|December)\s+\d{1,2}(?:st|nd|rd|th)?,?\s+))?at\s+(?:\d{1,2}(?::\d{2})?)\s*(?:[AaPp]\.?[Mm]\b\.?)?)"};
  std::vector<std::string> out;
  for (auto it = std::sregex_iterator{text.begin(), text.end(), time}; it != std::sregex_iterator{}; ++it) {
    auto words = it->str();
    while (!words.empty() && words.back() == ' ')
      words.pop_back();
    if (words.find(' ') != words.rfind(' ') || words.size() > 6)
      out.push_back(std::move(words));
  }
  return out;
}

std::string email_in(const std::string& text) {
  static const std::regex address{R"([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"};
  std::smatch found;
  return std::regex_search(text, found, address) ? found[0].str() : std::string{};
}

/// What a question asks for; the more telling words come first.
subject subject_of(const std::string& q) {
  using list = std::vector<std::string_view>;
  static const std::pair<subject, list> rules[]{
    {subject::still_there, {"still there", "are you there", "can you hear me"}},
    {subject::email, {"e-mail", "email", "@", "invitation to", "send the invit"}},
    {subject::callback, {"call you back", "call back", "better time to", "call you again", "reach you later"}},
    {subject::interest,
     {"make sense", "worth a short meeting", "worth a meeting", "open to a", "be interested", "are you interested",
      "like to meet", "interested in", "sound relevant", "sounds relevant", "worth exploring", "sound interesting",
      "sounds interesting"}},
    {subject::meeting_time,
     {"which of these", "which one", "works for you", "work for you", "works better", "work better", "which day",
      "time suit", "suits you", "suit you", "time works", "day works", "what time", "which time", "are you available"}},
    {subject::permission,
     {"have a minute", "have a moment", "have a second", "have a few minutes", "have two minutes", "have time",
      "good time", "bad time", "got a minute", "a moment to", "may i take", "a minute to", "caught you", "okay if i",
      "mind if i", "may i ask", "may i tell you", "can i ask", "could i ask"}},
    {subject::who,
     {"speaking with", "speaking to", "talking to", "talking with", "may i speak", "can i speak", "could i speak",
      "looking for", "have i reached"}},
    {subject::budget, {"budget", "set aside", "afford", "invest", "price range", "spend on", "money"}},
    {subject::authority,
     {"decide", "decision", "sign off", "approve", "who else", "in charge", "responsible for", "your call"}},
    {subject::timeline,
     {"timeline", "how soon", "by when", "when would", "when do you", "in place", "time frame", "timeframe",
      "when are you", "how quickly", "when should"}},
    {subject::process,
     {"today?", "current process", "how do you", "currently", "walk me through", "how does your", "what do you use",
      "how are you handling", "at the moment"}},
    {subject::confirm, {"is that right", "is that correct", "correct?", "to confirm", "right?", "did i get that"}},
    {subject::anything_else, {"anything else", "any other", "any questions", "any more"}},
    {subject::need,
     {"problem", "challenge", "improve", "pain", "struggl", "need", "priority", "difficult", "hardest", "slow you",
      "cost you", "matter to you"}},
  };
  for (const auto& [about, words] : rules)
    if (says(q, words))
      return about;
  return subject::other_question;
}

} // namespace

understood understand(std::string_view turn) {
  const std::string text{turn};
  const auto small = lower(text);
  understood out;
  out.email = email_in(text);
  while (!out.email.empty() && out.email.back() == '.')
    out.email.pop_back();
  out.times = times_in(text);
  out.about_price
    = says(small, {"price", "pays for itself", "cost", "saves", "save ", "return on", "per month", "a month", "cheaper",
                   "budget", "invest", "worth", "pay back", "pay for", "expensive"});
  out.offers_opt_out_key = says(small, {"press 9", "press nine", "press 2", "press the 9"});
  std::string question;
  for (const auto& sentence : sentences_of(text))
    if (sentence.ends_with('?'))
      question = sentence;
  if (!question.empty()) {
    out.about = subject_of(lower(question));
    // "Is this Dana?", but not "How big a problem is this for you?"
    if (out.about == subject::other_question && !name_in(question).empty())
      out.about = subject::who;
    // "Is Thursday at 3 PM fine?"
    if (out.about == subject::other_question && !times_in(question).empty())
      out.about = subject::meeting_time;
    // "I have Tuesday at 10 or Wednesday at 2. What do you think?"
    if (out.about == subject::other_question && out.times.size() > 1)
      out.about = subject::meeting_time;
    if (out.about == subject::who)
      out.name = name_in(question);
  } else if (says(small, {"goodbye", "good bye", "bye.", "bye!", "have a great day", "have a good day",
                          "have a nice day", "take care"})) {
    out.about = subject::goodbye;
  } else if (says(small, {"one moment", "let me check", "let me look", "just a second", "a moment please", "hold on",
                          "bear with me"})) {
    out.about = subject::hold;
  }
  return out;
}

} // namespace parley::sandbox
