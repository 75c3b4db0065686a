// Goal: no call that a rule forbids or that is not known to be allowed, and
// every refusal says why. Method: the facts of a call that is allowed, with one
// thing changed.
#include "actors/compliance/facts.hpp"
#include "tests/unit/compliance_fixture.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <set>

namespace compliance_gate_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono;

namespace {

/// One change to the facts of an allowed call, and what must come of it.
struct refusal {
  const char* what;
  gate_reason reason;
  gate_outcome outcome;
  std::function<void(gate_input&)> change;
  wall_time now = a_tuesday;
};

constexpr auto blocked = gate_outcome::blocked;
constexpr auto not_now = gate_outcome::not_now;

std::vector<wall_time> hours_ago(std::initializer_list<int> xs) {
  std::vector<wall_time> out;
  for (const int x : xs)
    out.push_back(a_tuesday - hours{x});
  return out;
}

void call_to(gate_input& x, const char* phone) {
  x.number = number(phone);
}

const weekly_hours mornings_only = parse_weekly_hours("mon-fri 05:00-07:00");
const weekly_hours afternoons = parse_weekly_hours("mon-fri 14:00-16:00");

const std::vector<refusal> refusals{
  {"no number", gate_reason::number_invalid, blocked,
   [](auto& x) { x.number = parse_number("12345", "US", shipped_rules()); }},
  {"toll-free number", gate_reason::number_type, blocked,
   [](auto& x) { x.number = parse_number("800 555 0132", "US", shipped_rules()); }},
  {"Canadian number", gate_reason::region_unsupported, blocked, [](auto& x) { call_to(x, "+1 613 555 0199"); }},
  {"British number", gate_reason::region_unsupported, blocked, [](auto& x) { call_to(x, "+44 20 7946 0958"); }},
  {"address in a state without rules", gate_reason::state_unknown, blocked, [](auto& x) { x.where.state = "ON"; }},
  {"time zone that nobody knows", gate_reason::zone_unknown, blocked, [](auto& x) { x.where.zone = "Mars/Olympus"; }},
  {"the person opted out", gate_reason::dnc_internal, blocked, [](auto& x) { x.opt_outs = {{"spring"}}; }},
  {"the person opted out of another campaign", gate_reason::dnc_internal, blocked,
   [](auto& x) { x.opt_outs = {{"autumn"}}; }},
  {"no consent", gate_reason::consent_missing, blocked, [](auto& x) { x.consent = {}; }},
  {"oral consent", gate_reason::consent_not_written, blocked, [](auto& x) { x.consent.type = consent_type::express; }},
  {"a customer without consent", gate_reason::consent_not_written, blocked,
   [](auto& x) { x.consent.type = consent_type::ebr; }},
  {"an inquiry", gate_reason::consent_not_written, blocked, [](auto& x) { x.consent.type = consent_type::inquiry; }},
  {"an inquiry, informational call", gate_reason::consent_not_express, blocked,
   [](auto& x) {
     x.consent.type = consent_type::inquiry;
     x.purpose = call_purpose::informational;
   }},
  {"consent without date", gate_reason::consent_unproven, blocked, [](auto& x) { x.consent.at.reset(); }},
  {"consent from the future", gate_reason::consent_unproven, blocked, [](auto& x) { x.consent.at = a_tuesday + 1s; }},
  {"consent without source", gate_reason::consent_unproven, blocked, [](auto& x) { x.consent.source.clear(); }},
  {"consent without its text", gate_reason::consent_unproven, blocked, [](auto& x) { x.consent.text.clear(); }},
  {"consent to somebody else", gate_reason::consent_wrong_seller, blocked,
   [](auto& x) { x.consent.seller = "Acme Robotics Leasing"; }},
  {"consent to nobody", gate_reason::consent_wrong_seller, blocked, [](auto& x) { x.consent.seller.clear(); }},
  {"a caller without name", gate_reason::consent_wrong_seller, blocked, [](auto& x) { x.seller.clear(); }},
  {"consent to e-mails", gate_reason::consent_wrong_channel, blocked,
   [](auto& x) { x.consent.text = "Send me automated e-mails."; }},
  {"consent to calls by people", gate_reason::consent_no_artificial_voice, blocked,
   [](auto& x) { x.consent.text = "You may call me. Calls may be recorded."; }},
  {"the number changed hands", gate_reason::reassigned, blocked,
   [](auto& x) { x.reassigned = reassigned_answer::yes; }},
  {"Maine without the reassigned check", gate_reason::reassigned_not_checked, blocked,
   [](auto& x) { call_to(x, "207 555 0132"); }},
  {"an address in Maine without the check", gate_reason::reassigned_not_checked, blocked,
   [](auto& x) { x.where.state = "ME"; }},
  {"on the national list", gate_reason::dnc_national, blocked, [](auto& x) { x.lists[0].listed = true; }},
  {"no national list", gate_reason::dnc_list_missing, blocked, [](auto& x) { x.lists.clear(); }},
  {"national list of 32 days", gate_reason::dnc_list_stale, blocked,
   [](auto& x) { x.lists[0].date = a_tuesday - days{32}; }},
  {"national list of 31 days and 23 hours", gate_reason::dnc_list_stale, blocked,
   [](auto& x) { x.lists[0].date = a_tuesday - days{31} - 23h; }},
  {"national list from the future", gate_reason::dnc_list_stale, blocked,
   [](auto& x) { x.lists[0].date = a_tuesday + 1ms; }},
  {"no list of Florida", gate_reason::dnc_list_missing, blocked, [](auto& x) { call_to(x, "850 555 0132"); }},
  {"on the list of Florida", gate_reason::dnc_state, blocked,
   [](auto& x) {
     call_to(x, "850 555 0132");
     x.lists.push_back({"FL", "2026-11-01", a_tuesday - days{5}, true});
   }},
  {"list of Florida too old", gate_reason::dnc_list_stale, blocked,
   [](auto& x) {
     call_to(x, "850 555 0132");
     x.lists.push_back({"FL", "2026-10-01", a_tuesday - days{31} - 1ms, false});
   }},
  {"on a list that the state need not have", gate_reason::dnc_state, blocked,
   [](auto& x) {
     x.lists.push_back({"OH", "own", a_tuesday - days{5}, true});
   }},
  {"Washington", gate_reason::state_forbids_artificial_voice, blocked, [](auto& x) { call_to(x, "206 555 0132"); }},
  {"an address in Washington", gate_reason::state_forbids_artificial_voice, blocked,
   [](auto& x) { x.where.state = "WA"; }},
  {"Nevada", gate_reason::state_forbids_artificial_voice, blocked, [](auto& x) { call_to(x, "702 555 0132"); }},
  {"New Mexico, no customer", gate_reason::state_forbids_artificial_voice, blocked,
   [](auto& x) { call_to(x, "505 555 0132"); }},
  {"too early", gate_reason::hours, not_now, [](auto&) {}, utc("2026-11-24T13:59Z")}, // 08:59; recommended from 09:00
  {"too late", gate_reason::hours, not_now, [](auto&) {}, utc("2026-11-25T01:00Z")},  // 20:00
  {"a Sunday", gate_reason::hours, not_now, [](auto&) {}, utc("2026-11-22T17:00Z")},
  {"not in the campaign's hours", gate_reason::hours, not_now, [](auto& x) { x.campaign_hours = &afternoons; }},
  {"hours that never overlap", gate_reason::no_lawful_hours, blocked,
   [](auto& x) { x.campaign_hours = &mornings_only; }},
  {"Thanksgiving in Utah", gate_reason::holiday, not_now, [](auto& x) { call_to(x, "801 555 0132"); },
   utc("2026-11-26T19:00Z")},
  {"the morning of a holiday in Nebraska", gate_reason::holiday, not_now, [](auto& x) { call_to(x, "402 555 0132"); },
   utc("2026-11-26T18:00Z")},
  {"three calls to the person in a day", gate_reason::cap_person, not_now,
   [](auto& x) {
     x.attempts_to_person = hours_ago({20, 6, 3});
   }},
  {"three calls in a day, to two entries of a shared number", gate_reason::cap_person, not_now,
   [](auto& x) {
     x.attempts_to_person = hours_ago({20});
     x.attempts_to_number = hours_ago({20, 6, 3});
   }},
  {"a call to the number in Maine 7 hours ago", gate_reason::cap_number, not_now,
   [](auto& x) {
     call_to(x, "207 555 0132");
     x.reassigned = reassigned_answer::no;
     x.attempts_to_number = hours_ago({7});
   }},
  {"three calls to a shared number in Oregon", gate_reason::cap_person, not_now,
   [](auto& x) {
     call_to(x, "503 555 0132");
     x.attempts_to_person = hours_ago({20});
     x.attempts_to_number = hours_ago({20, 6, 3});
   },
   a_tuesday + 1h},
  {"the campaign's own cap", gate_reason::cap_campaign, not_now,
   [](auto& x) {
     x.campaign_caps = {{1, hours{48}}};
     x.attempts_in_campaign = hours_ago({47});
   }},
};

} // namespace

