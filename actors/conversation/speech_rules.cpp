#include "actors/conversation/speech_rules.hpp"

#include "actors/conversation/words.hpp"

#include <algorithm>
#include <optional>

namespace parley::mind {
namespace {

using std::chrono::milliseconds;

bool names_company(const words& text, const conversation_policy& policy) {
  const auto company = plain_words(policy.company_name);
  return std::ranges::all_of(company,
                             [&](const std::string& word) { return std::ranges::find(text, word) != text.end(); });
}

bool says_ai(const words& text) {
  static const std::vector<phrase> table{"ai|a.i", "artificial ?intelligence|voice|agent",
                                         "virtual|automated|digital assistant|agent|caller|voice", "robot|bot|machine"};
  const auto found = find_any(table, text);
  return found && !negated(text, found->begin);
}

/// How long after the words that say who calls the opt-out begins, taking the
/// turn's words as evenly spoken; empty if the turn lacks one of them.
std::optional<milliseconds> opt_out_after(const turn& spoken, const conversation_policy& policy) {
  const auto all = sentences(spoken.text);
  size_t characters = 0;
  std::optional<size_t> identified;
  std::optional<size_t> offered;
  for (const auto& sentence : all) {
    const auto said = plain_words(sentence);
    if (!offered && offers_opt_out(sentence))
      offered = characters;
    characters += sentence.size() + 1;
    if (!identified && names_company(said, policy))
      identified = characters;
  }
  if (!identified || !offered || characters == 0)
    return std::nullopt;
  if (*offered <= *identified)
    return milliseconds{0};
  const auto share = static_cast<double>(*offered - *identified) / static_cast<double>(characters);
  return milliseconds{static_cast<int64_t>(share * static_cast<double>((spoken.ended - spoken.started).count()))};
}

} // namespace

bool discloses(std::string_view text, const conversation_policy& policy) {
  const auto said = plain_words(text);
  return says_ai(said) && names_company(said, policy);
}

bool offers_opt_out(std::string_view text) {
  static const std::vector<phrase> table{"press|pressing|push ?the ?key nine|9",
                                         "opt out",
                                         "no more|further calls",
                                         "stop these|the|our|my|all calls",
                                         "say ?the ?word stop",
                                         "take|remove you ?off ?from",
                                         "not want|wish|like ?any ?more ?further ?to ?be calls|called|contacted",
                                         "do not call list"};
  for (const auto& part : clauses(text))
    if (find_any(table, part.plain))
      return true;
  return false;
}

bool says_goodbye(std::string_view text) {
  static const std::vector<phrase> table{
    "goodbye|bye", "good bye", "take care",
    "have a ?very good|nice|great|wonderful|lovely day|one|evening|afternoon|weekend|week|rest"};
  for (const auto& part : clauses(text))
    if (find_any(table, part.plain))
      return true;
  return false;
}

std::string promise_in(std::string_view text) {
  static const std::vector<phrase> table{
    "guarantee|guarantees|guaranteed",
    "promise|promised|promises",
    "always",
    "100%|100",
    "hundred percent",
    "will|to ?easily double|triple|quadruple",
    "risk-free|riskfree",
    "no|zero|without ?any risk",
    "will|can never",
    "never fails|fail|breaks|break",
    "will ?definitely|certainly|surely|easily save|increase|boost|cut|reduce|raise|earn|win|make ?you ?your ?us ?the "
    "?half ?of #|half",
    "definitely|certainly|surely ?will save|work|works|pay|increase",
    "works|work with every|everything"};
  for (const auto& part : clauses(text)) {
    for (const auto& pattern : table) {
      const auto found = pattern.find(part.plain);
      if (!found || negated(part.plain, found->begin))
        continue;
      const auto& word = part.plain[found->begin];
      // "You can always say stop" is a right of the person, not a promise.
      if (word == "always" && found->begin > 0
          && (part.plain[found->begin - 1] == "can" || part.plain[found->begin - 1] == "may"
              || part.plain[found->begin - 1] == "could"))
        continue;
      if (word == "100" && found->end < part.plain.size() && part.plain[found->end] != "percent")
        continue;
      if (part.question && word == "promise")
        continue;
      return shortened(part.sentence, 200);
    }
  }
  return {};
}

std::string claims_human(std::string_view text) {
  static const std::vector<phrase> table{
    "i am ?a ?an ?very real|actual|live|flesh ?human ?and ?blood person|human|being|man|woman|agent",
    "i am ?a human ?being $",
    "i am ?a person $",
    "i am not ?a ?an ?some robot|bot|machine|computer|ai|a.i|program|software",
    "not|never speaking|talking to|with ?a ?an robot|bot|machine|computer|ai",
    "this is not ?a ?an robot|bot|machine|computer|ai",
    "you are speaking|talking to|with ?a ?an ?real ?live human|person"};
  for (const auto& part : clauses(text))
    if (!part.question && find_any(table, part.plain))
      return shortened(part.sentence, 200);
  return {};
}

bool owns_up(std::string_view text) {
  if (!claims_human(text).empty())
    return false;
  return says_ai(plain_words(text)) || reply_of(clauses(text)) == reply::yes;
}

std::vector<violation>
check_agent_turn(const turn& spoken, const conversation_state& x, const conversation_policy& policy) {
  std::vector<violation> out;
  const bool first = spoken.number == 1;
  const bool disclosed_now = discloses(spoken.text, policy);
  if (!x.disclosed && !disclosed_now)
    out.push_back({"disclosure",
                   first ? "the first turn does not say who calls and that it is an AI" : "still not disclosed",
                   "You did not identify yourself: say at once that you are an AI assistant calling for "
                     + policy.company_name + "."});
  const std::string truth = "say at once that you are an AI assistant calling for " + policy.company_name + ".";
  if (const auto lie = claims_human(spoken.text); !lie.empty())
    out.push_back({"honesty", lie, "You said that you are human or no AI: take it back and " + truth});
  else if (x.asked_if_ai && !spoken.interrupted && !owns_up(spoken.text))
    out.push_back({"honesty", "asked whether it is an AI, the agent did not say so",
                   "You were asked whether you are an AI: " + truth});
  const bool must_announce = policy.record && policy.announce_recording && !x.recording_objected;
  if (must_announce && !x.recording_announced && (x.disclosed || disclosed_now) && !announces_recording(spoken.text))
    out.push_back({"recording_notice", "the person was not told that the call is recorded",
                   "You did not say that the call is recorded: say so now, in one short sentence."});
  if (!x.opt_out_offered) {
    const bool offered = offers_opt_out(spoken.text);
    const auto after = opt_out_after(spoken, policy);
    if ((x.disclosed || disclosed_now) && !offered)
      out.push_back({"opt_out_offer", "the opt-out was not offered with the identification",
                     "You did not offer the opt-out: do it now, in the words of the disclosure."});
    else if (after && *after > policy.opt_out_within)
      out.push_back({"opt_out_offer",
                     "the opt-out came " + std::to_string(after->count()) + " ms after the identification",
                     "The opt-out came too late: it must follow the identification at once."});
  }
  const auto count = sentences(spoken.text).size();
  if (count > policy.sentences_max)
    out.push_back(
      {"sentences", std::to_string(count) + " sentences",
       "Your last turn was too long: use at most " + std::to_string(policy.sentences_max) + " sentences in a turn."});
  if (const auto promise = promise_in(spoken.text); !promise.empty())
    out.push_back({"promise", promise, "You made a promise about the product: take it back and make none again."});
  if (x.stage == stage::value_proposition && spoken.ended - spoken.started > policy.value_proposition_max)
    out.push_back({"value_proposition_length", std::to_string((spoken.ended - spoken.started).count()) + " ms",
                   "What the offer is worth must be said in under 15 seconds: be brief."});
  return out;
}

} // namespace parley::mind
