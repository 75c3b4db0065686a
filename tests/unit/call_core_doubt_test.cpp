// Goal: a call of which nobody knows whether the carrier has it is neither
// dialled again nor forgotten: evidence, an operator's word or the call itself
// ends the doubt, a timer alone never does. Method: the pure core, events fed
// by hand.
#include "actors/call/core.hpp"
#include "actors/prospect/core.hpp"

#include <catch2/catch.hpp>

namespace call_core_doubt_test {

using namespace parley;
using namespace std::chrono_literals;
using calls::phase;

namespace {

const wall_time t0 = *parse_iso("2026-12-01T15:00:00Z");
constexpr auto grace = 10min;

struct doubted {
  calls::state s;
  std::vector<calls::core::effect> effects;

  doubted() {
    calls::call_intended e;
    e.call = call_id{uuid{1, 2}};
    e.slot = slot_id{uuid{5, 5}};
    e.at = t0;
    e.personal.brief.policy.call_limit = 10min;
    calls::core::apply(s, e);
    take(calls::begin(s, t0 + 20s));
    originated nobody_knows;
    nobody_knows.reason = "no reply";
    take(calls::on_originated(s, nobody_knows, t0 + 1s));
    REQUIRE(s.phase == phase::unknown);
  }
  void take(calls::decision d) {
    for (const auto& e : d.events)
      calls::core::apply(s, e);
    for (auto* done : {&d.at_once, &d.effects})
      for (auto& x : *done)
        effects.push_back(std::move(x));
  }
  void look_fails(std::chrono::milliseconds later) { take(calls::on_look_failed(s, t0 + later, grace)); }
  void list_is_empty(std::chrono::milliseconds later) { take(calls::on_list(s, {}, {}, t0 + later, grace)); }
  void give_up() {
    for (auto at = 1min; at <= 35min; at += 1min)
      look_fails(at);
    REQUIRE(s.phase == phase::unresolved);
  }
  disposition end() {
    take(calls::close(s, t0 + 60min));
    return s.outcome;
  }
  template <class Effect>
  size_t count() const {
    return static_cast<size_t>(
      std::count_if(effects.begin(), effects.end(), [](const auto& x) { return std::holds_alternative<Effect>(x); }));
  }
};

carrier_call shown(carrier_status status, std::chrono::seconds duration = 0s) {
  carrier_call x;
  x.sid = "CA7";
  x.direction = "outbound-api";
  x.created = t0 + 1s;
  x.status = status;
  x.duration = duration;
  return x;
}

call_row row_of(const calls::state& s) {
  return std::get<call_row>(calls::core::rows(s).front());
}

} // namespace

TEST_CASE("a carrier that cannot be asked for three graces leaves the call to an operator", "[call][doubt]") {
  doubted call;
  call.look_fails(1min);
  call.look_fails(30min);
  CHECK(call.s.phase == phase::unknown); // 29 minutes
  CHECK(call.count<calls::do_return_slot>() == 0);
  call.look_fails(31min);
  CHECK(call.s.phase == phase::unresolved);
  CHECK_FALSE(call.s.ended_at); // it has no end yet: nobody knows one
  REQUIRE(call.count<calls::do_return_slot>() == 1);
  CHECK(call.count<calls::do_tell_unresolved>() == 1);
  CHECK(call.count<calls::do_tell_end>() == 0);
  CHECK(row_of(call.s).status == "submission_unknown");
  CHECK(row_of(call.s).outcome == disposition::submission_unknown);
  CHECK(call.count<calls::do_originate>() == 1);
  // For days: still nothing happens by itself.
  for (int day = 1; day < 10; ++day)
    call.look_fails(24h * day);
  CHECK(call.s.phase == phase::unresolved);
  CHECK_FALSE(call.s.ended_at);
}

TEST_CASE("a slot goes back only when the call has outlived its longest talk", "[call][doubt]") {
  doubted call;
  call.s.brief.policy.call_limit = 4h;
  call.look_fails(1min);
  call.look_fails(2h);
  CHECK(call.s.phase == phase::unknown);
  call.look_fails(4h + 15min);
  CHECK(call.s.phase == phase::unresolved);
}

TEST_CASE("an answer in between starts the count anew", "[call][doubt]") {
  doubted call;
  call.look_fails(1min);
  call.list_is_empty(2min); // the carrier can be asked: one absence
  CHECK_FALSE(call.s.blind_since);
  call.look_fails(3min);
  call.look_fails(32min);
  CHECK(call.s.phase == phase::unknown);
  call.list_is_empty(32min + 1s); // the second list, long after the grace
  CHECK(call.s.ended_at);
  CHECK_FALSE(call.s.created);
}

TEST_CASE("a refusal that comes after the doubt ends the call as one in time does", "[call][doubt]") {
  originated refused;
  refused.outcome = submission::not_created;
  refused.reason = "21211: invalid 'To' number";
  refused.number_bad = GENERATE(true, false);
  const auto expected = refused.number_bad ? disposition::invalid_number : disposition::congestion;
  doubted call;
  switch (GENERATE(0, 1, 2)) { // how far the doubt had come
    case 1: call.list_is_empty(10s); break;
    case 2: call.give_up(); break;
    default: break;
  }
  call.take(calls::on_originated(call.s, refused, t0 + 36min));
  REQUIRE(call.s.ended_at);
  CHECK(call.s.wish_reason == refused.reason);
  CHECK_FALSE(call.s.created);
  SECTION("and nothing is left to say") {
    CHECK(call.end() == expected);
    CHECK(row_of(call.s).outcome == expected);
    CHECK_FALSE(calls::end_of(call.s).created); // no attempt is used
  }
  SECTION("unless the carrier has it all the same") {
    call.take(calls::on_carrier(call.s, "CA7", {carrier_status::ringing, 0s, 0}, t0 + 36min + 1s));
    CHECK_FALSE(call.s.ended_at);
    CHECK(call.s.created);
  }
}

TEST_CASE("empty lists in a row before the grace count once", "[call][doubt]") {
  doubted call;
  call.list_is_empty(1s);
  for (auto at = 1min; at < 10min; at += 1min) {
    call.look_fails(at);
    call.list_is_empty(at + 1s);
  }
  CHECK_FALSE(call.s.ended_at);
  call.list_is_empty(10min + 1s);
  CHECK(call.s.ended_at);
  CHECK(call.end() == disposition::congestion);
}

TEST_CASE("an operator says that the call was never placed: the attempt may be repeated", "[call][doubt]") {
  doubted call;
  call.give_up();
  call.take(calls::resolve(call.s, false, "not in the console", t0 + 50min));
  CHECK(call.count<calls::do_answer_resolved>() == 1);
  REQUIRE(call.s.ended_at);
  CHECK(call.end() == disposition::congestion);
  const auto end = calls::end_of(call.s);
  CHECK_FALSE(end.created); // does not count
  CHECK(prospects::retry_after(end.outcome));
  // The word stands: a second one is not taken.
  CHECK(calls::resolve(call.s, true, "", t0 + 51min).events.empty());
}

TEST_CASE("an operator says that it was placed: the carrier is asked how it ended", "[call][doubt]") {
  doubted call;
  call.give_up();
  const auto looks = call.count<calls::do_seek_evidence>();
  call.take(calls::resolve(call.s, true, "she says that it rang", t0 + 50min));
  CHECK(call.count<calls::do_seek_evidence>() == looks + 1);
  CHECK_FALSE(call.s.ended_at);
  SECTION("it tells") {
    call.take(calls::on_list(call.s, {shown(carrier_status::no_answer)}, {}, t0 + 50min, grace));
    CHECK(call.end() == disposition::no_answer);
    CHECK(call.s.sid == "CA7");
  }
  SECTION("it shows none") {
    call.list_is_empty(50min);
    CHECK(call.s.ended_at);
    CHECK(call.end() == disposition::congestion);
  }
  SECTION("it cannot be asked") {
    call.look_fails(50min);
    CHECK(call.s.ended_at);
    CHECK(call.end() == disposition::congestion);
  }
  SECTION("the node dies before it was asked") {
    call.take(calls::recover(call.s, t0 + 55min));
    CHECK(call.count<calls::do_seek_evidence>() == looks + 2);
    call.look_fails(55min);
    CHECK(call.end() == disposition::congestion);
  }
  CHECK(calls::end_of(call.s).created); // the attempt is used
  CHECK(call.count<calls::do_originate>() == 1);
}

TEST_CASE("a SID that the carrier does not know twice, a grace apart, is a failed call", "[call][doubt]") {
  doubted call;
  call.list_is_empty(1min); // before the SID came: says nothing about it
  call.take(calls::on_list(call.s, {shown(carrier_status::ringing)}, {}, t0 + 2min, grace));
  REQUIRE(call.s.sid == "CA7");
  const auto unknown = [&](std::chrono::minutes later) { call.take(calls::on_sid_unknown(call.s, t0 + later, grace)); };
  SECTION("once proves nothing") {
    unknown(20min);
    unknown(25min);
    CHECK_FALSE(call.s.ended_at);
    unknown(30min);
    CHECK(call.s.ended_at);
    CHECK(call.end() == disposition::congestion);
    CHECK(call.s.created); // it had a SID: the attempt counts
  }
  SECTION("while words are heard the carrier is wrong") {
    call.take(calls::on_media(call.s, 1, true, ""));
    unknown(20min);
    unknown(40min);
    CHECK_FALSE(call.s.ended_at);
  }
}

TEST_CASE("only a call that waits for a word is resolved by one", "[call][doubt]") {
  doubted call;
  CHECK(calls::resolve(call.s, false, "", t0 + 1min).events.empty()); // evidence is still sought
  call.take(calls::on_carrier(call.s, "CA7", {carrier_status::ringing, 0s, 0}, t0 + 2min));
  CHECK(calls::resolve(call.s, false, "", t0 + 3min).events.empty());
}

TEST_CASE("empty lists do not resolve what was left to an operator", "[call][doubt]") {
  doubted call;
  call.give_up();
  for (auto at = 1h; at < 24h; at += 1h)
    call.list_is_empty(at);
  CHECK(call.s.phase == phase::unresolved);
  CHECK_FALSE(call.s.ended_at);
  CHECK(call.s.absences.size() == 2); // what the operator may be told
}

TEST_CASE("a call that shows up late is hung up and ends as the carrier says", "[call][doubt]") {
  doubted call;
  call.give_up();
  SECTION("by a webhook while it rings") {
    call.take(calls::on_carrier(call.s, "CA7", {carrier_status::ringing, 0s, 0}, t0 + 3h));
    CHECK(call.s.phase == phase::ringing);
    CHECK(call.count<calls::do_hang_up>() == 1);
    CHECK(call.count<calls::do_take_slot>() == 1); // a channel is busy again
    CHECK_FALSE(call.s.slot_returned);
    call.take(calls::on_carrier(call.s, "CA7", {carrier_status::canceled, 0s, 0}, t0 + 3h));
    CHECK(call.end() == disposition::canceled);
  }
  SECTION("by a webhook of its end") {
    call.take(calls::on_carrier(call.s, "CA7", {carrier_status::busy, 0s, 0}, t0 + 3h));
    CHECK(call.count<calls::do_hang_up>() == 0);
    CHECK(call.end() == disposition::busy);
  }
  SECTION("by the carrier's list") {
    call.take(calls::on_list(call.s, {shown(carrier_status::in_progress)}, {}, t0 + 3h, grace));
    CHECK(call.count<calls::do_hang_up>() == 1);
    CHECK(call.count<calls::do_take_slot>() == 1);
    call.take(calls::on_carrier(call.s, "CA7", {carrier_status::completed, 4s, 0}, t0 + 3h));
    CHECK(call.end() == disposition::failed); // answered, and nobody was there: on another day
  }
  SECTION("by any callback that carries its SID") {
    call.take(calls::on_sid(call.s, "CA7", t0 + 3h));
    CHECK(call.s.sid == "CA7");
    CHECK(call.count<calls::do_hang_up>() == 1);
  }
  SECTION("by the dial's own answer") {
    originated late;
    late.outcome = submission::created;
    late.sid = "CA7";
    call.take(calls::on_originated(call.s, late, t0 + 3h));
    CHECK(call.s.sid == "CA7");
    CHECK(call.count<calls::do_hang_up>() == 1);
  }
  CHECK(call.count<calls::do_originate>() == 1);
}

TEST_CASE("a callback between the word and the end still counts", "[call][doubt]") {
  doubted call;
  call.give_up();
  call.take(calls::resolve(call.s, false, "", t0 + 50min));
  call.take(calls::on_carrier(call.s, "CA7", {carrier_status::ringing, 0s, 0}, t0 + 50min));
  CHECK_FALSE(call.s.ended_at); // the operator was wrong
  CHECK(call.s.created);
  CHECK(call.count<calls::do_hang_up>() == 1);
}

TEST_CASE("any callback with a SID proves a doubted call", "[call][doubt]") {
  doubted call;
  const auto looks = call.count<calls::do_seek_evidence>();
  call.take(calls::on_sid(call.s, "CA7", t0 + 5s)); // who answered, a recording, a request to resume
  CHECK(call.s.sid == "CA7");
  CHECK(call.s.phase == phase::submitted);
  CHECK(call.count<calls::do_seek_evidence>() == looks + 1); // how far is it?
  CHECK(calls::on_sid(call.s, "CA8", t0 + 6s).events.empty());
}

TEST_CASE("an unresolved call comes back from the journal as it was", "[call][doubt]") {
  doubted call;
  call.give_up();
  call.take(calls::resolve(call.s, true, "Ann Lee says that it rang", t0 + 50min));
  const auto open = calls::core::public_part(call.s);
  const auto restored = calls::core::restore(open, calls::core::personal_part(call.s));
  CHECK(calls::core::public_part(restored) == open);
  CHECK(restored.placed);
  CHECK(restored.slot_returned);
  CHECK(open.dump().find("Ann") == std::string::npos); // the operator's words may name somebody
}

TEST_CASE("the prospect of an unresolved call waits and is dialled by no campaign", "[prospect][doubt]") {
  prospects::state s;
  s.id = prospect_id{uuid{3, 3}};
  const campaign_id spring{uuid{8, 8}};
  const call_id call{uuid{1, 2}};
  const auto apply = [&](const prospects::decision& d) {
    for (const auto& e : d.events)
      prospects::core::apply(s, e);
  };
  prospects::core::apply(s, prospects::attempt_begun{spring, call, 1, t0, t0 + 1h, 3, 60min});
  apply(prospects::on_call_unresolved(s, {call, spring, s.id}, t0 + 31min));
  const auto& x = s.campaigns.at(spring);
  CHECK(x.state == enrolment_state::waiting);
  CHECK(x.reason == "submission_unknown");
  CHECK(x.call_up == call);
  CHECK(x.next_due == t0 + 31min + 2h); // only to ask the call again
  campaign_policy policy;
  policy.campaign = spring;
  CHECK(prospects::next_step(s, policy) == prospects::step::ask_call);
  CHECK(prospects::other_call_up(s, campaign_id{uuid{9, 9}}) == spring);
  SECTION("its end resolves it, and a call that never was does not count") {
    call_ended end;
    end.call = call;
    end.campaign = spring;
    end.attempt = 1;
    end.outcome = disposition::congestion;
    end.created = false;
    apply(prospects::on_call_ended(s, end, t0 + 2h, 0));
    CHECK(s.campaigns.at(spring).not_counted == 1);
    CHECK(s.campaigns.at(spring).state == enrolment_state::waiting);
    CHECK(s.campaigns.at(spring).reason == "cool_down");
    CHECK(s.attempts.empty());
  }
  SECTION("told of another call it does nothing") {
    CHECK(prospects::on_call_unresolved(s, {call_id{uuid{1, 3}}, spring, s.id}, t0 + 2h).events.empty());
  }
}

} // namespace call_core_doubt_test
