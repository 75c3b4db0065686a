// Goal: each reason why a prospect is not called is told in one sentence with
// its rule, its source and the earliest next attempt. Method: the rows as the
// actors write them, one reason at a time; once through the command over a
// real store.
#include "actors/control/why.hpp"
#include "tests/unit/control_world.hpp"

namespace control_why_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;
using nlohmann::json;

namespace {

const wall_time now = *parse_iso("2026-12-01T15:00:00Z"); // Tuesday, 10:00 in New York

/// A running campaign "Spring" with a prospect in New York.
struct situation : why_facts {
  situation() {
    campaign = "Spring";
    status = campaign_status::running;
    calls_at_once = 10;
    zone = "America/New_York";
    why_facts::now = control_why_test::now;
    enrolment.state = enrolment_state::waiting;
    enrolment.updated_at = control_why_test::now - 2h;
  }
  situation& in(enrolment_state state, std::string reason, std::optional<wall_time> next = {}) {
    enrolment.state = state;
    enrolment.reason = std::move(reason);
    enrolment.next_due = due = next;
    return *this;
  }
  /// The gate's word, as the line writes it down.
  situation& ledger_says(const char* verdict, const char* code, const char* sentence, const char* source,
                         const char* rule, std::optional<wall_time> next = {}) {
    ledger_row row;
    row.at = control_why_test::now - 2h;
    row.verdict = verdict;
    row.reason = code;
    row.sentence = sentence;
    row.source = source;
    row.earliest_next = next;
    row.rules = json::array({{{"rule", "number"}, {"result", "passed"}},
                             {{"rule", rule}, {"result", "failed"}, {"reason", code}}})
                  .dump();
    ledger.push_back(row);
    return *this;
  }
  why_answer answer() const { return why(*this); }
};

/// One sentence: one full stop, at its end.
void check_one_sentence(const why_answer& a) {
  CAPTURE(a.sentence);
  CHECK_THAT(a.sentence, StartsWith("Spring: ") && EndsWith("."));
  CHECK(a.sentence.find(". ") == std::string::npos);
}

} // namespace

TEST_CASE("why: nobody knows whether the carrier has the last call", "[control][why]") {
  situation s;
  s.in(enrolment_state::waiting,
       "submission_unknown: Nobody knows whether the carrier has the call; an operator must say.",
       control_why_test::now + 2h);
  for (const auto status : {campaign_status::running, campaign_status::paused}) {
    s.status = status;
    const auto a = s.answer();
    check_one_sentence(a);
    CHECK(a.code == "submission_unknown");
    CHECK_FALSE(a.earliest); // nothing is promised
    CHECK_THAT(a.sentence, Contains("not dialled again") && Contains("parley call resolve"));
  }
}

TEST_CASE("why: outside the lawful hours", "[control][why]") {
  situation s;
  const auto next = *parse_iso("2026-12-02T14:00:00Z");
  s.in(enrolment_state::waiting, "hours: It is 21:14 in New York; federal rules allow on Tuesdays: 08:00-21:00.", next)
    .ledger_says("not_now", "hours", "It is 21:14 in New York; federal rules allow on Tuesdays: 08:00-21:00.",
                 "47 CFR 64.1200(c)(1)", "hours_federal", next);
  const auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "hours");
  CHECK(a.rule == "hours_federal");
  CHECK(a.source == "47 CFR 64.1200(c)(1)");
  CHECK(a.earliest == next);
  CHECK_THAT(a.sentence, Contains("it is 21:14 in New York") && Contains("rule hours_federal")
                           && Contains("source 47 CFR 64.1200(c)(1)")
                           && Contains("the earliest next attempt is Wed 2026-12-02 09:00 EST"));
}