TEST_CASE("a call with everything in order is allowed", "[compliance][gate]") {
  const auto verdict = judge(callable());
  CHECK(verdict);
  CHECK(verdict.reason == gate_reason::none);
  CHECK(verdict.at == a_tuesday);
  CHECK(verdict.data_version == shipped_rules().version());
  CHECK(verdict.lawful_until == utc("2026-11-25T01:00Z")); // 20:00 in Ohio
  CHECK_FALSE(verdict.earliest);
  CHECK(verdict.states == std::vector<std::string>{"OH"});
  CHECK(verdict.zones == std::vector<std::string>{"America/New_York"});
}

TEST_CASE("one thing wrong is enough, and it is named", "[compliance][gate]") {
  for (const auto& x : refusals) {
    CAPTURE(x.what);
    auto input = callable();
    x.change(input);
    const auto verdict = judge(input, x.now);
    CHECK(to_string(verdict.reason) == to_string(x.reason));
    CHECK(to_string(verdict.outcome) == to_string(x.outcome));
    CHECK_FALSE(verdict.sentence.empty());
    CHECK_FALSE(verdict.source.empty());
    CHECK(verdict.earliest.has_value() == (x.outcome == not_now));
    CHECK_FALSE(verdict.lawful_until);
    if (verdict.earliest) {
      // At the time that it names the call is allowed, just before it is not.
      CHECK(judge(input, *verdict.earliest));
      CHECK_FALSE(judge(input, *verdict.earliest - 1ms));
    }
  }
}

