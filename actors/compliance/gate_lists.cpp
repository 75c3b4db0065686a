// The part of the gate that waiting does not change: opt-outs, consent,
// reassigned numbers, do-not-call lists, artificial voices, emergencies.
#include "actors/compliance/gate_run.hpp"
#include "runtime/clock.hpp"

#include <algorithm>

namespace parley {

namespace {

constexpr const char* internal_source = "47 CFR 64.1200(d)(3), (a)(10)";
constexpr const char* national_source = "47 CFR 64.1200(c)(2); 16 CFR 310.4(b)(1)(iii)(B)";
constexpr const char* reassigned_source = "47 CFR 64.1200(m)";

wall_time plus(wall_time at, std::chrono::months months) {
  using namespace std::chrono;
  const auto day = floor<days>(at);
  auto date = year_month_day{day} + months;
  if (!date.ok())
    date = date.year() / date.month() / last;
  return sys_days{date} + (at - day);
}

} // namespace

void gate_run::check_opt_outs() {
  const auto counts = [&](const opt_out& x) {
    return x.subject.empty() || x.subject == input_.subject || (policy_.revoke_all && sales());
  };
  if (std::any_of(input_.opt_outs.begin(), input_.opt_outs.end(), counts))
    fail("dnc_internal", gate_reason::dnc_internal, "The person asked not to be called.", internal_source);
  else
    pass("dnc_internal", "Not on the internal do-not-call list.", internal_source);
}

void gate_run::check_consent() {
  bool written = sales();
  for (const auto* state : where().states)
    written |= state->written_consent == written_rule::required_automated;
  add(parley::check_consent(input_.consent, {written, input_.seller, &policy_.words}, now_));
}

void gate_run::check_reassigned() {
  const auto duty
    = std::find_if(where().states.begin(), where().states.end(), [](const auto* x) { return x->reassigned_check; });
  const bool is_duty = duty != where().states.end();
  const auto source = is_duty ? (*duty)->source : reassigned_source;
  switch (input_.reassigned) {
    case reassigned_answer::yes:
      return fail("reassigned", gate_reason::reassigned, "The number has changed hands since the consent.", source);
    case reassigned_answer::no: return pass("reassigned", "The number has not changed hands.", source);
    case reassigned_answer::no_data:
    case reassigned_answer::not_queried:
    case reassigned_answer::count_: break;
  }
  const bool queried = input_.reassigned == reassigned_answer::no_data;
  if (is_duty && !queried)
    return fail("reassigned", gate_reason::reassigned_not_checked,
                (*duty)->name
                  + " makes the reassigned numbers check a duty, and nobody "
                    "has made it.",
                source);
  skip("reassigned", check_result::not_checked,
       queried ? "The reassigned numbers database has no data on it." : "No provider for the reassigned numbers check.",
       source);
}

const list_lookup* gate_run::list(std::string_view name) const {
  const auto found
    = std::find_if(input_.lists.begin(), input_.lists.end(), [&](const auto& x) { return x.list == name; });
  return found == input_.lists.end() ? nullptr : &*found;
}

bool gate_run::usable(const char* rule, const list_lookup* copy, const std::string& name, std::chrono::days age_max,
                      const std::string& source) {
  if (!copy) {
    fail(rule, gate_reason::dnc_list_missing, "There is no copy of the " + name + " do-not-call list.", source);
    return false;
  }
  const auto stale = [&](const std::string& why) {
    fail(rule, gate_reason::dnc_list_stale,
         "The copy of the " + name + " do-not-call list (version " + copy->version + ") is of " + to_iso(copy->date)
           + why,
         source);
    return false;
  };
  if (copy->date > now_)
    return stale(", which is still to come.");
  if (now_ - copy->date > age_max) // to the millisecond: 31 days and an hour are too many
    return stale("; it may be " + std::to_string(age_max.count()) + " days old.");
  return true;
}

bool gate_run::has_relationship() const {
  const auto& federal = rules_.federal();
  const auto recent
    = [&](const std::optional<wall_time>& at, auto months) { return at && *at <= now_ && now_ <= plus(*at, months); };
  const auto& consent = input_.consent;
  return recent(input_.customer.last_purchase, federal.ebr_purchase)
         || recent(input_.customer.last_inquiry, federal.ebr_inquiry)
         || (consent.type == consent_type::ebr && recent(consent.at, federal.ebr_purchase))
         || (consent.type == consent_type::inquiry && recent(consent.at, federal.ebr_inquiry));
}

void gate_run::check_national_list() {
  constexpr const char* rule = "dnc_national";
  if (!sales())
    return skip(rule, check_result::not_applicable, "The list is about sales calls.", national_source);
  if (input_.own_number)
    return skip(rule, check_result::not_applicable,
                "The operator (" + input_.own_number->by + ") declared the number their own.", national_source);
  const auto* copy = list("national");
  if (!usable(rule, copy, "national", rules_.federal().list_age_max, national_source))
    return;
  const auto version = " (version " + copy->version + ", of " + to_iso(copy->date) + ")";
  if (!copy->listed)
    return pass(rule, "Not on the national do-not-call list" + version + ".", national_source);
  if (policy_.dnc_exemptions && (input_.consent.type == consent_type::express_written || has_relationship()))
    return pass(
      rule, "On the national do-not-call list" + version + ", lifted by written consent or a business relationship.",
      national_source);
  fail(rule, gate_reason::dnc_national, "The number is on the national do-not-call list" + version + ".",
       national_source);
}

void gate_run::check_state_lists() {
  constexpr const char* rule = "dnc_state";
  for (const auto* state : where().states) {
    const auto* copy = list(state->code);
    if (!sales() || input_.own_number) {
      skip(rule, check_result::not_applicable,
           sales() ? "The operator declared the number their own." : "The list is about sales calls.", state->source);
    } else if (!state->own_list_age_max && !copy) {
      skip(rule, check_result::not_checked,
           "Whether " + state->name + " keeps a list of its own is not known; none is loaded.", state->source);
    } else if (usable(rule, copy, state->name, state->own_list_age_max.value_or(rules_.federal().list_age_max),
                      state->source)) {
      if (copy->listed)
        fail(rule, gate_reason::dnc_state,
             "The number is on the do-not-call list of " + state->name + " (version " + copy->version + ").",
             state->source);
      else
        pass(rule, "Not on the do-not-call list of " + state->name + " (version " + copy->version + ").",
             state->source);
    }
  }
}

void gate_run::check_artificial_voice() {
  for (const auto* state : where().states)
    check_voice_rule(*state);
}

void gate_run::check_voice_rule(const state_rules& state) {
  constexpr const char* rule = "artificial_voice";
  const auto forbids
    = [&](const char* why) { fail(rule, gate_reason::state_forbids_artificial_voice, state.name + why, state.source); };
  const auto asks_consent = [&](const char* why) {
    // The federal rule before this one has failed without express consent.
    const bool given
      = sales() ? input_.consent.type == consent_type::express_written : input_.consent.type >= consent_type::express;
    given ? pass(rule, state.name + why, state.source) : forbids(why);
  };
  switch (state.voice) {
    case voice_rule::federal:
    case voice_rule::count_: return pass(rule, state.name + " adds nothing to federal law.", state.source);
    case voice_rule::prohibited_for_sales:
      if (!sales())
        return skip(rule, check_result::not_applicable, state.name + " forbids artificial voices in sales only.",
                    state.source);
      return forbids(" forbids sales calls by artificial voice.");
    case voice_rule::natural_voice_intro:
      return forbids(" wants a natural voice to introduce the call, which an "
                     "AI agent does not have.");
    case voice_rule::ebr_only_new_product:
    case voice_rule::ebr_and_consent:
      if (has_relationship())
        return pass(rule, "The person is a customer, as " + state.name + " wants it for artificial voices.",
                    state.source);
      return forbids(" lets artificial voices call customers only, and no "
                     "purchase or inquiry is on record.");
    case voice_rule::live_human_intro_and_consent:
    case voice_rule::consent_or_live_operator_first:
      return asks_consent(" wants prior consent where no live person speaks "
                          "first.");
    case voice_rule::recorded_device_prohibited_unsolicited:
      return asks_consent(" forbids unsolicited calls by artificial voice.");
    case voice_rule::consent_required: return asks_consent(" wants prior consent to artificial voices.");
  }
}

void gate_run::check_emergency() {
  constexpr const char* rule = "emergency";
  const auto& declared = policy_.emergency_states;
  for (const auto* state : where().states) {
    if (!state->emergency_ban || !sales())
      continue;
    if (std::find(declared.begin(), declared.end(), state->code) != declared.end())
      fail(rule, gate_reason::emergency, state->name + " forbids sales calls during the declared emergency.",
           state->source);
    else
      pass(rule, "The operator's list names no emergency in " + state->name + ".", state->source);
  }
}

} // namespace parley
