// Goal: the compliance actor answers whatever a store holds, blocks where it
// cannot judge, and lets a node that is not live yet dial its own numbers only.
// Method: the actor in virtual time, its answer followed into the ledger.
#include "actors/compliance/compliance.hpp"

#include "actors/line/core.hpp"
#include "runtime/json.hpp"
#include "runtime/messages/json.hpp"
#include "tests/actors/actor_fixture.hpp"
#include "tests/unit/compliance_fixture.hpp"

#include <algorithm>

namespace compliance_actor_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

struct fixture : actor_fixture {
  compliance_settings settings;

  compliance_actor start() {
    return sys.spawn(compliance, context_ptr{context},
                     std::shared_ptr<const calling_rules>{&shipped_rules(), [](const calling_rules*) {}}, settings);
  }
  /// A dial that every rule allows at `a_tuesday`.
  static gate_check callable(const std::string& number = "+16145550132") {
    gate_check x;
    x.now = a_tuesday;
    x.number = number;
    x.person.consent_type = "express_written";
    x.person.consent_at = "2026-03-01T00:00:00.000Z";
    x.person.consent_source = "web form";
    x.person.consent_text = "I agree that Acme Robotics may call me with an artificial voice.";
    x.person.consent_seller = "Acme Robotics";
    x.policy.company = "Acme Robotics";
    x.lists.lists = {{"national", "2026-11", a_tuesday - 24h, false}};
    return x;
  }
  gate_answer judge(const gate_check& x) {
    const auto actor = start();
    const auto out = ask<gate_answer>(actor, x);
    stop(actor);
    REQUIRE(out->value);
    return *out->value;
  }
  static ledger_row ledger_of(const gate_answer& answer) {
    dial_request request;
    const auto dial = lines::decide({}, request, answer, true, call_id{uuid{1, 1}}, uuid{2, 2}, a_tuesday);
    return std::get<ledger_row>(dial.rows.front());
  }
};

std::string problems_of(const std::string& toml) {
  compliance_settings x;
  try {
    settings::document::parse(toml, "test.toml").read([&](settings::section& s) {
      s.table("compliance", [&](settings::section& t) { x.describe(t); });
    });
  } catch (const settings::invalid& e) {
    return e.what();
  }
  return "";
}

} // namespace

TEST_CASE_METHOD(fixture, "before it is set live, a node dials numbers of its allow-list only", "[compliance]") {
  settings.allow_list = {"+16145550132"};
  CHECK(judge(callable()).verdict == dial_verdict::dialled);
  const auto other = judge(callable("+16145550133"));
  CHECK(other.verdict == dial_verdict::blocked);
  CHECK(other.reason == "not_on_allow_list");
  const auto ledger = ledger_of(other);
  CHECK(ledger.verdict == "blocked");
  CHECK(ledger.reason == "not_on_allow_list");
  CHECK(ledger.sentence == "The node is not set live yet and dials only its allow_numbers.");
  CHECK(ledger.source == "setting: node.live");
  CHECK(ledger.data_version == shipped_rules().version());
  const auto rules = json::parse(ledger.rules);
  REQUIRE(rules.size() == 1);
  CHECK(rules[0]["rule"] == "allow_list");
  CHECK(rules[0]["result"] == "failed");
  // The list lets nobody through whom the law keeps out.
  auto listed = callable();
  listed.lists.lists[0].listed = true;
  CHECK(judge(listed).reason == "dnc_national");
  settings.allow_list = std::vector<std::string>{};
  CHECK(judge(callable()).reason == "not_on_allow_list");
  settings.allow_list.reset(); // live
  CHECK(judge(callable("+16145550133")).verdict == dial_verdict::dialled);
}

TEST_CASE_METHOD(fixture, "stored settings that cannot be used block the call and say why", "[compliance]") {
  const local_window backwards{{2}, 11h, 10h};
  const local_window eighth_day{{7}, 10h, 11h};
  const local_window negative{{2}, -1h, 1h};
  const auto actor = start();
  for (const auto& window : {backwards, eighth_day, negative}) {
    CAPTURE(window.from.count());
    auto check = callable();
    check.policy.allowed_times = {window};
    const auto gate = ask<gate_answer>(actor, check);
    REQUIRE(gate->value);
    CHECK(gate->value->verdict == dial_verdict::blocked);
    CHECK(gate->value->reason == "settings_invalid");
    CHECK_THAT(gate->value->sentence, Contains("allowed_times"));
    CHECK(ledger_of(*gate->value).data_version == shipped_rules().version());

    find_call_time find;
    find.from = a_tuesday;
    find.number = check.number;
    find.policy.best_times = {window};
    const auto time = ask<call_time>(actor, find);
    REQUIRE(time->value);
    CHECK_FALSE(time->value->possible);
    CHECK(time->value->reason == "settings_invalid");
    CHECK_THAT(time->value->sentence, Contains("best_times"));
  }
  auto check = callable();
  check.policy.calls_per_person_day = 0;
  CHECK(ask<gate_answer>(actor, check)->value->reason == "settings_invalid");
  CHECK(ask<gate_answer>(actor, callable())->value->verdict == dial_verdict::dialled); // the actor lives
  stop(actor);
}

