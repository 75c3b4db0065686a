// Goal: after every disposition a prospect does the right thing next: another
// attempt at the right time, or never again. Method: the pure core.
#include "actors/prospect/core.hpp"

#include <catch2/catch.hpp>

namespace prospect_core_test {

using namespace parley;
using namespace std::chrono_literals;
using prospects::step;

namespace {

const wall_time t0 = *parse_iso("2026-12-01T15:00:00Z");
const call_id the_call{uuid{1, 2}};

campaign_policy policy() {
  campaign_policy p;
  p.campaign = campaign_id{uuid{8, 8}};
  return p;
}

struct life {
  prospects::state s{prospect_id{uuid{7, 7}}, {}, {}, false};
  campaign_policy p = policy();

  void take(const prospects::decision& d) {
    for (const auto& e : d.events)
      prospects::core::apply(s, e);
  }
  const prospects::enrolment& mine() const { return s.campaigns.at(p.campaign); }
  void research(int probability) {
    prospect_researched found;
    found.probability = probability;
    take(prospects::on_researched(s, p, found, t0));
  }
  void dial(int32_t attempt) {
    dial_answer a;
    a.campaign = p.campaign;
    a.attempt = attempt;
    a.verdict = dial_verdict::dialled;
    a.call = the_call;
    take(prospects::on_dial_answer(s, p, a, t0));
  }
  void end(disposition outcome, std::optional<wall_time> callback = {}, bool opted_out = false, bool created = true) {
    call_ended e;
    e.call = the_call;
    e.campaign = p.campaign;
    e.outcome = outcome;
    e.callback_at = callback;
    e.opted_out = opted_out;
    e.created = created;
    take(prospects::on_call_ended(s, e, t0, 600));
  }
};

/// The row's one rule failed, with the row's own words and source.
void only_rule(const ledger_row& row, const char* name) {
  const auto rules = json::parse(row.rules);
  REQUIRE(rules.size() == 1);
  CHECK(rules[0]["rule"] == name);
  CHECK(rules[0]["result"] == "failed");
  CHECK(rules[0]["reason"] == row.reason);
  CHECK(rules[0]["sentence"] == row.sentence);
  CHECK(rules[0]["source"] == row.source);
}

} // namespace

TEST_CASE("an improbable prospect is disqualified with the reason", "[prospect]") {
  life x;
  CHECK(prospects::next_step(x.s, x.p) == step::research);
  x.research(49);
  CHECK(x.mine().state == enrolment_state::disqualified);
  CHECK(x.mine().reason == "threshold");
  CHECK(prospects::next_step(x.s, x.p) == step::nothing);
}

TEST_CASE("three attempts with exponential backoff, then exhausted", "[prospect]") {
  life x;
  x.research(80);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    x.dial(attempt);
    CHECK(prospects::next_step(x.s, x.p) == step::ask_call);
    x.end(disposition::no_answer);
    if (attempt < 3) {
      CHECK(x.mine().state == enrolment_state::waiting);
      CHECK(x.mine().next_due == t0 + (attempt == 1 ? 1h : 2h));
      CHECK_FALSE(x.mine().any_lawful_time);
    }
  }
  CHECK(x.mine().state == enrolment_state::exhausted);
  CHECK(x.mine().attempts == 3);
}

TEST_CASE("busy waits 10 to 30 minutes and may leave the best times", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::busy);
  CHECK(x.mine().next_due == t0 + 10min + 600s);
  CHECK(x.mine().any_lawful_time);
  for (uint64_t chance : {0ULL, 1200ULL, 1201ULL, 999'999'999ULL}) {
    const auto at = prospects::earliest_retry(x.p.backoff, *prospects::retry_after(disposition::busy), 1, t0, chance);
    CHECK(at >= t0 + 10min);
    CHECK(at <= t0 + 30min);
  }
}

