#pragma once

#include "runtime/ids.hpp"
#include "runtime/names.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace parley {

/// What the gate says of a dial.
enum class gate_outcome : uint8_t {
  allowed,
  not_now, ///< time alone will make it lawful: `earliest`
  blocked, ///< time alone will not; somebody must change the facts, if at all
  count_
};
PARLEY_NAMES(gate_outcome, "allowed", "not_now", "blocked")

/// Why a call is not allowed: stable codes for ledger, reports and tests.
enum class gate_reason : uint8_t {
  none,                        ///< allowed
  number_invalid,              ///< no number that can be in service
  number_type,                 ///< toll free, premium, personal and the like
  region_unsupported,          ///< no calling rules for the number's country
  state_unknown,               ///< the address names a state without rules
  zone_unknown,                ///< the person's time zone cannot be told
  dnc_internal,                ///< the person asked us not to call
  consent_missing,             ///< none on record
  consent_unproven,            ///< without date, source or the text shown
  consent_not_express,         ///< a relationship, but no consent
  consent_not_written,         ///< given, but not in writing
  consent_wrong_seller,        ///< given to somebody else
  consent_wrong_channel,       ///< not for phone calls
  consent_no_artificial_voice, ///< for phone calls, not for artificial voices
  reassigned,                  ///< the number has changed hands since consent
  reassigned_not_checked,      ///< the check is a duty and nobody made it
  dnc_national,                ///< on the national do-not-call list
  dnc_state,                   ///< on the state's do-not-call list
  dnc_list_missing,            ///< a list that must be checked is not there
  dnc_list_stale,              ///< the copy of the list is too old
  state_forbids_artificial_voice,
  emergency,       ///< the state's ban during a declared emergency
  hours,           ///< outside the lawful hours
  holiday,         ///< a day off
  no_lawful_hours, ///< the hours that bind this call never overlap
  cap_person,      ///< too many calls to this person
  cap_number,      ///< too many calls to this number
  cap_campaign,    ///< too many calls of this campaign
  count_
};
PARLEY_NAMES(gate_reason, "none", "number_invalid", "number_type", "region_unsupported", "state_unknown",
             "zone_unknown", "dnc_internal", "consent_missing", "consent_unproven", "consent_not_express",
             "consent_not_written", "consent_wrong_seller", "consent_wrong_channel", "consent_no_artificial_voice",
             "reassigned", "reassigned_not_checked", "dnc_national", "dnc_state", "dnc_list_missing", "dnc_list_stale",
             "state_forbids_artificial_voice", "emergency", "hours", "holiday", "no_lawful_hours", "cap_person",
             "cap_number", "cap_campaign")

enum class check_result : uint8_t {
  passed,
  failed,
  not_checked,    ///< nobody could check it; no rule makes it a duty here
  not_applicable, ///< the rule does not concern this call
  count_
};
PARLEY_NAMES(check_result, "passed", "failed", "not_checked", "not_applicable")

/// One rule as it was applied.
struct rule_check {
  const char* rule = ""; ///< e.g. "dnc_national"
  check_result result = check_result::passed;
  gate_reason reason = gate_reason::none; ///< set when failed
  std::string sentence;                   ///< for people; holds no number, name or words
  std::string source;                     ///< the legal source, or the setting
};

/// The gate's answer, with all that the ledger keeps of it.
struct gate_verdict {
  gate_outcome outcome = gate_outcome::blocked;
  gate_reason reason = gate_reason::none;
  std::string sentence;
  std::string source;
  std::string data_version;
  wall_time at{};
  /// not_now: the first instant that every rule of time and number allows.
  std::optional<wall_time> earliest;
  /// allowed: the lawful stretch ends then; nothing may be dialled later.
  std::optional<wall_time> lawful_until;
  /// Every rule, in the order of the gate.
  std::vector<rule_check> rules;
  std::vector<std::string> zones;  ///< candidate zones
  std::vector<std::string> states; ///< candidate states

  explicit operator bool() const { return outcome == gate_outcome::allowed; }
};

/// The rules alone: the ledger's column `rules`.
nlohmann::json rules_to_json(const gate_verdict& x);
/// The same column as text, where one rule decided without the gate's others.
std::string one_failed_rule(const std::string& rule, const std::string& reason, const std::string& sentence,
                            const std::string& source);
/// The whole verdict.
void to_json(nlohmann::json& out, const gate_verdict& x);

} // namespace parley
