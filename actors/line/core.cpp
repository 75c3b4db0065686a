#include "actors/line/core.hpp"

#include "actors/compliance/verdict.hpp"
#include "runtime/telephony/dial_outcome.hpp"

namespace parley::lines {

using namespace std::chrono_literals;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(state, id, attempts, call_up, dial_slot, dial_until, last_end,
                                                suppressed_at, suppressed_by, suppressed_reason, lifted_at,
                                                suppression_changed)

/// Longest window of any cap: 30 days of the abandonment and attempt rules.
static constexpr auto remembered = std::chrono::days{30};

/// Between the end of a call and the next dial to the same number, wall time.
/// People who share a number, or a person in two campaigns, would else be rung
/// seconds after they hung up. The same for all campaigns: whose phone it is
/// makes no difference.
static constexpr auto cool_down = 3min;

/// Before a request whose gate could not be asked is repeated, wall time.
static constexpr auto again_without_gate = 10min;

/// Of the rules that the line keeps by itself; grows when they change.
static constexpr const char* own_rules_version = "line 1";

namespace {
struct apply_to {
  state& s;
  void operator()(const attempt_made& e) {
    std::erase_if(s.attempts, [&](const attempt& a) { return a.at < e.made.at - remembered; });
    s.attempts.push_back(e.made);
    s.call_up = e.made.call;
    s.dial_slot = e.slot;
    s.dial_until = e.not_after;
    s.suppression_changed = false;
  }
  void operator()(const line_freed& e) {
    if (s.call_up == e.call)
      s.call_up.reset();
    if (e.created)
      s.last_end = e.at;
    for (auto& a : s.attempts)
      if (a.call == e.call)
        a.created = e.created;
    s.suppression_changed = false;
  }
  void operator()(const line_suppressed& e) {
    s.suppressed_at = e.at;
    s.suppressed_by = e.source;
    s.suppressed_reason = e.reason;
    s.lifted_at.reset();
    s.suppression_changed = true;
  }
  void operator()(const suppression_lifted& e) {
    s.suppressed_at.reset();
    s.lifted_at = e.at;
    s.suppression_changed = true;
  }
};
} // namespace

void core::apply(state& s, const event& e) {
  std::visit(apply_to{s}, e);
}

std::vector<row> core::rows(const state& s) {
  if (!s.suppression_changed)
    return {};
  const auto at = s.suppressed_at ? s.suppressed_at : s.lifted_at;
  return {suppression_row{s.id, s.suppressed_by, s.suppressed_reason, at.value_or(wall_time{}), !s.suppressed_at}};
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
  if (s.last_end && now < *s.last_end + cool_down) {
    auto answer = answer_to(r, dial_verdict::not_now);
    answer.reason = "cool_down";
    answer.sentence = "A call to this number ended a moment ago.";
    answer.earliest = *s.last_end + cool_down;
    return answer;
  }
  return std::nullopt;
}

gate_check gate_question(const state& s, const dial_request& r, list_hits lists, wall_time now) {
  gate_check check;
  check.now = now;
  check.number = r.number;
  check.person = r.brief.person;
  check.policy = r.brief.policy;
  check.lists = std::move(lists);
  check.lists.internal = check.lists.internal || s.suppressed_at.has_value();
  check.number_attempts = attempt_times(s);
  check.person_attempts = r.person_attempts;
  return check;
}

dial_answer without_gate(const dial_request& r, std::string reason, std::string sentence, wall_time now) {
  auto answer = answer_to(r, dial_verdict::not_now);
  answer.reason = std::move(reason);
  answer.sentence = std::move(sentence);
  answer.earliest = now + again_without_gate;
  return answer;
}

gate_answer suppressed_meanwhile(gate_answer gate, wall_time now) {
  gate.verdict = dial_verdict::blocked;
  gate.reason = "dnc_internal";
  gate.sentence = "The person asked not to be called.";
  gate.source = "47 CFR 64.1200(d)(3), our own list of numbers";
  gate.data_version = "as of " + to_iso(now);
  gate.rules = one_failed_rule(gate.reason, gate.reason, gate.sentence, gate.source);
  return gate;
}

std::vector<wall_time> attempt_times(const state& s) {
  std::vector<wall_time> times;
  for (const auto& a : s.attempts)
    if (a.created)
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

ledger_row own_row(const state& s, const dial_request& r, const dial_answer& answer, const uuid& id, wall_time now) {
  gate_answer own;
  own.verdict = answer.verdict;
  own.reason = answer.reason;
  own.sentence = answer.sentence;
  own.source = "the line's own rules: one call to a number at a time, and none without the gate";
  own.rules = one_failed_rule(own.reason, own.reason, own.sentence, own.source);
  own.data_version = own_rules_version;
  own.earliest = answer.earliest;
  return ledger_of(s, r, own, id, now);
}

dial decide(const state& s, const dial_request& r, const gate_answer& gate, bool slot_ok, call_id call,
            const uuid& ledger, wall_time now, std::optional<wall_time> lease_end) {
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
  const auto not_after = dial_deadline({r.slot_expires, r.window_end, gate.lawful_until, lease_end});
  if (!slot_ok || !may_dial(now, not_after)) {
    auto answer = answer_to(r, dial_verdict::not_now);
    const bool leased = !lease_end || may_dial(now, *lease_end);
    answer.reason = leased ? "slot" : "lease";
    answer.sentence = leased ? "The slot was revoked or ran out before the dial."
                             : "This node's lease on its shards ran out before the dial.";
    answer.earliest = now;
    l.verdict = "not_now";
    l.reason = answer.reason;
    l.sentence = answer.sentence;
    l.source = leased ? "setting: pacing.slot_expiry, and the hours that the call was planned for"
                      : "Parley: only the node that leads a shard calls for it";
    l.data_version = own_rules_version;
    l.rules = one_failed_rule(l.reason, l.reason, l.sentence, l.source);
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
  d.what.events.push_back(
    attempt_made{{call, r.brief.person.id, r.brief.policy.campaign, r.brief.attempt, now}, r.slot, not_after});
  auto answer = answer_to(r, dial_verdict::dialled);
  answer.call = call;
  d.what.effects = {do_start_call{call, not_after, r.slot}, do_answer{std::move(answer)}};
  return d;
}

decision on_call_over(const state& s, const call_ended& end, wall_time now) {
  decision d;
  if (s.call_up != end.call)
    return d;
  d.events.push_back(line_freed{end.call, end.outcome, now, end.created});
  // The call tells an opt-out at once, too, but that message may be lost with
  // whoever had to store it; this one is repeated until it is stored.
  if (end.opted_out && !s.suppressed_at)
    d.events.push_back(line_suppressed{"call", "opted out in a call", now});
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
