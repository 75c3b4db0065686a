#pragma once

#include "actors/compliance/gate.hpp"
#include "actors/prospect/best_time.hpp"
#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <array>

namespace parley {

struct compliance_settings {
  std::string rules_file = "rules/us-calling-rules.json";
  std::string area_codes_file = "rules/nanp-timezones.csv";
  std::string zip_codes_file = "rules/us-zip-states.csv";
  std::string home_region = "US";
  std::vector<std::string> own_numbers;
  std::string own_numbers_declared_by;
  bool recommended_hours = true;
  bool dnc_exemptions = false;
  std::vector<std::string> emergency_states;
  /// Nobody else is dialled; the node sets it while it is LIVE but not `live`.
  std::optional<std::vector<std::string>> allow_list;

  void describe(settings::section& s);
};

/// The codes of all states, districts and territories, as the rules have them.
inline constexpr std::array<std::string_view, 56> us_states{
  "AK", "AL", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "GU", "HI", "IA", "ID", "IL", "IN", "KS",
  "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MP", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY",
  "OH", "OK", "OR", "PA", "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY"};

struct compliance_state {
  explicit compliance_state(compliance_actor::pointer self) : self{self} {}

  /// A campaign whose stored settings cannot be used is blocked and told why.
  gate_answer check(const gate_check& x) const;
  call_time find_time(const find_call_time& x) const;

  compliance_actor::pointer self;
  context_ptr ctx;
  std::shared_ptr<const calling_rules> rules;
  compliance_settings settings;
  gate_policy policy;
  uint64_t checks = 0;
  /// Wall time that best hours leave at least for the answer of a slot. At
  /// practice speeds an hour may be a second: people would miss it for ever.
  std::chrono::milliseconds slot_wait_min = std::chrono::hours{24};
  static inline constexpr const char* name = "compliance";

private:
  gate_answer judge(const gate_check& x) const;
  call_time plan(const find_call_time& x) const;
};

/// Answers from immutable data sets; no state of any person.
compliance_actor::behavior_type compliance(compliance_actor::stateful_pointer<compliance_state> self, context_ptr ctx,
                                           std::shared_ptr<const calling_rules> rules, compliance_settings settings);

/// Weekly windows of a campaign as the rules' engine wants them.
/// @throws std::invalid_argument if one is no stretch of a day of the week.
weekly_hours to_weekly_hours(const std::vector<local_window>& windows);

} // namespace parley
