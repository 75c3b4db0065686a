#include "actors/conversation/spoken_time.hpp"
#include "actors/conversation/stages.hpp"
#include "actors/conversation/thinking.hpp"
#include "actors/conversation/words.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace parley::mind {
namespace {

constexpr size_t key_points_max = 12;
constexpr size_t objections_kept_max = 20;
constexpr size_t pending_max = 8;

/// The model may read more into words than they say. A quote that has nothing
/// to do with the item, nor with the question before it, shows little.
bool relevant(bant_key key, const std::string& quote, const std::string& question) {
  static const std::array<std::vector<phrase>, 4> subjects{{
    {"budget|money|funds|funding|afford|price|cost|costs|spend|pay|dollars|euros|pounds|expensive|#|aside"},
    {"decide|decides|decision|decisions|boss|manager|ceo|cfo|cto|coo|owner|founder|director|sign|signs|approve|"
     "approval|charge|responsible|call|board|team|me|my|mine|partner|head"},
    {"need|needs|problem|problems|issue|issues|challenge|struggle|struggling|pain|headache|lose|losing|waste|wasting|"
     "manual|manually|spreadsheet|spreadsheets|excel|hours|slow|time|costs|trouble|hand|looking|improve|automate|"
     "interested|useful|helpful|interesting|help"},
    {"week|weeks|month|months|quarter|year|soon|asap|now|urgent|january|february|march|april|may|june|july|august|"
     "september|october|november|december|q1|q2|q3|q4|spring|summer|fall|autumn|winter|deadline|end|contract|right|"
     "immediately|plan|plans|later|start|yesterday"},
  }};
  const auto asked = asked_about(question);
  const bool answers = (asked == topic::budget && key == bant_key::budget)
                       || (asked == topic::authority && key == bant_key::authority)
                       || ((asked == topic::need || asked == topic::process) && key == bant_key::need)
                       || (asked == topic::timeline && key == bant_key::timeline);
  return answers || find_any(subjects[static_cast<size_t>(key)], plain_words(quote));
}

objection_kind kind_of(const std::string& text) {
  if (const auto named = parse<objection_kind>(lower(text)))
    return *named;
  const auto read = read_objections(clauses(text));
  return read.empty() ? objection_kind::other : read.front().kind;
}

} // namespace

std::string thinking::agent_words_before(uint32_t number) const {
  std::string out;
  for (auto one = x.turns.rbegin(); one != x.turns.rend(); ++one) {
    if (one->who == party::callee && one->number < number)
      break;
    if (one->who == party::agent)
      out = one->text + (out.empty() ? "" : " ") + out;
    else if (one->number == number)
      out.clear(); // the agent's words after it
  }
  return out;
}

uint32_t thinking::turn_with(const std::string& quote) const {
  const auto quoted = plain_words(quote);
  if (quoted.empty())
    return 0;
  for (auto one = x.turns.rbegin(); one != x.turns.rend(); ++one) {
    if (one->who != party::callee)
      continue;
    const auto said = plain_words(one->text);
    const std::multiset<std::string, std::less<>> available{said.begin(), said.end()};
    const auto found = std::ranges::count_if(quoted, [&](const std::string& word) { return available.contains(word); });
    // The voice model hears the audio, the transcript is another hearing of
    // it: most words must agree, not all.
    if (static_cast<double>(found) >= 0.7 * static_cast<double>(quoted.size()))
      return one->number;
    if (quoted.size() <= 2)
      break; // a "yes" is only good for the turn it was said in
  }
  return 0;
}

void thinking::confirm_identity(uint32_t number) {
  if (x.identity_confirmed || x.wrong_person)
    return;
  x.identity_confirmed = true;
  note("identity_confirmed", {{"turn", number}});
}

void thinking::take_evidence(evidence one) {
  if (!x.gatekeeper) // what a front desk says of budgets is not the person's word
    merge(x.bant, one);
}