TEST_CASE("why: asleep until a best time, with the gate's word of this moment", "[control][why]") {
  situation s;
  const auto next = now + 6h;
  s.in(enrolment_state::waiting, "best_time: Waits for the next lawful time of the campaign's best ones.", next);
  auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "best_time");
  CHECK(a.earliest == next);
  gate_answer late;
  late.verdict = dial_verdict::not_now;
  late.reason = "hours";
  late.sentence = "It is 06:00 in Denver; federal rules allow on Tuesdays: 08:00-21:00.";
  late.source = "47 CFR 64.1200(c)(1)";
  late.rules = R"([{"rule":"hours_federal","result":"failed","reason":"hours"}])";
  s.gate = late;
  a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "hours");
  CHECK(a.rule == "hours_federal");
  CHECK(a.earliest == next); // a lawful time that is no best one is not used
  late.verdict = dial_verdict::blocked;
  late.reason = "dnc_national";
  s.gate = late;
  CHECK(s.answer().code == "dnc_national");
  CHECK_FALSE(s.answer().earliest);
}

TEST_CASE("why: a cap on calls", "[control][why]") {
  situation s;
  const auto next = now + 20h;
  s.in(enrolment_state::waiting, "cap_person: Calls to the person have reached the cap of 3 in 24 hours.", next)
    .ledger_says("not_now", "cap_person", "Calls to the person have reached the cap of 3 in 24 hours.",
                 "setting: recommended hours and caps", "cap_person", next);
  const auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "cap_person");
  CHECK(a.rule == "cap_person");
  CHECK(a.earliest == next);
  CHECK_THAT(a.sentence, Contains("the cap of 3 in 24 hours"));
}

TEST_CASE("why: on a do-not-call list", "[control][why]") {
  situation s;
  s.in(enrolment_state::blocked, "dnc_national: The number is on the national do-not-call list.")
    .ledger_says("blocked", "dnc_national", "The number is on the national do-not-call list.",
                 "47 CFR 64.1200(c)(2); 16 CFR 310.4(b)(1)(iii)(B)", "dnc_national");
  auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "dnc_national");
  CHECK(a.rule == "dnc_national");
  CHECK_FALSE(a.earliest);
  CHECK_THAT(a.sentence, Contains("47 CFR 64.1200(c)(2)") && Contains("no further attempt will be made"));
  situation own; // said so in a call
  own.in(enrolment_state::done, "do_not_call: The person asked not to be called again.");
  own.enrolment.last_disposition = disposition::do_not_call;
  a = own.answer();
  check_one_sentence(a);
  CHECK(a.code == "dnc_internal");
  CHECK_THAT(a.source, Contains("47 CFR 64.1200(d)"));
}

TEST_CASE("why: no consent", "[control][why]") {
  situation s;
  s.in(enrolment_state::blocked, "consent_missing: No consent is on record.")
    .ledger_says("blocked", "consent_missing", "No consent is on record.", "47 CFR 64.1200(a)(2)", "consent");
  const auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "consent_missing");
  CHECK(a.rule == "consent");
  CHECK_THAT(a.sentence, Contains("unless a consent that covers it is imported and the campaign is launched again"));
}

TEST_CASE("why: a block that the operator can lift says how, one for good does not", "[control][why]") {
  const auto told = [](const std::string& code) {
    situation s;
    s.in(enrolment_state::blocked, code + ": The sentence.")
      .ledger_says("blocked", code.c_str(), "The sentence.", "rule", "rule");
    return s.answer().sentence;
  };
  CHECK_THAT(told("dnc_list_stale"), Contains("unless an up-to-date list is imported"));
  CHECK_THAT(told("not_on_allow_list"), Contains("unless the number is allowed or the node set live"));
  CHECK_THAT(told("emergency"), Contains("unless the emergency is over"));
  CHECK_THAT(told("zone_unknown"), Contains("unless an import changes what is known of the person"));
  CHECK_THAT(told("dnc_internal"), !Contains("unless"));
}

