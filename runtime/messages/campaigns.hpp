#pragma once

#include "runtime/messages/rows.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// A weekly window in the called person's local time, [from, until).
struct local_window {
  std::vector<uint8_t> weekdays; ///< 0 is Sunday
  std::chrono::minutes from{0};
  std::chrono::minutes until{0};
};
PARLEY_INSPECT(local_window, x.weekdays, x.from, x.until)

/// Best hours of people whose role has one of these words.
struct role_window {
  std::vector<std::string> roles; ///< single words, lower case
  local_window hours;
};
PARLEY_INSPECT(role_window, x.roles, x.hours)

/// Everything a campaign's manager decides. Stored as JSON in
/// `campaigns.settings`; keys are the field names.
struct campaign_policy {
  campaign_id campaign;
  std::string name;

  // Who calls, and for what.
  std::string company; ///< the seller: consent must name it
  std::string company_description;
  std::string agent_name = "Katie";
  std::string voice = "marin";
  std::string language = "en";
  std::string offer;
  std::string objective = "Book a 30 minute meeting with an account manager.";
  std::string script;                ///< call_script_template: further guidance, prose
  std::string callback_number;       ///< E.164; said when asked how to reach us
  std::vector<std::string> managers; ///< names or ids of account managers, asked in turn
  int32_t meeting_minutes = 30;

  // Whom, when, how often.
  int32_t min_probability = 50; ///< 0 to 100; below it nobody is called
  int32_t attempts_max = 3;
  std::chrono::minutes backoff{60};        ///< before the second attempt; doubles each time
  std::vector<local_window> best_times;    ///< empty: Tuesday to Thursday 10-11 and 16-17
  std::vector<role_window> role_times;     ///< in place of `best_times` for the roles that they name
  std::vector<local_window> allowed_times; ///< empty: whatever the law allows
  int32_t calls_per_person_day = 3;        ///< over all campaigns of this seller, 24 h

  // How.
  std::string from_number; ///< E.164; empty: the carrier's first
  int32_t calls_at_once = 10;
  std::chrono::seconds ring_timeout{25};
  std::chrono::seconds call_limit{600};
  std::string voicemail_message; ///< spoken after a machine's beep; empty: hang up on machines
  std::string opt_out_number;    ///< toll-free, E.164; said in every voicemail message (47 CFR 64.1200(b)(3))
  bool record_calls = false;     ///< consent is asked for in the opening where the person's state needs it
  bool transfers = true;         ///< the agent may hand a call over to the account manager's phone

  // When to stop by itself: the circuit breaker.
  int32_t breaker_share = 50;              ///< percent of the window's calls that failed; 0: never
  std::chrono::minutes breaker_window{10}; ///< wall time looked back
  int32_t breaker_minimum = 10;            ///< calls in the window below which it never trips
};
PARLEY_INSPECT(campaign_policy, x.campaign, x.name, x.company, x.company_description, x.agent_name, x.voice, x.language,
               x.offer, x.objective, x.script, x.callback_number, x.managers, x.meeting_minutes, x.min_probability,
               x.attempts_max, x.backoff, x.best_times, x.role_times, x.allowed_times, x.calls_per_person_day,
               x.from_number, x.calls_at_once, x.ring_timeout, x.call_limit, x.voicemail_message, x.opt_out_number,
               x.record_calls, x.transfers, x.breaker_share, x.breaker_window, x.breaker_minimum)

enum class campaign_action : uint8_t {
  launch, ///< enrol and begin, or go on after a stop
  pause,  ///< no new calls; live ones finish
  resume,
  stop,     ///< no new calls; ringing ones are cancelled, talks finish
  stop_now, ///< hangs up on everybody
  look,     ///< changes nothing: how it stands
  count_
};
PARLEY_NAMES(campaign_action, "launch", "pause", "resume", "stop", "stop_now", "look")

/// A manager's command, answered when it is in force: after `pause`, `stop`
/// and `stop_now` no call of the campaign starts any more.
struct campaign_command {
  campaign_id campaign;
  campaign_action action = campaign_action::launch;
};
PARLEY_INSPECT(campaign_command, x.campaign, x.action, wire::checked(x.action))

