#pragma once

#include "runtime/messages/dialling.hpp"
#include "runtime/messages/journal.hpp"

namespace parley {

/// May this number be dialled at `now`? Asked by the line, last of all.
struct gate_check {
  wall_time now{};
  std::string number; ///< E.164
  prospect_row person;
  campaign_policy policy;
  list_hits lists;
  std::vector<wall_time> number_attempts; ///< earlier attempts to this number, oldest first
  std::vector<wall_time> person_attempts; ///< earlier attempts to this person, oldest first
};
PARLEY_INSPECT(gate_check, x.now, x.number, x.person, x.policy, x.lists, x.number_attempts, x.person_attempts)

struct gate_answer {
  dial_verdict verdict = dial_verdict::blocked; ///< `dialled` means: allowed
  std::string reason;                           ///< stable code; "allowed" when so
  std::string sentence;
  std::string source;
  std::string data_version;
  std::string rules = "[]";              ///< JSON: every rule with its result
  std::optional<wall_time> earliest;     ///< not_now: next lawful instant
  std::optional<wall_time> lawful_until; ///< allowed: end of the lawful window
};
PARLEY_INSPECT(gate_answer, x.verdict, wire::checked(x.verdict), x.reason, x.sentence, x.source, x.data_version,
               x.rules, x.earliest, x.lawful_until)

/// When should this person be called, at `from` or later?
struct find_call_time {
  wall_time from{};
  std::string number;
  prospect_row person;
  campaign_policy policy;
  bool best = true;    ///< false: any lawful time will do (after busy, or a wished callback)
  uint64_t spread = 0; ///< any number; spreads people inside a window
};
PARLEY_INSPECT(find_call_time, x.from, x.number, x.person, x.policy, x.best, x.spread)

struct call_time {
  bool possible = false;
  wall_time at{};
  wall_time until{}; ///< end of the lawful window that `at` lies in, or of the best hours asked for
  std::string zone;  ///< IANA name of the zone the person most likely is in
  std::string reason;
  std::string sentence; ///< why there is none
  std::string source;   ///< of the rules, when there is none
  std::string data_version;
};
PARLEY_INSPECT(call_time, x.possible, x.at, x.until, x.zone, x.reason, x.sentence, x.source, x.data_version)

/// Must everybody on a call agree to its being recorded?
struct recording_check {
  std::string number; ///< E.164
  prospect_row person;
};
PARLEY_INSPECT(recording_check, x.number, x.person)

struct recording_rule {
  bool announce = true; ///< the person must be told before it begins; also when nothing is known of the place
  std::string sentence; ///< why
  std::string source;
};
PARLEY_INSPECT(recording_rule, x.announce, x.sentence, x.source)

} // namespace parley
