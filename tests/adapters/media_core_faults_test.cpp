// Goal: what the bridge decides when a stream, a session or a response ends,
// fails or is replaced. Method: the pure core, played by hand.
#include "tests/adapters/media_scene.hpp"

namespace media_core_faults_test {

using namespace parley;
using namespace parley::media;
using namespace std::chrono_literals;
using nlohmann::json;
using parley::media::test::scene;
using types = std::vector<std::string>;

TEST_CASE("core: a tool that nobody answers does not silence the agent for good", "[media]") {
  scene s;
  s.greet();
  for (const auto* id : {"c1", "c2"})
    s.model({{"type", "response.function_call_arguments.done"},
             {"response_id", "r1"},
             {"item_id", id},
             {"call_id", id},
             {"name", "look"},
             {"arguments", "{}"}});
  s.done("r1");
  s.step([&] { s.core.answer_tool({{}, "c1", "{}", true, false}, s.now, s.out); });
  s.now += s.settings.response_timeout + 1s;
  s.tick();
  CHECK(s.sent_types() == types{"response.create"});
}

TEST_CASE("core: a hang-up mid-sentence leaves what both have said", "[media]") {
  scene s;
  s.greet();
  s.say("m1", 999ms);
  const auto marks = s.marks();
  s.words("m1", "One two three four five six seven eight nine ten.");
  s.played(marks[4]);
  s.done("r1");
  s.person_begins("u1", 0);
  CHECK(s.reports<turn_finished>().size() == 1);
  s.step([&] { s.core.carrier_lost("closed by the peer", s.now, s.out); });
  CHECK(s.sent_types() == types{"input_audio_buffer.commit"});
  CHECK(s.reports<media_stopped>().size() == 1);
  CHECK(s.core.awaits_words());
  s.model({{"type", "conversation.item.input_audio_transcription.completed"},
           {"item_id", "u1"},
           {"content_index", 0},
           {"transcript", "I don't"}});
  CHECK(s.reports<turn_finished>().at(0).text == "I don't");
  CHECK_FALSE(s.core.awaits_words());
}

TEST_CASE("core: a second stream replaces the first, and the agent speaks again", "[media]") {
  scene s;
  s.greet();
  s.say("m1", 300ms);
  s.join(2);
  REQUIRE(s.reports<media_stopped>().size() == 1);
  CHECK(s.reports<media_stopped>()[0].generation == 1);
  REQUIRE(s.reports<media_started>().size() == 1);
  CHECK(s.reports<media_started>()[0].generation == 2);
  CHECK(s.sent_types() == types{"response.cancel", "conversation.item.truncate"});
  s.done("r1", "cancelled");
  CHECK(s.sent_types() == types{"response.create"});
}

TEST_CASE("core: a stream that comes after a gap finds an agent that begins to speak", "[media]") {
  scene s;
  s.greet();
  s.say("m1", 300ms);
  s.done("r1");
  s.step([&] { s.core.carrier_lost("connection lost", s.now, s.out); });
  CHECK(s.reports<media_stopped>().at(0).generation == 1);
  SECTION("that was silent") {
    s.join(2);
    CHECK(s.sent_types() == types{"response.create"});
  }
  SECTION("that was speaking to nobody") {
    s.created("auto");
    s.say("m2", 300ms, "auto");
    CHECK(s.carrier_heard.empty());
    s.join(2);
    REQUIRE(s.sent_types() == types{"response.cancel"});
    CHECK(s.model_heard[0]["response_id"] == "auto");
    s.say("m2", 300ms, "auto");
    CHECK(s.carrier_heard.empty());
    s.done("auto", "cancelled");
    CHECK(s.reports<playback_finished>().empty());
    CHECK(s.sent_types() == types{"response.create"});
  }
  s.created("r2");
  s.say("m3", 60ms, "r2");
  CHECK(s.carrier_heard.size() == 1);
}

TEST_CASE("core: garbage from the carrier ends its stream only", "[media]") {
  scene s;
  s.greet();
  s.carrier_text("rubbish");
  CHECK(s.reports<media_stopped>().size() == 1);
  CHECK_FALSE(s.out.end_carrier.empty());
  CHECK(s.out.failure == ec::none);
  CHECK(s.core.configured());
}

TEST_CASE("core: rubbish, floods and stalls of the model fail the voice, not the stream", "[media]") {
  media_settings settings;
  settings.unplayed_audio_max = 5s;
  settings.model_events_per_second_max = 50;
  scene s{settings};
  s.greet();
  SECTION("rubbish") {
    s.model_text("{]");
  }
  SECTION("audio that is none") {
    s.model({{"type", "response.output_audio.delta"}, {"response_id", "r1"}, {"item_id", "m"}, {"delta", "%%%%"}});
  }
  SECTION("more audio than anybody can listen to") {
    for (int i = 0; i < 20 && s.core.configured(); ++i)
      s.say("m1", 600ms);
    CHECK(s.out.drop_carrier_backlog);
  }
  SECTION("more events than anybody can read") {
    for (int i = 0; i < 60 && s.core.configured(); ++i)
      s.model({{"type", "rate_limits.updated"}, {"rate_limits", json::array()}});
  }
  SECTION("more empty audio than anybody needs") {
    for (int i = 0; i < 60 && s.core.configured(); ++i)
      s.say("m1", 0ms);
    CHECK(s.out.end_model == "the model floods us with events");
  }
  SECTION("more audio of a cancelled response than can be on its way") {
    s.say("m1", 300ms);
    s.person_begins("u1", 0);
    for (int i = 0; i < 60 && s.core.configured(); ++i)
      s.say("m1", 60ms);
    CHECK(s.out.end_model == "the model floods us with events");
  }
  SECTION("more turns than anybody says") {
    for (int i = 0; i < 100 && s.core.configured(); ++i) {
      s.now += 100ms;
      s.words("m" + std::to_string(i), "Word.");
    }
    CHECK(s.out.end_model == "the model floods us with items");
  }
  SECTION("more speech in pieces than anybody says") {
    for (int i = 0; i < 100 && s.core.configured(); ++i)
      s.say("m" + std::to_string(i), 6ms);
    CHECK(s.out.end_model == "the model floods us with items");
  }
  SECTION("more tools than anybody answers") {
    for (int i = 0; i < 100 && s.core.configured(); ++i) {
      s.now += 100ms;
      if (i % 10 == 0)
        s.created("r" + std::to_string(i));
      s.model({{"type", "response.function_call_arguments.done"},
               {"response_id", "r"},
               {"item_id", "f"},
               {"call_id", std::to_string(i)},
               {"name", "look"},
               {"arguments", "{}"}});
    }
    CHECK(s.out.end_model == "the model floods us with tools");
  }
  SECTION("silence where an answer is owed") {
    s.now += settings.response_timeout + 1s;
    s.tick();
  }
  SECTION("the end of its session") {
    s.model({{"type", "error"}, {"error", {{"type", "invalid_request_error"}, {"code", "session_expired"}}}});
  }
  CHECK(s.out.failure != ec::none);
  CHECK_FALSE(s.out.end_model.empty());
  CHECK(s.reports<voice_failed>().size() == 1);
  CHECK(s.reports<media_stopped>().empty());
  CHECK(s.core.joined());
  s.say("m9", 60ms); // a late message changes nothing
  CHECK(s.carrier_heard.empty());
  CHECK(s.out.reports.empty());
}

TEST_CASE("core: what the model had said before it was lost is still played", "[media]") {
  scene s;
  s.greet();
  s.say("m1", 120ms);
  const auto marks = s.marks();
  s.words("m1", "Hello.");
  s.step([&] { s.core.model_lost(ec::vendor_unavailable, "connection lost", s.now, s.out); });
  CHECK_FALSE(s.out.drop_carrier_backlog);
  s.played(marks.at(0));
  for (const auto& mark : s.marks())
    s.played(mark);
  CHECK(s.reports<turn_finished>().size() + s.reports<playback_finished>().size() > 0);
}

TEST_CASE("core: a session that the model refuses fails to open, by cause", "[media]") {
  scene s;
  s.step([&] { s.core.model_connected(s.now, s.out); });
  const auto [code, expected] = GENERATE(table<std::string, ec>({{"invalid_api_key", ec::vendor_unauthorised},
                                                                 {"rate_limit_exceeded", ec::vendor_unavailable},
                                                                 {"invalid_value", ec::vendor_refused}}));
  s.model({{"type", "error"}, {"error", {{"type", "invalid_request_error"}, {"code", code}}}});
  CHECK(s.out.failure == expected);
  CHECK(s.reports<voice_failed>().empty()); // the opener hears it
}

TEST_CASE("core: complaints about one event leave the session as it was", "[media]") {
  scene s;
  s.greet();
  s.model({{"type", "error"}, {"error", {{"type", "invalid_request_error"}, {"code", "invalid_value"}}}});
  CHECK(s.out.failure == ec::none);
  CHECK(s.out.complaints == types{"invalid_value"});
  CHECK(s.core.configured());
}

TEST_CASE("core: a model that was faster than our barge-in makes no complaint", "[media]") {
  scene s;
  s.greet();
  s.say("m1", 300ms);
  s.person_begins("u1", 0); // the model cancels by itself, too
  REQUIRE(s.sent_types() == types{"response.cancel", "conversation.item.truncate"});
  json error{{"type", "invalid_request_error"}};
  const auto [code, answers] = GENERATE_REF(
    table<std::string, json>({{"response_cancel_not_active", json{}},
                              {"item_truncate_invalid_item_id", s.model_heard[1]["event_id"]},
                              {"invalid_value", s.model_heard[1]["event_id"]}})); // "is already shorter than"
  error["code"] = code;
  error["event_id"] = answers;
  s.model({{"type", "error"}, {"error", error}});
  CHECK(s.out.complaints.empty());
  CHECK(s.out.failure == ec::none);
  CHECK(s.core.configured());
}

TEST_CASE("core: a failed response is asked for once more", "[media]") {
  scene s;
  s.greet();
  s.done("r1", "failed");
  CHECK(s.sent_types() == types{"response.create"});
  s.created("r2");
  s.done("r2", "failed");
  CHECK(s.out.failure != ec::none);
  CHECK(s.reports<voice_failed>().size() == 1);
}

TEST_CASE("core: a model busy with its own answer is asked again after it", "[media]") {
  scene s;
  s.greet();
  s.done("r1");
  s.step([&] { s.core.prompt("Offer a slot.", s.now, s.out); });
  CHECK(s.sent_types() == types{"conversation.item.create", "response.create"});
  s.model({{"type", "error"},
           {"error", {{"type", "invalid_request_error"}, {"code", "conversation_already_has_active_response"}}}});
  s.created("auto");
  CHECK(s.model_heard.empty());
  s.done("auto");
  CHECK(s.sent_types() == types{"response.create"});
}

TEST_CASE("core: a new session takes over the stream that is there", "[media]") {
  scene s;
  s.greet();
  s.say("m1", 300ms);
  s.step([&] { s.core.model_lost(ec::vendor_unavailable, "gone", s.now, s.out); });
  s.step([&] {
    auto next = scene::session();
    next.instructions = "Go on.";
    s.core.reopen(std::move(next), s.now, s.out);
  });
  CHECK(s.reports<media_started>().size() == 1);
  CHECK_FALSE(s.core.configured());
  s.configure();
  CHECK(s.out.opened);
  CHECK(s.sent_types() == types{"response.create"});
  s.created("r9");
  s.say("m9", 60ms, "r9");
  CHECK_FALSE(s.carrier_heard.empty());
}

} // namespace media_core_faults_test
