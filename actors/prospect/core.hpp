#pragma once

#include "runtime/journal/aggregate.hpp"
#include "runtime/messages/compliance.hpp"
#include "runtime/messages/json.hpp"

#include <map>

namespace parley::prospects {

/// What research found out; personal, because it quotes the CRM.
struct findings {
  std::string strategy = "{}"; ///< JSON
  std::vector<std::string> history;
  std::string owner_id; ///< the CRM's id of the account manager, if any
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(findings, strategy, history, owner_id)

/// A prospect's part in one campaign.
struct enrolment {
  enrolment_state state = enrolment_state::waiting;
  std::optional<int32_t> probability;
  findings found;          ///< sealed
  int32_t attempts = 0;    ///< made; the next one's number names its request
  int32_t not_counted = 0; ///< of these the carrier certainly never had
  std::optional<call_id> call_up;
  std::optional<wall_time> call_up_since;
  int32_t attempts_max = 3; ///< of the campaign, when the last attempt began
  std::chrono::minutes backoff{60};
  disposition last = disposition::none;
  std::optional<wall_time> next_due;
  bool any_lawful_time = false; ///< the next attempt may leave the best times (busy, wished callback)
  std::string reason;           ///< stable code
  std::string sentence;
  wall_time updated_at{};
};

// --- events ----------------------------------------------------------------------

struct researched {
  static constexpr auto type = "researched";
  campaign_id campaign;
  int32_t probability = 0;
  wall_time at{};
  findings personal;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(researched, campaign, probability, at, personal)

/// Nothing to do before `until`.
struct slept {
  static constexpr auto type = "slept";
  campaign_id campaign;
  wall_time until{};
  bool any_lawful_time = false;
  std::string reason;
  std::string sentence;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(slept, campaign, until, any_lawful_time, reason, sentence, at)

struct attempt_begun {
  static constexpr auto type = "attempt_begun";
  campaign_id campaign;
  call_id call;
  int32_t attempt = 1;
  wall_time at{};
  wall_time look_again{}; ///< the due row while the call is up: a fallback, not a redial
  int32_t attempts_max = 3;
  std::chrono::minutes backoff{60};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(attempt_begun, campaign, call, attempt, at, look_again, attempts_max,
                                                backoff)

struct attempt_ended {
  static constexpr auto type = "attempt_ended";
  campaign_id campaign;
  call_id call;
  disposition outcome = disposition::none;
  bool opted_out = false;
  wall_time at{};
  bool created = true; ///< false: the carrier certainly never had it
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(attempt_ended, campaign, call, outcome, opted_out, at, created)

/// The person asked not to be called, in a call that we had not heard of.
struct opt_out_heard {
  static constexpr auto type = "opt_out_heard";
  call_id call;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(opt_out_heard, call, at)

/// Nothing more happens in this campaign.
struct finished {
  static constexpr auto type = "finished";
  campaign_id campaign;
  enrolment_state state = enrolment_state::done;
  std::string reason;
  std::string sentence;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(finished, campaign, state, reason, sentence, at)

/// What blocked it may be gone: the next attempt is decided anew.
struct reopened {
  static constexpr auto type = "reopened";
  campaign_id campaign;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(reopened, campaign, at)

// --- effects ---------------------------------------------------------------------

/// Asleep or through: the campaign's part in the shard hears of it.
struct do_rest {
  campaign_id campaign;
  enrolment_state state = enrolment_state::waiting;
};
/// Go on with what comes next for this campaign.
struct do_continue {
  campaign_id campaign;
};

struct state {
  prospect_id id;
  std::map<campaign_id, enrolment> campaigns;
  std::vector<wall_time> attempts; ///< to this person, any campaign, last 30 days
  bool opted_out = false;
};

struct core {
  using state = prospects::state;
  using event = std::variant<researched, slept, attempt_begun, attempt_ended, opt_out_heard, finished, reopened>;
  using effect = std::variant<do_rest, do_continue>;

