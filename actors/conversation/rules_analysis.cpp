#include "actors/conversation/rules_analysis.hpp"

#include "actors/conversation/spoken_time.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace parley::mind {
namespace {

std::string first_name(std::string_view name) {
  const auto all = plain_words(name);
  static const std::set<std::string, std::less<>> titles{"dr", "mr", "mrs", "ms", "prof"};
  for (const auto& word : all)
    if (!titles.contains(word))
      return word;
  return {};
}

bool any_clause(const std::vector<clause>& turn, const std::vector<phrase>& table, bool questions = true) {
  return std::ranges::any_of(turn, [&](const clause& part) {
    if (part.question && !questions)
      return false;
    const auto found = find_any(table, part.plain);
    return found && !negated(part.plain, found->begin);
  });
}

bool speaks_of_person(const words& said, const std::string& first) {
  return !first.empty() && std::ranges::find(said, first) != said.end();
}

bool says_wrong_person(const std::vector<clause>& turn, const hearing& about, topic asked) {
  static const std::vector<phrase> number{"wrong ?phone number", "nobody ?here by|with that|this name",
                                          "nobody ?here ?is called|named", "misdialed|misdialled"};
  static const std::vector<phrase> person{"wrong person|guy|man|woman|one", "you have ?got the wrong",
                                          "do not know ?any ?anyone ?anybody ?who ?that ?is ?person ?called ?named $",
                                          "never heard of him|her|them|that"};
  static const std::vector<phrase> gone{
    "he|she|they ?no ?longer does|do|is|has ?not ?any ?longer work|works|left|retired|moved",
    "he|she|they left|retired|quit|moved", "no longer works|with|here|at|employed", "does not work here|for|with"};
  const auto first = first_name(about.person_name);
  if (any_clause(turn, number, false))
    return true;
  if (about.identity_confirmed)
    return false; // "the wrong person for this" is then about who decides
  for (const auto& part : turn) {
    if (part.question)
      continue;
    const auto& said = part.plain;
    if (find_any(person, said) && !phrase{"wrong|right person to|for|about"}.find(said))
      return true;
    const bool names = speaks_of_person(said, first);
    if (find_any(gone, said) && !phrase{"i|we|my|our"}.find(said))
      return true;
    if (names
        && (phrase{"i am|is not"}.find(said) || phrase{"this is not"}.find(said) || phrase{"nobody"}.find(said)
            || phrase{"there is no|not"}.find(said) || phrase{"left|retired|moved|quit"}.find(said)
            || phrase{"not|never work|works|worked ?here"}.find(said))
        && (phrase{"not|no|nobody|left|retired|moved|quit"}.find(said))
        && !phrase{"not here|in|available|at|around"}.find(said) && !phrase{"not|no right now|moment"}.find(said))
      return true;
  }
  // "No" to "Am I speaking with Ann?", and nothing else but a regret.
  if (asked == topic::identity && reply_of(turn) == reply::no) {
    size_t count = 0;
    for (const auto& part : turn)
      count += part.plain.size();
    return count <= 3 && !turn.back().question;
  }
  return false;
}

bool confirms_identity(const std::vector<clause>& turn, const hearing& about, topic asked, reply answer) {
  static const std::vector<phrase> itself{"^ ?yes speaking",
                                          "this is he|she|him|her",
                                          "^ ?yes ?that ?it is ?is me",
                                          "that|it is me",
                                          "that would be me",
                                          "^ you got me",
                                          "^ i am $",
                                          "you are speaking|talking to ?with him|her|me"};
  if (any_clause(turn, itself, false))
    return true;
  const auto first = first_name(about.person_name);
  for (const auto& part : turn)
    if (!part.question && speaks_of_person(part.plain, first)
        && (phrase{"this is"}.find(part.plain) || phrase{"speaking|here"}.find(part.plain)
            || phrase{"i am|it"}.find(part.plain))
        && !phrase{"not|no|nobody"}.find(part.plain))
      return true;
  return asked == topic::identity && answer == reply::yes;
}

std::optional<callback_wish>
read_callback(const std::vector<clause>& turn, std::string_view text, const hearing& about, topic asked) {
  static const std::vector<phrase> wishes{
    "call|ring|phone|try|catch|reach|contact ?me ?us ?him ?her back|later|again|tomorrow|tonight",
    "call|ring|phone|try|catch|reach ?me ?us on|at|in|next|after|around|this "
    "monday|tuesday|wednesday|thursday|friday|the|an|a|half|week|month|# ?minutes|hour|hours|afternoon",
    "can|could|would you ?please ?maybe call|ring|phone|try ?me",
    "call ?me ?us ?back ?please another|some time|other",
    "talk|speak|chat later|tomorrow",
    "talk|speak|chat ?at ?some another|other time|day",
    "better time ?would ?is",
    "bad time",
    "not ?a ?the ?really ?very good|best|great|right time ?to ?for",
    "another|different|better time",
    "is|are out of the office",
    "on vacation|holiday"};
  static const std::vector<phrase> busy{"busy ?right now|at|today",
                                        "in a meeting",
                                        "in the middle of",
                                        "am driving",
                                        "^ driving",
                                        "about to go|leave|walk|jump|start|head",
                                        "have|got|need to run|go|leave|jump",
                                        "stepping|walking|running into|out",
                                        "at lunch|dinner",
                                        "am boarding",
                                        "not here",
                                        "not available|in right now|at|today|this|until",
                                        "he|she is out"};
  for (const auto& part : turn) {
    for (const auto* table : {&wishes, &busy})
      for (const auto& pattern : *table) {
        const auto found = pattern.find(part.plain);
        if (!found || (part.plain[found->begin] != "not" && negated(part.plain, found->begin))
            || hedged(part.plain, std::min<size_t>(found->begin, 1)))
          continue;
        // "I am busy on Monday" is an answer where a day was asked for.
        if (table == &busy && asked == topic::meeting_time)
          continue;
        // "no time" objects unless a call later is wished for; that stands among the wishes.
        if (phrase{"too busy"}.find(part.plain) && table == &busy)
          continue;
        if (found->begin > 0 && phrase{"^ we|they|i|reps|team|people $"}.find({part.plain[found->begin - 1]})
            && phrase{"^ call|ring|phone|try|catch|reach|talk|speak"}.find({part.plain[found->begin]}))
          continue; // "we call in the afternoon" tells of their own work
        return callback_wish{shortened(part.sentence, 300), spoken_time(text, about.now, about.zone)};
      }
  }
  if (asked == topic::callback)
    if (const auto at = spoken_time(text, about.now, about.zone))
      return callback_wish{shortened(text, 300), at};
  return std::nullopt;
}

double sentiment_of(const std::vector<clause>& turn) {
  static const std::map<std::string, double, std::less<>> weights{
    {"great", 1},         {"good", 0.6},       {"perfect", 1},    {"excellent", 1},  {"love", 1},
    {"interesting", 0.8}, {"interested", 0.8}, {"helpful", 0.8},  {"useful", 0.8},   {"happy", 0.6},
    {"thanks", 0.4},      {"thank", 0.4},      {"sure", 0.5},     {"yes", 0.4},      {"absolutely", 0.9},
    {"definitely", 0.9},  {"wonderful", 1},    {"awesome", 1},    {"nice", 0.6},     {"exactly", 0.6},
    {"works", 0.5},       {"fine", 0.3},       {"pleasure", 0.8}, {"exciting", 1},   {"fair", 0.4},
    {"convinced", 0.7},   {"expensive", -0.6}, {"pricey", -0.6},  {"annoying", -1},  {"scam", -1},
    {"spam", -1},         {"stop", -0.8},      {"never", -0.5},   {"hate", -1},      {"terrible", -1},
    {"awful", -1},        {"waste", -0.8},     {"bothering", -1}, {"harassing", -1}, {"angry", -1},
    {"ridiculous", -1},   {"busy", -0.4},      {"no", -0.4},      {"bad", -0.6},     {"rude", -1},
    {"useless", -1},      {"remove", -0.6},    {"wrong", -0.4},   {"problem", -0.1}};
  double sum = 0;
  double count = 0;
  for (const auto& part : turn)
    for (size_t i = 0; i < part.plain.size(); ++i)
      if (const auto known = weights.find(part.plain[i]); known != weights.end()) {
        sum += negated(part.plain, i) ? -0.7 * known->second : known->second;
        ++count;
      }
  return count > 0 ? std::clamp(sum / (count + 0.5), -1.0, 1.0) : 0.0;
}

/// Sentences worth remembering: amounts, numbers, systems in use, reasons.
std::vector<std::string> key_points_of(const std::vector<clause>& turn) {
  static const std::vector<phrase> telling{"#",
                                           "use|using|switched|currently|contract|team|because|problem|need|budget|"
                                           "decide|process|plan|looking|hours|spreadsheet|spreadsheets|manually"};
  std::vector<std::string> out;
  for (const auto& part : turn)
    if (!part.question && part.plain.size() >= 4 && find_any(telling, part.plain)
        && std::ranges::find(out, shortened(part.sentence, 200)) == out.end() && out.size() < 4)
      out.push_back(shortened(part.sentence, 200));
  return out;
}

} // namespace

