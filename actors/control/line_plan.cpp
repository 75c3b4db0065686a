#include "actors/control/line_plan.hpp"

#include <algorithm>

namespace parley::dry {

using namespace std::chrono_literals;

line_plan::line_plan(campaign_policy policy, lines::state line, list_hits lists, uint64_t chance, wall_time now,
                     std::chrono::milliseconds call_length)
  : policy_{std::move(policy)}, line_{std::move(line)}, lists_{std::move(lists)}, chance_{chance}, now_{now},
    call_length_{call_length} {
  if (line_.call_up)
    free_at_ = now + call_length;
}

void line_plan::add(prospect_row row, prospects::state state, const std::optional<rehearsed>& research) {
  person x;
  x.out.prospect = row.id;
  x.out.name = row.name;
  x.out.company = row.company;
  x.out.zone = row.timezone;
  x.wakes = now_;
  if (const auto known = state.campaigns.find(policy_.campaign); known != state.campaigns.end()) {
    x.out.probability = known->second.probability;
    x.wakes = std::max(now_, known->second.next_due.value_or(now_));
  }
  if (research && research->decides)
    x.research = research->found;
  else if (research)
    x.out.guess = research->found.probability;
  x.row = std::move(row);
  x.state = std::move(state);
  people_.push_back(std::move(x));
}

void line_plan::end(person& x, planned::kind what, std::string reason, std::string sentence, std::string source) {
  x.now = stage::over;
  x.out.what = what;
  x.out.at = x.wakes;
  x.out.reason = std::move(reason);
  x.out.sentence = std::move(sentence);
  x.out.source = std::move(source);
}

void line_plan::put_off(person& x, wall_time until, const std::string& reason, const std::string& sentence) {
  x.wakes = std::max(until, x.wakes);
  x.now = stage::seeks_time;
  if (++x.rounds > rounds_max)
    end(x, planned::kind::undecided, reason, sentence, "");
}

/// What a prospect that wakes does before it looks for a time. True if it then
/// looks for one: where only a language model could do the research, it counts
/// as done.
bool line_plan::begin(person& x) {
  switch (prospects::next_step(x.state, policy_)) {
    case prospects::step::nothing: { // between the question who takes part and this one it came through
      const auto& e = x.state.campaigns.at(policy_.campaign);
      end(x, planned::kind::blocked, e.reason, e.sentence, "");
      return false;
    }
    case prospects::step::ask_call:
      end(x, planned::kind::under_way, "call_up", "A call is up with this person now.", "");
      return false;
    case prospects::step::refuse: {
      const auto refused = prospects::refuse(x.state, policy_, {}, line_.id, x.wakes);
      const auto& ledger = std::get<ledger_row>(refused.rows.front());
      end(x, planned::kind::blocked, ledger.reason, ledger.sentence, ledger.source);
      return false;
    }
    case prospects::step::research: return qualify(x);
    default: return true;
  }
}

/// False if research disqualifies the person.
bool line_plan::qualify(person& x) {
  if (!x.research)
    return true;
  const auto decided = prospects::on_researched(x.state, policy_, *x.research, x.wakes);
  for (const auto& event : decided.events)
    prospects::core::apply(x.state, event);
  const auto& e = x.state.campaigns.at(policy_.campaign);
  x.out.probability = e.probability;
  if (!is_final(e.state))
    return true;
  end(x, planned::kind::disqualified, e.reason, e.sentence, "setting: the campaign's min_probability");
  return false;
}

std::optional<question> line_plan::next() {
  for (auto& x : people_)
    if (x.now == stage::seeks_time && begin(x)) {
      asked_ = &x;
      return prospects::time_question(x.state, policy_, x.row, chance_, x.wakes);
    }
  // In the order of time, since each call counts for those after it.
  while (auto* x = earliest()) {
    free_line(x->wakes);
    const auto request = prospects::request_of(x->state, policy_, x->row, x->time, line_.id);
    if (const auto answer = lines::answer_at_once(line_, request, x->wakes)) {
      hear(*x, *answer, "the line's own rules: one call to a number at a time");
      if (x->now == stage::seeks_time)
        return next();
      continue;
    }
    asked_ = x;
    return lines::gate_question(line_, request, lists_, x->wakes);
  }
  return std::nullopt;
}

line_plan::person* line_plan::earliest() {
  person* found = nullptr;
  for (auto& x : people_)
    if (x.now == stage::has_time && (!found || x.wakes < found->wakes))
      found = &x;
  return found;
}

void line_plan::free_line(wall_time at) {
  if (!line_.call_up || !free_at_ || at < *free_at_)
    return;
  lines::core::apply(line_, lines::line_freed{*line_.call_up, disposition::none, *free_at_, true});
  free_at_.reset();
}

void line_plan::take(const call_time& time) {
  auto& x = *asked_;
  const auto decided = prospects::on_call_time(x.state, policy_, time, x.wakes);
  if (!time.zone.empty())
    x.out.zone = time.zone;
  for (const auto& event : decided.events)
    prospects::core::apply(x.state, event);
  if (!time.possible) {
    end(x, planned::kind::blocked, time.reason, time.sentence, time.source);
  } else if (decided.events.empty()) {
    x.time = time;
    x.now = stage::has_time;
  } else { // asleep until then, and looks for a time again
    const auto& e = x.state.campaigns.at(policy_.campaign);
    put_off(x, time.at, e.reason, e.sentence);
  }
}

void line_plan::take(const gate_answer& gate) {
  auto& x = *asked_;
  auto request = prospects::request_of(x.state, policy_, x.row, x.time, line_.id);
  request.slot_expires = request.window_end; // a slot is taken to be free
  const call_id call{uuid{0, ++calls_}};     // of no call that there is
  const auto dial = lines::decide(line_, request, gate, true, call, {}, x.wakes);
  for (const auto& event : dial.what.events)
    lines::core::apply(line_, event);
  const auto& ledger = std::get<ledger_row>(dial.rows.front());
  for (const auto& effect : dial.what.effects)
    if (const auto* answered = std::get_if<lines::do_answer>(&effect))
      hear(x, answered->answer, ledger.source);
  if (line_.call_up == call)
    free_at_ = x.wakes + call_length_;
}

void line_plan::hear(person& x, const dial_answer& answer, const std::string& source) {
  const auto decided = prospects::on_dial_answer(x.state, policy_, answer, x.wakes);
  for (const auto& event : decided.events)
    prospects::core::apply(x.state, event);
  switch (answer.verdict) {
    case dial_verdict::dialled: return end(x, planned::kind::called, "", "", "");
    case dial_verdict::not_now:
      return put_off(x, x.state.campaigns[policy_.campaign].next_due.value_or(x.wakes + 15min), answer.reason,
                     answer.sentence);
    default: end(x, planned::kind::blocked, answer.reason, answer.sentence, source);
  }
}

std::vector<planned> line_plan::result() const {
  std::vector<planned> out;
  for (const auto& x : people_)
    out.push_back(x.out);
  return out;
}

} // namespace parley::dry