TEST_CASE("why: below the campaign's threshold", "[control][why]") {
  situation s;
  s.in(enrolment_state::disqualified, "threshold: The chance of success is 35, the campaign asks for 50.");
  const auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "threshold");
  CHECK(a.source == "setting: the campaign's min_probability");
  CHECK_THAT(a.sentence, Contains("the chance of success is 35, the campaign asks for 50"));
}

TEST_CASE("why: the campaign is paused, by a manager or by itself", "[control][why]") {
  situation s;
  s.in(enrolment_state::waiting, "best_time: Waits.", now + 3h);
  s.status = campaign_status::paused;
  auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "paused");
  CHECK(a.source == "command of a manager");
  CHECK_FALSE(a.earliest); // nobody can tell
  CHECK_THAT(a.sentence, Contains("when it is resumed, not before Tue 2026-12-01 13:00 EST"));
  s.status_reason = "6 of the last 10 calls failed.";
  a = s.answer();
  check_one_sentence(a);
  CHECK_THAT(a.sentence, Contains("6 of the last 10 calls failed"));
  CHECK(a.source != "command of a manager");
  s.enrolment.state = enrolment_state::awake; // paused or not, a call that is up goes on
  s.enrolment.reason = "call_up: A call is up.";
  CHECK(s.answer().code == "call_up");
}

TEST_CASE("why: not launched, stopped", "[control][why]") {
  situation s;
  s.in(enrolment_state::listed, "");
  s.status = campaign_status::draft;
  CHECK(s.answer().code == "not_launched");
  s.status = campaign_status::running;
  CHECK(s.answer().code == "not_enrolled");
  s.in(enrolment_state::waiting, "", now + 1h).status = campaign_status::stopped;
  auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "stopped");
  s.status = campaign_status::completed; // nobody commanded that
  a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "completed");
  CHECK_THAT(a.source, !Contains("manager"));
}

TEST_CASE("why: a test call that was given up says so, and names no command of a manager", "[control][why]") {
  situation s;
  s.in(enrolment_state::stopped, "call_test: it was not dialled in time.").status = campaign_status::running;
  const auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "call_test");
  CHECK_THAT(a.sentence, Contains("not called: it was not dialled in time") && Contains("now or not at all")
                           && Contains("unless parley call test is used again"));
  CHECK_THAT(a.sentence, !Contains("manager") && !Contains("launched again"));
  CHECK_FALSE(a.earliest);
  s.in(enrolment_state::stopped, "stopped: The campaign was stopped.");
  CHECK(s.answer().code == "stopped");
}

TEST_CASE("why: waits for a slot", "[control][why]") {
  situation s;
  s.slots = slots_in_use{10, 25, 20, 20};
  SECTION("in the pacer's queue") {
    s.in(enrolment_state::awake, "");
    s.waits_for = "slot";
  }
  SECTION("due, and not woken yet") {
    s.in(enrolment_state::waiting, "best_time: Waits.", now - 5min);
  }
  const auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "slot");
  CHECK(a.rule == "slot");
  CHECK(a.earliest == now);
  CHECK_THAT(a.sentence, Contains("10 calls of the campaign's 10") && Contains("20 of the node's 20")
                           && Contains("25 prospects wait"));
}

TEST_CASE("why: a slot that ran out before the dial", "[control][why]") {
  situation s;
  s.in(enrolment_state::waiting, "slot: The slot was revoked or ran out before the dial.", now + 1min)
    .ledger_says("not_now", "slot", "The slot was revoked or ran out before the dial.", "", "slot");
  const auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "slot");
  CHECK(a.earliest == now + 1min);
}

TEST_CASE("why: the number cools down after somebody's call", "[control][why]") {
  situation s;
  s.in(enrolment_state::waiting, "cool_down: A call to this number ended a moment ago.", now + 3min)
    .ledger_says("not_now", "cool_down", "A call to this number ended a moment ago.",
                 "the line's own rules: one call to a number at a time, and none without the gate", "cool_down",
                 now + 3min);
  const auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "cool_down");
  CHECK_THAT(a.source, Contains("the line's own rules"));
  CHECK(a.earliest == now + 3min);
}

