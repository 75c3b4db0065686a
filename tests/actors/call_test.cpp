// Goal: a call lives from its intent to its disposition whatever carrier, voice
// model and mind do: last words count, a farewell is heard out and then the
// line is closed, nothing hangs. Method: the real call and conversation in
// virtual time; carrier and voice model are played by the test.
#include "tests/actors/call_scene.hpp"

namespace call_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::call_scene;

TEST_CASE_METHOD(call_scene, "an opt-out among the last words counts, although the line is gone", "[call]") {
  talk();
  tell(call, speech_started{id, 9s, false});
  hangs_up(); // the words are not written down yet
  advance(1s);
  CHECK(outcome() == "none");
  turn(speaker::callee, "Take me off your list.");
  advance(4s);
  CHECK(outcome() == "do_not_call");
  CHECK(suppressions() >= 1);
}

TEST_CASE_METHOD(call_scene, "an opt-out that overlaps other words is waited for", "[call]") {
  talk();
  tell(call, speech_started{id, 9s, false});
  at_ms = 9000 - 2000;
  tell(call, speech_started{id, 12s, false});
  turn(speaker::callee, "No."); // the first utterance
  hangs_up();
  advance(1500ms);
  CHECK(outcome() == "none");
  at_ms = 12000 - 2000;
  turn(speaker::callee, "Take me off your list.");
  advance(4s);
  CHECK(outcome() == "do_not_call");
}

TEST_CASE_METHOD(call_scene, "words that never come do not keep a call open", "[call]") {
  talk();
  tell(call, speech_started{id, 9s, false});
  hangs_up();
  advance(5s);
  CHECK(outcome() == "hung_up");
}

TEST_CASE_METHOD(call_scene, "while the store is away an opt-out ends the call at once, and is listed afterwards",
                 "[call]") {
  talk();
  store.decide = [](const append&) { return test::fake_store::fate::hold; };
  turn(speaker::callee, "Take me off your list.");
  advance(1s);
  CHECK_FALSE(p.ends.empty());
  CHECK(suppressions() == 0);
  store.decide = [](const append&) { return test::fake_store::fate::commit; };
  release();
  advance(1s);
  CHECK(suppressions() >= 1);
}

TEST_CASE_METHOD(call_scene, "no note knows of an opt-out that is not stored yet", "[call]") {
  talk();
  turn(speaker::callee, "Take me off your list.");
  advance(4s);
  bool stored = false;
  int notes = 0;
  for (const auto& event : store.streams.at(id).events) {
    stored = stored || event.type == calls::opted_out::type;
    if (event.type != calls::conversation_noted::type)
      continue;
    const auto mind = json::parse(event.personal)["mind"];
    INFO(mind.dump());
    if (mind["state"].value("opted_out", false)) {
      ++notes;
      CHECK(stored);
    }
  }
  CHECK(stored);
  CHECK(notes > 0);
}

TEST_CASE_METHOD(call_scene, "an order to end a call that overtakes the order to dial leaves no call behind",
                 "[call]") {
  tell(call, end_call{id, false, "stopped"});
  dial();
  advance(1s);
  CHECK(p.dials.empty());
  CHECK(outcome() == "canceled");
}

TEST_CASE_METHOD(call_scene, "a line is silent when nobody speaks, not when a turn takes long", "[call]") {
  talk();
  const auto asked = p.prompts.size();
  advance(30s); // the agent reads out a long offer
  CHECK(p.prompts.size() == asked);
  p.silence = 3s; // it is done
  advance(4s);
  CHECK(p.prompts.size() == asked);
  p.silence = 8s;
  advance(5s);
  REQUIRE(p.prompts.size() == asked + 1);
  CHECK_THAT(p.prompts.back().instructions, Catch::Contains("still there"));
  CHECK(p.ends.empty());
  advance(8s); // and again
  CHECK_FALSE(p.ends.empty());
}

TEST_CASE_METHOD(call_scene, "a farewell is heard out, then the line is closed", "[call]") {
  talk();
  tell(call, conversation_over{true, "goodbye was said"});
  CHECK(p.playback_asked == 1);
  CHECK(p.ends.empty());
  SECTION("when the carrier has played it") {
    tell(call, playback_finished{id});
    CHECK(p.ends.size() == 1);
  }
  SECTION("after a while, when nobody says that it was played") {
    advance(6s);
    CHECK(p.ends.empty());
    advance(15s);
    CHECK_FALSE(p.ends.empty());
  }
}

TEST_CASE_METHOD(call_scene, "the voice session is opened while the phone rings", "[call]") {
  dial();
  says(carrier_status::ringing);
  CHECK(p.sessions.size() == 1);
}

TEST_CASE_METHOD(call_scene, "a phone that rings is not hung up early because the model is away", "[call]") {
  p.model_away = true;
  dial();
  says(carrier_status::ringing);
  advance(14s);
  CHECK(p.ends.empty());
  SECTION("it rings out") {
    advance(2s);
    CHECK(p.ends.size() == 1);
  }
  SECTION("somebody answers: nobody is left with silence") {
    says(carrier_status::in_progress);
    advance(100ms);
    CHECK(p.ends.size() == 1);
  }
}