TEST_CASE_METHOD(fixture, "a campaign's own cap counts a person's calls of all campaigns", "[compliance]") {
  auto check = callable();
  check.policy.calls_per_person_day = 1;
  CHECK(judge(check).verdict == dial_verdict::dialled);
  check.person_attempts = {a_tuesday - 23h};
  const auto gate = judge(check);
  CHECK(gate.reason == "cap_campaign");
  CHECK(gate.earliest == a_tuesday + 1h);
  CHECK_THAT(gate.sentence, Contains("in any campaign"));
}

TEST_CASE_METHOD(fixture, "the allow-list comes before everything and lifts nothing", "[compliance]") {
  settings.allow_list = {"+16145550132"};
  settings.own_numbers = {"+16145550132", "+16145550133"};
  settings.own_numbers_declared_by = "Ann";
  auto listed = callable();
  listed.lists.lists.clear(); // an own number needs no national list
  const auto allowed = judge(listed);
  CHECK(allowed.verdict == dial_verdict::dialled);
  const auto rules = json::parse(allowed.rules);
  const auto national
    = std::find_if(rules.begin(), rules.end(), [](const json& rule) { return rule["rule"] == "dnc_national"; });
  REQUIRE(national != rules.end());
  CHECK((*national)["result"] == "not_applicable");
  CHECK_THAT((*national)["sentence"].get<std::string>(), Contains("(Ann)")); // who declared it
  listed.person.consent_type.clear();
  CHECK(judge(listed).reason == "consent_missing"); // but consent like everybody
  auto own = callable("+16145550133");              // declared one's own, but not listed
  CHECK(judge(own).reason == "not_on_allow_list");
}

TEST_CASE_METHOD(fixture, "whether a recording is announced is asked with number and address", "[compliance]") {
  const auto actor = start();
  const auto rule = [&](const std::string& phone, const std::string& zip) {
    recording_check about;
    about.number = phone;
    about.person.postal_code = zip;
    const auto told = ask<recording_rule>(actor, about);
    REQUIRE(told->value);
    return *told->value;
  };
  CHECK(rule("+14155550132", "").announce); // California
  CHECK_FALSE(rule("+14155550132", "").source.empty());
  CHECK_FALSE(rule("+12125550132", "").announce);      // New York
  CHECK(rule("+12125550132", "94107").announce);       // but moved to San Francisco
  CHECK_FALSE(rule("+12125550132", "78701").announce); // Austin
  stop(actor);
}

TEST_CASE_METHOD(fixture, "own numbers are called in lawful hours only", "[compliance]") {
  settings.own_numbers = {"+16145550132"};
  settings.own_numbers_declared_by = "Ann";
  auto night = callable();
  night.now = a_tuesday + 12h;
  CHECK(judge(night).verdict == dial_verdict::not_now);
}

TEST_CASE_METHOD(fixture, "who names every hour a best one is called at any lawful time", "[compliance]") {
  const auto actor = start();
  find_call_time find;
  find.from = a_tuesday;
  find.number = "+16145550132";
  find.policy.best_times = {{{0, 1, 2, 3, 4, 5, 6}, 0min, 24h}};
  const auto put_off = [&] { // how many of a few people wait, so that not all are called at once
    int count = 0;
    for (uint64_t spread = 1; spread <= 20; ++spread) {
      find.spread = spread * 0x9e3779b97f4a7c15;
      const auto time = ask<call_time>(actor, find);
      REQUIRE(time->value);
      REQUIRE(time->value->possible);
      count += time->value->at > a_tuesday;
    }
    return count;
  };
  CHECK(put_off() == 0);
  find.policy.best_times.front().weekdays.pop_back(); // one day is missing: there are better times again
  CHECK(put_off() > 0);
  stop(actor);
}

TEST_CASE_METHOD(fixture, "a slot that comes after the best hours is of no use, but for who may leave them",
                 "[compliance]") {
  const auto actor = start();
  find_call_time find;
  find.from = a_tuesday; // 12:00 in Ohio
  find.number = "+16145550132";
  find.policy.best_times = {{{2}, 11h, 13h}};
  const auto time = [&] {
    const auto found = ask<call_time>(actor, find);
    REQUIRE(found->value);
    REQUIRE(found->value->possible);
    return *found->value;
  };
  const auto best_over = a_tuesday + 1h;
  const auto lawful_over = a_tuesday + 8h; // 20:00
  find.spread = 1;
  while (time().at > a_tuesday) // somebody whose point has passed
    REQUIRE(++find.spread < 100);
  CHECK(time().until == best_over);
  find.best = false;
  CHECK(time().until == lawful_over);
  find.best = true;
  // Even at the end there is time for the pacer to answer.
  find.from = best_over - 1s;
  CHECK(time().until == find.from + context->settings.request_timeout);
  find.from = best_over;
  CHECK(time().at >= a_tuesday + 24h * 6); // the next Tuesday
  // Hours that end before the best ones do still bind.
  find.from = a_tuesday;
  find.policy.allowed_times = {{{2}, 9h, 12h + 30min}};
  CHECK(time().until == a_tuesday + 30min);
  find.policy.allowed_times.clear();
  // Best hours that are never lawful: any lawful time is as good.
  find.policy.best_times = {{{2}, 2h, 3h}};
  CHECK(time().at == a_tuesday);
  CHECK(time().until == lawful_over);
  stop(actor);
}

