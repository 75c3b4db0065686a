#include "actors/prospect/core.hpp"

#include "actors/compliance/verdict.hpp"

#include <algorithm>

namespace parley::prospects {

using namespace std::chrono_literals;

/// Longest window of any cap on calls to a person.
static constexpr auto remembered = std::chrono::days{30};

/// Longer than the federal calling day, 08:00-21:00 (47 CFR 64.1200(c)(1)), so
/// that no zone needs to be known to be on another day.
static constexpr auto another_day = 13h;

/// Past interactions that a call is told of.
static constexpr size_t history_max = 10;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(enrolment, state, probability, attempts, not_counted, call_up,
                                                call_up_since, attempts_max, backoff, last, next_due, any_lawful_time,
                                                reason, sentence, updated_at)

namespace {
struct apply_to {
  state& s;

  void operator()(const researched& e) {
    auto& x = s.campaigns[e.campaign];
    x.state = enrolment_state::awake;
    x.probability = e.probability;
    x.found = e.personal;
    x.updated_at = e.at;
  }
  void operator()(const slept& e) {
    auto& x = s.campaigns[e.campaign];
    x.state = enrolment_state::waiting;
    x.next_due = e.until;
    x.any_lawful_time = e.any_lawful_time;
    x.reason = e.reason;
    x.sentence = e.sentence;
    x.updated_at = e.at;
  }
  void operator()(const attempt_begun& e) {
    auto& x = s.campaigns[e.campaign];
    x.state = enrolment_state::awake;
    x.call_up = e.call;
    x.call_up_since = e.at;
    x.attempts_max = e.attempts_max;
    x.backoff = e.backoff;
    x.attempts = e.attempt;
    x.next_due = e.look_again;
    x.any_lawful_time = false;
    x.reason = "call_up";
    x.sentence = "A call is up.";
    x.updated_at = e.at;
    std::erase_if(s.attempts, [&](wall_time t) { return t < e.at - remembered; });
    s.attempts.push_back(e.at);
  }
  void operator()(const attempt_ended& e) {
    auto& x = s.campaigns[e.campaign];
    if (!e.created) {
      ++x.not_counted;
      if (const auto made = std::find(s.attempts.begin(), s.attempts.end(), x.call_up_since); made != s.attempts.end())
        s.attempts.erase(made);
    }
    x.call_up.reset();
    x.call_up_since.reset();
    x.last = e.outcome;
    x.updated_at = e.at;
    s.opted_out = s.opted_out || e.opted_out;
  }
  void operator()(const opt_out_heard&) { s.opted_out = true; }
  void operator()(const finished& e) {
    auto& x = s.campaigns[e.campaign];
    x.state = e.state;
    x.next_due.reset();
    x.reason = e.reason;
    x.sentence = e.sentence;
    x.updated_at = e.at;
  }
  void operator()(const reopened& e) {
    auto& x = s.campaigns[e.campaign];
    x.state = enrolment_state::waiting;
    x.next_due = e.at;
    x.any_lawful_time = false;
    x.reason = reopened::type;
    x.sentence = "What blocked it may be gone; it is decided anew.";
    x.updated_at = e.at;
  }
};
} // namespace

void core::apply(state& s, const event& e) {
  std::visit(apply_to{s}, e);
}

std::vector<row> core::rows(const state& s) {
  std::vector<row> rows;
  for (const auto& [campaign, x] : s.campaigns) {
    enrolment_row r;
    r.campaign = campaign;
    r.prospect = s.id;
    r.state = x.state;
    r.probability = x.probability;
    r.strategy = x.found.strategy;
    r.attempts = x.attempts;
    r.next_due = x.next_due;
    r.last_disposition = x.last;
    r.reason = x.reason.empty() ? "" : x.reason + ": " + x.sentence;
    r.updated_at = x.updated_at;
    rows.push_back(std::move(r));
    // Who is awake keeps a row, too: it wakes them again after a pause or a crash.
    rows.push_back(
      due_row{campaign, s.id, is_final(x.state) ? std::nullopt : std::optional{x.next_due.value_or(x.updated_at)}});
  }
  return rows;
}

json core::public_part(const state& s) {
  json campaigns = json::object();
  for (const auto& [campaign, x] : s.campaigns)
    campaigns[to_string(campaign)] = x;
  return {{"id", s.id}, {"campaigns", campaigns}, {"attempts", s.attempts}, {"opted_out", s.opted_out}};
}

json core::personal_part(const state& s) {
  json found = json::object();
  for (const auto& [campaign, x] : s.campaigns)
    found[to_string(campaign)] = x.found;
  return found;
}

state core::restore(const json& open, const json& personal) {
  state s;
  s.id = open.at("id").get<prospect_id>();
  s.attempts = open.at("attempts").get<std::vector<wall_time>>();
  s.opted_out = open.at("opted_out").get<bool>();
  for (const auto& [id, x] : open.at("campaigns").items()) {
    auto& e = s.campaigns[campaign_id{*parse_uuid(id)}];
    e = x.get<enrolment>();
    if (personal.contains(id))
      e.found = personal.at(id).get<findings>();
  }
  return s;
}

/// How often a call that waits for an operator's word is asked whether it has
/// one; it tells its end by itself.
static constexpr auto unresolved_look = 2h;

static enrolment of(const state& s, campaign_id campaign) {
  const auto found = s.campaigns.find(campaign);
  return found == s.campaigns.end() ? enrolment{} : found->second;
}

step next_step(const state& s, const campaign_policy& policy) {
  const auto x = of(s, policy.campaign);
  if (is_final(x.state))
    return step::nothing;
  if (x.call_up)
    return step::ask_call;
  if (s.opted_out)
    return step::refuse;
  return x.probability ? step::find_time : step::research;
}

static void finish(decision& d, campaign_id campaign, enrolment_state how, std::string reason, std::string sentence,
                   wall_time now) {
  d.events.push_back(finished{campaign, how, std::move(reason), std::move(sentence), now});
  d.effects.push_back(do_rest{campaign, how});
}

static ledger_row ledger_of(const state& s, const campaign_policy& policy, const uuid& ledger, line_id line,
                            std::string reason, std::string sentence, std::string source, wall_time now) {
  ledger_row l;
  l.id = ledger;
  l.at = now;
  l.campaign = policy.campaign;
  l.prospect = s.id;
  l.line = line;
  l.verdict = to_string(dial_verdict::blocked);
  l.reason = std::move(reason);
  l.sentence = std::move(sentence);
  l.source = std::move(source);
  l.rules = one_failed_rule(l.reason, l.reason, l.sentence, l.source);
  return l;
}

refusal refuse(const state& s, const campaign_policy& policy, const uuid& ledger, line_id line, wall_time now) {
  const std::string sentence = "The person has asked not to be called again.";
  refusal r;
  finish(r.what, policy.campaign, enrolment_state::blocked, "dnc_internal", sentence, now);
  auto l = ledger_of(s, policy, ledger, line, "dnc_internal", sentence,
                     "47 CFR 64.1200(d)(3) and (6), our own list of persons", now);
  l.data_version = "as of " + to_iso(now);
  r.rows.push_back(std::move(l));
  return r;
}

ledger_row no_time_row(const state& s, const campaign_policy& policy, const call_time& time, const uuid& ledger,
                       line_id line, wall_time now) {
  auto l = ledger_of(s, policy, ledger, line, time.reason, time.sentence, time.source, now);
  l.data_version = time.data_version;
  return l;
}

std::vector<std::string> history_of(const std::vector<std::string>& recalled, const std::vector<std::string>& found) {
  std::vector<std::string> history;
  for (const auto* source : {&recalled, &found})
    for (const auto& x : *source)
      if (history.size() < history_max && std::find(history.begin(), history.end(), x) == history.end())
        history.push_back(x);
  return history;
}

std::optional<campaign_id> other_call_up(const state& s, campaign_id campaign) {
  for (const auto& [id, x] : s.campaigns)
    if (id != campaign && x.call_up)
      return id;
  return std::nullopt;
}

find_call_time time_question(const state& s, const campaign_policy& policy, const prospect_row& person, uint64_t chance,
                             wall_time now) {
  const auto x = of(s, policy.campaign);
  find_call_time ask;
  ask.from = std::max(now, x.any_lawful_time && x.next_due ? *x.next_due : now);
  ask.number = person.phone;
  ask.person = person;
  ask.policy = policy;
  ask.best = !x.any_lawful_time;
  ask.spread = chance + static_cast<uint64_t>(x.attempts);
  return ask;
}

dial_request request_of(const state& s, const campaign_policy& policy, const prospect_row& person,
                        const call_time& time, line_id line) {
  const auto x = of(s, policy.campaign);
  dial_request r;
  r.line = line;
  r.number = person.phone;
  r.window_end = time.until;
  r.person_attempts = s.attempts;
  r.brief.policy = policy;
  r.brief.person = person;
  r.brief.strategy = x.found.strategy;
  r.brief.history = x.found.history;
  r.brief.zone = person.timezone.empty() ? time.zone : person.timezone;
  r.brief.owner_id = x.found.owner_id;
  r.brief.attempt = x.attempts + 1;
  r.brief.last_attempt = r.brief.attempt - x.not_counted >= policy.attempts_max;
  return r;
}

decision on_reopen(const state& s, campaign_id campaign, wall_time now) {
  decision d;
  const auto x = of(s, campaign);
  const bool for_good
    = s.opted_out || std::find(blocks_for_good.begin(), blocks_for_good.end(), x.reason) != blocks_for_good.end();
  if (x.state == enrolment_state::blocked && !for_good) {
    d.events.push_back(reopened{campaign, now});
    d.effects.push_back(do_rest{campaign, enrolment_state::waiting});
  }
  return d;
}

decision sleep(const state& s, campaign_id campaign, wall_time until, const std::string& reason,
               const std::string& sentence, wall_time now) {
  decision d;
  d.events.push_back(slept{campaign, until, of(s, campaign).any_lawful_time, reason, sentence, now});
  d.effects.push_back(do_rest{campaign, enrolment_state::waiting});
  return d;
}

decision on_researched(const state& s, const campaign_policy& policy, const prospect_researched& found, wall_time now) {
  decision d;
  if (of(s, policy.campaign).probability)
    return d;
  d.events.push_back(
    researched{policy.campaign, found.probability, now, {found.strategy, found.history, found.owner_id}});
  if (found.probability < policy.min_probability)
    finish(d, policy.campaign, enrolment_state::disqualified, "threshold",
           "The chance of success is " + std::to_string(found.probability) + ", the campaign asks for "
             + std::to_string(policy.min_probability) + ".",
           now);
  else
    d.effects.push_back(do_continue{policy.campaign});
  return d;
}

decision on_call_time(const state& s, const campaign_policy& policy, const call_time& time, wall_time now) {
  decision d;
  const auto x = of(s, policy.campaign);
  if (!time.possible) {
    finish(d, policy.campaign, enrolment_state::blocked, time.reason, time.sentence, now);
  } else if (time.at > now) {
    d.events.push_back(slept{policy.campaign, time.at, x.any_lawful_time, "best_time",
                             x.any_lawful_time ? "Waits for the time agreed or the next lawful one."
                                               : "Waits for the next lawful time of the campaign's best ones.",
                             now});
    d.effects.push_back(do_rest{policy.campaign, enrolment_state::waiting});
  }
  return d;
}

decision on_dial_answer(const state& s, const campaign_policy& policy, const dial_answer& answer, wall_time now) {
  decision d;
  const auto x = of(s, policy.campaign);
  if (is_final(x.state) || x.call_up || answer.attempt != x.attempts + 1)
    return d;
  switch (answer.verdict) {
    case dial_verdict::dialled:
      d.events.push_back(attempt_begun{policy.campaign, answer.call, answer.attempt, now,
                                       now + policy.ring_timeout + policy.call_limit + 30min, policy.attempts_max,
                                       policy.backoff});
      break;
    case dial_verdict::not_now: {
      // A moment's pause, or the same people would ask again in a circle.
      const auto until = std::max(answer.earliest.value_or(now + 15min), now + 1min);
      d.events.push_back(slept{policy.campaign, until, x.any_lawful_time, answer.reason, answer.sentence, now});
      d.effects.push_back(do_rest{policy.campaign, enrolment_state::waiting});
      break;
    }
    default: finish(d, policy.campaign, enrolment_state::blocked, answer.reason, answer.sentence, now);
  }
  return d;
}

decision on_call_unresolved(const state& s, const call_unresolved& told, wall_time now) {
  decision d;
  const auto x = of(s, told.campaign);
  if (x.call_up != told.call || is_final(x.state))
    return d;
  d.events.push_back(slept{told.campaign, now + unresolved_look, x.any_lawful_time,
                           std::string{to_string(disposition::submission_unknown)},
                           "Nobody knows whether the carrier has the call; an operator must say.", now});
  d.effects.push_back(do_rest{told.campaign, enrolment_state::waiting});
  return d;
}

std::optional<retry_rule> retry_after(disposition outcome) {
  switch (outcome) {
    case disposition::busy: return retry_rule{.after = wait::minutes_10_to_30, .any_lawful_time = true};
    case disposition::congestion:
    case disposition::no_answer:
    case disposition::machine:
    case disposition::machine_message:
    case disposition::canceled:
    case disposition::callback: return retry_rule{};
    case disposition::failed:
    case disposition::gatekeeper:
    case disposition::dead_air: return retry_rule{.after = wait::another_day};
    case disposition::hung_up:
    case disposition::no_decision: return retry_rule{.after = wait::another_day, .attempts_max = 2};
    default: return std::nullopt;
  }
}

wall_time
earliest_retry(std::chrono::minutes backoff, const retry_rule& rule, int32_t attempts, wall_time now, uint64_t chance) {
  if (rule.after == wait::minutes_10_to_30)
    return now + 10min + std::chrono::seconds{chance % 1201};
  const auto doublings = std::clamp(attempts - 1, 0, 10);
  const std::chrono::milliseconds grown = backoff * (1 << doublings);
  return now + (rule.after == wait::another_day ? std::max<std::chrono::milliseconds>(grown, another_day) : grown);
}

decision on_call_ended(const state& s, const call_ended& end, wall_time now, uint64_t chance) {
  decision d;
  const auto x = of(s, end.campaign);
  if (x.call_up != end.call) { // told twice, or the line's answer is still to come
    if (end.opted_out && !s.opted_out)
      d.events.push_back(opt_out_heard{end.call, now});
    return d;
  }
  d.events.push_back(attempt_ended{end.campaign, end.call, end.outcome, end.opted_out, now, end.created});
  const auto counted = x.attempts - x.not_counted - (end.created ? 0 : 1);
  const auto outcome = std::string{to_string(end.outcome)};
  const auto rule = retry_after(end.outcome);
  const bool wished
    = (end.outcome == disposition::callback || end.outcome == disposition::gatekeeper) && end.callback_at;
  if (end.opted_out || s.opted_out) {
    finish(d, end.campaign, enrolment_state::done, "do_not_call", "The person asked not to be called again.", now);
  } else if (end.outcome == disposition::submission_unknown) {
    finish(d, end.campaign, enrolment_state::blocked, outcome,
           "Nobody knows whether the carrier has the call; an operator must say.", now);
  } else if (!rule) {
    finish(d, end.campaign, enrolment_state::done, outcome, "The last call ended with " + outcome + ".", now);
  } else if (const auto limit = std::min(rule->attempts_max, x.attempts_max); counted >= limit) {
    finish(d, end.campaign, enrolment_state::exhausted, "attempts",
           "All " + std::to_string(limit) + " attempts are used; the last ended with " + outcome + ".", now);
  } else {
    const auto until
      = wished ? std::max(*end.callback_at, now + 5min) : earliest_retry(x.backoff, *rule, x.attempts, now, chance);
    d.events.push_back(slept{end.campaign, until, wished || rule->any_lawful_time, "cool_down",
                             wished ? "Waits for the callback that was agreed."
                                    : "Waits after an attempt that ended with " + outcome + ".",
                             now});
    d.effects.push_back(do_rest{end.campaign, enrolment_state::waiting});
  }
  return d;
}

} // namespace parley::prospects