TEST_CASE("carrier trouble waits out the backoff and then for the best hour", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::congestion);
  CHECK(x.mine().next_due == t0 + 1h);
  CHECK_FALSE(x.mine().any_lawful_time); // only after busy may the best times be left
}

TEST_CASE("a call that we dropped is not repeated on the same day", "[prospect]") {
  for (const auto outcome : {disposition::failed, disposition::dead_air, disposition::hung_up}) {
    CAPTURE(to_string(outcome));
    life x;
    x.research(80);
    x.dial(1);
    x.end(outcome);
    // Nobody may be called after 21:00 or before 8:00: 13 hours are another day everywhere.
    CHECK(x.mine().next_due >= t0 + 13h);
    CHECK_FALSE(x.mine().any_lawful_time);
  }
}

TEST_CASE("who hangs up is tried once more, then left alone", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::hung_up);
  CHECK(x.mine().state == enrolment_state::waiting);
  x.dial(2);
  x.end(disposition::hung_up);
  CHECK(x.mine().state == enrolment_state::exhausted);
}

TEST_CASE("an agreed callback is an attempt like any other", "[prospect]") {
  life x;
  x.research(80);
  for (int attempt = 1; attempt <= 2; ++attempt) {
    x.dial(attempt);
    x.end(disposition::callback, t0 + 19h);
    CHECK(x.mine().next_due == t0 + 19h);
  }
  x.dial(3);
  x.end(disposition::callback, t0 + 19h);
  CHECK(x.mine().state == enrolment_state::exhausted);
}

TEST_CASE("what blocked an enrolment and may be gone is decided anew, what blocks for good is not", "[prospect]") {
  const auto blocked_by = [](const char* reason) {
    life x;
    x.research(80);
    dial_answer no;
    no.campaign = x.p.campaign;
    no.attempt = 1;
    no.verdict = dial_verdict::blocked;
    no.reason = reason;
    no.sentence = "As the test wants.";
    x.take(prospects::on_dial_answer(x.s, x.p, no, t0));
    REQUIRE(x.mine().state == enrolment_state::blocked);
    x.take(prospects::on_reopen(x.s, x.p.campaign, t0 + 1h));
    return x;
  };
  for (const auto* reason : {"consent_missing", "dnc_list_stale", "not_on_allow_list", "zone_unknown"}) {
    CAPTURE(reason);
    const auto x = blocked_by(reason);
    CHECK(x.mine().state == enrolment_state::waiting);
    CHECK(x.mine().next_due == t0 + 1h);
    CHECK(prospects::next_step(x.s, x.p) == step::find_time); // research is not repeated
  }
  for (const auto* reason : {"dnc_internal", "submission_unknown", "failure"}) {
    CAPTURE(reason);
    CHECK(blocked_by(reason).mine().state == enrolment_state::blocked);
  }
  life opted_out;
  opted_out.research(80);
  opted_out.dial(1);
  opted_out.end(disposition::do_not_call, {}, true);
  CHECK(prospects::on_reopen(opted_out.s, opted_out.p.campaign, t0 + 1h).events.empty());
}

TEST_CASE("a callback without a time counts as an attempt like any other", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::callback);
  CHECK(x.mine().next_due == t0 + 1h);
  CHECK_FALSE(x.mine().any_lawful_time);
}

TEST_CASE("an agreed callback is kept", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::callback, t0 + 19h);
  CHECK(x.mine().next_due == t0 + 19h);
  CHECK(x.mine().any_lawful_time);
}

TEST_CASE("after a front desk the person is tried another day, at the time that was named", "[prospect]") {
  life named;
  named.research(80);
  named.dial(1);
  named.end(disposition::gatekeeper, t0 + 19h);
  CHECK(named.mine().state == enrolment_state::waiting);
  CHECK(named.mine().next_due == t0 + 19h);
  CHECK(named.mine().any_lawful_time);
  life unnamed;
  unnamed.research(80);
  unnamed.dial(1);
  unnamed.end(disposition::gatekeeper);
  CHECK(unnamed.mine().next_due == t0 + 13h); // on no clock the same calling day
  CHECK_FALSE(unnamed.mine().any_lawful_time);
}

