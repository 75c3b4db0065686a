// Goal: what a call may come to besides the talk is decided right: a hand-over,
// a message to a machine, a recording. Method: the pure core, fed by hand.
#include "actors/call/core.hpp"
#include "actors/call/voicemail.hpp"
#include "actors/compliance/zones.hpp"

#include <catch2/catch.hpp>

namespace call_core_live_test {

using namespace parley;
using namespace std::chrono_literals;

namespace {

const wall_time t0 = *parse_iso("2026-12-01T15:00:00Z"); // Tuesday, 10:00 in New York

campaign_policy with_message() {
  campaign_policy p;
  p.agent_name = "Katie";
  p.company = "Acme Robotics";
  p.voicemail_message = "We wanted to show you how our robots count stock, {{person}}";
  p.opt_out_number = "+18005550132";
  return p;
}

/// A call somebody answered, whose events are applied as the shell would.
struct life {
  calls::state s;
  std::vector<calls::core::effect> effects;

  explicit life(campaign_policy policy = {}) {
    calls::call_intended e;
    e.call = call_id{uuid{1, 2}};
    e.prospect = prospect_id{uuid{3, 4}};
    e.at = t0;
    e.personal.brief.policy = std::move(policy);
    e.personal.brief.person.name = "Ann Lee";
    calls::core::apply(s, e);
    originated answer;
    answer.outcome = submission::created;
    answer.sid = "CA1";
    take(calls::on_originated(s, answer, t0));
    says(carrier_status::in_progress, t0 + 5s);
  }
  void take(calls::decision d) {
    for (const auto& e : d.events)
      calls::core::apply(s, e);
    effects = std::move(d.at_once);
    for (auto& x : d.effects)
      effects.push_back(std::move(x));
  }
  void says(carrier_status status, wall_time at, std::chrono::seconds duration = 0s) {
    take(calls::on_carrier(s, "CA1", {status, duration, 0}, at));
  }
  void hand_over() {
    take(calls::begin_transfer(s, {"+12125550100", "Priya", "asked for a human", t0 + 3h}, t0 + 30s));
  }
  template <class Effect>
  bool does() const {
    return std::any_of(effects.begin(), effects.end(), [](const auto& x) { return std::holds_alternative<Effect>(x); });
  }
  disposition end(wall_time at) {
    says(carrier_status::completed, at, 60s);
    take(calls::settle_transfer(s));
    take(calls::close(s, at));
    return s.outcome;
  }
  /// As a new node finds it.
  void restored() { s = calls::core::restore(calls::core::public_part(s), calls::core::personal_part(s)); }
};

} // namespace

TEST_CASE("a voicemail message says who calls first and how to opt out", "[call][voicemail]") {
  const auto message = calls::voicemail_for(with_message(), "Ann Lee");
  CHECK(message.missing.empty());
  CHECK(
    message.text
    == "Hello, this is Katie, an AI assistant, calling for Acme Robotics. We wanted to show you how our robots count "
       "stock, Ann Lee. To get no more calls from us, call toll-free 8 0 0, 5 5 5, 0 1 3 2. Again, that is 8 0 0, 5 "
       "5 5, 0 1 3 2.");
  auto reachable = with_message();
  reachable.callback_number = "+12125550142";
  CHECK_THAT(calls::voicemail_for(reachable, "").text, Catch::Contains("You can reach us at 2 1 2, 5 5 5, 0 1 4 2."));
}

TEST_CASE("no message is left that the law does not allow", "[call][voicemail]") {
  auto p = with_message();
  SECTION("none is set") {
    p.voicemail_message = "  ";
    CHECK(calls::voicemail_for(p, "Ann").missing.empty());
  }
  SECTION("no number to opt out") {
    p.opt_out_number.clear();
    CHECK_THAT(calls::voicemail_for(p, "Ann").missing, Catch::StartsWith("opt_out_number:"));
  }
  SECTION("the number costs the person money") {
    p.opt_out_number = "+12125550142";
    CHECK_THAT(calls::voicemail_for(p, "Ann").missing, Catch::StartsWith("opt_out_number:"));
  }
  SECTION("nobody would know who called") {
    p.company.clear();
    CHECK_THAT(calls::voicemail_for(p, "Ann").missing, Catch::StartsWith("company:"));
  }
  SECTION("a placeholder that there is not") {
    p.voicemail_message = "Hello {{friend}}";
    CHECK_THAT(calls::voicemail_for(p, "Ann").missing, Catch::StartsWith("voicemail_message:"));
  }
  CHECK(calls::voicemail_for(p, "Ann").text.empty());
}

TEST_CASE("toll-free numbers are told from others", "[call][voicemail]") {
  for (const auto* number :
       {"+18005550132", "+18335550132", "+18445550132", "+18555550132", "+18665550132", "+18775550132", "+18885550132"})
    CHECK(calls::is_toll_free(number));
  for (const auto* number : {"+18225550132", "+12125550132", "+1800555013", "+448005550132", "8005550132", ""})
    CHECK_FALSE(calls::is_toll_free(number));
}

TEST_CASE("a machine gets its message after the beep and no other time", "[call][voicemail]") {
  life call{with_message()};
  SECTION("the beep") {
    call.take(calls::on_machine(call.s, answered_by::machine_end_beep, t0));
    CHECK(call.does<calls::do_leave_message>());
    CHECK_FALSE(call.does<calls::do_hang_up>());
    call.take(calls::on_message_answer(call.s, "", t0));
    CHECK(call.does<calls::do_close_voice>());
    call.take(calls::on_outcome(call.s, disposition::hung_up, "late", {})); // of a mind that is gone
    CHECK(call.end(t0 + 60s) == disposition::machine_message);
  }
  SECTION("the agent, which heard the machine too, takes its leave meanwhile") {
    call.take(calls::on_machine(call.s, answered_by::machine_end_beep, t0));
    call.take(calls::on_outcome(call.s, disposition::machine, "a machine", {}));
    call.take(calls::on_talk_over(call.s, "a machine"));
    CHECK_FALSE(call.does<calls::do_hang_up>());
    call.take(calls::on_message_answer(call.s, "", t0));
    call.take(calls::on_talk_over(call.s, "conversation over"));
    CHECK_FALSE(call.does<calls::do_hang_up>());
    call.take(calls::hang_up(call.s, "by command", false)); // people may
    CHECK(call.does<calls::do_hang_up>());
    CHECK(call.end(t0 + 60s) == disposition::machine_message);
  }
  SECTION("the greeting still goes on") {
    call.take(calls::on_machine(call.s, answered_by::machine_start, t0));
    CHECK_FALSE(call.does<calls::do_leave_message>());
    CHECK(call.does<calls::do_hang_up>());
  }
  SECTION("a fax") {
    call.take(calls::on_machine(call.s, answered_by::fax, t0));
    CHECK_FALSE(call.does<calls::do_leave_message>());
    CHECK(call.end(t0 + 60s) == disposition::invalid_number);
  }
  SECTION("a person who talks already was misjudged") {
    calls::decision talks;
    talks.events.push_back(calls::conversation_noted{"discovery", 0, {}});
    for (const auto* words : {"Hello?", "Yes, this is Ann.", "We count by hand."})
      talks.events.push_back(calls::turn_spoken{{{speaker::callee, words, 1000, 2000, false, "", words}}});
    call.take(std::move(talks));
    call.take(calls::on_machine(call.s, answered_by::machine_end_other, t0));
    CHECK(call.effects.empty());
  }
  SECTION("told twice") {
    call.take(calls::on_machine(call.s, answered_by::machine_end_beep, t0));
    call.take(calls::on_machine(call.s, answered_by::machine_end_silence, t0));
    CHECK(call.effects.empty());
  }
}

TEST_CASE("a hand-over in the last attempt keeps no time for another call", "[call][transfer]") {
  life call;
  call.s.brief.last_attempt = true;
  call.hand_over();
  CHECK_FALSE(call.s.transfer_callback);
  call.take(calls::on_transfer_answer(call.s, "", t0 + 31s));
  call.take(calls::on_transfer_ended(call.s, {false, 0s}));
  CHECK(call.end(t0 + 1min) == disposition::no_decision);
  CHECK_FALSE(calls::end_of(call.s).callback_at);
}

TEST_CASE("a hand-over ends as the carrier tells", "[call][transfer]") {
  life call;
  call.hand_over();
  CHECK(call.does<calls::do_transfer>());
  call.take(calls::on_transfer_answer(call.s, "", t0 + 31s));
  CHECK(call.does<calls::do_close_voice>());
  call.restored();
  SECTION("connected") {
    call.take(calls::on_transfer_ended(call.s, {true, 90s}));
    CHECK(call.end(t0 + 3min) == disposition::transferred);
  }
  SECTION("not connected") {
    call.take(calls::on_transfer_ended(call.s, {false, 0s}));
    CHECK(call.end(t0 + 1min) == disposition::callback);
    CHECK(calls::end_of(call.s).callback_at == t0 + 3h);
  }
  SECTION("nobody tells, and it was long") {
    CHECK(call.end(t0 + 5min) == disposition::transferred);
  }
  SECTION("nobody tells, and it was short") {
    CHECK(call.end(t0 + 1min) == disposition::callback);
  }
  SECTION("what an agent that is gone says of it changes nothing") {
    call.take(calls::on_outcome(call.s, disposition::not_interested, "late", {}));
    call.take(calls::on_transfer_ended(call.s, {true, 90s}));
    CHECK(call.end(t0 + 3min) == disposition::transferred);
  }
}

TEST_CASE("an opt-out before the hand-over outweighs it", "[call][transfer]") {
  life call;
  call.hand_over();
  call.take(calls::on_transfer_answer(call.s, "", t0 + 31s));
  call.take(calls::on_opt_out(call.s, "key"));
  call.take(calls::on_transfer_ended(call.s, {true, 20s}));
  CHECK(call.end(t0 + 2min) == disposition::do_not_call);
}

TEST_CASE("only a call that is up is handed over, and once", "[call][transfer]") {
  life call;
  SECTION("twice") {
    call.hand_over();
    call.hand_over();
    CHECK(call.effects.empty());
  }
  SECTION("over") {
    call.says(carrier_status::completed, t0 + 20s, 15s);
    call.hand_over();
    CHECK(call.effects.empty());
    CHECK(calls::why_no_transfer(call.s) == "the call is over");
  }
  SECTION("being hung up") {
    call.take(calls::hang_up(call.s, "by command", false));
    call.hand_over();
    CHECK(call.effects.empty());
  }
  SECTION("again after the carrier refused") {
    call.hand_over();
    call.take(calls::on_transfer_answer(call.s, "busy", t0 + 31s));
    CHECK(call.does<calls::do_take_back>());
    call.hand_over();
    CHECK(call.does<calls::do_transfer>());
  }
}

TEST_CASE("what the carrier was asked and never did is asked again", "[call][transfer]") {
  life call{with_message()};
  SECTION("a hand-over") {
    call.hand_over();
    call.restored();
    call.take(calls::on_resume(call.s));
    CHECK(call.does<calls::do_transfer>());
  }
  SECTION("a message") {
    call.take(calls::on_machine(call.s, answered_by::machine_end_beep, t0));
    call.restored();
    call.take(calls::on_resume(call.s));
    CHECK(call.does<calls::do_leave_message>());
  }
  SECTION("neither: the talk goes on") {
    call.take(calls::on_resume(call.s));
    CHECK(call.does<calls::do_prepare_voice>());
  }
  SECTION("a recording, when the node comes back") {
    auto p = with_message();
    p.record_calls = true;
    life recorded{p};
    recorded.take(calls::on_recording_wish(recorded.s, true, t0));
    recorded.restored();
    recorded.take(calls::recover(recorded.s, t0 + 10s));
    CHECK(recorded.does<calls::do_record>());
  }
}

TEST_CASE("somebody is called again when somebody works", "[call][transfer]") {
  manager_row priya;
  priya.timezone = "America/New_York";
  priya.working_hours = "mon-fri 09:00-17:30";
  const auto at = [&](const char* now) { return to_iso(calls::next_working_time(&priya, "", *parse_iso(now))); };
  CHECK(at("2026-12-01T15:00:00Z") == "2026-12-01T16:00:00.000Z"); // an hour from now
  CHECK(at("2026-12-01T21:45:00Z") == "2026-12-02T14:00:00.000Z"); // nearly evening: tomorrow at nine
  CHECK(at("2026-12-04T22:00:00Z") == "2026-12-07T14:00:00.000Z"); // Friday night: Monday
  CHECK(to_iso(calls::next_working_time(nullptr, "America/Los_Angeles", *parse_iso("2026-12-05T20:00:00Z")))
        == "2026-12-07T17:00:00.000Z");
  CHECK(to_iso(calls::next_working_time(nullptr, "Nowhere/At_All", *parse_iso("2026-12-05T20:00:00Z")))
        == "2026-12-07T09:00:00.000Z");
}

TEST_CASE("a recording is begun once, and an objection is final", "[call][recording]") {
  campaign_policy p;
  p.record_calls = true;
  life call{p};
  call.take(calls::on_recording_wish(call.s, true, t0));
  CHECK(call.does<calls::do_record>());
  call.take(calls::on_recording_wish(call.s, true, t0));
  CHECK(call.effects.empty());
  number_hasher keys{{}};
  std::vector<row> rows;
  SECTION("kept") {
    call.take(calls::on_recording_answer(call.s, "RE1", ""));
    call.take(calls::on_recording_made(call.s, {"RE1", true, 30s}, keys, t0, rows));
    REQUIRE(rows.size() == 1);
    const auto keep = json::parse(std::get<outbox_row>(rows[0]).payload).get<keep_recording>();
    CHECK(keep.recording_sid == "RE1");
    CHECK(keep.duration_seconds == 30);
    CHECK_FALSE(keep.discard);
    CHECK(calls::recording_name(call.s) == "parley:recordings/" + to_string(call.s.id));
    CHECK(calls::on_recording_made(call.s, {"RE1", true, 30s}, keys, t0, rows).events.empty());
    CHECK(rows.size() == 1);
  }
  SECTION("objected to while it began") {
    call.take(calls::on_recording_wish(call.s, false, t0));
    CHECK_FALSE(call.does<calls::do_stop_recording>());
    call.take(calls::on_recording_answer(call.s, "RE1", ""));
    CHECK(call.does<calls::do_stop_recording>());
    call.take(calls::on_recording_made(call.s, {"RE1", true, 3s}, keys, t0, rows));
    REQUIRE(rows.size() == 1);
    CHECK(json::parse(std::get<outbox_row>(rows[0]).payload).at("discard") == true);
    CHECK(calls::recording_name(call.s).empty());
    call.take(calls::on_recording_wish(call.s, true, t0));
    CHECK(call.effects.empty());
  }
  SECTION("the carrier has nothing") {
    call.take(calls::on_recording_answer(call.s, "RE1", ""));
    call.take(calls::on_recording_made(call.s, {"RE1", false, 0s}, keys, t0, rows));
    CHECK(rows.empty());
    CHECK(calls::recording_name(call.s).empty());
  }
  SECTION("who takes over is not recorded") {
    call.take(calls::on_recording_answer(call.s, "RE1", ""));
    call.hand_over();
    call.take(calls::on_transfer_answer(call.s, "", t0 + 31s));
    CHECK(call.does<calls::do_stop_recording>());
  }
}

TEST_CASE("a campaign that records nothing records nothing", "[call][recording]") {
  life call;
  call.take(calls::on_recording_wish(call.s, true, t0));
  CHECK(call.effects.empty());
}

TEST_CASE("a talk that is taken up again and finds no stream is pulled once", "[call][recovery]") {
  life call;
  call.take(calls::on_media(call.s, 2, true, ""));
  call.restored();
  call.take(calls::recover(call.s, t0 + 20s));
  CHECK(call.does<calls::do_await_stream>());
  SECTION("once in each life") {
    call.take(calls::on_no_stream(call.s, t0 + 30s));
    CHECK(call.does<calls::do_pull>());
    call.restored();
    call.take(calls::on_no_stream(call.s, t0 + 40s));
    CHECK_FALSE(call.does<calls::do_pull>());
    call.take(calls::recover(call.s, t0 + 50s)); // nobody knows whether the carrier was told
    CHECK(call.does<calls::do_await_stream>());
    call.take(calls::on_no_stream(call.s, t0 + 60s));
    CHECK(call.does<calls::do_pull>());
  }
  SECTION("a stream came, and may have gone again: then the carrier asks by itself") {
    call.take(calls::on_media(call.s, 1, true, ""));
    call.take(calls::on_no_stream(call.s, t0 + 30s));
    CHECK_FALSE(call.does<calls::do_pull>());
    call.take(calls::on_media(call.s, 1, false, "closed"));
    call.take(calls::on_no_stream(call.s, t0 + 30s));
    CHECK_FALSE(call.does<calls::do_pull>());
  }
  SECTION("it is being hung up") {
    call.take(calls::hang_up(call.s, "stopped", false));
    call.take(calls::on_no_stream(call.s, t0 + 30s));
    CHECK_FALSE(call.does<calls::do_pull>());
  }
  SECTION("it has outlived the carrier's limit") {
    call.take(calls::on_no_stream(call.s, t0 + 11min));
    CHECK_FALSE(call.does<calls::do_pull>());
  }
  SECTION("it is over") {
    call.says(carrier_status::completed, t0 + 25s, 20s);
    call.take(calls::on_no_stream(call.s, t0 + 30s));
    CHECK_FALSE(call.does<calls::do_pull>());
  }
  SECTION("it is being handed over, or was") {
    call.hand_over();
    call.take(calls::on_no_stream(call.s, t0 + 30s));
    CHECK_FALSE(call.does<calls::do_pull>());
    call.take(calls::on_transfer_answer(call.s, "", t0 + 31s));
    call.take(calls::on_no_stream(call.s, t0 + 32s));
    CHECK_FALSE(call.does<calls::do_pull>());
  }
  SECTION("a pull that failed is tried again where there still is a call") {
    call.take(calls::on_no_stream(call.s, t0 + 30s));
    SECTION("the carrier is away") {
      call.take(calls::on_pull_failed(call.s, "away", false));
      CHECK(call.does<calls::do_await_stream>());
      call.take(calls::on_no_stream(call.s, t0 + 40s));
      CHECK(call.does<calls::do_pull>());
    }
    SECTION("there is none") {
      call.take(calls::on_pull_failed(call.s, "over", true));
      CHECK(call.does<calls::do_seek_evidence>());
      CHECK_FALSE(call.does<calls::do_await_stream>());
    }
  }
}

TEST_CASE("a message that is being spoken to a machine is not cut short by a pull", "[call][recovery][voicemail]") {
  life call{with_message()};
  call.take(calls::on_machine(call.s, answered_by::machine_end_beep, t0 + 15s));
  REQUIRE(call.does<calls::do_leave_message>());
  call.take(calls::recover(call.s, t0 + 20s));
  call.take(calls::on_no_stream(call.s, t0 + 30s));
  CHECK_FALSE(call.does<calls::do_pull>());
}

} // namespace call_core_live_test
