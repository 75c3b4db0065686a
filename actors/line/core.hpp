#pragma once

#include "actors/call/core.hpp"
#include "runtime/messages/compliance.hpp"

namespace parley::lines {

/// One attempt to reach this number; (prospect, campaign, attempt) names it.
struct attempt {
  call_id call;
  prospect_id prospect;
  campaign_id campaign;
  int32_t number = 1;
  wall_time at{};
  bool created = true; ///< false: the carrier certainly never had it
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(attempt, call, prospect, campaign, number, at, created)

struct attempt_made {
  static constexpr auto type = "attempt_made";
  attempt made;
  slot_id slot{};
  wall_time not_after{}; ///< of its dial
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(attempt_made, made, slot, not_after)

struct line_freed {
  static constexpr auto type = "line_freed";
  call_id call;
  disposition outcome = disposition::none;
  wall_time at{};
  bool created = true;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(line_freed, call, outcome, at, created)

struct line_suppressed {
  static constexpr auto type = "line_suppressed";
  std::string source;
  std::string reason;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(line_suppressed, source, reason, at)

struct suppression_lifted {
  static constexpr auto type = "suppression_lifted";
  std::string reason;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(suppression_lifted, reason, at)

/// The intent is stored: the call may begin.
struct do_start_call {
  call_id call;
  wall_time not_after{};
  slot_id slot; ///< the call's from now on
};
struct do_answer {
  dial_answer answer;
};
struct do_return_slot {
  slot_id slot;
};

struct state {
  line_id id;
  std::vector<attempt> attempts; ///< of the last 30 days, oldest first
  std::optional<call_id> call_up;
  slot_id dial_slot;                 ///< of the last dial, which the pacer knows it by
  wall_time dial_until{};            ///< its `not_after`: nothing of it reaches the carrier later
  std::optional<wall_time> last_end; ///< of a call that the carrier had
  std::optional<wall_time> suppressed_at;
  std::string suppressed_by;
  std::string suppressed_reason;
  std::optional<wall_time> lifted_at; ///< was suppressed once and taken off again
  /// The last event changed the suppression. Only then is its row written: an
  /// operator's list writes the same row, and no older word may undo that.
  bool suppression_changed = false;
};

struct core {
  using state = lines::state;
  using event = std::variant<attempt_made, line_freed, line_suppressed, suppression_lifted>;
  using effect = std::variant<do_start_call, do_answer, do_return_slot>;

  static void apply(state& s, const event& e);
  static std::vector<row> rows(const state& s);
  static prospect_id subject(const state&) { return {}; } // nothing personal: the number is only in its id, hashed
  static json public_part(const state& s);
  static json personal_part(const state&) { return json::object(); }
  static state restore(const json& open, const json& personal);
};

using decision = parley::decision<core>;

/// What the line itself knows before the gate is asked: a repeated request
/// is answered as before, a call that is up or ended a moment ago refuses.
std::optional<dial_answer> answer_at_once(const state& s, const dial_request& r, wall_time now);

/// What the gate is asked of a request.
gate_check gate_question(const state& s, const dial_request& r, list_hits lists, wall_time now);

/// The gate could not be asked: not now, and again a little later.
dial_answer without_gate(const dial_request& r, std::string reason, std::string sentence, wall_time now);

/// The ledger's row of an answer that the line gives without the gate.
ledger_row own_row(const state& s, const dial_request& r, const dial_answer& answer, const uuid& id, wall_time now);

/// The verdict of a gate that allowed the call, once the number was suppressed
/// while it was asked.
gate_answer suppressed_meanwhile(gate_answer gate, wall_time now);

/// Attempts to this number so far that the carrier may have had, for the
/// gate's caps.
std::vector<wall_time> attempt_times(const state& s);

struct dial {
  decision what;
  std::vector<stream_write> streams; ///< the call's birth
  std::vector<row> rows;             ///< the ledger row, always
};

/// The dial decision: the gate's verdict, the attempt and the call's intent
/// in one append, or a refusal with its ledger row.
/// @param slot_ok The pacer confirmed the slot a moment ago.
/// @param lease_end The node's own lease deadline, if it has a lease.
dial decide(const state& s, const dial_request& r, const gate_answer& gate, bool slot_ok, call_id call,
            const uuid& ledger, wall_time now, std::optional<wall_time> lease_end = {});

/// Frees the line; an opt-out in the call suppresses it in the same append.
decision on_call_over(const state& s, const call_ended& end, wall_time now);
decision suppress(const state& s, const suppress_line& order, wall_time now);

} // namespace parley::lines
