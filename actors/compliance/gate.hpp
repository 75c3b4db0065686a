#pragma once

#include "actors/compliance/consent.hpp"
#include "actors/compliance/verdict.hpp"
#include "actors/compliance/windows.hpp"

#include <optional>
#include <string>
#include <vector>

/// The compliance gate: may this number be dialled now, by an artificial
/// voice? Pure: all facts come in, the clock too. Unknown means no call.
namespace parley {

/// What the operator may set. The defaults are the strict side.
struct gate_policy {
  /// Keep to the recommended hours (Mon-Sat 9-20) and caps (3 in 24 h per
  /// person over all campaigns) on top of the law.
  bool recommended_hours = true;
  bool recommended_caps = true;
  /// A "no" to one campaign ends the sales calls of all (DA 26-12).
  bool revoke_all = true;
  /// Let written consent or a business relationship lift the national list, as
  /// 47 CFR 64.1200(f)(15) allows. Off: who is listed is not called.
  bool dnc_exemptions = false;
  /// States with a declared emergency, by code. The operator keeps this list.
  std::vector<std::string> emergency_states;
  consent_words words;
  /// How far ahead to look for a lawful time.
  std::chrono::days horizon{60};
};

enum class call_purpose : uint8_t { sales, informational, count_ };
PARLEY_NAMES(call_purpose, "sales", "informational")

/// What a look into a do-not-call list said.
struct list_lookup {
  std::string list = "national"; ///< or a state's code
  std::string version;           ///< of the copy that was looked into
  wall_time date{};              ///< the list's own; its age counts from then
  bool listed = false;
};

/// A wish not to be called.
struct opt_out {
  std::string subject; ///< the campaign it was said to; empty means all calls
};

/// What a query of the reassigned numbers database said of number and consent
/// date.
enum class reassigned_answer : uint8_t { not_queried, no, yes, no_data, count_ };
PARLEY_NAMES(reassigned_answer, "not_queried", "no", "yes", "no_data")

/// Since when the person is a customer or has asked for something.
struct relationship {
  std::optional<wall_time> last_purchase;
  std::optional<wall_time> last_inquiry;
};

/// The operator says that this number is their own or one they may test with.
struct own_number_declaration {
  std::string by; ///< stands in the ledger, beside the time of the verdict
};

/// Every fact that the gate needs about one dial.
struct gate_input {
  number_result number; ///< as parse_number() gave it
  address where;
  call_purpose purpose = call_purpose::sales;
  std::string seller;  ///< who calls, as the consent names it
  std::string subject; ///< the campaign, as opt_out::subject names it
  consent_record consent;
  relationship customer;
  std::vector<opt_out> opt_outs; ///< of this number and this person
  reassigned_answer reassigned = reassigned_answer::not_queried;
  /// One entry per list that there is a copy of.
  std::vector<list_lookup> lists;
  std::optional<own_number_declaration> own_number;
  /// Null means that the campaign calls at all lawful hours.
  const weekly_hours* campaign_hours = nullptr;
  std::vector<call_cap> campaign_caps;
  /// Instants of past attempts, oldest first; those older than the longest
  /// window of a cap may be left out.
  std::vector<wall_time> attempts_to_person;   ///< over all campaigns and numbers
  std::vector<wall_time> attempts_to_number;   ///< over all persons
  std::vector<wall_time> attempts_in_campaign; ///< to this person
};

/// Applies every rule, in the order number, line type, internal opt-outs,
/// consent, reassigned numbers, national and state lists, artificial voice,
/// emergency, hours, holidays, caps. The first that fails decides; what time
/// does not heal comes before what it does.
gate_verdict check(const calling_rules& rules, const gate_policy& policy, const gate_input& input, wall_time now);

/// The lawful times of a number and address, for planning ahead; the same that
/// check() applies. Nothing where the number's rules cannot be told.
std::optional<calling_windows>
lawful_windows(const calling_rules& rules, const gate_policy& policy, const phone_number& number, const address& where,
               const weekly_hours* campaign_hours);

/// When the cap allows the next call, given past attempts (oldest first): at
/// once if that is before `now`.
wall_time free_at(const call_cap& cap, const std::vector<wall_time>& attempts);

} // namespace parley
