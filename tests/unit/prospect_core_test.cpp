// Goal: after every disposition a prospect does the right thing next: another
// attempt at the right time, or never again. Method: the pure core.
#include "actors/prospect/core.hpp"

#include <catch2/catch.hpp>

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
  void end(disposition outcome, std::optional<wall_time> callback = {}, bool opted_out = false) {
    call_ended e;
    e.call = the_call;
    e.campaign = p.campaign;
    e.outcome = outcome;
    e.callback_at = callback;
    e.opted_out = opted_out;
    take(prospects::on_call_ended(s, p, e, t0, 600));
  }
};

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
    const auto at = prospects::earliest_retry(x.p, disposition::busy, 1, t0, chance);
    CHECK(at >= t0 + 10min);
    CHECK(at <= t0 + 30min);
  }
}

TEST_CASE("an agreed callback is kept", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  x.end(disposition::callback, t0 + 19h);
  CHECK(x.mine().next_due == t0 + 19h);
  CHECK(x.mine().any_lawful_time);
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

TEST_CASE("the due row stays while a call is up and goes at the end", "[prospect]") {
  life x;
  x.research(80);
  x.dial(1);
  const auto due_of = [&] {
    for (const auto& row : prospects::core::rows(x.s))
      if (const auto* due = std::get_if<due_row>(&row))
        return due->at;
    FAIL("no due row");
    return std::optional<wall_time>{};
  };
  CHECK(due_of() > t0 + x.p.call_limit);
  x.end(disposition::meeting_booked);
  CHECK_FALSE(due_of());
}