  static void apply(state& s, const event& e);
  static std::vector<row> rows(const state& s);
  static prospect_id subject(const state& s) { return s.id; }
  static json public_part(const state& s);
  static json personal_part(const state& s);
  static state restore(const json& open, const json& personal);
};

using decision = parley::decision<core>;

/// What an awake prospect does next.
enum class step : uint8_t { nothing, refuse, research, find_time, ask_call };
step next_step(const state& s, const campaign_policy& policy);

/// A decision that keeps the person from being called, with its row for the
/// compliance ledger.
struct refusal {
  decision what;
  std::vector<row> rows;
};
/// A person who has asked not to be called, in whatever campaign and on
/// whatever number, is not called in this one either.
refusal refuse(const state& s, const campaign_policy& policy, const uuid& ledger, line_id line, wall_time now);
/// The ledger's row of a time that compliance could not find.
ledger_row no_time_row(const state& s, const campaign_policy& policy, const call_time& time, const uuid& ledger,
                       line_id line, wall_time now);

/// What a call is told of the past: what was recalled a moment ago, newest
/// first, then what research found besides.
std::vector<std::string> history_of(const std::vector<std::string>& recalled, const std::vector<std::string>& found);

/// The campaign, other than this one, that has a call up with the person.
std::optional<campaign_id> other_call_up(const state& s, campaign_id campaign);

/// What compliance is asked for the time of the next attempt.
/// @param chance Any number; spreads people inside a window.
find_call_time time_question(const state& s, const campaign_policy& policy, const prospect_row& person, uint64_t chance,
                             wall_time now);
/// The request for the next attempt in the lawful window of `time`, without
/// slot and without what memory recalls.
dial_request request_of(const state& s, const campaign_policy& policy, const prospect_row& person,
                        const call_time& time, line_id line);

decision on_researched(const state& s, const campaign_policy& policy, const prospect_researched& found, wall_time now);
/// The time that compliance proposes: now (no decision: ask for a slot), later
/// (sleep) or never (blocked).
decision on_call_time(const state& s, const campaign_policy& policy, const call_time& time, wall_time now);
decision on_dial_answer(const state& s, const campaign_policy& policy, const dial_answer& answer, wall_time now);
/// The call is over: a further attempt, or the end. `callback_at` is the
/// person's wish. Needs no policy: a call may end after its campaign's turn.
decision on_call_ended(const state& s, const call_ended& end, wall_time now, uint64_t chance);
/// Nobody can find out whether the carrier has the call: it stays up for this
/// person, who sleeps and is not called by any campaign until it is resolved.
decision on_call_unresolved(const state& s, const call_unresolved& told, wall_time now);
/// An enrolment that is not blocked for good waits again, due at once.
decision on_reopen(const state& s, campaign_id campaign, wall_time now);
/// Goes to sleep without a decision about the person, e.g. because the
/// campaign was paused or no slot came in time.
decision sleep(const state& s, campaign_id campaign, wall_time until, const std::string& reason,
               const std::string& sentence, wall_time now);

/// What a disposition that is no outcome is followed by.
enum class wait : uint8_t { backoff, minutes_10_to_30, another_day };
struct retry_rule {
  wait after = wait::backoff;
  bool any_lawful_time = false;                               ///< may leave the campaign's best times
  int32_t attempts_max = std::numeric_limits<int32_t>::max(); ///< besides the campaign's own limit
};

/// The rule of a disposition; nothing for an outcome, which is final.
///
/// No answer and the like wait out the backoff and then the next lawful best
/// time, and so does carrier trouble. Busy lines alone may leave the best
/// times, never the lawful ones. A call that we dropped is not followed by another one on the
/// same day, nor one that somebody else answered for the person, nor one that
/// the person ended before anything was decided: such a person is tried once
/// more and then left alone.
std::optional<retry_rule> retry_after(disposition outcome);
/// Earliest instant of the attempt after `attempts` ones: exponential from
/// the campaign's backoff; after busy 10 to 30 minutes, drawn from `chance`.
wall_time
earliest_retry(std::chrono::minutes backoff, const retry_rule& rule, int32_t attempts, wall_time now, uint64_t chance);

} // namespace parley::prospects