/// Returns false if the quote isn't in the transcript (yet).
bool thinking::take_model_evidence(evidence one) {
  one.item.turn = turn_with(one.item.quote);
  if (one.item.turn == 0)
    return false;
  if (!relevant(one.key, one.item.quote, agent_words_before(one.item.turn))) {
    one.item.value = one.item.value == bant_value::strong ? bant_value::weak : one.item.value;
    one.item.confidence = 0.4;
  }
  take_evidence(std::move(one));
  return true;
}

void thinking::take_objection(objection_kind kind, const std::string& quote, uint32_t number, reader source) {
  if (x.meeting || x.ending)
    return;
  const auto same_turn = [&](const objection& o) { return o.turn == number; };
  const bool counted = std::ranges::any_of(x.objections, same_turn);
  if (std::ranges::any_of(x.objections, [&](const objection& o) {
        return same_turn(o) && (o.kind == kind || source != reader::rules);
      }))
    return; // another reader's words for the same objection
  // The voice model tends to report an old objection again and again: of it, a
  // kind that is known already is none. The analysis quotes it from this very
  // turn, so it counts, unless the voice model noted it a turn late, behind
  // its own words.
  if (std::ranges::any_of(x.objections, [&](const objection& o) {
        const bool noted_late = source == reader::analysis && o.source == reader::model && o.turn == number + 1;
        return o.kind == kind && (source == reader::model || noted_late);
      }))
    return;
  if (!counted)
    ++x.objection_turns; // two reasons in one breath are one objection to answer
  if (x.objections.size() < objections_kept_max)
    x.objections.push_back({kind, quote, number, source});
  note("objection", {{"kind", to_string(kind)},
                     {"quote", quote},
                     {"turn", number},
                     {"count", x.objection_turns},
                     {"source", to_string(source)}});
}

void thinking::take_mood(double sentiment, const std::vector<std::string>& key_points) {
  x.sentiment = std::clamp(x.callee_turns <= 1 ? sentiment : 0.6 * x.sentiment + 0.4 * sentiment, -1.0, 1.0);
  for (const auto& point : key_points)
    if (!point.empty() && x.key_points.size() < key_points_max
        && std::ranges::find(x.key_points, point) == x.key_points.end())
      x.key_points.push_back(point);
}

