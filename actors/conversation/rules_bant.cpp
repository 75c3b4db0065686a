#include "actors/conversation/rules_analysis.hpp"

#include <algorithm>
#include <initializer_list>

namespace parley::mind {
namespace {

constexpr auto no = bant_value::no;
constexpr auto weak = bant_value::weak;
constexpr auto strong = bant_value::strong;

struct rule {
  bant_value value;
  double confidence;
  bant_value when_negated; ///< `unknown`: a "not" before it makes it say nothing
  std::vector<phrase> phrases;
};

const std::vector<rule>& budget_rules() {
  static const std::vector<rule> table{
    {no,
     0.9,
     bant_value::unknown,
     {"no ?more budget|money|funds|funding",
      "not have|got ?any ?a|the|that ?much ?kind ?of ?free budget|money|funds|funding",
      "not got ?any ?a|the budget|money", "can not ?really afford",
      "budget|budgets is|was|are|were|has|have ?been ?all ?already frozen|spent|gone|used|cut|zero|exhausted|empty",
      "out of budget", "zero budget", "not ?in|within ?our ?the budget", "nothing left in|for", "not budgeted",
      "budget freeze", "spending freeze"}},
    {strong,
     0.85,
     no,
     {"have|has|got|set|allocated|approved|reserved|earmarked|secured ?a|the|some|our|enough|plenty ?of "
      "?healthy|good|decent|training budget|money|funds|funding",
      "budget|money|funds ?for ?it ?this ?that is|has|was|are ?been ?already ?all "
      "approved|allocated|available|there|set|ready|reserved|secured|fine|covered",
      "budget is|of|around|about ?around ?about ?roughly #", "there is ?a|some ?money budget",
      "we|i can ?easily afford", "can|could|would|will ?easily spend ?up ?to ?about #",
      "put|set|setting|have ?money ?something ?some # * aside", "money|something|some|budget set|put aside",
      "set aside", "within|in|have ?our|the budget for", "budget * a year|month|quarter",
      "spend|spending|pay|paying ?about ?around ?roughly ?up ?to # ?thousand ?dollars|euros|pounds|a|per", "# budget",
      "money is not ?a|the ?an problem|issue|obstacle", "budget is not ?a|the ?an problem|issue|obstacle"}},
    {weak,
     0.6,
     no,
     {"find|free|get|make ?up ?some|the|a ?bit ?of budget|money|funds|room",
      "depends on|what ?the ?it price|cost|costs|numbers", "budget is|are ?a ?bit ?very ?pretty tight|limited|small",
      "budgets are tight", "numbers|price|roi|math add|adds|work|works|make|makes|is|are ?out ?up ?sense ?right",
      "pays|pay for itself", "small|limited|tight budget", "next ?year ?years budget",
      "would|will need ?an ?to|budget approval|justify", "business case"}}};
  return table;
}

const std::vector<rule>& authority_rules() {
  static const std::vector<rule> table{
    {no,
     0.8,
     bant_value::unknown,
     {"i do not ?really decide|make|sign|handle|buy|choose",
      "not ?really ?up ?to my|our|me decision|call|department|area|job|place", "not up to me", "no say",
      "not the ?right|one|decision person|one|maker|who", "not in charge", "not responsible",
      "wrong person to|for|about", "wrong department",
      "i am ?just|only ?just|only ?the|an|a intern|assistant|receptionist|trainee|temp|junior",
      "can not ?really decide|sign|approve", "above my pay|paygrade", "do not have ?the|any authority|say"}},
    {strong,
     0.9,
     no,
     {"i ?usually ?alone ?can ?do decide",
      "i ?can ?usually make ?the|all|those|these|that|this ?buying|purchasing|final decision|decisions|call|calls",
      "my ?own ?final decision|call", "i am ?the|a ?one ?sole ?main ?final decision maker",
      "decision maker is me|myself", "i am ?the ?a owner|founder|co-founder|ceo|boss",
      "i am the ?one ?person ?who decides|signs|approves", "i sign ?off ?on ?the ?all ?contracts",
      "i own ?this|the|that|our budget|decision|company|business|process|area|topic", "i have ?the final|last say|word",
      "decision is mine|my", "up to me", "i can ?just sign|approve|decide", "i approve",
      "i am ?fully ?solely in charge|responsible ?for ?of", "i hold the budget", "is my company|business"}},
    {weak,
     0.7,
     bant_value::unknown,
     {"i|we ?both decide|decides together|with|jointly",
      "have|need|got|want ?will to ask|check|run|discuss|clear|talk|speak ?it ?this ?about ?with ?to ?by ?past "
      "?my|our|the boss|manager|ceo|cfo|cto|board|team|director|partner|boss's|it|this|about|with|him|her|them|that",
      "boss|manager|ceo|cfo|cto|coo|founder|owner|director|partner|partners|president|head|wife|husband|he|she ?of "
      "?sales ?also ?would ?will ?does ?has ?to "
      "decides|signs|decide|sign|approves|approve|does|makes|say|join|involved",
      "i ?can ?only ?would recommend|influence|suggest|evaluate", "committee", "the board", "sign off from",
      "approval from|of|by", "speak|talk to|with our|my|the ceo|cfo|cto|coo|boss|manager|director|head|vp",
      "part of the decision|group|team|committee", "together with", "my boss|manager"}}};
  return table;
}

const std::vector<rule>& need_rules() {
  static const std::vector<rule> table{
    {no,
     0.85,
     bant_value::unknown,
     {"not ?really ?actually need|want|require ?any ?it ?this ?that ?one", "no ?real need",
      "not ?really ?a|an problem|issue|concern|challenge ?for ?us", "not ?something we need",
      "no|any|have|without problems|issues|trouble with|there|at|here", "no ?big problem with|there",
      "works|work|working|runs|running ?just ?very ?perfectly fine|well|great|perfectly",
      "we are ?all ?just ?doing ?perfectly ?quite fine|good|set|covered|sorted",
      "happy|satisfied with how|what|our|the|it", "not ?really interested|looking", "no interest"}},
    {strong,
     0.8,
     no,
     {"we|i ?really ?do ?all ?badly ?desperately need ?a|an|some|something|more|better|help|it|this|that",
      "we|i|team|reps|people|they ?all ?do ?really ?always ?are ?am ?constantly ?still "
      "struggle|struggling|struggles|drowning",
      "have|having|got|is|are ?that|this ?same ?a|some|real|lot ?of ?real|big|huge|serious|constant "
      "trouble|problem|problems|headache|headaches|pain|issue|issues",
      "lose|losing|loses|lost|waste|wasting|wastes ?a|so|too|about ?lot|much ?of # ?thousand "
      "hours|days|deals|customers|money|leads|time|dollars",
      "lose|losing|loses|waste|wasting|wastes ?us ?a|so|too ?lot|much|many ?of ?our "
      "deals|customers|money|leads|time|hours|days|revenue",
      "big|huge|real|major|biggest|serious|main|massive|constant ?our ?a "
      "problem|pain|issue|headache|challenge|bottleneck",
      "our|the|my biggest|main|worst problem|pain|issue|headache|challenge",
      "takes|take|took|costs|cost|spend|spending|eats|burns ?us ?me ?up ?about ?at ?least ?a|so|too ?way "
      "?lot|much|long|many|# ?of ?thousand long|hours|days|forever|ages|time|money|week|weeks|dollars|fortune",
      "too much ?of ?our time|manual|work|effort",
      "way ?too slow|manual|long|late|painful",
      "exactly ?what ?the ?our problem|pain|issue|what",
      "pain point",
      "we are ?actively ?actually ?currently looking for|into|at",
      "costs|costing us",
      "killing us",
      "frustrating|frustrated|annoying|painful|nightmare|mess|chaos|unbearable",
      "need|needs|have|has|want|wants to "
      "improve|fix|solve|change|automate|reduce|cut|speed|replace|grow|scale|save|get|find|stop|do",
      "something has to change",
      "fed up",
      "can not keep up",
      "fall|falling|falls|slip|slipping behind|apart|through"}},
    {weak,
     0.6,
     no,
     {"could|might|would|may ?well ?be ?very ?really ?quite useful|interesting|helpful|help|nice",
      "sounds|looks|is ?that ?really ?very ?quite ?pretty ?kind ?of interesting|useful|helpful|relevant",
      "interested|curious", "we could use|improve", "might help", "not ideal|perfect|great|optimal",
      "could be better|faster|easier", "room for improvement", "manually|spreadsheet|spreadsheets|excel", "by hand",
      "tell me more", "a bit of ?a problem|pain|issue", "sometimes ?a problem|issue|slow|late"}}};
  return table;
}

const std::vector<rule>& timeline_rules() {
  static const std::vector<rule> table{
    {no,
     0.8,
     bant_value::unknown,
     {"no ?real ?concrete plans|plan|timeline|timeframe|date", "not ?before ?in ?this|next year",
      "not any time|anytime soon", "not ?currently planning|planned", "not ?really ?a|our priority|roadmap",
      "not on the roadmap", "not in the near|foreseeable", "have not planned|decided|thought"}},
    {strong,
     0.8,
     no,
     {"this|next ?coming week|month|quarter", "asap", "as soon as|possible", "right away", "immediately",
      "straight away", "the sooner the",
      "by ?the ?end ?of ?early ?mid|late ?next "
      "january|february|march|april|june|july|august|september|october|november|december|spring|summer|fall|autumn|"
      "winter|christmas|q1|q2|q3|q4|year|month|quarter|week|friday|monday",
      "in|within ?the ?next ?about # ?or ?two|three|four|six days|weeks|months",
      "in|within ?the ?next ?about ?a|one|two|three|four|six ?couple ?of days|weeks|months|month|week",
      "contract|renewal|license ?with ?them ends|expires|ending|expiring|is|runs ?up ?out", "urgent|urgently",
      "before ?the|this year|christmas|summer|quarter|end|season", "end of ?the|this year|quarter|month",
      "start|starting|begin|beginning|launch|live|ready|place in|by|next|this|on", "q1|q2|q3|q4",
      "in|this|next|early|late "
      "january|february|march|april|june|july|august|september|october|november|december|spring|summer|fall|autumn|"
      "winter",
      "new year", "deadline"}},
    {weak,
     0.6,
     bant_value::unknown,
     {"sometime|some ?time ?next|this|in", "this|next|coming year", "later this year", "eventually|someday", "some day",
      "at some point", "not ?that urgent", "no ?real ?big rush|hurry|pressure", "in the future",
      "when ?it|we|the ?is|are|time ready|right", "it depends", "half a year"}}};
  return table;
}

/// A wish to be called "next week" or a meeting "on Tuesday" is no timeline.
bool plans(const words& said) {
  static const std::vector<phrase> table{
    "want|need|plan|planning|planned|start|starting|begin|launch|implement|implementing|decide|decision|place|running|"
    "solve|solved|fix|fixed|roll|replace|switch|switching|contract|renewal|license|deadline|project|rollout|deploy|"
    "move|change|buy|sign|pilot|ready|urgent|urgently|asap|evaluate|evaluating|timeline",
    "go live"};
  static const std::vector<phrase> calls{"call|ring|phone|talk|speak|meet|meeting|reach|try|email|invite|calendar"};
  return find_any(table, said) && !find_any(calls, said);
}

/// "need to ask my boss" is no need.
bool errand(const words& said) {
  static const std::vector<phrase> table{
    "need|needs|have|has|want to ask|check|talk|think|run|go|speak|leave|discuss|hang|clear|call|see|know|get|jump",
    "need|want your|my|the email|number|name|address", "not need to|me|you"};
  return find_any(table, said).has_value();
}

void read_by(const std::vector<rule>& rules, bant_key key, const clause& part, const hearing& about,
             std::vector<evidence>& out) {
  for (const auto& one : rules) {
    for (const auto& pattern : one.phrases) {
      const auto found = pattern.find(part.plain);
      if (!found)
        continue;
      auto value = one.value;
      if (value != no && negated(part.plain, found->begin)) {
        value = one.when_negated;
        if (value == bant_value::unknown)
          continue;
      }
      if (value == strong && hedged(part.plain, found->begin))
        value = weak;
      out.push_back({key, {value, shortened(part.sentence, 300), about.turn, one.confidence, reader::rules}});
      return; // the tables are ordered: what is listed first decides
    }
  }
}

void keep_best(std::vector<evidence>& all) {
  std::vector<evidence> best;
  for (const auto& one : all) {
    const auto same = std::ranges::find(best, one.key, &evidence::key);
    if (same == best.end()) {
      best.push_back(one);
      continue;
    }
    // "I don't decide, our CFO does": whoever names the one who decides has
    // some authority over the matter. Elsewhere a "no" counts most.
    const bool referral
      = one.key == bant_key::authority
        && ((one.item.value == weak && same->item.value == no) || (one.item.value == no && same->item.value == weak));
    if (referral) {
      if (one.item.value == weak)
        *same = one;
    } else if (one.item.value == no || (same->item.value == weak && one.item.value == strong)) {
      *same = one;
    }
  }
  all = std::move(best);
}

std::optional<bant_key> item_of(topic asked) {
  switch (asked) {
    case topic::budget: return bant_key::budget;
    case topic::authority: return bant_key::authority;
    case topic::need: return bant_key::need;
    case topic::timeline: return bant_key::timeline;
    default: return std::nullopt;
  }
}

/// "Yes" and "fifty thousand" mean what was asked for.
void read_short_answer(const std::vector<clause>& turn, const hearing& about, topic asked, reply answer,
                       std::vector<evidence>& out) {
  const auto key = item_of(asked);
  if (!key || turn.empty() || std::ranges::find(out, *key, &evidence::key) != out.end())
    return;
  static const std::vector<phrase> amounts{"# ?k|thousand|million|hundred|grand|dollars|euros|pounds",
                                           "a|some couple|few thousand|hundred"};
  static const std::vector<phrase> unsure{"not sure", "do not know", "hard to say",
                                          "maybe|perhaps|depends|possibly|probably"};
  bant_value value = bant_value::unknown;
  double confidence = 0.7;
  const auto heard_any = [&](const std::vector<phrase>& table) {
    return std::ranges::any_of(turn, [&](const clause& part) { return !part.question && find_any(table, part.plain); });
  };
  if (heard_any(unsure)) {
    value = *key == bant_key::need || answer == reply::yes ? weak : bant_value::unknown;
    confidence = 0.5;
  } else if (answer == reply::no) {
    value = no;
  } else if (*key == bant_key::budget && heard_any(amounts)) {
    value = strong;
  } else if (answer == reply::yes) {
    value = *key == bant_key::timeline ? weak : strong;
    // "Is it you or somebody else?": a yes leaves open which.
    if (*key == bant_key::authority
        && phrase{"or someone|somebody|anyone|do|is|your|another"}.find(plain_words(about.agent_before)))
      value = weak;
  }
  if (value != bant_value::unknown)
    out.push_back({*key, {value, shortened(turn.front().sentence, 300), about.turn, confidence, reader::rules}});
}

} // namespace

std::vector<evidence> read_bant(const std::vector<clause>& turn, const hearing& about, topic asked, reply answer) {
  std::vector<evidence> out;
  for (const auto& part : turn) {
    if (part.question)
      continue; // "do you have a budget in mind?" establishes nothing
    read_by(budget_rules(), bant_key::budget, part, about, out);
    read_by(authority_rules(), bant_key::authority, part, about, out);
    if (!errand(part.plain))
      read_by(need_rules(), bant_key::need, part, about, out);
    if (asked == topic::timeline || (asked != topic::meeting_time && asked != topic::callback && plans(part.plain)))
      read_by(timeline_rules(), bant_key::timeline, part, about, out);
  }
  keep_best(out);
  read_short_answer(turn, about, asked, answer, out);
  return out;
}

} // namespace parley::mind