topic asked_about(std::string_view agent_text) {
  static const std::vector<std::pair<topic, std::vector<phrase>>> table{
    {topic::email, {"email|address|inbox", "send ?you ?the invitation|invite"}},
    {topic::identity, {"am i speaking|talking", "speaking|talking with|to", "^ is this", "do i have"}},
    {topic::callback, {"call you back", "better|good time to call", "call ?you back|again|later"}},
    {topic::meeting_time,
     {"which|what day|time|slot|one", "works|work|suit|suits|good for|you", "of these|those",
      "calendar|slot|slots|schedule"}},
    {topic::budget, {"budget|money|spend|invest|afford|funds", "price range"}},
    {topic::authority, {"decide|decides|decision|decisions|sign|approve|approval|charge|responsible", "who else"}},
    {topic::timeline, {"when", "how soon", "timeline|timeframe|deadline", "time frame", "in place", "by when"}},
    {topic::interest,
     {"would|could|shall|can|may ?you ?be ?a ?we ?i ?short ?quick meeting|open|talk|ask|interested|minute|tell",
      "meeting make sense", "worth|interested", "sound relevant"}},
    {topic::process, {"today|currently|process|handle|manage", "at the moment"}},
    {topic::need,
     {"problem|challenge|challenges|pain|struggle|struggling|difficult|need|trouble|issue|issues|improve|cost|costs|"
      "help|hardest|biggest|frustrating"}}};
  const auto parts = clauses(agent_text);
  std::string question;
  for (const auto& part : parts)
    if (part.question)
      question = part.sentence;
  if (question.empty())
    return topic::none;
  const auto asked = plain_words(question);
  for (const auto& [subject, phrases] : table)
    if (find_any(phrases, asked))
      return subject;
  return topic::none;
}