void thinking::hear(const turn& spoken) {
  const auto before = agent_words_before(spoken.number);
  const bool confirmed_before = x.identity_confirmed;
  const auto read = read_turn(spoken.text, {before, about_.person.name, x.identity_confirmed, spoken.number, now_,
                                            about_.person.zone});
  if (x.machine_heard && read.confirms_identity)
    x.machine_heard = false; // somebody picked up after all
  if (policy_.leaves_message && !x.identity_confirmed && (read.machine || x.machine_heard))
    return await_beep(spoken.number);
  if (read.machine && !x.identity_confirmed)
    return hang_up(false, disposition::machine, "an answering machine speaks");
  if (read.wrong_person) {
    x.wrong_person = true;
    return note_observation(spoken.number, reader::rules);
  }
  x.asked_if_ai = x.asked_if_ai || read.asks_if_ai;
  if (read.confirms_identity)
    x.gatekeeper = false; // put through
  if (read.gatekeeper && !x.gatekeeper) {
    x.gatekeeper = true;
    x.gatekeeper_since = spoken.number;
    note("gatekeeper", {{"turn", spoken.number}});
  }
  if (x.stage == stage::discovery || x.stage == stage::qualification)
    ++x.asking_turns;
  // Whoever goes on talking about the matter is the person, unless they said
  // otherwise; after three turns nothing is gained by asking again.
  if (read.confirms_identity || (x.disclosed && !x.gatekeeper && (!read.bant.empty() || spoken.number >= 3)))
    confirm_identity(spoken.number);
  if (confirmed_before && x.stage != stage::opening)
    x.value_heard = true;
  for (const auto& one : read.bant)
    take_evidence(one);
  std::erase_if(x.pending, [&](const pending_evidence& one) {
    return take_model_evidence(one.what) || one.until_turn <= spoken.number;
  });
  const bool cancels = about_.person.meeting && wishes_cancellation(spoken.text);
  x.wants_cancel = x.wants_cancel || cancels;
  if (!cancels) // why the meeting is called off is nothing to argue about
    for (const auto& one : read.objections)
      take_objection(one.kind, one.quote, spoken.number, reader::rules);
  const auto asked = asked_about(before);
  // "A different time for our meeting" asks for no call-back.
  const bool moves = about_.person.meeting && !cancels && wishes_move(spoken.text);
  x.wants_move = x.wants_move || moves;
  if (moves)
    x.wants_cancel = false; // another time will do after all
  if (read.callback && !moves && !cancels && !x.meeting && asked != topic::meeting_time) {
    x.callback_asked = true;
    if (read.callback->at)
      x.callback_wished = read.callback->at;
    note("callback_wished",
         {{"quote", read.callback->quote},
          {"at", read.callback->at ? nlohmann::json(to_iso(*read.callback->at)) : nlohmann::json()}});
  }
  x.wants_human = x.wants_human || read.wants_human;
  hear_slots(spoken, read, asked);
  hear_emails(read);
  take_mood(read.sentiment, read.key_points);
  note_observation(spoken.number, reader::rules);
  if (read.farewell && !x.ending && !x.meeting) {
    const auto how = conclude(x);
    begin_ending(how == disposition::hung_up
                   ? (x.objections.empty() ? disposition::no_decision : disposition::not_interested)
                   : how,
                 "the person said goodbye");
  }
}

void thinking::hear_slots(const turn& spoken, const reading& read, topic asked) {
  if (x.slots.empty() || x.meeting)
    return;
  static const std::vector<phrase> refusals{
    "does|do|will|would|can|is|could not ?really ?quite work|suit|fit|do|possible|make|good",
    "not ?work ?good on|at|then", "busy|booked|bad|out|away|unavailable", "none|neither",
    "another|other|different day|time|slot"};
  static const std::vector<phrase> choices{"works|work|suits|fits|good|fine|perfect|great|ok",
                                           "take|book|choose|pick|prefer",
                                           "first|second|third|last|earliest|latest|earlier|later|either|any|whichever",
                                           "let us do"};
  const auto before = agent_words_before(spoken.number);
  const auto turn = clauses(spoken.text);
  const auto any = [&](const std::vector<phrase>& table) {
    return std::ranges::any_of(turn, [&](const clause& part) {
      const auto found = find_any(table, part.plain);
      return found && !negated(part.plain, found->begin);
    });
  };
  auto offered = slots_named(before, x.slots, about_.person.zone);
  const bool about_slots = !offered.empty() || asked == topic::meeting_time;
  if (offered.empty())
    offered = x.slots;
  // "Monday is bad, Tuesday at ten works": only what follows the refusal counts.
  std::string taken;
  bool refused = false;
  for (const auto& part : turn) {
    std::string plain;
    for (const auto& word : part.plain)
      plain += word + " ";
    if (find_any(refusals, part.plain)) {
      refused = true;
      taken.clear();
    } else {
      taken += plain;
    }
  }
  const auto named = slots_named(taken, x.slots, about_.person.zone);
  if (!named.empty()) {
    if (!std::ranges::any_of(turn, [](const clause& part) { return part.question; }) || read.answer == reply::yes)
      x.accepted_slots = named;
  } else if (names_time(taken)) {
    x.accepted_slots = echoes_time(taken, before) ? offered : std::vector<wall_time>{};
  } else if (refused || (about_slots && read.answer == reply::no)) {
    if (about_slots)
      x.accepted_slots.clear();
  } else if (about_slots && asked != topic::email && (read.answer == reply::yes || any(choices))) {
    x.accepted_slots = offered;
  }
}

