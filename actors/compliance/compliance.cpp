#include "actors/compliance/compliance.hpp"

#include "actors/compliance/facts.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"

namespace parley {

using namespace std::chrono_literals;

weekly_hours to_weekly_hours(const std::vector<local_window>& windows) {
  std::array<day_hours::spans, 7> spans;
  for (const auto& window : windows)
    for (const auto day : window.weekdays)
      if (day < 7)
        spans[day].push_back({window.from, window.until});
  weekly_hours hours;
  for (size_t day = 0; day < 7; ++day)
    hours.days[day] = day_hours{std::move(spans[day])};
  return hours;
}

gate_answer compliance_state::check(const gate_check& x) const {
  if (const auto& allowed = settings.allow_list;
      allowed && std::find(allowed->begin(), allowed->end(), x.number) == allowed->end()) {
    gate_answer out;
    out.reason = "not_on_allow_list";
    out.sentence = "The node is not set live yet and dials only its allow_numbers.";
    out.source = "setting node.live";
    out.data_version = rules->version();
    return out;
  }
  gate_input in;
  in.number = parse_number(x.number, settings.home_region, *rules);
  in.where = address_of(x.person);
  in.seller = x.policy.company;
  in.subject = to_string(x.policy.campaign);
  in.consent = consent_of(x.person);
  if (x.lists.internal)
    in.opt_outs.push_back({});
  if (x.lists.national_imported_at)
    in.lists.push_back({"national", x.lists.national_version,
                        std::chrono::floor<std::chrono::days>(x.now - *x.lists.national_imported_at),
                        x.lists.national});
  if (std::find(settings.own_numbers.begin(), settings.own_numbers.end(), x.number) != settings.own_numbers.end())
    in.own_number = own_number_declaration{settings.own_numbers_declared_by, x.now};
  std::optional<weekly_hours> allowed;
  if (!x.policy.allowed_times.empty()) {
    allowed = to_weekly_hours(x.policy.allowed_times);
    in.campaign_hours = &*allowed;
  }
  in.campaign_caps.push_back({x.policy.calls_per_person_day, 24h, call_cap::subject::person});
  in.attempts_to_person = x.person_attempts;
  in.attempts_to_number = x.number_attempts;
  in.attempts_in_campaign = x.person_attempts;
  const auto verdict = parley::check(*rules, policy, in, x.now);
  gate_answer out;
  out.verdict = verdict.outcome == gate_outcome::allowed   ? dial_verdict::dialled
                : verdict.outcome == gate_outcome::not_now ? dial_verdict::not_now
                                                           : dial_verdict::blocked;
  out.reason = verdict.outcome == gate_outcome::allowed ? "allowed" : std::string{to_string(verdict.reason)};
  out.sentence = verdict.sentence;
  out.source = verdict.source;
  out.data_version = verdict.data_version;
  out.rules = rules_to_json(verdict).dump();
  out.earliest = verdict.earliest;
  out.lawful_until = verdict.lawful_until;
  return out;
}

call_time compliance_state::find_time(const find_call_time& x) const {
  call_time out;
  out.at = x.from;
  const auto number = parse_number(x.number, settings.home_region, *rules);
  const auto* usable = std::get_if<phone_number>(&number);
  std::optional<weekly_hours> allowed;
  if (!x.policy.allowed_times.empty())
    allowed = to_weekly_hours(x.policy.allowed_times);
  const auto lawful = usable
                        ? lawful_windows(*rules, policy, *usable, address_of(x.person), allowed ? &*allowed : nullptr)
                        : std::nullopt;
  if (!lawful) {
    // Where the rules cannot be told, the gate says why, and its verdict goes
    // into the ledger: let it be asked now.
    out.possible = true;
    out.until = x.from + 1h;
    return out;
  }
  out.zone = std::string{name_of(lawful->main_zone())};
  const auto horizon = x.from + policy.horizon;
  static const best_times common;
  const auto best = x.policy.best_times.empty() ? common.of(x.person.role) : to_weekly_hours(x.policy.best_times);
  std::optional<wall_time> at;
  if (x.best) {
    at = next_best(*lawful, best, x.from, horizon, x.spread);
  } else if (const auto stretch = lawful->next_lawful(x.from, horizon)) {
    at = std::max(stretch->begin, x.from);
  }
  if (!at) {
    out.reason = "no_lawful_hours";
    out.sentence = "No lawful time to call lies within the next " + std::to_string(policy.horizon.count()) + " days.";
    return out;
  }
  out.possible = true;
  out.at = *at;
  out.until = lawful->lawful_end(*at).value_or(*at);
  return out;
}

compliance_actor::behavior_type compliance(compliance_actor::stateful_pointer<compliance_state> self, context_ptr ctx,
                                           std::shared_ptr<const calling_rules> rules, compliance_settings settings) {
  begin(self, ctx, ctx->root, compliance_state::name, "");
  auto& s = self->state;
  s.ctx = std::move(ctx);
  s.rules = std::move(rules);
  s.settings = std::move(settings);
  s.policy.recommended_hours = s.settings.recommended_hours;
  s.policy.recommended_caps = s.settings.recommended_hours;
  s.policy.dnc_exemptions = s.settings.dnc_exemptions;
  s.policy.emergency_states = s.settings.emergency_states;
  return {
    [&s](const gate_check& x) -> caf::result<gate_answer> {
      ++s.checks;
      return s.check(x);
    },
    [&s](const find_call_time& x) -> caf::result<call_time> { return s.find_time(x); },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{json{{"data_version", s.rules->version()}, {"checks", s.checks}}.dump()};
    },
  };
}

} // namespace parley