TEST_CASE("a list may be as old as the rules say, to the millisecond", "[compliance][gate]") {
  auto input = callable();
  input.lists[0].date = a_tuesday - days{31};
  CHECK(judge(input));
  const auto verdict = judge(input, a_tuesday + 1ms);
  CHECK(verdict.reason == gate_reason::dnc_list_stale);
  CHECK_THAT(verdict.sentence, Catch::Contains("of 2026-10-24T17:00:00.000Z") && Catch::Contains("31 days"));
  // Indiana makes its list four times a year.
  input = callable("317 555 0132");
  input.lists.push_back({"IN", "2026-Q4", a_tuesday - days{92}, false});
  CHECK(judge(input));
  input.lists.back().date -= 1ms;
  CHECK(judge(input).reason == gate_reason::dnc_list_stale);
}

TEST_CASE("every reason has a test", "[compliance][gate]") {
  std::set<gate_reason> seen{gate_reason::none, gate_reason::emergency};
  for (const auto& x : refusals)
    seen.insert(x.reason);
  for (size_t i = 0; i < static_cast<size_t>(gate_reason::count_); ++i) {
    CAPTURE(gate_reason_names[i]);
    CHECK(seen.contains(static_cast<gate_reason>(i)));
  }
}

TEST_CASE("what waiting does not heal decides before what it does", "[compliance][gate]") {
  auto input = callable();
  input.lists[0].listed = true;
  const auto verdict = judge(input, utc("2026-11-24T03:00Z"));
  CHECK(verdict.reason == gate_reason::dnc_national);
  CHECK(verdict.outcome == blocked);
  CHECK(find_rule(verdict, "hours_federal")->result == check_result::failed);
}

TEST_CASE("the earliest time heeds hours and caps together", "[compliance][gate]") {
  auto input = callable();
  // The oldest of three calls leaves the window at 02:00 in Ohio.
  input.attempts_to_person = {utc("2026-11-24T07:00Z"), utc("2026-11-24T15:00Z"), utc("2026-11-24T16:00Z")};
  const auto verdict = judge(input);
  CHECK(verdict.reason == gate_reason::cap_person);
  CHECK(verdict.earliest == utc("2026-11-25T14:00Z")); // 09:00 in Ohio
}

