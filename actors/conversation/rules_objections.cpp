#include "actors/conversation/rules_analysis.hpp"

#include <algorithm>

namespace parley::mind {
namespace {

struct objection_rule {
  objection_kind kind;
  bool in_questions; ///< "is this a scam?" objects, "is it expensive?" asks
  std::vector<phrase> phrases;
};

const std::vector<objection_rule>& objection_rules() {
  static const std::vector<objection_rule> table{
    {objection_kind::price,
     false,
     {"too|very|quite|pretty|really|awfully|way|so expensive|pricey|costly|dear",
      "sounds|is|seems|looks|that's expensive|pricey|costly", "costs|cost ?us ?way too much", "too much money",
      "can not ?really afford", "no ?more budget|money|funds",
      "not have|got ?any ?a|the|that ?much ?kind ?of ?free budget|money|funds",
      "price is|seems|sounds ?way ?too ?a ?bit high|steep|much", "cheaper",
      "budget|budgets is|are|was ?all ?already ?very ?pretty ?a ?bit frozen|tight|spent|gone|used|cut|zero",
      "out of ?our budget|price", "over ?our budget", "price range"}},
    {objection_kind::trust,
     true,
     {"a|this|like|is scam|fraud|spam", "never heard of", "not ?really trust",
      "how|where did you get ?hold ?of my|our|this|the",
      "talk|speak|talking|speaking to ?with ?a|an ?stupid robot|machine|bot|ai|computer",
      "sounds ?a ?bit ?like too good", "not buy|do ?anything over the phone",
      "not|never share|give|discuss * over the phone", "heard that ?one|all before", "prove it",
      "we tried ?something ?that ?this"}},
    {objection_kind::competitor,
     false,
     {"already|currently use|using|have|got|work|working|working|signed|pay|do ?with ?for ?a|an|another|some|someone "
      "?different ?other "
      "tool|provider|vendor|solution|system|someone|somebody|agency|supplier|software|partner|product|platform|service|"
      "crm",
      "already use|using|work|working", "happy|satisfied with our|what|the|salesforce|hubspot|how", "locked in",
      "under contract", "contract with another|a|someone", "signed with", "have someone|somebody for"}},
    {objection_kind::not_needed,
     false,
     {"not ?really ?actually need|want|require ?it ?this ?that ?any", "no ?real need",
      "not ?really ?at ?all interested", "no interest", "not ?really ?currently ?actively looking|shopping",
      "not ?a|the ?really fit for us",
      "we are ?all ?just ?perfectly ?quite fine|good|set|covered|sorted ?as ?thanks ?thank", "no thanks",
      "no thank you", "not for us", "not see the|any value|point|use", "not relevant", "waste of ?my ?our time"}},
    {objection_kind::time,
     false,
     {"not have ?the|any|much ?that ?enough time", "no time", "not ?really ?a|our priority", "too busy",
      "not right now", "not now", "bad timing", "not the right time|moment", "maybe next year", "too early for",
      "too much on ?our ?my ?the plate", "other priorities"}},
    {objection_kind::other,
     false,
     {"just|could|can ?you ?please ?only send|email me|us|it|some|something", "send something over",
      "need to think about", "have to think about", "let me think about"}}};
  return table;
}

} // namespace

std::vector<objection_heard> read_objections(const std::vector<clause>& turn) {
  std::vector<objection_heard> out;
  for (const auto& part : turn) {
    for (const auto& one : objection_rules()) {
      if ((part.question && !one.in_questions) || std::ranges::find(out, one.kind, &objection_heard::kind) != out.end())
        continue;
      for (const auto& pattern : one.phrases) {
        const auto found = pattern.find(part.plain);
        // "not too expensive" and "you don't have to be too busy" object to nothing.
        if (found && part.plain[found->begin] != "not" && part.plain[found->begin] != "no"
            && negated(part.plain, found->begin))
          continue;
        if (found && !hedged(part.plain, found->begin)) {
          out.push_back({one.kind, shortened(part.sentence, 300)});
          break;
        }
      }
    }
  }
  return out;
}

} // namespace parley::mind