bool is_email(std::string_view text) {
  const auto at = text.find('@');
  if (at == text.npos || at == 0 || at > 64 || text.size() > 254 || text.find('@', at + 1) != text.npos)
    return false;
  const auto domain = text.substr(at + 1);
  const auto dot = domain.rfind('.');
  if (dot == domain.npos || dot == 0 || domain.size() - dot < 3 || domain.find("..") != domain.npos
      || domain.front() == '-' || domain.back() == '-')
    return false;
  const auto allowed = [](std::string_view part, std::string_view marks) {
    return std::ranges::all_of(part, [&](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || marks.find(c) != marks.npos;
    });
  };
  return allowed(text.substr(0, at), ".!#$%&'*+/=?^_`{|}~-") && text.front() != '.' && text[at - 1] != '.'
         && allowed(domain, ".-");
}

std::vector<std::string> emails_in(std::string_view text) {
  std::vector<std::string> out;
  const auto keep = [&](std::string candidate) {
    while (!candidate.empty()
           && (candidate.back() == '.' || candidate.back() == ',' || candidate.back() == '?' || candidate.back() == '!'
               || candidate.back() == ')' || candidate.back() == '"' || candidate.back() == ';'
               || candidate.back() == ':'))
      candidate.pop_back();
    if (is_email(candidate) && std::ranges::find(out, candidate) == out.end())
      out.push_back(std::move(candidate));
  };
  const auto small = lower(text);
  words raw;
  for (size_t i = 0; i < small.size();) {
    const auto end = std::min(small.find_first_of(" \t\n<>(", i), small.size());
    if (end > i)
      raw.push_back(small.substr(i, end - i));
    i = end + 1;
  }
  for (const auto& word : raw)
    if (word.find('@') != word.npos)
      keep(word);
  // Spelt out: "ann dot lee at acme dot com".
  for (size_t at = 1; at + 1 < raw.size(); ++at) {
    if (raw[at] != "at")
      continue;
    size_t begin = at - 1;
    while (begin >= 2 && (raw[begin - 1] == "dot" || raw[begin - 1] == "underscore" || raw[begin - 1] == "dash"))
      begin -= 2;
    size_t end = at + 2;
    while (end + 1 < raw.size() && raw[end] == "dot")
      end += 2;
    std::string candidate;
    for (size_t i = begin; i < end; ++i)
      candidate += raw[i] == "at"           ? "@"
                   : raw[i] == "dot"        ? "."
                   : raw[i] == "underscore" ? "_"
                   : raw[i] == "dash"       ? "-"
                                            : raw[i];
    keep(candidate);
  }
  return out;
}

