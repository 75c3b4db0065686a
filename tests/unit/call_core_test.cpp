// Goal: whatever the carrier says, in any order, doubled or late, a call ends
// once with the right disposition, and nobody is dialled twice. Method: the
// pure core, events fed by hand.
#include "tests/unit/call_core_life.hpp"

#include <catch2/catch.hpp>

namespace call_core_test {

using namespace parley;
using namespace std::chrono_literals;
using calls::phase;
using parley::test::life;
using parley::test::t0;

TEST_CASE("a call that rings out ends as no answer", "[call]") {
  life call;
  call.take(calls::begin(call.s, t0 + 20s));
  CHECK(call.count<calls::do_originate>() == 1);
  call.created();
  call.says(carrier_status::ringing);
  CHECK(call.s.phase == phase::ringing);
  call.says(carrier_status::no_answer);
  CHECK(call.end() == disposition::no_answer);
}

TEST_CASE("doubled and late statuses change nothing", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::in_progress);
  call.says(carrier_status::ringing); // late
  CHECK(call.s.phase == phase::talking);
  call.says(carrier_status::completed, 30s);
  call.says(carrier_status::completed, 30s); // doubled
  call.spoken(speaker::callee, "Hello?");
  CHECK(call.end() == disposition::hung_up);
  const auto told = call.count<calls::do_tell_end>();
  call.take(calls::close(call.s, t0 + 90s));
  CHECK(call.count<calls::do_tell_end>() == told);
}

TEST_CASE("only the end is heard of: the answer is worked out", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::completed, 42s);
  REQUIRE(call.s.answered_at);
  CHECK(*call.s.answered_at == t0 + 10s - 42s);
}

TEST_CASE("another SID's callbacks are not ours", "[call]") {
  life call;
  call.created("CA1");
  call.says(carrier_status::completed, 5s, 0, "CA9");
  CHECK(call.s.status == carrier_status::unknown);
}

TEST_CASE("a bad number is told from a carrier failure", "[call]") {
  life bad;
  bad.created();
  bad.says(carrier_status::failed, 0s, 404);
  CHECK(bad.end() == disposition::invalid_number);
  life trouble;
  trouble.created();
  trouble.says(carrier_status::failed, 0s, 503);
  CHECK(trouble.end() == disposition::congestion);
}

