// Goal: a line acts only on what is stored, keeps no slot and explains each
// refusal in the ledger. Method: real actors over a store that commits,
// refuses or says nothing, as the test wants; virtual time.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

namespace line_test {

using namespace parley;
using namespace std::chrono_literals;
using test::fake_store;

namespace {

struct fixture : test::world {
  campaign_id spring = make_campaign(1);
  prospect_id ann = make_prospect(1, "+12025550111", {spring});

  void launch() {
    REQUIRE(command(spring, campaign_action::launch)->value);
    advance(1s);
  }
  void fate_of_lines(fake_store::fate what) {
    store.decide = [what](const append& x) {
      const bool line = !x.streams.empty() && x.streams.front().kind == stream_kind::line;
      return line ? what : fake_store::fate::commit;
    };
  }
  /// Slots that are out, by the pacer's own account.
  uint64_t slots_held() {
    return json::parse(ask<inspected_state>(context->pacer, inspect_state{})->value->json).at("held").get<uint64_t>();
  }
  std::vector<ledger_row> ledger(const std::string& reason) const {
    std::vector<ledger_row> out;
    for (const auto& row : store.ledger)
      if (row.reason == reason)
        out.push_back(row);
    return out;
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a call begins after its intent is committed, not before", "[line]") {
  fate_of_lines(fake_store::fate::hold);
  launch();
  CHECK(begun().empty());
  CHECK(enrolment(spring, ann).attempts == 0);
  release();
  advance(1s);
  CHECK(begun().size() == 1);
  CHECK(enrolment(spring, ann).attempts == 1);
}

TEST_CASE_METHOD(fixture, "a refused append begins no call and keeps no slot", "[line]") {
  fate_of_lines(fake_store::fate::refuse);
  launch();
  CHECK(begun().empty());
  CHECK(slots_held() == 0);
  fate_of_lines(fake_store::fate::commit);
  advance(61s); // the prospect asks again
  CHECK(begun().size() == 1);
}

TEST_CASE_METHOD(fixture, "an append without an answer begins no call, stored or not", "[line]") {
  const bool stored = GENERATE(true, false);
  CAPTURE(stored);
  fate_of_lines(stored ? fake_store::fate::silent : fake_store::fate::lose);
  launch();
  CHECK(slots_held() == 1);
  advance(context->settings.journal_timeout);
  CHECK(begun().empty());
  CHECK(slots_held() == 0);
  fate_of_lines(fake_store::fate::commit);
  advance(61s);
  // What is stored is the truth: the attempt exists, and its call, which was
  // never told to begin, looks itself up; or nothing happened and it is made.
  CHECK(begun().size() == (stored ? 0 : 1));
  CHECK(enrolment(spring, ann).attempts == 1);
}

TEST_CASE_METHOD(fixture, "a line that is killed returns its slots", "[line]") {
  fate_of_lines(fake_store::fate::hold);
  launch();
  REQUIRE(slots_held() == 1);
  for (const auto& [id, entry] : tree.snapshot())
    if (entry.kind == "line")
      caf::anon_send_exit(caf::actor_cast<caf::actor>(entry.address), caf::exit_reason::kill);
  settle();
  CHECK(slots_held() == 0);
}

TEST_CASE_METHOD(fixture, "two people on one number are not rung one after the other", "[line]") {
  make_prospect(2, "+12025550111", {spring});
  launch();
  REQUIRE(begun().size() == 1);
  CHECK(ledger("call_up").size() == 1); // the other one
  const auto call = begun().front();
  dialled(call);
  advance(15min); // asks again while the first one still talks
  CHECK(ledger("call_up").size() == 2);
  advance(14min + 30s);
  end(call, disposition::not_interested);
  advance(1min);
  CHECK(begun().size() == 1);
  REQUIRE(ledger("cool_down").size() == 1);
  CHECK(ledger("cool_down").front().verdict == "not_now");
  advance(3min);
  CHECK(begun().size() == 2);
}

TEST_CASE_METHOD(fixture, "lists that cannot be read and a silent gate refuse, and the ledger says so", "[line]") {
  const bool lists = GENERATE(true, false);
  CAPTURE(lists);
  store.lists_readable = !lists;
  compliance_silent = !lists;
  if (!lists) // it finds the time, but no verdict
    compliance_silent = true;
  launch();
  CHECK(begun().empty());
  const auto rows = ledger(lists ? "lists_unreadable" : "gate_silent");
  REQUIRE(rows.size() == 1);
  CHECK(rows.front().verdict == "not_now");
  CHECK_FALSE(rows.front().data_version.empty());
  CHECK(enrolment(spring, ann).reason.starts_with(lists ? "lists_unreadable" : "gate_silent"));
  CHECK(slots_held() == 0);
  store.lists_readable = true;
  compliance_silent = false;
  advance(11min);
  CHECK(begun().size() == 1);
}

TEST_CASE_METHOD(fixture, "who is suppressed while the gate is asked is not dialled, and the ledger says by what rule",
                 "[line]") {
  gate = [this, allowed = gate](const gate_check& x) {
    for (const auto& [id, entry] : tree.snapshot()) // before the answer is there
      if (entry.kind == "line")
        caf::anon_send(caf::actor_cast<caf::actor>(entry.address),
                       suppress_line{context->hasher.line(x.number), "command", "asked by mail"});
    auto answer = allowed(x);
    answer.rules = R"([{"rule":"dnc_internal","result":"passed"}])";
    return answer;
  };
  launch();
  REQUIRE(checks.size() == 1);
  CHECK_FALSE(checks.front().lists.internal); // the gate knew nothing of it
  CHECK(begun().empty());
  CHECK(slots_held() == 0);
  CHECK(enrolment(spring, ann).state == enrolment_state::blocked);
  CHECK(store.suppressed.contains(context->hasher.line("+12025550111")));
  const auto rows = ledger("dnc_internal");
  REQUIRE(rows.size() == 1);
  CHECK(rows.front().verdict == "blocked");
  CHECK_THAT(rows.front().source, Catch::Contains("47 CFR 64.1200(d)(3)"));
  const auto rules = json::parse(rows.front().rules);
  REQUIRE(rules.size() == 1);
  CHECK(rules[0]["rule"] == "dnc_internal");
  CHECK(rules[0]["result"] == "failed");
  CHECK(rules[0]["source"] == rows.front().source);
}

TEST_CASE_METHOD(fixture, "an opt-out survives although only the call's end is told", "[line]") {
  launch();
  const auto call = begun().front();
  dialled(call);
  end(call, disposition::hung_up, true);
  CHECK(store.suppressed.contains(context->hasher.line("+12025550111")));
}

TEST_CASE_METHOD(fixture, "the gate counts the attempts that the carrier may have had", "[line]") {
  launch();
  dialled(begun().front());
  end(begun().front(), disposition::congestion, false, false);
  advance(3h);
  REQUIRE(begun().size() == 2);
  CHECK(checks.back().number_attempts.empty());
  CHECK(checks.back().person_attempts.empty());
  dialled(begun().back());
  end(begun().back(), disposition::no_answer);
  advance(3h);
  REQUIRE(begun().size() == 3);
  CHECK(checks.back().number_attempts.size() == 1);
  CHECK(checks.back().person_attempts.size() == 1);
}

TEST_CASE("a run with the same seed repeats, to the ids of its calls", "[line]") {
  const auto calls = [] {
    fixture x;
    x.launch();
    return x.begun();
  };
  const auto first = calls();
  REQUIRE(first.size() == 1);
  CHECK(calls() == first);
}

} // namespace line_test