TEST_CASE("why: the backoff after an attempt, and a call-back that was agreed", "[control][why]") {
  situation s;
  s.in(enrolment_state::waiting, "cool_down: Waits after an attempt that ended with no_answer.", now + 40min)
    // An older word of the line must not be taken for it.
    .ledger_says("not_now", "cool_down", "A call to this number ended a moment ago.", "the line", "cool_down");
  s.enrolment.last_disposition = disposition::no_answer;
  auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "backoff");
  CHECK_THAT(a.source, Contains("backoff"));
  CHECK(a.earliest == now + 40min);
  s.in(enrolment_state::waiting, "cool_down: Waits for the callback that was agreed.", now + 23h);
  s.enrolment.last_disposition = disposition::callback;
  a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "callback");
  CHECK_THAT(a.sentence, Contains("Wed 2026-12-02 09:00 EST"));
  s.enrolment.last_disposition = disposition::gatekeeper; // the front desk named a time
  CHECK(s.answer().code == "callback");
  // Not every wait is the campaign's setting.
  for (const auto& [outcome, source] : {std::pair{disposition::busy, "10 to 30 minutes"},
                                        {disposition::hung_up, "same day"},
                                        {disposition::callback, "backoff"}}) {
    const std::string word{to_string(outcome)};
    CAPTURE(word);
    s.in(enrolment_state::waiting, "cool_down: Waits after an attempt that ended with " + word + ".", now + 17min);
    s.enrolment.last_disposition = outcome;
    a = s.answer();
    check_one_sentence(a);
    CHECK(a.code == "backoff");
    CHECK_THAT(a.source, Contains(source));
  }
}

TEST_CASE("why: a wait that ends when nobody may be called", "[control][why]") {
  situation s;
  const auto over = now + 13h;
  s.in(enrolment_state::waiting, "cool_down: Waits after an attempt that ended with no_answer.", over);
  gate_answer then;
  then.verdict = dial_verdict::not_now;
  then.reason = "hours";
  then.sentence = "It is 23:00 in New York; federal rules allow on Tuesdays: 08:00-21:00.";
  then.earliest = now + 22h;
  s.gate = then;
  CHECK(s.answer().code == "backoff");
  CHECK(s.answer().earliest == now + 22h);
  call_time best;
  best.possible = true;
  best.at = now + 23h + 12min;
  s.time = best;
  const auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.earliest == best.at);
  CHECK_THAT(a.sentence, EndsWith("the earliest next attempt is Wed 2026-12-02 09:12 EST, the first that rules and "
                                  "settings allow after Tue 2026-12-01 23:00 EST."));
  s.time->possible = false;
  s.time->reason = "no_lawful_hours";
  CHECK(s.answer().code == "no_lawful_hours");
  CHECK_FALSE(s.answer().earliest);
  s.time.reset();
  s.gate->verdict = dial_verdict::blocked;
  s.gate->reason = "dnc_list_stale";
  for (const auto* reason :
       {"cool_down: Waits for the callback that was agreed.", "retry: no slot", "hours: It is late.",
        "other_campaign: Another campaign talks to this person at the moment."}) {
    const auto blocked = s.in(enrolment_state::waiting, reason, over).answer();
    check_one_sentence(blocked);
    CHECK(blocked.code == "dnc_list_stale");
    CHECK_FALSE(blocked.earliest);
    CHECK_THAT(blocked.sentence, EndsWith("unless an up-to-date list is imported before."));
  }
}