TEST_CASE("an unknown submission is never dialled again", "[call]") {
  life call;
  call.take(calls::begin(call.s, t0 + 20s));
  originated nobody_knows;
  nobody_knows.reason = "no reply";
  call.take(calls::on_originated(call.s, nobody_knows, t0 + 1s));
  CHECK(call.s.phase == phase::unknown);
  CHECK(call.count<calls::do_seek_evidence>() == 1);

  SECTION("a callback proves that it exists") {
    call.says(carrier_status::ringing);
    CHECK(call.s.sid == "CA1");
    call.says(carrier_status::busy);
    CHECK(call.end() == disposition::busy);
  }
  SECTION("the carrier's list proves that it exists") {
    carrier_call found;
    found.sid = "CA7";
    found.direction = "outbound-api";
    found.created = t0;
    found.status = carrier_status::queued;
    call.take(calls::on_list(call.s, {found}, {}, t0 + 5s, 10min));
    CHECK(call.s.sid == "CA7");
  }
  SECTION("two complete empty lists, the second after the grace, prove that it does not") {
    call.take(calls::on_list(call.s, {}, {}, t0 + 5s, 10min));
    call.take(calls::on_list(call.s, {}, {}, t0 + 6s, 10min)); // too early to prove anything
    CHECK_FALSE(call.s.ended_at);
    call.take(calls::on_list(call.s, {}, {}, t0 + 11min, 10min));
    CHECK(call.s.ended_at);
    CHECK(call.end() == disposition::congestion);
  }
  SECTION("a SID after the second list proves that it does all the same") {
    call.take(calls::on_list(call.s, {}, {}, t0 + 5s, 10min));
    call.take(calls::on_list(call.s, {}, {}, t0 + 11min, 10min));
    REQUIRE(call.s.ended_at);
    SECTION("in a callback of any kind") {
      call.take(calls::on_sid(call.s, "CA1", t0 + 12min));
    }
    SECTION("in a late answer to the dial") {
      originated late;
      late.outcome = submission::created;
      late.sid = "CA1";
      call.take(calls::on_originated(call.s, late, t0 + 12min));
    }
    CHECK_FALSE(call.s.ended_at);
    CHECK(call.s.created);
    call.says(carrier_status::busy);
    CHECK(call.end() == disposition::busy);
  }
  SECTION("it is doubted once") {
    const auto sought = call.count<calls::do_seek_evidence>();
    call.take(calls::on_originated(call.s, nobody_knows, t0 + 20s));
    CHECK(call.count<calls::do_seek_evidence>() == sought);
  }
  SECTION("a call of an earlier attempt is no proof") {
    carrier_call old;
    old.sid = "CA0";
    old.direction = "outbound-api";
    old.created = t0 - 1h;
    call.take(calls::on_list(call.s, {old}, {}, t0 + 5s, 10min));
    CHECK(call.s.sid.empty());
  }
  SECTION("a call that another attempt of ours has is no proof") {
    carrier_call other;
    other.sid = "CA5";
    other.direction = "outbound-api";
    other.created = t0;
    call.take(calls::on_list(call.s, {other}, {"CA5"}, t0 + 5s, 10min));
    CHECK(call.s.sid.empty());
    CHECK(call.s.absences.size() == 1);
  }
  SECTION("of several calls the one nearest to the intent is ours") {
    carrier_call later;
    later.sid = "CA9";
    later.direction = "outbound-api";
    later.created = t0 + 1h;
    auto ours = later;
    ours.sid = "CA8";
    ours.created = t0 + 1s;
    call.take(calls::on_list(call.s, {later, ours}, {}, t0 + 5s, 10min));
    CHECK(call.s.sid == "CA8");
  }
  SECTION("a callback after two empty lists proves that it lives after all") {
    call.take(calls::on_list(call.s, {}, {}, t0 + 5s, 10min));
    call.take(calls::on_list(call.s, {}, {}, t0 + 11min, 10min));
    call.says(carrier_status::in_progress);
    CHECK_FALSE(call.s.ended_at);
    CHECK(call.s.phase == phase::talking);
    CHECK(call.s.created);
  }
  SECTION("one that shows up after its end is hung up") {
    call.take(calls::on_list(call.s, {}, {}, t0 + 5s, 10min));
    call.take(calls::on_list(call.s, {}, {}, t0 + 11min, 10min));
    call.end();
    call.says(carrier_status::in_progress);
    CHECK(call.count<calls::do_end_stray>() == 1);
    call.says(carrier_status::completed);
    CHECK(call.count<calls::do_end_stray>() == 1);
  }
  SECTION("without evidence it stays unknown") {
    CHECK(calls::outcome_of(call.s) == disposition::submission_unknown);
  }
  CHECK(call.count<calls::do_originate>() == 1);
}

TEST_CASE("a machine is hung up on", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::in_progress);
  call.take(calls::on_machine(call.s, answered_by::machine_start, t0 + 5s));
  CHECK(call.count<calls::do_hang_up>() == 1);
  call.says(carrier_status::completed, 6s);
  CHECK(call.end() == disposition::machine);
}

TEST_CASE("an opt-out lists the number, hangs up and outweighs everything", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::in_progress);
  call.spoken(speaker::callee, "Take me off your list.");
  call.take(calls::on_opt_out(call.s, "transcript"));
  call.take(calls::on_opt_out(call.s, "tool"));
  call.take(calls::on_outcome(call.s, disposition::meeting_booked, "the model says so", {}));
  CHECK(call.count<calls::do_suppress>() == 1);
  CHECK(call.count<calls::do_hang_up>() == 1);
  call.says(carrier_status::completed, 20s);
  CHECK(call.end() == disposition::do_not_call);
  CHECK(calls::end_of(call.s).opted_out);
}

TEST_CASE("a stop before the dial leaves no call behind", "[call]") {
  life call;
  call.take(calls::hang_up(call.s, "the campaign was stopped", true));
  call.take(calls::begin(call.s, t0 + 20s));
  CHECK(call.count<calls::do_originate>() == 0);
  CHECK(call.s.ended_at == call.s.intended_at); // not when the dial would have been too late
  CHECK(call.end() == disposition::canceled);
}

TEST_CASE("stop cancels a ringing call and leaves a talk alone", "[call]") {
  life ringing;
  ringing.created();
  ringing.says(carrier_status::ringing);
  ringing.take(calls::hang_up(ringing.s, "stop", true));
  CHECK(ringing.count<calls::do_hang_up>() == 1);
  life talking;
  talking.created();
  talking.says(carrier_status::in_progress);
  talking.take(calls::hang_up(talking.s, "stop", true));
  CHECK(talking.count<calls::do_hang_up>() == 0);
}

