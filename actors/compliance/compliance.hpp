#pragma once

#include "actors/compliance/gate.hpp"
#include "actors/prospect/best_time.hpp"
#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

struct compliance_settings {
  std::string rules_file = "rules/us-calling-rules.json";
  std::string area_codes_file = "rules/nanp-timezones.csv";
  std::string home_region = "US";
  std::vector<std::string> own_numbers;
  std::string own_numbers_declared_by;
  bool recommended_hours = true;
  bool dnc_exemptions = false;
  std::vector<std::string> emergency_states;
  /// Nobody else is dialled; the node sets it while it is LIVE but not `live`.
  std::optional<std::vector<std::string>> allow_list;

  void describe(settings::section& s) {
    s.text("rules_file", rules_file, "States' calling rules, relative to the configuration's folder.");
    s.text("area_codes_file", area_codes_file, "Area codes with zones and states.");
    s.text("home_region", home_region, "Country of numbers without +, e.g. US.");
    s.texts("own_numbers", own_numbers,
            "E.164 numbers that you declare your own; the national list is not "
            "asked.");
    s.text("own_numbers_declared_by", own_numbers_declared_by, "Who declares that; stands in the ledger.");
    s.flag("recommended_hours", recommended_hours, "Keep to Mon-Sat 9-20 and 3 calls in 24 h on top of the law.");
    s.flag("dnc_exemptions", dnc_exemptions, "Written consent or a relationship lifts the national list.");
    s.texts("emergency_states", emergency_states, "States with a declared emergency, e.g. [\"NY\"].");
    if (!own_numbers.empty() && own_numbers_declared_by.empty())
      s.problem("own_numbers_declared_by", "is missing; say who declares the own_numbers");
  }
};

struct compliance_state {
  explicit compliance_state(compliance_actor::pointer self) : self{self} {}

  gate_answer check(const gate_check& x) const;
  call_time find_time(const find_call_time& x) const;

  compliance_actor::pointer self;
  context_ptr ctx;
  std::shared_ptr<const calling_rules> rules;
  compliance_settings settings;
  gate_policy policy;
  uint64_t checks = 0;
  static inline constexpr const char* name = "compliance";
};

/// Answers from immutable data sets; no state of any person.
compliance_actor::behavior_type compliance(compliance_actor::stateful_pointer<compliance_state> self, context_ptr ctx,
                                           std::shared_ptr<const calling_rules> rules, compliance_settings settings);

/// Weekly windows of a campaign as the rules' engine wants them.
weekly_hours to_weekly_hours(const std::vector<local_window>& windows);

} // namespace parley
