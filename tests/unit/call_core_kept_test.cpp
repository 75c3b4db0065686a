// Goal: what is kept of a call is the whole of it, tells nothing personal in the
// open, and lets another node take the call up without dialling again. Method:
// as in call_core_test.
#include "tests/unit/call_core_life.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace call_core_kept_test {

using namespace parley;
using namespace std::chrono_literals;
using calls::phase;
using parley::test::life;
using parley::test::t0;

TEST_CASE("a node that died between intent and answer looks, and does not dial", "[call]") {
  life call;
  call.take(calls::recover(call.s, t0 + 5s));
  CHECK(call.s.phase == phase::unknown);
  CHECK(call.count<calls::do_originate>() == 0);
  CHECK(call.count<calls::do_seek_evidence>() == 1);
}

TEST_CASE("a call that is taken up after its end tells the prospect and the campaign once more", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::busy);
  call.end();
  const auto ends = call.count<calls::do_tell_end>();
  const auto phases = call.count<calls::do_tell_phase>();
  call.take(calls::recover(call.s, t0 + 1h));
  CHECK(call.count<calls::do_tell_end>() == ends + 1);
  CHECK(call.count<calls::do_tell_phase>() == phases + 1);
  CHECK(call.count<calls::do_seek_evidence>() == 0);
}

TEST_CASE("a call taken up again lists an opt-out once more and finds its meeting", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::in_progress);
  call.take(calls::on_opt_out(call.s, "key"));
  const auto before = call.count<calls::do_suppress>();
  call.take(calls::recover(call.s, t0 + 20s));
  CHECK(call.count<calls::do_suppress>() == before + 1);
  life booked;
  booked.created();
  booked.says(carrier_status::completed, 90s);
  booked.take(calls::on_meeting(booked.s, meeting_id{uuid{5, 5}}));
  CHECK(booked.end() == disposition::meeting_booked);
}

TEST_CASE("state comes back from the journal as it was", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::in_progress);
  call.spoken(speaker::callee, "Hello?");
  const auto restored = calls::core::restore(calls::core::public_part(call.s), calls::core::personal_part(call.s));
  CHECK(calls::core::public_part(restored) == calls::core::public_part(call.s));
  CHECK(calls::core::personal_part(restored) == calls::core::personal_part(call.s));
}

TEST_CASE("the open part of the state holds nothing personal", "[call]") {
  life call;
  call.spoken(speaker::callee, "My name is Dana Reyes.");
  const auto open = calls::core::public_part(call.s).dump();
  CHECK(open.find("Dana") == std::string::npos);
  CHECK(open.find("4155550132") == std::string::npos);
}

TEST_CASE("a broken rule is marked at its turn, and a note keeps its place among late transcripts", "[call]") {
  life call;
  call.take(calls::begin(call.s, t0 + 20s));
  call.created();
  call.says(carrier_status::in_progress);
  const auto spoken = [&](speaker who, int64_t started, const std::string& text) {
    calls::decision d;
    d.events.push_back(calls::turn_spoken{{{who, text, started, started + 900, false, "", "item " + text}}});
    call.take(std::move(d));
  };
  const auto noted = [&](const std::string& kind, json detail, int agent, int callee) {
    calls::decision d;
    d.events.push_back(calls::conversation_noted{
      "opening", 0, {{kind, std::move(detail), t0}, {{"state", {{"agent_turns", agent}, {"callee_turns", callee}}}}}});
    call.take(std::move(d));
  };
  spoken(speaker::agent, 1000, "hello");
  noted("disclosed", {{"item", "item hello"}}, 1, 0);
  spoken(speaker::agent, 5000, "promise");
  noted("rule_violation", {{"rule", "promise"}, {"item", "item promise"}, {"detail", "we promise"}}, 2, 0);
  noted("rule_violation", {{"rule", "promise"}, {"item", "item promise"}, {"detail", "again"}}, 2, 0);
  // What the person said between the two comes late.
  spoken(speaker::callee, 3000, "who is this");
  noted("observation", {{"turn", 1}}, 2, 1);
  REQUIRE(call.s.transcript.size() == 3);
  CHECK(call.s.transcript[0].marks.empty());
  CHECK(call.s.transcript[1].text == "who is this");
  CHECK(call.s.transcript[2].marks == std::vector<std::string>{"promise"});
  call.says(carrier_status::completed, 20s);
  call.end();
  const auto rows = calls::core::rows(call.s);
  const auto& row = std::get<call_row>(rows.front());
  CHECK(json::parse(row.transcript)[2]["marks"] == json::array({"promise"}));
  const auto metadata = json::parse(row.metadata);
  std::vector<int> places;
  for (const auto& note : metadata["notes"])
    places.push_back(note["spoken"].get<int>());
  CHECK(places == std::vector<int>{1, 3, 3, 3});
  // The same after a restart.
  const auto again = calls::core::restore(calls::core::public_part(call.s), calls::core::personal_part(call.s));
  CHECK(calls::core::personal_part(again) == calls::core::personal_part(call.s));
}

TEST_CASE("the memory gets the words in full and in short", "[call]") {
  life call;
  call.created();
  call.says(carrier_status::in_progress);
  call.spoken(speaker::callee, "We count by hand.");
  call.says(carrier_status::completed, 30s);
  std::map<std::string, std::string> kept;
  for (const auto& row : calls::closing_rows(call.s, number_hasher{{}}, t0 + 60s))
    if (const auto* context = std::get_if<context_row>(&row))
      kept[context->context_type] = context->content;
  CHECK(kept.size() == 2);
  CHECK(kept["transcript"].find("Person: We count by hand.") != std::string::npos);
  CHECK(kept["note"].starts_with("Call of 2026-12-01, hung_up."));
}

} // namespace call_core_kept_test
