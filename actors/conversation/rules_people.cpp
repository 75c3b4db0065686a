// Who is on the phone, and what they want to know about who calls.
#include "actors/conversation/rules_analysis.hpp"

#include <algorithm>
#include <set>

namespace parley::mind {
namespace {

/// The first word of a name that is no title.
std::string first_of(const std::string& name) {
  static const std::set<std::string, std::less<>> titles{"dr", "mr", "mrs", "ms", "prof"};
  for (auto& word : plain_words(name))
    if (!titles.contains(word))
      return word;
  return {};
}

/// What only somebody says who answers for another person.
const std::vector<phrase>& answering_for_another() {
  static const std::vector<phrase> table{
    "front desk|office",
    "reception|receptionist|switchboard",
    "is|am ?just ?only his|her|their|the|an ?personal ?executive assistant|secretary|pa|colleague|coworker",
    "is|am his|her|their wife|husband|son|daughter|mother|father|partner|brother|sister|roommate",
    "this is his|her|their office|phone|line|desk",
    "answer|answers|answering ?all ?the his|her|their|the ?boss phone|phones|calls",
    "take a message",
    "put|connect|transfer|patch you ?right ?through ?to ?him ?her",
    "who may|shall|should|can i say ?is calling",
    "see if|whether he|she is",
    "he|she is not ?here ?right ?now ?currently ?at here|available|in|around|home|reachable",
    "he|she is ?currently ?still in|out|away|gone|busy|traveling|travelling|off"};
  return table;
}

} // namespace

bool speaks_for_another(const std::vector<clause>& turn, const std::string& person_name) {
  static const phrase unavailable{"is not ?here ?right ?now ?currently here|in|available|around|at|home|reachable"};
  static const phrase elsewhere{"is ?currently ?still in|out|away|busy|traveling|travelling|off|on"};
  static const phrase about_us{"i|we|my"};
  const auto first = first_of(person_name);
  return std::ranges::any_of(turn, [&](const clause& part) {
    if (const auto found = find_any(answering_for_another(), part.plain);
        found && (part.plain[found->begin] == "not" || !negated(part.plain, found->begin)))
      return true;
    const auto named = std::ranges::find(part.plain, first);
    if (first.empty() || named == part.plain.end() || about_us.find(part.plain))
      return false;
    const auto after = static_cast<size_t>(named - part.plain.begin()) + 1;
    const auto away = unavailable.find(part.plain, after);
    const auto busy = elsewhere.find(part.plain, after);
    // "Dana is in" says that she can be had; a front desk says that, too.
    return (away && away->begin <= after + 1) || (busy && busy->begin <= after + 1);
  });
}

bool asks_if_ai(const std::vector<clause>& turn) {
  static const std::vector<phrase> table{
    "are you ?a ?an ?some ?kind ?of ?just ?even ?really ?actually ?real ?live robot|bot|machine|computer|ai|a.i|human|"
    "person|recording|program|real",
    "is this|that ?a ?an ?some ?kind ?of ?just ?really ?real ?live robot|bot|machine|computer|ai|a.i|human|recording|"
    "robocall|automated",
    "am i speaking|talking to|with ?a ?an ?some ?real ?live robot|bot|machine|computer|ai|a.i|human|person|recording",
    "you are|sound ?like ?just ?a ?an robot|bot|machine|computer|recording"};
  return std::ranges::any_of(turn, [&](const clause& part) {
    const auto found = find_any(table, part.plain);
    return found && (part.question || part.plain[found->begin] != "is");
  });
}

} // namespace parley::mind
