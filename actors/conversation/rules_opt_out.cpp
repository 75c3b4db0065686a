#include "actors/conversation/rules_analysis.hpp"

#include <algorithm>
#include <set>

namespace parley::mind {
namespace {

/// Wishes that a "not" before them turns round.
const std::vector<phrase>& wishes() {
  static const std::vector<phrase> table{
    "take|get|strike|scratch me|us|my|our ?phone ?name|number|details off|from|out",
    "take|get this|that|the ?phone number off",
    "remove|delete|erase|drop me|us",
    "remove|delete|erase my|our|this|the ?phone ?contact name|number|details|data|record|information",
    "stop|quit|cease "
    "calling|phoning|ringing|contacting|bothering|harassing|bugging|pestering|emailing|texting|messaging "
    "me|us|here|this|my|our|people|anyone",
    "put|add|place|get me|us|my|our|this ?phone ?number ?down on|to ?your|the|that|a ?internal ?company do not "
    "call|contact",
    "put|add|place me|us on your|the no|never call|calls",
    "opt ?me ?us out",
    "opting ?me ?us out",
    "unsubscribe",
    "be taken off",
    "be removed from",
    "be|come|want|like off ?of your|the|that|this ?calling ?call ?phone|marketing|mailing list",
    "^ off your|the|this ?calling ?call list",
    "leave me|us alone",
    "lose|forget|delete|erase|destroy my|this|our|the number",
    "cease and desist",
    "revoke|withdraw|withdrawing|revoking my|our|any|all ?previous ?prior consent|permission"};
  return table;
}

/// Orders: the verb opens the clause or follows a plea.
const std::vector<phrase>& orders() {
  static const std::vector<phrase> table{
    "stop|quit calling|phoning|ringing|contacting|bothering|harassing|bugging|pestering",
    "stop|quit ?all|with|making ?these|those|the|your calls",
    "never|not ever ?again call|contact|phone|ring|bother|text|email ?me ?us ?here again",
    "never call|contact|phone|ring me|us|here|this"};
  return table;
}

/// Prohibitions: the "not" belongs to them.
const std::vector<phrase>& prohibitions() {
  static const std::vector<phrase> table{
    "do not ?you ?ever ?please ?dare call|contact|phone|ring|bother|text|dial|email ?me ?us ?here ?on ?at ?this "
    "?number ?back again|ever|any",
    "do not ?you ?ever ?please ?dare call|contact|phone|ring|bother|dial me|us|here|this|my|our",
    "do not ?ever call|contact|phone ?me back",
    "no more|further ?of ?these ?such ?sales calls|call|phone",
    "do|would|does not ?ever want ?any ?more ?further ?these ?such ?your ?sales calls|contact",
    "do|would not ?ever want|like|wish ?to ?you|be|receive|get|hear ?to ?any|from|these|your|further|more|sales "
    "calls|called|contacted|call|contact|you|phone ?me ?us ?again ?any ?more",
    "never want to hear from",
    "never|not want|wanted to be called|contacted",
    "did not consent|agree|opt",
    "never gave|consented|agreed ?you|my|to|any consent|permission|calls|this",
    "on ?the|your ?national ?federal ?state do not call ?list|registry"};
  return table;
}

using word_set = std::set<std::string, std::less<>>;

bool opens_an_order(const words& text, size_t at) {
  static const word_set pleas{"please", "just",        "and",  "so",        "then",  "now",  "to",
                              "you",    "should",      "must", "kindly",    "ok",    "will", "hey",
                              "well",   "immediately", "said", "seriously", "again", "guys", "people"};
  if (at == 0)
    return true;
  const auto& before = text[at - 1];
  return before == "not" ? false : pleas.contains(before);
}

/// "you never took me off", "you won't stop calling me": a complaint is a wish.
bool complaint(const words& text, size_t at) {
  static const std::vector<phrase> table{"you will|would|did|have|can|could not",
                                         "you guys|people will|would|did|do|have not",
                                         "why will|do|would|can you|not ?not ?you ?just", "you never"};
  for (const auto& pattern : table)
    if (const auto found = pattern.find(text); found && found->begin < at && found->end <= at && at - found->end <= 2)
      return true;
  return false;
}

/// "call me before nine" and "on Mondays" limit when, not whether.
bool only_limits_when(const words& text, size_t end) {
  static const word_set limits{"before", "after", "until",   "till",    "today",  "tomorrow", "now", "right",
                               "during", "while", "tonight", "yet",     "monday", "mondays",  "so",  "that",
                               "unless", "first", "in",      "between", "early",  "late",     "too", "this"};
  static const word_set places{"this", "my", "work", "home", "all", "the", "any", "again"};
  size_t next = end;
  while (next < text.size()
         && (text[next] == "me" || text[next] == "us" || text[next] == "here" || text[next] == "back"))
    ++next;
  if (next >= text.size())
    return false;
  const bool forever = std::find(text.begin() + static_cast<std::ptrdiff_t>(next), text.end(), "again") != text.end()
                       || phrase{"any more"}.find(text, next) || phrase{"ever"}.find(text, next);
  if (forever)
    return false;
  if (text[next] == "at" || text[next] == "on")
    return next + 1 < text.size() && !places.contains(text[next + 1]);
  if (text[next] == "this" && next + 1 < text.size() && text[next + 1] == "number")
    return false;
  return limits.contains(text[next]);
}

bool conditional(const words& text, size_t at) {
  for (size_t i = 0; i < std::min(at, text.size()); ++i)
    if (text[i] == "if" || text[i] == "unless" || text[i] == "whether"
        || (text[i] == "before" && i + 1 < at && text[i + 1] == "you"))
      return true;
  return false;
}

/// Somebody else does it to somebody else: "our reps stop calling after two tries".
bool told_of_others(const words& text, size_t at) {
  static const word_set others{"we",          "they",        "he",      "she", "reps",      "team",
                               "salespeople", "customers",   "clients", "who", "prospects", "company",
                               "vendors",     "competitors", "people",  "it"};
  return at > 0 && others.contains(text[at - 1]);
}

bool says_stop(const clause& part) {
  static const std::vector<phrase> table{
    "^ stop $",    "^ please stop $", "^ stop please $",          "^ stop stop ?stop $",   "^ just stop $",
    "^ stop it $", "^ stop now $",    "^ end ?this ?the ?call $", "^ cancel ?my ?calls $", "^ opt out $"};
  return find_any(table, part.plain).has_value();
}

bool asks_to_stop(const clause& part) {
  const auto& said = part.plain;
  for (const auto& wish : wishes())
    if (const auto found = wish.find(said); found && !conditional(said, found->begin)
                                            && !told_of_others(said, found->begin)
                                            && (!negated(said, found->begin) || complaint(said, found->begin)))
      return true;
  for (const auto& order : orders())
    if (const auto found = order.find(said); found && !conditional(said, found->begin)
                                             && opens_an_order(said, found->begin) && !negated(said, found->begin)
                                             && !only_limits_when(said, found->end))
      return true;
  for (const auto& prohibition : prohibitions())
    if (const auto found = prohibition.find(said); found && !only_limits_when(said, found->end)) {
      static const word_set subjects{"we",  "they", "he",  "she", "reps",   "team",
                                     "why", "who",  "you", "i",   "people", "customers"};
      // "we do not call people again" tells of their own work; a bare "do not" is addressed to us.
      const bool bare = found->begin == 0 || !subjects.contains(said[found->begin - 1]);
      const bool wants
        = said[found->begin] == "would"
          || std::any_of(said.begin() + static_cast<std::ptrdiff_t>(found->begin),
                         said.begin() + static_cast<std::ptrdiff_t>(found->end), [](const std::string& w) {
                           return w == "want" || w == "wish" || w == "like" || w == "consent" || w == "gave";
                         });
      const bool first_person = found->begin > 0 && (said[found->begin - 1] == "i" || said[found->begin - 1] == "we");
      if ((bare && !part.question) || (wants && first_person) || (bare && said[found->begin] == "no"))
        return !conditional(said, found->begin);
    }
  return says_stop(part);
}

} // namespace

std::optional<std::string> opt_out_wish(std::string_view callee_text) {
  for (const auto& part : clauses(callee_text))
    if (asks_to_stop(part))
      return shortened(part.sentence, 300);
  return std::nullopt;
}

} // namespace parley::mind