TEST_CASE("a cap is a rolling window", "[compliance][gate]") {
  const call_cap cap{2, hours{24}};
  const auto at = [](int hour) { return a_tuesday + hours{hour}; };
  CHECK(free_at(cap, {}) < a_tuesday);
  CHECK(free_at(cap, {at(0)}) < a_tuesday);
  CHECK(free_at(cap, {at(0), at(5)}) == at(24));
  CHECK(free_at(cap, {at(-30), at(0), at(5)}) == at(24));
}

TEST_CASE("each value that states set for artificial voices is decided", "[compliance][gate]") {
  struct row {
    const char* phone;
    const char* state;
    voice_rule rule;
    bool allowed; ///< sales, with written consent and no purchase
    bool allowed_customer;
  };
  const auto x = GENERATE(values<row>({
    {"614 555 0132", "OH", voice_rule::federal, true, true},
    {"206 555 0132", "WA", voice_rule::prohibited_for_sales, false, false},
    {"415 555 0132", "CA", voice_rule::live_human_intro_and_consent, true, true},
    {"612 555 0132", "MN", voice_rule::consent_or_live_operator_first, true, true},
    {"617 555 0132", "MA", voice_rule::recorded_device_prohibited_unsolicited, true, true},
    {"601 555 0132", "MS", voice_rule::ebr_only_new_product, false, true},
    {"702 555 0132", "NV", voice_rule::natural_voice_intro, false, false},
    {"505 555 0132", "NM", voice_rule::ebr_and_consent, false, true},
    {"414 555 0132", "WI", voice_rule::consent_required, true, true},
  }));
  CAPTURE(x.state);
  REQUIRE(shipped_rules().state(x.state)->voice == x.rule);
  auto input = callable(x.phone);
  input.lists.push_back({x.state, "2026-11-20", a_tuesday - days{4}, false});
  const auto noon_in_california = utc("2026-11-24T20:00Z");
  CHECK(judge(input, noon_in_california).outcome == (x.allowed ? gate_outcome::allowed : blocked));
  input.customer.last_purchase = utc("2025-06-01T00:00Z"); // under 18 months
  CHECK(judge(input, noon_in_california).outcome == (x.allowed_customer ? gate_outcome::allowed : blocked));
  input.customer.last_purchase = utc("2025-05-01T00:00Z"); // over 18 months
  CHECK(judge(input, noon_in_california).outcome == (x.allowed ? gate_outcome::allowed : blocked));
}

TEST_CASE("an informational call needs less", "[compliance][gate]") {
  auto input = callable("206 555 0132");
  input.purpose = call_purpose::informational;
  input.consent.type = consent_type::express;
  input.lists[0].listed = true;
  const auto verdict = judge(input, utc("2026-11-24T20:00Z"));
  CHECK(verdict);
  CHECK(find_rule(verdict, "dnc_national")->result == check_result::not_applicable);
  CHECK(find_rule(verdict, "artificial_voice")->result == check_result::not_applicable);
  // Florida wants it in writing for automated calls of any purpose.
  input.number = number("305 555 0132");
  CHECK(judge(input).reason == gate_reason::consent_not_written);
}

TEST_CASE("a relationship lifts the national list only where set, and nothing "
          "else",
          "[compliance][gate]") {
  auto input = callable();
  input.lists[0].listed = true;
  gate_policy policy;
  CHECK(judge(input, a_tuesday, policy).reason == gate_reason::dnc_national);
  policy.dnc_exemptions = true;
  CHECK(judge(input, a_tuesday, policy));
  input.opt_outs = {{""}};
  CHECK(judge(input, a_tuesday, policy).reason == gate_reason::dnc_internal);
}

TEST_CASE("a declared own number needs no list, but all the rest", "[compliance][gate]") {
  auto input = callable();
  input.lists.clear();
  input.own_number = own_number_declaration{"operator"};
  const auto verdict = judge(input);
  CHECK(verdict);
  const auto* rule = find_rule(verdict, "dnc_national");
  CHECK(rule->result == check_result::not_applicable);
  CHECK_THAT(rule->sentence, Catch::Contains("declared"));
  input.consent = {};
  CHECK(judge(input).reason == gate_reason::consent_missing);
}

TEST_CASE("an opt-out from another campaign counts by setting", "[compliance][gate]") {
  auto input = callable();
  input.opt_outs = {{"autumn"}};
  gate_policy policy;
  policy.revoke_all = false;
  CHECK(judge(input, a_tuesday, policy));
  input.opt_outs = {{"spring"}};
  CHECK(judge(input, a_tuesday, policy).reason == gate_reason::dnc_internal);
  input.opt_outs = {{""}};
  CHECK(judge(input, a_tuesday, policy).reason == gate_reason::dnc_internal);
}