reading read_turn(std::string_view callee_text, const hearing& about) {
  static const std::vector<phrase> farewells{"bye|goodbye", "good bye",
                                             "have a good|nice|great day|one|weekend|evening", "take care"};
  static const std::vector<phrase> humans{
    "speak|talk to|with a ?real|human|live|actual human|person|someone|agent|colleague|people", "real person|human"};
  static const std::vector<phrase> machines{"leave ?a ?me ?us ?your ?the ?short message|name",
                                            "after the tone|beep|signal",
                                            "you have reached ?the voicemail|voice|mailbox",
                                            "record your message",
                                            "at the tone|beep",
                                            "mailbox is full",
                                            "the ?number|person|customer ?that you have dialed|dialled"};
  const auto turn = clauses(shortened(callee_text, 4000));
  const auto asked = asked_about(about.agent_before);
  reading out;
  out.answer = reply_of(turn);
  out.opt_out = opt_out_wish(callee_text);
  out.gatekeeper = !about.identity_confirmed && speaks_for_another(turn, about.person_name);
  // "No, front desk": whoever says for whom they answer is not the wrong one.
  out.wrong_person = !out.gatekeeper && says_wrong_person(turn, about, asked);
  out.confirms_identity = !out.wrong_person && !out.gatekeeper && confirms_identity(turn, about, asked, out.answer);
  out.asks_if_ai = asks_if_ai(turn);
  if (!out.opt_out)
    out.callback = read_callback(turn, callee_text, about, asked);
  out.bant = read_bant(turn, about, asked, out.answer);
  out.objections = read_objections(turn);
  if (out.callback) // "not now, call me tomorrow" puts off, it doesn't object
    std::erase_if(out.objections, [](const objection_heard& x) { return x.kind == objection_kind::time; });
  // The plain answer to a question about it isn't an objection to the call.
  static const phrase beyond{"expensive|pricey|costly|cheaper|high|steep|afford|interested|interest|thanks|thank"};
  const auto answered = asked == topic::budget     ? objection_kind::price
                        : asked == topic::timeline ? objection_kind::time
                                                   : objection_kind::not_needed;
  if (asked == topic::budget || asked == topic::timeline || asked == topic::need || asked == topic::process)
    std::erase_if(out.objections,
                  [&](const objection_heard& x) { return x.kind == answered && !beyond.find(plain_words(x.quote)); });
  out.key_points = key_points_of(turn);
  out.emails = emails_in(callee_text);
  out.sentiment = sentiment_of(turn);
  out.farewell = any_clause(turn, farewells);
  out.wants_human = any_clause(turn, humans);
  // One such phrase may be said by a person ("just leave a message"); a
  // machine says two, or speaks of tone and beep.
  const auto telling = std::ranges::count_if(machines, [&](const phrase& p) { return any_clause(turn, {p}); });
  out.machine
    = telling >= 2 || any_clause(turn, {"after|at the tone|beep|signal", "you have reached ?the voicemail|mailbox"});
  return out;
}

} // namespace parley::mind