TEST_CASE("after an outcome nobody calls again", "[prospect]") {
  for (const auto outcome : {disposition::meeting_booked, disposition::not_interested, disposition::wrong_person,
                             disposition::not_qualified, disposition::invalid_number, disposition::qualified}) {
    life x;
    x.research(80);
    x.dial(1);
    x.end(outcome);
    CHECK(x.mine().state == enrolment_state::done);
  }
}

TEST_CASE("never after an opt-out, whatever the disposition says", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::hung_up, {}, true);
  CHECK(x.mine().state == enrolment_state::done);
  CHECK(x.s.opted_out);
}

TEST_CASE("an unknown submission waits for an operator", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::submission_unknown);
  CHECK(x.mine().state == enrolment_state::blocked);
}

TEST_CASE("an end that is told twice counts once", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::no_answer);
  const auto due = x.mine().next_due;
  x.end(disposition::meeting_booked);
  CHECK(x.mine().next_due == due);
  CHECK(x.mine().last == disposition::no_answer);
}

TEST_CASE("the due row stays while somebody is awake and goes at the end", "[prospect]") {
  life x;
  x.research(80);
  const auto due_of = [&] {
    for (const auto& row : prospects::core::rows(x.s))
      if (const auto* due = std::get_if<due_row>(&row))
        return due->at;
    FAIL("no due row");
    return std::optional<wall_time>{};
  };
  CHECK(due_of() == t0); // waits for a slot: a crash or a pause would lose them otherwise
  x.dial(1);
  CHECK(due_of() > t0 + x.p.call_limit);
  x.end(disposition::meeting_booked);
  CHECK_FALSE(due_of());
}

TEST_CASE("an attempt that never left us does not count", "[prospect]") {
  life x;
  x.research(80);
  for (int attempt = 1; attempt <= 4; ++attempt) {
    x.dial(attempt);
    x.end(disposition::congestion, {}, false, false);
    CHECK(x.mine().state == enrolment_state::waiting);
    CHECK(x.s.attempts.empty()); // nor towards the caps on calls to a person
  }
  CHECK(x.mine().attempts == 4); // the number names the request, so it goes on
  for (int attempt = 5; attempt <= 7; ++attempt) {
    x.dial(attempt);
    x.end(disposition::no_answer);
  }
  CHECK(x.mine().state == enrolment_state::exhausted);
  CHECK(x.s.attempts.size() == 3);
}

TEST_CASE("a call is told when no attempt is left after it", "[prospect]") {
  life x;
  x.research(80);
  const auto last
    = [&x] { return prospects::request_of(x.s, x.p, prospect_row{}, call_time{}, line_id{}).brief.last_attempt; };
  CHECK_FALSE(last()); // of three
  x.dial(1);
  x.end(disposition::no_answer);
  CHECK_FALSE(last());
  x.dial(2);
  x.end(disposition::congestion, {}, false, false); // it never left us, and does not count
  CHECK_FALSE(last());
  x.dial(3);
  x.end(disposition::no_answer);
  CHECK(last());
  x.dial(4);
  x.end(disposition::callback, t0 + 19h); // what was agreed in the last one is not kept
  CHECK(x.mine().state == enrolment_state::exhausted);
  life once;
  once.p.attempts_max = 1;
  once.research(80);
  CHECK(prospects::request_of(once.s, once.p, prospect_row{}, call_time{}, line_id{}).brief.last_attempt);
}

TEST_CASE("a wait without a decision keeps an agreed callback free of the best times", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::callback, t0 + 19h);
  x.take(prospects::sleep(x.s, x.p.campaign, t0 + 20h, "retry", "no slot", t0 + 19h));
  CHECK(x.mine().next_due == t0 + 20h);
  CHECK(x.mine().any_lawful_time);
}