TEST_CASE_METHOD(fixture, "a campaign has best hours for roles", "[compliance]") {
  const auto actor = start();
  find_call_time find;
  find.from = a_tuesday; // 12:00 in Ohio
  find.number = "+16145550132";
  const auto hour_of = [&](const char* role) {
    find.person.role = role;
    const auto time = ask<call_time>(actor, find);
    REQUIRE(time->value);
    REQUIRE(time->value->possible);
    // Eastern time, in November.
    return std::chrono::floor<std::chrono::hours>(time->value->at - 5h
                                                  - std::chrono::floor<std::chrono::days>(a_tuesday));
  };
  find.policy.role_times = {{{"buyer", "purchasing"}, {{2}, 13h, 14h}}, {{"engineer"}, {{2}, 18h, 19h}}};
  CHECK(hour_of("Head of Purchasing") == 13h);
  CHECK(hour_of("Chief Engineer") == 18h);
  // Whom no window names: the campaign's best times, else the common ones,
  // executives too.
  CHECK(hour_of("CEO") == 16h);
  CHECK(hour_of("Plant manager") == 16h);
  find.policy.best_times = {{{2}, 14h, 15h}};
  CHECK(hour_of("Plant manager") == 14h);
  CHECK(hour_of("Head of Purchasing") == 13h);
  // Without any of these, executives have the hours that we know of.
  find.policy = {};
  CHECK(hour_of("CEO") == 17h);
  stop(actor);
}

TEST_CASE_METHOD(fixture, "every imported list that number and address allow is checked", "[compliance]") {
  auto florida = callable("+18505550103");
  CHECK(judge(florida).reason == "dnc_list_missing");
  florida.lists.lists.push_back({"FL", "2026-Q4", a_tuesday - 24h, false});
  CHECK(judge(florida).verdict == dial_verdict::dialled);
  florida.lists.lists.back().listed = true;
  CHECK(judge(florida).reason == "dnc_state");
  auto ohio = callable();
  ohio.lists.lists.push_back({"FL", "2026-Q4", a_tuesday - 24h, true});
  CHECK(judge(ohio).verdict == dial_verdict::dialled); // not their list
  ohio.person.state = "FL";
  CHECK(judge(ohio).reason == "dnc_state");
}

TEST_CASE("compliance settings are checked with a remedy", "[compliance][settings]") {
  CHECK(problems_of("[compliance]\nemergency_states = [\"NY\", \"la\"]\nhome_region = \"GB\"\n").empty());
  CHECK_THAT(problems_of("[compliance]\nemergency_states = [\"Freedonia\"]\n"),
             Contains("emergency_states: \"Freedonia\" is no state"));
  CHECK_THAT(problems_of("[compliance]\nown_numbers = [\"415 555 0132\"]\nown_numbers_declared_by = \"Ann\"\n"),
             Contains("own_numbers: ") && Contains("+14155550132"));
  CHECK_THAT(problems_of("[compliance]\nown_numbers = [\"+14155550132\"]\n"), Contains("own_numbers_declared_by: "));
  CHECK_THAT(problems_of("[compliance]\nhome_region = \"us\"\n"), Contains("home_region: \"us\" is no country"));
  CHECK_THAT(problems_of("[compliance]\nhome_region = \"America\"\n"), Contains("home_region: "));
}

TEST_CASE_METHOD(fixture, "an emergency counts however its state is written", "[compliance][settings]") {
  settings::document::parse("emergency_states = [\"ny\"]\n", "test.toml").read([&](settings::section& s) {
    settings.describe(s);
  });
  CHECK(judge(callable("+12125550132")).reason == "emergency");
}

TEST_CASE("the states that settings may name are those of the rules", "[compliance][settings]") {
  std::vector<std::string_view> known;
  for (const auto& [code, state] : shipped_rules().states())
    known.push_back(code);
  CHECK(known == std::vector<std::string_view>{us_states.begin(), us_states.end()});
}

TEST_CASE("numbers in E.164 and nothing else", "[compliance][numbers]") {
  for (const auto* good : {"+14155550132", "+18005550132", "+442079460958", "+4930123456"})
    CHECK(is_e164(good));
  for (const auto* bad : {"", "4155550132", "14155550132", "+1415555013", "+141555501321", "+10155550132",
                          "+1 415 555 0132", "+0415555013", "+44207946095812345", "+4420x9460958"})
    CHECK_FALSE(is_e164(bad));
}

} // namespace compliance_actor_test