struct campaign_state {
  campaign_id campaign;
  std::string name;
  campaign_status status = campaign_status::draft;
  uint64_t enrolled = 0;
  std::string reason; ///< a sentence when it paused itself, else empty
  // As its parts reported last; all 0 before they have.
  uint64_t asleep = 0;
  uint64_t awake = 0;
  uint64_t calls_up = 0;
  bool enrolling = true; ///< a part has not enrolled all of its list, or has not reported yet
};
PARLEY_INSPECT(campaign_state, x.campaign, x.name, x.status, wire::checked(x.status), x.enrolled, x.reason, x.asleep,
               x.awake, x.calls_up, x.enrolling)

/// Campaign to its part in a shard: what holds from now on.
struct shard_orders {
  campaign_policy policy;
  campaign_status status = campaign_status::draft;
  bool cancel_ringing = false;
  bool hang_up = false;
  uint64_t round = 0; ///< another one: whoever is new on the list is enrolled
};
PARLEY_INSPECT(shard_orders, x.policy, x.status, wire::checked(x.status), x.cancel_ringing, x.hang_up, x.round)

/// A campaign's part in a shard to the campaign, whenever it changed.
struct shard_progress {
  campaign_id campaign;
  uint16_t shard = 0;
  uint64_t enrolled = 0; ///< newly, since the last report
  uint64_t asleep = 0;
  uint64_t awake = 0;
  uint64_t calls_up = 0;
  bool enrolling = true; ///< not all of the list is enrolled yet
  uint64_t round = 0;    ///< of the orders that it follows; 0: it was started anew and knows none
  uint32_t ended = 0;    ///< calls that ended since the last report
  uint32_t failed = 0;   ///< of these, those that count as failed (`is_failure`)
};
PARLEY_INSPECT(shard_progress, x.campaign, x.shard, x.enrolled, x.asleep, x.awake, x.calls_up, x.enrolling, x.round,
               x.ended, x.failed)

/// Prospects were put on a campaign's list: one that runs enrols them.
struct prospects_added {
  campaign_id campaign;
};
PARLEY_INSPECT(prospects_added, x.campaign)

/// Every call of the campaign would fail (the carrier's account is suspended,
/// the caller number is not ours): it pauses itself and says why.
struct campaign_trouble {
  campaign_id campaign;
  std::string reason; ///< a sentence
};
PARLEY_INSPECT(campaign_trouble, x.campaign, x.reason)

/// Which account manager is in turn; answered with `manager_assigned`, or
/// `ec::not_found` when the campaign has none.
struct assign_manager {
  campaign_id campaign;
  std::string owner_id; ///< the CRM's id of the person's own manager, who comes first; may be empty
};
PARLEY_INSPECT(assign_manager, x.campaign, x.owner_id)

struct manager_assigned {
  manager_row manager;
};
PARLEY_INSPECT(manager_assigned, x.manager)

/// Wakes a prospect for a campaign.
struct wake_prospect {
  prospect_id prospect;
  campaign_policy policy;
};
PARLEY_INSPECT(wake_prospect, x.prospect, x.policy)

/// Codes of what keeps an enrolment blocked whatever is imported: the person's
/// own wish, a call that nobody knows of, an actor that fails.
inline constexpr std::array<std::string_view, 3> blocks_for_good{"dnc_internal", "submission_unknown", "failure"};
/// Codes of what is no fact of the person: the node's own state, which its
/// operator can put right, and a state's emergency, which passes.
inline constexpr std::array<std::string_view, 4> blocks_of_the_node{"dnc_list_missing", "dnc_list_stale",
                                                                    "not_on_allow_list", "emergency"};

/// What blocked this enrolment may be gone: if it is not blocked for good, it
/// waits again and its next attempt is decided anew. Answered with
/// `prospect_rested` either way.
struct reopen_enrolment {
  prospect_id prospect;
  campaign_id campaign;
};
PARLEY_INSPECT(reopen_enrolment, x.prospect, x.campaign)

/// The campaign no longer runs: an awake prospect that has no call up goes
/// back to sleep.
struct campaign_halted {
  prospect_id prospect;
  campaign_id campaign;
};
PARLEY_INSPECT(campaign_halted, x.prospect, x.campaign)

/// A prospect to its campaign's part in the shard: asleep again or through.
struct prospect_rested {
  prospect_id prospect;
  campaign_id campaign;
  enrolment_state state = enrolment_state::waiting;
};
PARLEY_INSPECT(prospect_rested, x.prospect, x.campaign, x.state, wire::checked(x.state))

/// The door to a campaign's part: this prospect's actor fails again and again.
/// Its enrolment is blocked, so that the campaign can go on to its end.
struct prospect_failed {
  prospect_id prospect;
};
PARLEY_INSPECT(prospect_failed, x.prospect)

} // namespace parley
