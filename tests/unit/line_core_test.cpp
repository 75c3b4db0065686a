// Goal: a line dials only what the gate allowed, once per attempt, and stores
// verdict, attempt and intent together. Method: the pure core.
#include "actors/line/core.hpp"

#include <catch2/catch.hpp>

namespace line_core_test {

using namespace parley;
using namespace std::chrono_literals;

namespace {

const wall_time t0 = *parse_iso("2026-12-01T15:00:00Z");

dial_request request(int32_t attempt = 1) {
  dial_request r;
  r.number = "+14155550132";
  r.slot = slot_id{uuid{5, 5}};
  r.slot_expires = t0 + 20s;
  r.window_end = t0 + 1h;
  r.brief.person.id = prospect_id{uuid{7, 7}};
  r.brief.policy.campaign = campaign_id{uuid{8, 8}};
  r.brief.attempt = attempt;
  return r;
}

gate_answer allowed() {
  gate_answer g;
  g.verdict = dial_verdict::dialled;
  g.reason = "allowed";
  g.source = "the last rule's";
  g.rules = R"([{"rule":"dnc_internal","result":"passed"}])";
  g.lawful_until = t0 + 30min;
  return g;
}

const call_id the_call{uuid{1, 2}};
const uuid ledger_id{3, 4};

lines::state after(lines::state s, const lines::decision& d) {
  for (const auto& e : d.events)
    lines::core::apply(s, e);
  return s;
}

template <class Effect>
const Effect* find(const lines::decision& d) {
  for (const auto& x : d.effects)
    if (const auto* found = std::get_if<Effect>(&x))
      return found;
  return nullptr;
}

/// The row's one rule failed, with the row's own words and source.
void only_rule(const ledger_row& row, const char* name) {
  CHECK_FALSE(row.source.empty());
  CHECK_FALSE(row.data_version.empty());
  const auto rules = json::parse(row.rules);
  REQUIRE(rules.size() == 1);
  CHECK(rules[0]["rule"] == name);
  CHECK(rules[0]["result"] == "failed");
  CHECK(rules[0]["reason"] == row.reason);
  CHECK(rules[0]["sentence"] == row.sentence);
  CHECK(rules[0]["source"] == row.source);
}

} // namespace

TEST_CASE("an allowed dial is one append: ledger, attempt and intent", "[line]") {
  const auto d = lines::decide({}, request(), allowed(), true, the_call, ledger_id, t0);
  REQUIRE(d.what.events.size() == 1);
  REQUIRE(d.streams.size() == 1);
  CHECK(d.streams.front().kind == stream_kind::call);
  CHECK(d.streams.front().expected == 0);
  REQUIRE(std::holds_alternative<ledger_row>(d.rows.front()));
  CHECK(std::get<ledger_row>(d.rows.front()).call == the_call);
  REQUIRE(find<lines::do_start_call>(d.what));
  // The earliest of lawful end, window and slot.
  CHECK(find<lines::do_start_call>(d.what)->not_after == t0 + 20s);
}

TEST_CASE("a node past its lease dials nothing", "[line]") {
  const auto d = lines::decide({}, request(), allowed(), true, the_call, ledger_id, t0, t0 + 5s);
  REQUIRE(find<lines::do_start_call>(d.what));
  CHECK(find<lines::do_start_call>(d.what)->not_after == t0 + 5s); // the lease is the earliest
  const auto late = lines::decide({}, request(), allowed(), true, the_call, ledger_id, t0, t0);
  CHECK(late.what.events.empty());
  CHECK(late.streams.empty());
  REQUIRE(find<lines::do_answer>(late.what));
  CHECK(find<lines::do_answer>(late.what)->answer.reason == "lease");
  CHECK(find<lines::do_return_slot>(late.what));
  REQUIRE(late.rows.size() == 1);
  only_rule(std::get<ledger_row>(late.rows.front()), "lease");
  CHECK_THAT(std::get<ledger_row>(late.rows.front()).source, Catch::Contains("Parley"));
}

TEST_CASE("a line knows until when its dial may be on its way, also when it is started anew", "[line]") {
  auto s = after({}, lines::decide({}, request(), allowed(), true, the_call, ledger_id, t0).what);
  s = lines::core::restore(lines::core::public_part(s), {});
  CHECK(s.call_up == the_call);
  CHECK(s.dial_slot == request().slot);
  CHECK(s.dial_until == t0 + 20s);
  call_ended end;
  end.call = the_call;
  CHECK_FALSE(after(s, lines::on_call_over(s, end, t0 + 5s)).call_up);
}

TEST_CASE("a repeated request is answered as before and dials nothing", "[line]") {
  const auto s = after({}, lines::decide({}, request(), allowed(), true, the_call, ledger_id, t0).what);
  const auto again = lines::answer_at_once(s, request(), t0 + 1s);
  REQUIRE(again);
  CHECK(again->verdict == dial_verdict::dialled);
  CHECK(again->call == the_call);
}

TEST_CASE("nobody rings a number twice at once", "[line]") {
  const auto s = after({}, lines::decide({}, request(), allowed(), true, the_call, ledger_id, t0).what);
  auto other = request();
  other.brief.person.id = prospect_id{uuid{9, 9}};
  const auto answer = lines::answer_at_once(s, other, t0 + 1s);
  REQUIRE(answer);
  CHECK(answer->verdict == dial_verdict::not_now);
  CHECK(answer->reason == "call_up");
  call_ended end;
  end.call = the_call;
  CHECK_FALSE(lines::answer_at_once(after(s, lines::on_call_over(s, end, t0 + 1min)), other, t0 + 5min));
}

TEST_CASE("a number rests for three minutes after a call, whoever is next", "[line]") {
  auto s = after({}, lines::decide({}, request(), allowed(), true, the_call, ledger_id, t0).what);
  call_ended end;
  end.call = the_call;
  s = after(s, lines::on_call_over(s, end, t0 + 1min));
  auto other = request();
  other.brief.person.id = prospect_id{uuid{9, 9}};
  for (const auto& next : {other, request(2)}) {
    const auto answer = lines::answer_at_once(s, next, t0 + 4min - 1ms);
    REQUIRE(answer);
    CHECK(answer->verdict == dial_verdict::not_now);
    CHECK(answer->reason == "cool_down");
    CHECK(answer->earliest == t0 + 4min);
    CHECK_FALSE(lines::answer_at_once(s, next, t0 + 4min));
  }
  // The attempt that was made is answered as ever.
  CHECK(lines::answer_at_once(s, request(), t0 + 2min)->verdict == dial_verdict::dialled);
}

TEST_CASE("an attempt that never left us counts for nothing", "[line]") {
  auto s = after({}, lines::decide({}, request(), allowed(), true, the_call, ledger_id, t0).what);
  CHECK(lines::attempt_times(s).size() == 1);
  call_ended end;
  end.call = the_call;
  end.created = false;
  s = after(s, lines::on_call_over(s, end, t0 + 1s));
  CHECK(lines::attempt_times(s).empty());
  CHECK_FALSE(lines::answer_at_once(s, request(2), t0 + 2s)); // the phone did not ring: no rest
  CHECK(lines::answer_at_once(s, request(), t0 + 2s)->call == the_call);
}

TEST_CASE("an opt-out in the call suppresses the number with its end", "[line]") {
  auto s = after({}, lines::decide({}, request(), allowed(), true, the_call, ledger_id, t0).what);
  call_ended end;
  end.call = the_call;
  end.opted_out = true;
  s = after(s, lines::on_call_over(s, end, t0 + 1min));
  CHECK(s.suppressed_at);
  CHECK_FALSE(s.call_up);
  REQUIRE(lines::core::rows(s).size() == 1);
  // An operator's word counts more than the same end told again.
  s = after(s, lines::suppress(s, {{}, "command", "mistake", true}, t0 + 1h));
  CHECK_FALSE(after(s, lines::on_call_over(s, end, t0 + 2h)).suppressed_at);
}

TEST_CASE("an answer without the gate stands in the ledger with rule, source and version", "[line]") {
  const auto answer = lines::without_gate(request(), "gate_silent", "The gate did not answer.", t0);
  CHECK(answer.verdict == dial_verdict::not_now);
  CHECK(answer.earliest == t0 + 10min);
  const auto row = lines::own_row({}, request(), answer, ledger_id, t0);
  CHECK(row.id == ledger_id);
  CHECK(row.verdict == "not_now");
  CHECK(row.reason == "gate_silent");
  CHECK(row.earliest_next == t0 + 10min);
  only_rule(row, "gate_silent");
}

TEST_CASE("a suppression that comes while the gate is asked blocks with its own rule and source", "[line]") {
  const auto verdict = lines::suppressed_meanwhile(allowed(), t0);
  const auto d = lines::decide({}, request(), verdict, true, the_call, ledger_id, t0);
  CHECK(d.what.events.empty());
  CHECK(d.streams.empty());
  REQUIRE(find<lines::do_answer>(d.what));
  CHECK(find<lines::do_answer>(d.what)->answer.verdict == dial_verdict::blocked);
  REQUIRE(d.rows.size() == 1);
  const auto& row = std::get<ledger_row>(d.rows.front());
  CHECK(row.verdict == "blocked");
  CHECK(row.reason == "dnc_internal");
  CHECK_THAT(row.source, Catch::Contains("47 CFR 64.1200(d)(3)"));
  only_rule(row, "dnc_internal");
}

TEST_CASE("a refusal returns the slot and stands in the ledger", "[line]") {
  gate_answer g;
  g.verdict = dial_verdict::blocked;
  g.reason = "dnc_national";
  const auto d = lines::decide({}, request(), g, false, the_call, ledger_id, t0);
  CHECK(d.what.events.empty());
  CHECK(d.streams.empty());
  CHECK(find<lines::do_return_slot>(d.what));
  REQUIRE(find<lines::do_answer>(d.what));
  CHECK(find<lines::do_answer>(d.what)->answer.reason == "dnc_national");
  REQUIRE(d.rows.size() == 1);
  CHECK(std::get<ledger_row>(d.rows.front()).verdict == "blocked");
}

TEST_CASE("a slot that was revoked or ran out dials nothing", "[line]") {
  const bool revoked = GENERATE(true, false);
  const auto now = revoked ? t0 : t0 + 21s;
  const auto d = lines::decide({}, request(), allowed(), !revoked, the_call, ledger_id, now);
  CHECK(d.streams.empty());
  REQUIRE(find<lines::do_answer>(d.what));
  CHECK(find<lines::do_answer>(d.what)->answer.verdict == dial_verdict::not_now);
  REQUIRE(d.rows.size() == 1);
  only_rule(std::get<ledger_row>(d.rows.front()), "slot");
  CHECK_THAT(std::get<ledger_row>(d.rows.front()).source, Catch::Contains("setting: "));
}

TEST_CASE("a suppression writes its row, a lifted one says so", "[line]") {
  auto s = after({}, lines::suppress({}, {{}, "call", "key", false}, t0));
  REQUIRE(lines::core::rows(s).size() == 1);
  CHECK_FALSE(std::get<suppression_row>(lines::core::rows(s).front()).removed);
  CHECK(lines::suppress(s, {{}, "call", "key", false}, t0).events.empty());
  s = after(s, lines::suppress(s, {{}, "command", "mistake", true}, t0 + 1h));
  CHECK(std::get<suppression_row>(lines::core::rows(s).front()).removed);
}

} // namespace line_core_test
