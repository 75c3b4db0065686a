#pragma once

#include "actors/compliance/gate.hpp"

namespace parley {

/// Whether a call that fails for this reason becomes lawful by waiting.
bool heals_with_time(gate_reason reason);

/// One run of the gate: applies rule after rule and collects their results.
/// Only gate.cpp starts one.
class gate_run {
public:
  gate_run(const calling_rules& rules, const gate_policy& policy, const gate_input& input, wall_time now);

  void locate(candidates where);
  void check_opt_outs();
  void check_consent();
  void check_reassigned();
  void check_national_list();
  void check_state_lists();
  void check_artificial_voice();
  void check_emergency();
  void check_hours();
  void check_holidays();
  void check_caps();
  /// Decides. The run is over then.
  gate_verdict verdict();

  void pass(const char* rule, std::string sentence, std::string source = {});
  void fail(const char* rule, gate_reason reason, std::string sentence, std::string source);
  void skip(const char* rule, check_result result, std::string sentence, std::string source = {});

private:
  const candidates& where() const { return windows_->where(); }
  bool sales() const { return input_.purpose == call_purpose::sales; }
  bool has_relationship() const;
  void add(rule_check check);
  /// The list of this name; null if there is no copy of it.
  const list_lookup* list(std::string_view name) const;
  /// Whether the copy is there and fresh; else records why not.
  bool usable(const char* rule, const list_lookup* copy, const std::string& name, std::chrono::days age_max,
              const std::string& source);
  void check_voice_rule(const state_rules& state);
  /// Records one layer of hours; false if it forbids calls now.
  bool check_layer(const char* rule, const weekly_hours& hours, const std::string& who, const std::string& source);
  void check_cap(const char* rule, gate_reason reason, const call_cap& cap, const std::vector<wall_time>& attempts,
                 std::string who, std::string source);

  const calling_rules& rules_;
  const gate_policy& policy_;
  const gate_input& input_;
  const wall_time now_;
  std::optional<calling_windows> windows_;
  gate_verdict verdict_;
  wall_time free_at_; ///< when all caps allow the next call
};

} // namespace parley