TEST_CASE("a declared emergency stops sales where the state says so", "[compliance][gate]") {
  gate_policy policy;
  policy.emergency_states = {"NY", "OH"};
  const auto verdict = judge(callable("212 555 0132"), a_tuesday, policy);
  CHECK(verdict.reason == gate_reason::emergency);
  CHECK(verdict.outcome == blocked);
  CHECK(judge(callable("614 555 0132"), a_tuesday, policy)); // no such rule
}

TEST_CASE("the recommended hours and caps can be switched off", "[compliance][gate]") {
  gate_policy policy;
  policy.recommended_hours = false;
  policy.recommended_caps = false;
  auto input = callable();
  input.attempts_to_person = hours_ago({9, 8, 7, 6});
  const auto eight_in_ohio = utc("2026-11-25T13:00Z");
  CHECK(judge(input, eight_in_ohio, policy));
  CHECK(judge(input, utc("2026-11-29T17:00Z"), policy)); // a Sunday
  CHECK(judge(input, eight_in_ohio - 1ms, policy).reason == gate_reason::hours);
  CHECK(judge(input, utc("2026-11-25T02:00Z"), policy).reason == gate_reason::hours); // 21:00
}

TEST_CASE("who may be in two places is called when both allow it", "[compliance][gate]") {
  auto input = callable("606 555 0132"); // Kentucky, two zones, from 10:00
  const auto verdict = judge(input, utc("2026-11-24T15:30Z"));
  CHECK(verdict.reason == gate_reason::hours); // 10:30 Eastern, 09:30 Central
  CHECK_THAT(verdict.sentence,
             Catch::Contains("09:30 in Chicago") && Catch::Contains("Kentucky") && Catch::Contains("10:00-21:00"));
  CHECK_THAT(verdict.source, Catch::Contains("367.46955"));
  CHECK(verdict.earliest == utc("2026-11-24T16:00Z"));
}

TEST_CASE("a check that nobody can make is recorded as such", "[compliance][gate]") {
  const auto verdict = judge(callable());
  CHECK(find_rule(verdict, "reassigned")->result == check_result::not_checked);
  CHECK(find_rule(verdict, "dnc_state")->result == check_result::not_checked);
  auto input = callable("207 555 0132");
  input.reassigned = reassigned_answer::no_data;
  CHECK(judge(input)); // the duty is to query
}

TEST_CASE("rules come in the order of the gate", "[compliance][gate]") {
  auto input = callable("503 555 0132");
  input.campaign_hours = &afternoons;
  input.campaign_caps = {{1, hours{48}}};
  std::vector<std::string> names;
  for (const auto& x : judge(input).rules)
    names.push_back(x.rule);
  CHECK(names
        == std::vector<std::string>{"number", "line_type", "dnc_internal", "consent", "reassigned", "dnc_national",
                                    "dnc_state", "artificial_voice", "hours_federal", "hours_state",
                                    "hours_recommended", "hours_campaign", "cap_person", "cap_person", "cap_campaign"});
}

TEST_CASE("the ledger gets the verdict without personal data", "[compliance][gate]") {
  auto input = callable("606 555 0132");
  input.consent.text += " My cat is called Minka.";
  const auto verdict = judge(input, utc("2026-11-24T15:30Z"));
  const nlohmann::json out = verdict;
  CHECK(out["outcome"] == "not_now");
  CHECK(out["reason"] == "hours");
  CHECK(out["earliest"] == "2026-11-24T16:00:00.000Z");
  CHECK(out["lawful_until"].is_null());
  CHECK(out["zones"].size() == 2);
  CHECK(out["rules"][0]
        == nlohmann::json{{"rule", "number"}, {"result", "passed"}, {"sentence", "The number can be in service."}});
  CHECK(out.dump().find("5550132") == std::string::npos);
  CHECK(out.dump().find("Minka") == std::string::npos);

  ledger_row row;
  write_verdict(row, verdict);
  CHECK(row.verdict == "not_now");
  CHECK(row.reason == "hours");
  CHECK(row.earliest_next == verdict.earliest);
  CHECK(nlohmann::json::parse(row.rules) == out["rules"]);
}

} // namespace compliance_gate_test
