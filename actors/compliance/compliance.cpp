#include "actors/compliance/compliance.hpp"

#include "actors/compliance/facts.hpp"
#include "actors/compliance/recording.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <algorithm>

namespace parley {

using namespace std::chrono_literals;

void compliance_settings::describe(settings::section& s) {
  s.text("rules_file", rules_file, "States' calling rules, relative to the configuration's folder.");
  s.text("area_codes_file", area_codes_file, "Area codes with zones and states.");
  s.text("zip_codes_file", zip_codes_file, "ZIP codes with states.");
  s.text("home_region", home_region, "Country of numbers without +, e.g. US.");
  s.texts("own_numbers", own_numbers,
          "E.164 numbers that you declare your own; the national list is not "
          "asked.");
  s.text("own_numbers_declared_by", own_numbers_declared_by, "Who declares that; stands in the ledger.");
  s.flag("recommended_hours", recommended_hours, "Keep to Mon-Sat 9-20 and 3 calls in 24 h on top of the law.");
  s.flag("dnc_exemptions", dnc_exemptions, "Written consent or a relationship lifts the national list.");
  s.texts("emergency_states", emergency_states, "States with a declared emergency, e.g. [\"NY\"].");
  if (!is_region(home_region))
    s.problem("home_region", "\"" + home_region + "\" is no country; write its two capital letters, e.g. \"US\"");
  for (const auto& number : own_numbers)
    if (!is_e164(number))
      s.problem("own_numbers", "\"" + number + "\" is not E.164; write + and all digits, as in \"+14155550132\"");
  if (!own_numbers.empty() && own_numbers_declared_by.empty())
    s.problem("own_numbers_declared_by", "is missing; say who declares the own_numbers");
  for (auto& state : emergency_states) {
    std::string code = state;
    std::transform(code.begin(), code.end(), code.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    if (std::find(us_states.begin(), us_states.end(), code) == us_states.end())
      s.problem("emergency_states", "\"" + state + "\" is no state; write its two letters, as in \"NY\"");
    state = code;
  }
}

weekly_hours to_weekly_hours(const std::vector<local_window>& windows) {
  std::array<day_hours::spans, 7> spans;
  for (const auto& window : windows)
    for (const auto day : window.weekdays) {
      if (day > 6)
        throw std::invalid_argument{"weekday " + std::to_string(day) + " is none; they are 0 (Sunday) to 6"};
      spans[day].push_back({window.from, window.until});
    }
  weekly_hours hours;
  for (size_t day = 0; day < 7; ++day)
    hours.days[day] = day_hours{std::move(spans[day])};
  return hours;
}

/// The same; what is wrong then names the campaign's setting.
static weekly_hours setting(const char* name, const std::vector<local_window>& windows) {
  try {
    return to_weekly_hours(windows);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument{std::string{name} + ": " + e.what()};
  }
}

static constexpr const char* settings_source = "setting: the campaign's own";

static std::string unusable(const std::invalid_argument& e) {
  return std::string{"The campaign's settings cannot be used, so nobody is called: "} + e.what() + ".";
}

/// Says the one rule that decided before the rules' engine was asked.
static gate_answer
blocked(const char* rule, const char* reason, std::string sentence, const char* source, const calling_rules& rules) {
  gate_answer out;
  out.reason = reason;
  out.sentence = std::move(sentence);
  out.source = source;
  out.data_version = rules.version();
  out.rules = one_failed_rule(rule, out.reason, out.sentence, out.source);
  return out;
}

gate_answer compliance_state::check(const gate_check& x) const {
  try {
    return judge(x);
  } catch (const std::invalid_argument& e) {
    return blocked("settings", "settings_invalid", unusable(e), settings_source, *rules);
  }
}

call_time compliance_state::find_time(const find_call_time& x) const {
  try {
    return plan(x);
  } catch (const std::invalid_argument& e) {
    call_time out;
    out.at = x.from;
    out.reason = "settings_invalid";
    out.sentence = unusable(e);
    out.source = settings_source;
    out.data_version = rules->version();
    return out;
  }
}

gate_answer compliance_state::judge(const gate_check& x) const {
  if (const auto& allowed = settings.allow_list;
      allowed && std::find(allowed->begin(), allowed->end(), x.number) == allowed->end())
    return blocked("allow_list", "not_on_allow_list", "The node is not set live yet and dials only its allow_numbers.",
                   "setting: node.live", *rules);
  if (x.policy.calls_per_person_day < 1)
    throw std::invalid_argument{"calls_per_person_day: must be at least 1"};
  gate_input in;
  in.number = parse_number(x.number, settings.home_region, *rules);
  in.where = address_of(x.person);
  in.seller = x.policy.company;
  in.subject = to_string(x.policy.campaign);
  in.consent = consent_of(x.person);
  if (x.lists.internal)
    in.opt_outs.push_back({});
  for (const auto& copy : x.lists.lists)
    in.lists.push_back({copy.list, copy.version, copy.date, copy.listed});
  if (std::find(settings.own_numbers.begin(), settings.own_numbers.end(), x.number) != settings.own_numbers.end())
    in.own_number = own_number_declaration{settings.own_numbers_declared_by};
  std::optional<weekly_hours> allowed;
  if (!x.policy.allowed_times.empty()) {
    allowed = setting("allowed_times", x.policy.allowed_times);
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

/// Whoever names every hour of the week as a best one wants no waiting for a
/// better one: any lawful time will do.
static bool is_every_hour(const std::vector<local_window>& windows) {
  for (uint8_t day = 0; day < 7; ++day)
    if (std::none_of(windows.begin(), windows.end(), [&](const local_window& w) {
          return w.from == 0min && w.until >= 24h
                 && std::find(w.weekdays.begin(), w.weekdays.end(), day) != w.weekdays.end();
        }))
      return false;
  return true;
}

/// The campaign's own hours for people of this role; none: nothing special.
static std::vector<local_window> windows_of_role(const campaign_policy& policy, std::string_view role) {
  std::vector<local_window> out;
  for (const auto& window : policy.role_times)
    if (role_has(role, window.roles))
      out.push_back(window.hours);
  return out;
}

/// The campaign's hours for the role, else its hours for all, else our own.
/// A campaign that names roles decides about all roles: our own hours for
/// executives are then no longer asked.
static weekly_hours
best_hours(const campaign_policy& policy, std::string_view role, const std::vector<local_window>& of_role) {
  static const best_times common;
  if (!of_role.empty())
    return setting("role_times", of_role);
  if (!policy.best_times.empty())
    return setting("best_times", policy.best_times);
  return policy.role_times.empty() ? common.of(role) : common.general;
}

/// When the best hours around `at` end; nothing if it lies in none, as where no
/// best hour is lawful.
static std::optional<wall_time> best_end(const weekly_hours& best, const time_zone& zone, wall_time at) {
  const auto date = local_time(zone, at).date;
  for (const auto& span : best.on(std::chrono::weekday{date}))
    if (const auto hours = span_on(zone, date, span); hours && hours->begin <= at && at < hours->end)
      return hours->end;
  return std::nullopt;
}

call_time compliance_state::plan(const find_call_time& x) const {
  call_time out;
  out.at = x.from;
  const auto number = parse_number(x.number, settings.home_region, *rules);
  const auto* usable = std::get_if<phone_number>(&number);
  std::optional<weekly_hours> allowed;
  if (!x.policy.allowed_times.empty())
    allowed = setting("allowed_times", x.policy.allowed_times);
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
  const auto of_role = windows_of_role(x.policy, x.person.role);
  const auto& best_windows = of_role.empty() ? x.policy.best_times : of_role;
  const auto best = best_hours(x.policy, x.person.role, of_role);
  std::optional<wall_time> at;
  const bool only_best = x.best && !is_every_hour(best_windows);
  if (only_best) {
    at = next_best(*lawful, best, x.from, horizon, x.spread);
  } else if (const auto stretch = lawful->next_lawful(x.from, horizon)) {
    at = std::max(stretch->begin, x.from);
  }
  if (!at) {
    out.reason = "no_lawful_hours";
    out.sentence = "No lawful time to call lies within the next " + std::to_string(policy.horizon.count()) + " days.";
    out.source = "the calling hours of the law and of the campaign";
    out.data_version = rules->version();
    return out;
  }
  out.possible = true;
  out.at = *at;
  out.until = lawful->lawful_end(*at).value_or(*at);
  // Who still waits for a slot when the best hours are over waits for the next ones.
  if (const auto end = only_best ? best_end(best, lawful->main_zone(), *at) : std::nullopt)
    out.until = std::min(out.until, std::max(*end, *at + slot_wait_min));
  return out;
}

static void count(telemetry& t, const gate_answer& answer) {
  t.counter("parley_gate_checks_total", "Runs of the compliance gate by verdict and reason, dry runs among them.",
            {{"verdict", std::string{to_string(answer.verdict)}}, {"reason", answer.reason}})
    .Increment();
}

compliance_actor::behavior_type compliance(compliance_actor::stateful_pointer<compliance_state> self, context_ptr ctx,
                                           std::shared_ptr<const calling_rules> rules, compliance_settings settings) {
  begin(self, ctx, ctx->root, compliance_state::name, "");
  auto& s = self->state;
  s.ctx = std::move(ctx);
  s.rules = std::move(rules);
  s.settings = std::move(settings);
  s.slot_wait_min = s.ctx->clock.wall(s.ctx->settings.request_timeout);
  s.policy.recommended_hours = s.settings.recommended_hours;
  s.policy.recommended_caps = s.settings.recommended_hours;
  s.policy.dnc_exemptions = s.settings.dnc_exemptions;
  s.policy.emergency_states = s.settings.emergency_states;
  return {
    [&s](const gate_check& x) -> caf::result<gate_answer> {
      ++s.checks;
      auto answer = s.check(x);
      count(s.ctx->telemetry, answer);
      return answer;
    },
    [&s](const find_call_time& x) -> caf::result<call_time> { return s.find_time(x); },
    [&s](const recording_check& x) -> caf::result<recording_rule> {
      const auto number = parse_number(x.number, s.settings.home_region, *s.rules);
      auto consent = consent_to_record(*s.rules, number, address_of(x.person));
      return recording_rule{consent.announce, std::move(consent.sentence), std::move(consent.source)};
    },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{json{{"data_version", s.rules->version()}, {"checks", s.checks}}.dump()};
    },
  };
}

} // namespace parley