void thinking::hear_emails(const reading& read) {
  if (!read.emails.empty()) {
    x.emails_confirmed = read.emails; // the person's own words replace what was read out
  } else if (read.answer != reply::no) {
    const auto known = lower(about_.person.email);
    for (const auto& email : x.emails_read_back)
      // The address on file stands unless denied; another needs a yes.
      if ((email == known || read.answer == reply::yes)
          && std::ranges::find(x.emails_confirmed, email) == x.emails_confirmed.end())
        x.emails_confirmed.push_back(email);
  } else {
    std::erase_if(x.emails_confirmed, [&](const std::string& email) {
      return std::ranges::find(x.emails_read_back, email) != x.emails_read_back.end();
    });
  }
  x.emails_read_back.clear();
}

void thinking::note_observation(uint32_t number, reader source, const std::string& proposed) {
  auto kinds = nlohmann::json::array();
  for (const auto& one : x.objections)
    kinds.push_back(to_string(one.kind));
  note("observation", {{"turn", number},
                       {"source", to_string(source)},
                       {"bant", x.bant},
                       {"score", score(x.bant)},
                       {"objections", kinds},
                       {"sentiment", x.sentiment},
                       {"key_points", x.key_points},
                       {"identity_confirmed", x.identity_confirmed},
                       {"next_action", proposed.empty() ? next_best_action(x) : shortened(proposed, 300)}});
}

void thinking::on(const input::side_analysis_result& answer) {
  auto parsed = parse_analysis(answer.json);
  if (const auto* errors = std::get_if<analysis_errors>(&parsed))
    return note("analysis_rejected", {{"turn", answer.turn}, {"errors", *errors}});
  const auto& seen = std::get<side_analysis>(parsed);
  if (seen.opt_out && turn_with(*seen.opt_out) != 0)
    return opt_out("analysis", *seen.opt_out);
  if (x.ended)
    return;
  if (seen.wrong_person && !x.identity_confirmed)
    x.wrong_person = true;
  if (seen.identity_confirmed && x.disclosed)
    confirm_identity(answer.turn);
  for (auto one : seen.bant) {
    one.item.turn = turn_with(one.item.quote);
    if (one.item.turn != 0)
      take_evidence(std::move(one));
  }
  for (const auto& one : seen.objections)
    if (turn_with(one.quote) == answer.turn)
      take_objection(one.kind, one.quote, answer.turn, reader::analysis);
  take_mood(seen.sentiment, seen.key_points);
  note_observation(answer.turn, reader::analysis, seen.next_action);
  retry_waiting(false);
  settle();
}

void thinking::use(const std::string& id, const record_observation_arguments& args) {
  // The transcript may lag behind the model, which hears the audio: then the
  // words that it notes down belong to the person's next turn.
  const bool words_to_come = x.turns.empty() || x.turns.back().who == party::agent;
  const auto number = x.callee_turns + (words_to_come ? 1 : 0);
  auto unheard = nlohmann::json::array();
  for (auto one : args.bant) {
    if (take_model_evidence(one))
      continue;
    unheard.push_back(to_string(one.key));
    if (x.pending.size() < pending_max)
      x.pending.push_back({std::move(one), x.callee_turns + 1});
  }
  if (args.objection)
    take_objection(kind_of(*args.objection), shortened(*args.objection, 300), number, reader::model);
  take_mood(args.sentiment.value_or(x.sentiment), args.key_points);
  note_observation(number, reader::model, args.next_action);
  settle();
  nlohmann::json output{{"ok", true}, {"stage", to_string(x.stage)}, {"next", x.next_action}};
  if (!unheard.empty()) {
    output["not_yet_heard"] = std::move(unheard);
    output["note"] = "These quotes are not in the person's words so far. They count once the person says them.";
  }
  accept(id, std::move(output), directive::respond::if_silent);
}

} // namespace parley::mind