TEST_CASE("why: a call is up", "[control][why]") {
  situation s;
  s.in(enrolment_state::awake, "call_up: A call is up.", now + 10min);
  CHECK(s.answer().code == "call_up");
  check_one_sentence(s.answer());
  situation shared; // with somebody else at the same number
  shared
    .in(enrolment_state::waiting, "call_up: A call to this number is up, perhaps for another person who shares it.",
        now + 15min)
    .ledger_says("not_now", "call_up", "A call to this number is up, perhaps for another person who shares it.",
                 "the line's own rules: one call to a number at a time, and none without the gate", "call_up");
  CHECK(shared.answer().code == "call_up");
  CHECK(shared.answer().earliest == now + 15min);
}

TEST_CASE("why: nobody knows whether the carrier has the last call, in a store of before", "[control][why]") {
  situation s;
  s.in(enrolment_state::blocked,
       "submission_unknown: Nobody knows whether the carrier has the call; an operator must say.");
  const auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "submission_unknown");
  CHECK_THAT(a.sentence, Contains("an operator"));
  CHECK_FALSE(a.earliest);
}

TEST_CASE("why: through, or out of attempts", "[control][why]") {
  situation s;
  s.in(enrolment_state::done, "meeting_booked: The last call ended with meeting_booked.");
  auto a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "done");
  CHECK_THAT(a.sentence, Contains("meeting_booked"));
  s.in(enrolment_state::exhausted, "attempts: All 3 attempts are used; the last ended with busy.");
  a = s.answer();
  check_one_sentence(a);
  CHECK(a.code == "attempts");
  CHECK_THAT(a.source, Contains("attempts_max"));
  s.in(enrolment_state::exhausted, "attempts: All 2 attempts are used; the last ended with hung_up.");
  s.enrolment.last_disposition = disposition::hung_up; // the campaign allows three
  CHECK_THAT(s.answer().source, !Contains("attempts_max"));
}

TEST_CASE("why: a failure inside, another campaign's turn, work under way", "[control][why]") {
  situation s;
  s.in(enrolment_state::waiting, "retry: research did not answer", now + 10min);
  CHECK(s.answer().code == "retry");
  check_one_sentence(s.answer());
  s.in(enrolment_state::waiting, "other_campaign: Another campaign talks to this person at the moment.", now + 30min);
  CHECK(s.answer().code == "other_campaign");
  s.in(enrolment_state::awake, "");
  s.waits_for = "research";
  CHECK_THAT(s.answer().sentence, Contains("is being researched"));
  s.in(enrolment_state::waiting, "gate_silent: The gate did not answer.", now + 10min);
  CHECK(s.answer().code == "gate_silent");
  check_one_sentence(s.answer());
}

TEST_CASE_METHOD(control_world, "prospect why says one sentence for each campaign", "[control][why]") {
  const auto prospects = file("name,phone,email,company\nAnn Lee,+16145550133,ann@lee.example,Lee\n"
                              "Ann Moss,+16145550134,moss@lee.example,Moss\n");
  for (const char* name : {"Spring", "Autumn"}) {
    command("campaign create", campaign_args({{"name", name}}));
    command("prospect import", {{"file", prospects}, {"campaign", name}});
  }
  const auto answer = command("prospect why", {{"prospect", "Ann Lee"}});
  REQUIRE(answer["campaigns"].size() == 2);
  for (const auto& one : answer["campaigns"]) {
    CHECK(one["code"] == "not_launched");
    CHECK_THAT(one["sentence"].get<std::string>(), Contains("has not been launched"));
  }
  CHECK(command("prospect why", {{"prospect", answer["prospect"]}}) == answer);
  CHECK_THAT(refusal("prospect why", {{"prospect", "Ann"}}), Contains("Ann Lee") && Contains("Ann Moss"));
  CHECK_THAT(refusal("prospect why", {{"prospect", "Bob"}}), Contains("there is no \"Bob\""));
  command("prospect import", {{"file", file("name,phone,email\nCy Ray,+16145550135,cy@ray.example\n")}});
  CHECK_THAT(command("prospect why", {{"prospect", "Cy Ray"}})["sentence"].get<std::string>(),
             Contains("on no campaign's list"));
}

} // namespace control_why_test