TEST_CASE("stop spares who answers in the same moment", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::ringing);
  call.take(calls::hang_up(call.s, "stop", true));
  call.says(carrier_status::in_progress);      // answered before the cancel came through
  CHECK(call.count<calls::do_hang_up>() == 1); // the cancel, which the carrier refuses by now
  CHECK_FALSE(call.s.hang_up_asked);
  SECTION("and stop --now does not") {
    call.take(calls::hang_up(call.s, "stop now", false));
    CHECK(call.count<calls::do_hang_up>() == 2);
  }
}

TEST_CASE("stop --now outweighs an earlier stop", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::ringing);
  call.take(calls::hang_up(call.s, "stop", true));
  call.take(calls::hang_up(call.s, "stop now", false));
  call.says(carrier_status::in_progress);
  CHECK(call.s.hang_up_asked);
}

TEST_CASE("what the carrier only queues is cancelled before it may dial hours later", "[call]") {
  life call;
  call.created();
  CHECK(call.count<calls::do_check_queue>() == 1);
  SECTION("still queued") {
    call.says(carrier_status::queued);
    call.take(calls::on_queue_checked(call.s, carrier_status::queued));
    CHECK(call.count<calls::do_hang_up>() == 1);
    CHECK_FALSE(call.s.ended_at); // only the carrier's own word ends it
    call.says(carrier_status::canceled);
    CHECK(call.end() == disposition::canceled);
  }
  SECTION("ringing by now") {
    call.says(carrier_status::ringing);
    call.take(calls::on_queue_checked(call.s, carrier_status::ringing));
    CHECK(call.count<calls::do_hang_up>() == 0);
  }
}

TEST_CASE("trouble with our account stops the campaign, a rate limit the pacer", "[call]") {
  life call;
  originated refused;
  refused.outcome = submission::not_created;
  refused.reason = "account suspended";
  refused.account_bad = true;
  refused.retry_after = 3s;
  call.take(calls::on_originated(call.s, refused, t0 + 1s));
  CHECK(call.count<calls::do_tell_trouble>() == 1);
  CHECK(call.count<calls::do_hold_dials>() == 1);
  call.end();
  CHECK_FALSE(calls::end_of(call.s).created); // does not count as an attempt
}

TEST_CASE("what the far side's codes say decides whether anybody calls again", "[call]") {
  const auto ended_with = [](int sip) {
    life call;
    call.created();
    call.says(carrier_status::failed, 0s, sip);
    call.end();
    return call;
  };
  CHECK(ended_with(603).s.outcome == disposition::failed);
  CHECK(ended_with(608).s.outcome == disposition::failed);
  CHECK(ended_with(607).s.outcome == disposition::do_not_call);
  CHECK(calls::end_of(ended_with(607).s).opted_out); // the line lists it
  CHECK(ended_with(484).s.outcome == disposition::invalid_number);
  CHECK(ended_with(404).s.outcome == disposition::invalid_number); // nobody has this number
}

TEST_CASE("who opted out at the carrier is listed with us, too", "[call]") {
  life call;
  originated refused;
  refused.outcome = submission::not_created;
  refused.opted_out = true;
  call.take(calls::on_originated(call.s, refused, t0 + 1s));
  CHECK(call.count<calls::do_suppress>() == 1);
  CHECK(call.end() == disposition::do_not_call);
}

TEST_CASE("a fax is no number to call again", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::in_progress);
  call.take(calls::on_machine(call.s, answered_by::fax, t0 + 5s));
  call.says(carrier_status::completed, 6s);
  CHECK(call.end() == disposition::invalid_number);
}

TEST_CASE("what the talk established counts when the person hangs up", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::in_progress);
  call.spoken(speaker::callee, "Call me on Thursday at four.");
  call.says(carrier_status::completed, 30s);
  SECTION("something") {
    call.take(calls::on_concluded(call.s, disposition::callback, t0 + 48h, json::object()));
    CHECK(call.end() == disposition::callback);
    CHECK(calls::end_of(call.s).callback_at == t0 + 48h);
  }
  SECTION("nothing") {
    call.take(calls::on_concluded(call.s, disposition::hung_up, {}, json::object()));
    CHECK(call.end() == disposition::hung_up);
  }
  SECTION("after what was decided before") {
    call.take(calls::on_outcome(call.s, disposition::not_interested, "two objections", {}));
    call.take(calls::on_concluded(call.s, disposition::callback, t0 + 48h, json::object()));
    CHECK(call.end() == disposition::not_interested);
  }
}

} // namespace call_core_test
