#pragma once

#include "runtime/messages/campaigns.hpp"
#include "runtime/messages/compliance.hpp"
#include "runtime/messages/rows.hpp"

#include <optional>
#include <string>
#include <vector>

namespace parley {

/// How busy the pacer is for one campaign.
struct slots_in_use {
  uint64_t held = 0;         ///< calls of the campaign that are up or start
  uint64_t waiting = 0;      ///< its prospects that wait for a slot
  uint64_t node_held = 0;    ///< of all campaigns
  uint64_t node_maximum = 0; ///< the carrier's channels
};

/// All that is known of one prospect's part in one campaign.
struct why_facts {
  std::string campaign; ///< its name
  campaign_status status = campaign_status::draft;
  std::string status_reason; ///< a sentence when it paused itself, else empty
  int32_t calls_at_once = 1; ///< the campaign's own limit
  enrolment_row enrolment;
  std::optional<wall_time> due;   ///< the row that wakes the prospect next
  std::vector<ledger_row> ledger; ///< of this prospect and campaign, newest first
  // Live; empty when whoever knows did not answer.
  std::string waits_for; ///< what the awake prospect is busy with: profile, research, time, memory, slot, line, call
  std::optional<slots_in_use> slots;
  /// What the gate would say of a call: right now to who waits for a best
  /// time, to everybody else when their wait is over.
  std::optional<gate_answer> gate;
  std::optional<call_time> time; ///< what the prospect will be given as the time of its next attempt
  std::string zone;              ///< of the person, IANA; times are told in it
  wall_time now{};
};

struct why_answer {
  std::string campaign;
  std::string code; ///< stable, e.g. hours, cap_person, dnc_national, threshold, paused, slot, backoff
  /// What the prospect waits for or why nobody calls, with rule, source and
  /// the earliest next attempt: one sentence. Holds no number and no name but
  /// the campaign's.
  std::string sentence;
  std::string rule;                  ///< as in the ledger; empty where none is behind it
  std::string source;                ///< the rule's legal source, or the setting
  std::optional<wall_time> earliest; ///< of the next attempt; empty: none will be made, or nobody can tell
};

/// Why this prospect is not being called in this campaign at this moment.
/// Pure: derived from the ledger, the enrolment and the next due row.
why_answer why(const why_facts& facts);

} // namespace parley
