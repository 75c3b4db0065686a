#include "actors/line/core.hpp"

namespace parley::lines {

using namespace std::chrono_literals;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(state, id, attempts, call_up, suppressed_at, suppressed_by,
                                                suppressed_reason, lifted)

/// Longest window of any cap: 30 days of the abandonment and attempt rules.
static constexpr auto remembered = std::chrono::days{30};

namespace {
struct apply_to {
  state& s;
  void operator()(const attempt_made& e) {
    std::erase_if(s.attempts, [&](const attempt& a) { return a.at < e.made.at - remembered; });
    s.attempts.push_back(e.made);
    s.call_up = e.made.call;
  }
  void operator()(const line_freed& e) {
    if (s.call_up == e.call)
      s.call_up.reset();
  }
  void operator()(const line_suppressed& e) {
    s.suppressed_at = e.at;
    s.suppressed_by = e.source;
    s.suppressed_reason = e.reason;
  }
  void operator()(const suppression_lifted&) {
    s.suppressed_at.reset();
    s.lifted = true;
  }
};
} // namespace

void core::apply(state& s, const event& e) {
  std::visit(apply_to{s}, e);
}

std::vector<row> core::rows(const state& s) {
  if (!s.suppressed_at && !s.lifted)
    return {};
  return {suppression_row{s.id, s.suppressed_by, s.suppressed_reason, s.suppressed_at.value_or(wall_time{}),
                          !s.suppressed_at}};
}

json core::public_part(const state& s) {
  return s;
}

state core::restore(const json& open, const json&) {
  return open.get<state>();
}

static dial_answer answer_to(const dial_request& r, dial_verdict verdict) {
  dial_answer a;
  a.prospect = r.brief.person.id;
  a.campaign = r.brief.policy.campaign;
  a.attempt = r.brief.attempt;
  a.verdict = verdict;
  return a;
}

std::optional<dial_answer> answer_at_once(const state& s, const dial_request& r, wall_time now) {
  for (const auto& a : s.attempts)
    if (a.prospect == r.brief.person.id && a.campaign == r.brief.policy.campaign && a.number == r.brief.attempt) {
      auto answer = answer_to(r, dial_verdict::dialled);
      answer.call = a.call;
      return answer;
    }
  if (s.call_up) {
    auto answer = answer_to(r, dial_verdict::not_now);
    answer.reason = "call_up";
    answer.sentence = "A call to this number is up, perhaps for another person who shares it.";
    answer.earliest = now + 15min;
    return answer;
  }
  return std::nullopt;
}

std::vector<wall_time> attempt_times(const state& s) {
  std::vector<wall_time> times;
  for (const auto& a : s.attempts)
    times.push_back(a.at);
  return times;
}

static ledger_row
ledger_of(const state& s, const dial_request& r, const gate_answer& gate, const uuid& id, wall_time now) {
  ledger_row l;
  l.id = id;
  l.at = now;
  l.campaign = r.brief.policy.campaign;
  l.prospect = r.brief.person.id;
  l.line = s.id;
  l.verdict = gate.verdict == dial_verdict::dialled ? "allowed" : std::string{to_string(gate.verdict)};
  l.reason = gate.reason;
  l.sentence = gate.sentence;
  l.source = gate.source;
  l.data_version = gate.data_version;
  l.rules = gate.rules;
  l.earliest_next = gate.earliest;
  return l;
}

dial decide(const state& s, const dial_request& r, const gate_answer& gate, bool slot_ok, call_id call,
            const uuid& ledger, wall_time now) {
  dial d;
  auto l = ledger_of(s, r, gate, ledger, now);
  if (gate.verdict != dial_verdict::dialled) {
    auto answer = answer_to(r, gate.verdict);
    answer.reason = gate.reason;
    answer.sentence = gate.sentence;
    answer.earliest = gate.earliest;
    d.what.effects = {do_return_slot{r.slot}, do_answer{std::move(answer)}};
    d.rows.push_back(std::move(l));
    return d;
  }
  const auto not_after = std::min({r.slot_expires, r.window_end, gate.lawful_until.value_or(r.window_end)});
  if (!slot_ok || now >= not_after) {
    auto answer = answer_to(r, dial_verdict::not_now);
    answer.reason = "slot";
    answer.sentence = "The slot was revoked or ran out before the dial.";
    answer.earliest = now;
    l.verdict = "not_now";
    l.reason = "slot";
    l.sentence = answer.sentence;
    d.what.effects = {do_return_slot{r.slot}, do_answer{std::move(answer)}};
    d.rows.push_back(std::move(l));
    return d;
  }
  l.call = call;
  d.rows.push_back(std::move(l));
  calls::call_intended intent;
  intent.call = call;
  intent.campaign = r.brief.policy.campaign;
  intent.prospect = r.brief.person.id;
  intent.line = s.id;
  intent.slot = r.slot;
  intent.attempt = r.brief.attempt;
  intent.at = now;
  intent.personal.brief = r.brief;
  d.streams.push_back(aggregate<calls::core>::birth(call, stream_kind::call, {intent}, now, d.rows));
  d.what.events.push_back(attempt_made{{call, r.brief.person.id, r.brief.policy.campaign, r.brief.attempt, now}});
  auto answer = answer_to(r, dial_verdict::dialled);
  answer.call = call;
  d.what.effects = {do_start_call{call, not_after}, do_answer{std::move(answer)}};
  return d;
}

decision on_call_over(const state& s, const call_ended& end, wall_time now) {
  decision d;
  if (s.call_up == end.call)
    d.events.push_back(line_freed{end.call, end.outcome, now});
  return d;
}

decision suppress(const state& s, const suppress_line& order, wall_time now) {
  decision d;
  if (order.remove && s.suppressed_at)
    d.events.push_back(suppression_lifted{order.reason, now});
  else if (!order.remove && !s.suppressed_at)
    d.events.push_back(line_suppressed{order.source, order.reason, now});
  return d;
}

} // namespace parley::lines
