#include "actors/compliance/gate.hpp"

#include "actors/compliance/gate_run.hpp"

#include <algorithm>

namespace parley {

namespace {

gate_reason to_reason(unlocated::kind what) {
  switch (what) {
    case unlocated::kind::country: return gate_reason::region_unsupported;
    case unlocated::kind::state: return gate_reason::state_unknown;
    case unlocated::kind::zone: break;
  }
  return gate_reason::zone_unknown;
}

} // namespace

gate_verdict check(const calling_rules& rules, const gate_policy& policy, const gate_input& input, wall_time now) {
  gate_run run{rules, policy, input, now};
  if (const auto* problem = std::get_if<number_problem>(&input.number)) {
    const bool invalid = problem->what == number_problem::kind::invalid;
    run.fail("number", invalid ? gate_reason::number_invalid : gate_reason::number_type, problem->sentence,
             "North American Numbering Plan; ITU-T E.164");
    return run.verdict();
  }
  const auto& number = std::get<phone_number>(input.number);
  run.pass("number", "The number can be in service.");
  run.pass("line_type",
           number.type == line_type::unknown ? "The line type is not known and counts as mobile."
                                             : "Line type: " + std::string{to_string(number.type)} + ".",
           "47 USC 227(b)(1)");
  auto located = locate(rules, number, input.where);
  if (const auto* problem = std::get_if<unlocated>(&located)) {
    run.fail("region", to_reason(problem->what), problem->sentence, "Unknown means no call.");
    return run.verdict();
  }
  run.locate(std::move(std::get<candidates>(located)));
  run.check_opt_outs();
  run.check_consent();
  run.check_reassigned();
  run.check_national_list();
  run.check_state_lists();
  run.check_artificial_voice();
  run.check_emergency();
  run.check_hours();
  run.check_holidays();
  run.check_caps();
  return run.verdict();
}

std::optional<calling_windows>
lawful_windows(const calling_rules& rules, const gate_policy& policy, const phone_number& number, const address& where,
               const weekly_hours* campaign_hours) {
  auto located = locate(rules, number, where);
  auto* found = std::get_if<candidates>(&located);
  if (!found)
    return std::nullopt;
  return calling_windows{std::move(*found), binding_hours(rules, policy.recommended_hours, campaign_hours)};
}

wall_time free_at(const call_cap& cap, const std::vector<wall_time>& attempts) {
  const auto allowed = static_cast<size_t>(cap.calls_max);
  return attempts.size() < allowed ? wall_time::min() : attempts[attempts.size() - allowed] + cap.window;
}

gate_run::gate_run(const calling_rules& rules, const gate_policy& policy, const gate_input& input, wall_time now)
  : rules_{rules}, policy_{policy}, input_{input}, now_{now}, free_at_{now} {
  verdict_.rules.reserve(24);
  verdict_.at = now;
  verdict_.data_version = rules.version();
}

void gate_run::locate(candidates where) {
  for (const auto* zone : where.zones)
    verdict_.zones.emplace_back(name_of(*zone));
  for (const auto* state : where.states)
    verdict_.states.push_back(state->code);
  windows_.emplace(std::move(where), binding_hours(rules_, policy_.recommended_hours, input_.campaign_hours));
}

void gate_run::add(rule_check check) {
  verdict_.rules.push_back(std::move(check));
}

void gate_run::pass(const char* rule, std::string sentence, std::string source) {
  add({rule, check_result::passed, gate_reason::none, std::move(sentence), std::move(source)});
}

void gate_run::fail(const char* rule, gate_reason reason, std::string sentence, std::string source) {
  add({rule, check_result::failed, reason, std::move(sentence), std::move(source)});
}

void gate_run::skip(const char* rule, check_result result, std::string sentence, std::string source) {
  add({rule, result, gate_reason::none, std::move(sentence), std::move(source)});
}

gate_verdict gate_run::verdict() {
  // What waiting does not heal comes first in the order of the gate, so the
  // first failure decides.
  const auto& rules = verdict_.rules;
  const auto decisive
    = std::find_if(rules.begin(), rules.end(), [](const auto& x) { return x.result == check_result::failed; });
  if (decisive == rules.end()) {
    verdict_.outcome = gate_outcome::allowed;
    verdict_.sentence = "The call is allowed.";
    verdict_.lawful_until = windows_->lawful_end(now_);
    return std::move(verdict_);
  }
  verdict_.reason = decisive->reason;
  verdict_.sentence = decisive->sentence;
  verdict_.source = decisive->source;
  if (heals_with_time(decisive->reason)) {
    const auto next = windows_->next_lawful(free_at_, now_ + policy_.horizon);
    if (next) {
      verdict_.outcome = gate_outcome::not_now;
      verdict_.earliest = next->begin;
    } else {
      verdict_.reason = gate_reason::no_lawful_hours;
      verdict_.sentence = "No time within " + std::to_string(policy_.horizon.count())
                          + " days is lawful in all of the person's possible "
                            "zones and states and within the campaign's hours.";
    }
  }
  return std::move(verdict_);
}

bool heals_with_time(gate_reason reason) {
  switch (reason) {
    case gate_reason::hours:
    case gate_reason::holiday:
    case gate_reason::cap_person:
    case gate_reason::cap_number:
    case gate_reason::cap_campaign: return true;
    default: return false;
  }
}

} // namespace parley
