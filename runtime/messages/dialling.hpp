#pragma once

#include "runtime/messages/campaigns.hpp"

namespace parley {

/// What a call has to know to talk: the campaign, the person, the strategy
/// and what was said before.
struct call_brief {
  campaign_policy policy;
  prospect_row person;
  std::string strategy = "{}";      ///< JSON from research
  std::vector<std::string> history; ///< past interactions, newest first
  std::string zone;                 ///< IANA name of the zone the person most likely is in
  std::string owner_id;             ///< the CRM's id of the person's account manager, if any
  int32_t attempt = 1;
  std::optional<meeting_row> meeting{}; ///< the person's next one with us, without its papers
  /// The campaign allows no attempt after this one: nobody may be promised another
  /// call. `attempt` does not tell, since attempts that never left us do not count.
  bool last_attempt = false;
};
PARLEY_INSPECT(call_brief, x.policy, x.person, x.strategy, x.history, x.zone, x.owner_id, x.attempt, x.meeting,
               x.last_attempt)

/// A prospect asks the line of its number to dial. The line decides: it runs
/// the gate last and commits verdict, attempt and intent in one append.
/// (prospect, campaign, attempt) names the request: repeating it dials once.
struct dial_request {
  line_id line;
  std::string number; ///< E.164
  slot_id slot;
  wall_time slot_expires{};
  wall_time window_end{};                 ///< end of the lawful window the prospect computed
  std::vector<wall_time> person_attempts; ///< earlier attempts to this person on any number, newest last
  call_brief brief;
};
PARLEY_INSPECT(dial_request, x.line, x.number, x.slot, x.slot_expires, x.window_end, x.person_attempts, x.brief)

enum class dial_verdict : uint8_t { dialled, not_now, blocked, count_ };
PARLEY_NAMES(dial_verdict, "dialled", "not_now", "blocked")

struct dial_answer {
  prospect_id prospect;
  campaign_id campaign;
  int32_t attempt = 0;
  dial_verdict verdict = dial_verdict::blocked;
  call_id call;       ///< when dialled
  std::string reason; ///< stable code when not
  std::string sentence;
  std::optional<wall_time> earliest; ///< not_now: when it may be tried again
};
PARLEY_INSPECT(dial_answer, x.prospect, x.campaign, x.attempt, x.verdict, wire::checked(x.verdict), x.call, x.reason,
               x.sentence, x.earliest)

/// A new call begins its life; its intent is committed.
struct start_call {
  call_id call;
  wall_time not_after{};
};
PARLEY_INSPECT(start_call, x.call, x.not_after)

/// A call is over: told to its prospect and its line, again when they ask.
struct call_ended {
  call_id call;
  campaign_id campaign;
  prospect_id prospect;
  line_id line;
  int32_t attempt = 0;
  disposition outcome = disposition::none;
  wall_time at{};
  std::optional<wall_time> callback_at; ///< the person's wish
  bool opted_out = false;
  bool created = true; ///< false: the carrier certainly never had it; does not count as an attempt
};
PARLEY_INSPECT(call_ended, x.call, x.campaign, x.prospect, x.line, x.attempt, x.outcome, wire::checked(x.outcome), x.at,
               x.callback_at, x.opted_out, x.created)

/// The same message, addressed to the line.
struct line_released {
  call_ended end;
};
PARLEY_INSPECT(line_released, x.end)

/// Nobody can find out whether the carrier has this call: its prospect sleeps
/// until an operator resolves it or it shows up. Told again when they ask.
struct call_unresolved {
  call_id call;
  campaign_id campaign;
  prospect_id prospect;
};
PARLEY_INSPECT(call_unresolved, x.call, x.campaign, x.prospect)

/// Whoever waits for a call's end and may have missed it asks again.
struct ask_call_end {
  call_id call;
};
PARLEY_INSPECT(ask_call_end, x.call)

/// Puts a number on our own do-not-call list, or takes it off. Told to a line,
/// or asked of it: then it is answered when no dial that was decided before is
/// on its way to the carrier, within the dial's `not_after` and a margin.
struct suppress_line {
  line_id line;
  std::string source; ///< call, key, tool, import, command
  std::string reason;
  bool remove = false;
  /// The suppression is stored already: a line that sleeps stays asleep, since
  /// it reads the list before it dials.
  bool only_awake = false;
};
PARLEY_INSPECT(suppress_line, x.line, x.source, x.reason, x.remove, x.only_awake)

struct line_settled {
  line_id line;
  std::optional<call_id> call; ///< that was begun before and is not over
  bool known = true;           ///< false: the dial's time ran out and nobody knows what became of it
};
PARLEY_INSPECT(line_settled, x.line, x.call, x.known)

/// Ends a live call from outside: a manager or a stopping campaign.
struct end_call {
  call_id call;
  bool only_ringing = false;
  std::string reason;
};
PARLEY_INSPECT(end_call, x.call, x.only_ringing, x.reason)

/// What a manager may do to a call that is up.
enum class call_order : uint8_t {
  say,                ///< the agent says `text` in its own words at the next pause
  hang_up,            ///< at once
  transfer,           ///< hands over to the account manager, or to the number in `text`
  resolve_placed,     ///< the carrier had this call, of which nobody knew; `text` says how that is known
  resolve_not_placed, ///< it never had it: the attempt may be repeated
  count_
};
PARLEY_NAMES(call_order, "say", "hang_up", "transfer", "resolve_placed", "resolve_not_placed")

/// Answered when it is under way. `ec::wrong_state` when nobody talks (for
/// `hang_up`: when the call is over; for `resolve_…`: when it does not wait for
/// an operator's word). A resolution is answered after its commit.
struct steer_call {
  call_id call;
  call_order what = call_order::say;
  std::string text;
};
PARLEY_INSPECT(steer_call, x.call, x.what, wire::checked(x.what), x.text)

struct call_steered {
  call_id call;
  std::string sentence; ///< what happens now
};
PARLEY_INSPECT(call_steered, x.call, x.sentence)

/// A call's phase for the campaign's part in its prospect's shard.
struct call_phase_changed {
  call_id call;
  campaign_id campaign;
  prospect_id prospect;
  std::string phase;                       ///< dialling, ringing, talking, ended
  disposition outcome = disposition::none; ///< once it has ended
};
PARLEY_INSPECT(call_phase_changed, x.call, x.campaign, x.prospect, x.phase, x.outcome, wire::checked(x.outcome))

} // namespace parley