TEST_CASE_METHOD(call_scene, "what the carrier still queues after a moment is cancelled", "[call]") {
  p.shown.status = carrier_status::queued;
  dial();
  says(carrier_status::queued);
  advance(4s);
  CHECK(p.ends.empty());
  advance(2s);
  REQUIRE(p.ends.size() == 1);
  CHECK(p.ends[0].cancel);
  says(carrier_status::canceled);
  advance(3s);
  CHECK(outcome() == "canceled");
}

TEST_CASE_METHOD(call_scene, "a conversation that dies takes its call with it", "[call]") {
  talk();
  CHECK(p.ends.empty());
  for (const auto& [actor, entry] : tree.snapshot())
    if (entry.kind == "conversation")
      caf::anon_send_exit(caf::actor_cast<caf::actor>(entry.address), caf::exit_reason::kill);
  settle();
  CHECK(p.ends.size() == 1); // nobody hears an opt-out any more
}

TEST_CASE_METHOD(call_scene, "lost webhooks are made good by a look at the carrier", "[call]") {
  talk();
  p.shown.status = carrier_status::completed;
  p.shown.duration = 40s;
  advance(70s);
  CHECK(p.fetched > 0);
  advance(10s);
  CHECK(outcome() != "none");
}

TEST_CASE_METHOD(call_scene, "a call whose node died takes up its talk when the carrier asks", "[call]") {
  talk();
  REQUIRE(p.sessions.size() == 1);
  node_dies();
  tells(resume_requested_event{1});
  REQUIRE(p.sessions.size() == 2);
  CHECK(p.dials.size() == 1);
  CHECK_THAT(p.sessions[1].instructions, Catch::Contains("Ann Lee"));
}

TEST_CASE_METHOD(call_scene, "a booking whose answer was lost with the node is known before the agent speaks",
                 "[call]") {
  talk();
  // The diary has confirmed; the node dies before the mind hears of it.
  meeting_row booked;
  booked.id = meeting_id{uuid{4, 4}};
  booked.call = id;
  booked.prospect = person;
  booked.scheduled_at = *parse_iso("2026-12-03T15:00:00Z");
  booked.meeting_type = "video";
  store.meetings[booked.id] = booked;
  node_dies();
  tells(resume_requested_event{1});
  REQUIRE(p.sessions.size() == 2);
  CHECK_THAT(p.sessions[1].instructions,
             Catch::Contains("Thursday, December 3") && Catch::Contains("was booked a moment ago"));
  hangs_up();
  advance(5s);
  CHECK(outcome() == "meeting_booked");
}

TEST_CASE_METHOD(call_scene, "of two media streams the one of the highest generation counts", "[call]") {
  talk();
  media_started second;
  second.call = id;
  second.generation = 2;
  tell(call, second);
  media_stopped first;
  first.call = id;
  first.generation = 1;
  tell(call, first); // the end of the old one comes late
  CHECK(state_of(id).at("media_generation") == 2);
  CHECK(state_of(id).at("media_up") == true);
  media_started late;
  late.call = id;
  late.generation = 1;
  tell(call, late);
  CHECK(state_of(id).at("media_generation") == 2);
}

TEST_CASE_METHOD(call_scene, "an opt-out that the dead mind never heard still counts", "[call]") {
  talk();
  // The words are stored, and the node dies before the mind has thought about them.
  for (const auto& [actor, entry] : tree.snapshot())
    if (entry.kind == "conversation")
      caf::anon_send_exit(caf::actor_cast<caf::actor>(entry.address), caf::exit_reason::kill);
  turn(speaker::callee, "Take me off your list.");
  caf::anon_send_exit(call, caf::exit_reason::kill);
  settle();
  p.shown.status = carrier_status::completed;
  p.shown.duration = 40s;
  begin();
  advance(75s);
  CHECK(outcome() == "do_not_call");
  CHECK(suppressions() >= 1);
}

TEST_CASE_METHOD(call_scene, "what was known when the node died still decides", "[call]") {
  talk();
  turn(speaker::callee, "I have no time now, call me back tomorrow at ten.");
  caf::anon_send_exit(call, caf::exit_reason::kill);
  settle();
  p.shown.status = carrier_status::completed;
  p.shown.duration = 40s;
  begin();
  advance(70s);
  CHECK(outcome() == "callback");
  CHECK(p.dials.size() == 1);
}

namespace {

struct reachable : call_scene {
  reachable() : call_scene{[](campaign_policy& p) { p.callback_number = "+12125550142"; }} {}
};

struct from_its_number : call_scene {
  from_its_number() : call_scene{[](campaign_policy& p) { p.from_number = "+12125550155"; }} {}
};

} // namespace

TEST_CASE_METHOD(from_its_number, "a campaign's own number is the caller's", "[call]") {
  talk();
  REQUIRE(p.dials.size() == 1);
  CHECK(p.dials[0].from == "+12125550155");
}

TEST_CASE_METHOD(reachable, "the voice model is told the campaign's number for whoever asks", "[call]") {
  talk();
  REQUIRE(p.sessions.size() == 1);
  CHECK_THAT(p.sessions[0].instructions,
             Catch::Contains("Telephone: +12125550142") && Catch::Contains("Asked how to reach us"));
}

} // namespace call_test