TEST_CASE("who opted out is refused in every other campaign, and the ledger says so", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::hung_up, {}, true);
  auto other = x.p;
  other.campaign = campaign_id{uuid{9, 9}};
  REQUIRE(prospects::next_step(x.s, other) == step::refuse);
  const auto refused = prospects::refuse(x.s, other, uuid{3, 3}, line_id{uuid{4, 4}}, t0 + 1h);
  x.take(refused.what);
  CHECK(x.s.campaigns.at(other.campaign).state == enrolment_state::blocked);
  CHECK(prospects::next_step(x.s, other) == step::nothing);
  REQUIRE(refused.rows.size() == 1);
  const auto& row = std::get<ledger_row>(refused.rows.front());
  CHECK(row.campaign == other.campaign);
  CHECK(row.verdict == "blocked");
  CHECK(row.reason == "dnc_internal");
  CHECK_FALSE(row.source.empty());
  CHECK_FALSE(row.data_version.empty());
  only_rule(row, "dnc_internal");
}

TEST_CASE("an opt-out in a call that we had not heard of is kept", "[prospect]") {
  life x;
  x.research(80);
  x.end(disposition::hung_up, {}, true);
  CHECK(x.s.opted_out);
  CHECK(x.mine().state == enrolment_state::awake);
  CHECK(prospects::next_step(x.s, x.p) == step::refuse);
}

TEST_CASE("where no time is lawful the ledger gets the rule and its data", "[prospect]") {
  life x;
  x.research(80);
  call_time none;
  none.reason = "no_lawful_hours";
  none.sentence = "There are none.";
  none.source = "hours";
  none.data_version = "2026-01";
  const auto row = prospects::no_time_row(x.s, x.p, none, uuid{3, 3}, line_id{uuid{4, 4}}, t0);
  CHECK(row.verdict == "blocked");
  CHECK(row.reason == "no_lawful_hours");
  CHECK(row.source == "hours");
  CHECK(row.data_version == "2026-01");
  CHECK(row.line == line_id{uuid{4, 4}});
  only_rule(row, "no_lawful_hours");
}

TEST_CASE("a call is told what was recalled first, then what research found, nothing twice", "[prospect]") {
  using texts = std::vector<std::string>;
  CHECK(prospects::history_of({"new", "old"}, {"old", "crm"}) == texts{"new", "old", "crm"});
  texts many;
  for (int i = 0; i < 30; ++i)
    many.push_back(std::to_string(i));
  const auto bounded = prospects::history_of({"new"}, many);
  CHECK(bounded.size() == 10);
  CHECK(bounded.front() == "new");
}

TEST_CASE("every disposition has a rule or is an end", "[prospect]") {
  using prospects::wait;
  for (uint8_t i = 0; i < static_cast<uint8_t>(disposition::count_); ++i) {
    const auto outcome = static_cast<disposition>(i);
    CAPTURE(to_string(outcome));
    life x;
    x.research(80);
    x.dial(1);
    x.end(outcome);
    CHECK_FALSE(x.mine().call_up);
    CHECK(is_final(x.mine().state) != prospects::retry_after(outcome).has_value());
  }
  // A refusal by the person's phone or carrier (SIP 603, 608): not again today.
  CHECK(prospects::retry_after(disposition::failed)->after == wait::another_day);
}

TEST_CASE("what a prospect stores is what it knows after a restart", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::congestion, {}, false, false);
  x.dial(2);
  const auto back = prospects::core::restore(prospects::core::public_part(x.s), prospects::core::personal_part(x.s));
  const auto& mine = back.campaigns.at(x.p.campaign);
  CHECK(mine.not_counted == 1);
  CHECK(mine.call_up == the_call);
  CHECK(mine.call_up_since == t0);
  CHECK(mine.backoff == x.p.backoff);
  CHECK(prospects::other_call_up(back, campaign_id{uuid{9, 9}}) == x.p.campaign);
  CHECK_FALSE(prospects::other_call_up(back, x.p.campaign));
}

} // namespace prospect_core_test
