// Goal: the bridge's decisions in a call that goes well, one by one.
// Method: the pure core, played by hand.
#include "tests/adapters/media_scene.hpp"

namespace media_core_test {

using namespace parley;
using namespace parley::media;
using namespace std::chrono_literals;
using nlohmann::json;
using parley::media::test::scene;
using types = std::vector<std::string>;

TEST_CASE("core: the agent speaks first, as soon as both sides are there", "[media]") {
  scene s;
  s.step([&] { s.core.model_connected(s.now, s.out); });
  CHECK(s.sent_types() == types{"session.update"});
  SECTION("the model is ready while the phone rings") {
    s.model({{"type", "session.updated"}, {"session", json::object()}});
    CHECK(s.out.opened);
    CHECK(s.model_heard.empty());
    s.join();
    CHECK(s.reports<media_started>().size() == 1);
    CHECK(s.sent_types() == types{"response.create"});
  }
  SECTION("the person is faster") {
    s.join();
    CHECK(s.model_heard.empty());
    s.model({{"type", "session.updated"}, {"session", json::object()}});
    CHECK(s.out.opened);
    CHECK(s.sent_types() == types{"response.create"});
  }
}

TEST_CASE("core: audio passes both ways unchanged", "[media]") {
  scene s;
  s.join();
  s.hear(60ms);
  CHECK(s.model_heard.empty()); // the model would take it for PCM
  s.configure();
  s.hear(120ms);
  REQUIRE(s.model_heard.size() == 1);
  CHECK(s.model_heard[0]["audio"] == scene::audio(60ms));
  s.created("r1");
  s.now += 300ms;
  s.say("m1", 60ms);
  REQUIRE(s.carrier_heard.size() == 1);
  CHECK(s.carrier_heard[0]["media"]["payload"] == scene::audio(60ms));
  CHECK(s.carrier_heard[0]["streamSid"] == "MZ1");
  REQUIRE(s.reports<first_audio>().size() == 1);
  CHECK(s.reports<first_audio>()[0].after == 300ms);
  s.say("m1", 60ms);
  CHECK(s.reports<first_audio>().empty());
}

TEST_CASE("core: long audio is cut where marks are due, and nothing is lost", "[media]") {
  scene s;
  s.greet();
  s.say("m1", 999ms);
  std::string all;
  size_t longest = 0;
  for (const auto& x : s.carrier_heard)
    if (x["event"] == "media") {
      const auto payload = x["media"]["payload"].get<std::string>();
      CHECK(payload.size() % 4 == 0);
      longest = std::max(longest, payload.size());
      all += payload;
    }
  CHECK(all == scene::audio(999ms));
  CHECK(s.marks().size() >= 9);
  CHECK(longest <= 1600); // 150 ms
}

TEST_CASE("core: barge-in clears, cancels and truncates at what was played", "[media]") {
  scene s;
  s.greet();
  s.say("m1", 999ms);
  const auto marks = s.marks();
  s.words("m1", "Hello, this is Katie, an AI assistant calling for Acme today.");
  s.hear(480ms);
  s.played(marks[3]);
  s.person_begins("u1", 420);
  CHECK(s.out.drop_carrier_backlog);
  REQUIRE(s.carrier_heard.size() == 1);
  CHECK(s.carrier_heard[0]["event"] == "clear");
  REQUIRE(s.sent_types() == types{"response.cancel", "conversation.item.truncate"});
  CHECK(s.model_heard[0]["response_id"] == "r1");
  CHECK(s.model_heard[1]["item_id"] == "m1");
  const auto played = s.model_heard[1]["audio_end_ms"].get<int>();
  CHECK(played > 380);
  CHECK(played <= 420);
  REQUIRE(s.reports<speech_started>().size() == 1);
  CHECK(s.reports<speech_started>()[0].barge_in);
  CHECK(s.reports<speech_started>()[0].at == 420ms);
  REQUIRE(s.reports<turn_finished>().size() == 1);
  const auto turn = s.reports<turn_finished>()[0];
  CHECK(turn.who == speaker::agent);
  CHECK(turn.interrupted);
  CHECK(std::string{"Hello, this is Katie, an AI assistant"}.starts_with(turn.text));
  CHECK(turn.text.starts_with("Hello, this"));

  // What the model still sends of the cancelled response is not heard.
  s.say("m1", 300ms);
  CHECK(s.carrier_heard.empty());
  s.say("m2", 300ms);
  CHECK(s.carrier_heard.empty());
  // Nor do the marks that the carrier throws back count as played.
  for (const auto& mark : marks)
    s.played(mark);
  CHECK(s.out.reports.empty());
  s.done("r1", "cancelled");
  CHECK(s.reports<playback_finished>().empty());
  CHECK(s.reports<turn_finished>().empty());
  // The answer to the person is heard.
  s.person_ends("u1", 900);
  s.created("r2");
  s.say("m3", 60ms, "r2");
  CHECK(s.carrier_heard.size() == 1);
}

TEST_CASE("core: a barge-in before the first sound of an answer truncates nothing", "[media]") {
  scene s;
  s.greet();
  s.model(
    {{"type", "response.output_audio_transcript.delta"}, {"response_id", "r1"}, {"item_id", "m1"}, {"delta", "Hello"}});
  s.person_begins("u1", 0);
  CHECK(s.sent_types() == types{"response.cancel"});
  s.say("m1", 60ms);
  CHECK(s.carrier_heard.empty());
}

TEST_CASE("core: the person may speak into silence", "[media]") {
  scene s;
  s.greet();
  s.say("m1", 60ms);
  s.words("m1", "Hi.");
  s.model({{"type", "response.output_audio.done"}, {"item_id", "m1"}});
  const auto marks = s.marks();
  s.done("r1");
  s.played(marks.at(0));
  CHECK(s.reports<turn_finished>().size() == 1);
  CHECK(s.reports<playback_finished>().size() == 1);
  s.person_begins("u1", 100);
  CHECK(s.carrier_heard.empty());
  CHECK(s.model_heard.empty());
  CHECK_FALSE(s.reports<speech_started>().at(0).barge_in);
}

TEST_CASE("core: a response that was being asked for when the person spoke is withdrawn", "[media]") {
  scene s;
  s.configure();
  s.join();
  s.person_begins("u1", 0);
  CHECK(s.model_heard.empty());
  s.created("r1");
  REQUIRE(s.sent_types() == types{"response.cancel"});
  CHECK(s.model_heard[0]["response_id"] == "r1");
  s.say("m1", 60ms);
  CHECK(s.carrier_heard.empty());
}

TEST_CASE("core: playback is finished once everything was played and nothing follows", "[media]") {
  scene s;
  s.greet();
  s.say("m1", 120ms);
  const auto marks = s.marks();
  s.words("m1", "Goodbye.");
  s.played(marks.at(0));
  CHECK(s.reports<playback_finished>().empty()); // the model may go on
  s.done("r1");
  CHECK(s.reports<playback_finished>().size() == 1);
  CHECK(s.reports<turn_finished>().size() == 1);
  s.tick();
  CHECK(s.reports<playback_finished>().empty());
}

TEST_CASE("core: a tool's round trip", "[media]") {
  scene s;
  s.greet();
  const bool beta = GENERATE(false, true);
  if (beta)
    s.model({{"type", "response.output_item.added"},
             {"item", {{"id", "fc1"}, {"type", "function_call"}, {"name", "book"}, {"call_id", "c1"}}}});
  json arguments{{"type", "response.function_call_arguments.done"},
                 {"response_id", "r1"},
                 {"item_id", "fc1"},
                 {"call_id", "c1"},
                 {"arguments", R"({"a":1})"}};
  if (!beta)
    arguments["name"] = "book";
  s.model(arguments);
  REQUIRE(s.reports<tool_called>().size() == 1);
  CHECK(s.reports<tool_called>()[0].name == "book");
  CHECK(s.reports<tool_called>()[0].arguments == R"({"a":1})");
  // The result may come before the response is over; the next one waits.
  s.step([&] { s.core.answer_tool({{}, "c1", R"({"ok":true})", true, false}, s.now, s.out); });
  REQUIRE(s.sent_types() == types{"conversation.item.create"});
  CHECK(s.model_heard[0]["item"]["call_id"] == "c1");
  CHECK(s.model_heard[0]["item"]["output"] == R"({"ok":true})");
  s.model({{"type", "response.done"},
           {"response",
            {{"id", "r1"},
             {"status", "completed"},
             {"output",
              {{{"id", "fc1"},
                {"type", "function_call"},
                {"status", "completed"},
                {"name", "book"},
                {"call_id", "c1"},
                {"arguments", "{}"}}}}}}});
  CHECK(s.reports<tool_called>().empty()); // told already
  CHECK(s.sent_types() == types{"response.create"});
}

TEST_CASE("core: a tool that only the finished response names", "[media]") {
  scene s;
  s.greet();
  s.model({{"type", "response.done"},
           {"response",
            {{"id", "r1"},
             {"status", "completed"},
             {"output",
              {{{"id", "fc1"},
                {"type", "function_call"},
                {"status", "completed"},
                {"name", "end_call"},
                {"call_id", "c1"},
                {"arguments", "{}"}}}}}}});
  REQUIRE(s.reports<tool_called>().size() == 1);
  CHECK(s.reports<tool_called>()[0].name == "end_call");
  // Whoever answers it may wait for the last words, so their end comes after.
  CHECK(s.reports<playback_finished>().empty());
  s.step([&] { s.core.answer_tool({{}, "c1", "{}", false, false}, s.now, s.out); });
  CHECK(s.sent_types() == types{"conversation.item.create"});
  CHECK(s.reports<playback_finished>().size() == 1);
}

TEST_CASE("core: two tools of one response get one response, after both results", "[media]") {
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
  CHECK(s.sent_types() == types{"conversation.item.create"});
  s.step([&] { s.core.answer_tool({{}, "c2", "{}", true, false}, s.now, s.out); });
  CHECK(s.sent_types() == types{"conversation.item.create", "response.create"});
}

TEST_CASE("core: instructions and prompts", "[media]") {
  scene s;
  s.greet();
  s.step([&] { s.core.update_instructions("You are Tom.", s.out); });
  REQUIRE(s.sent_types() == types{"session.update"});
  CHECK(s.model_heard[0]["session"]["instructions"] == "You are Tom.");
  s.step([&] { s.core.prompt("Say goodbye.", s.now, s.out); });
  CHECK(s.model_heard.empty()); // a response runs
  s.done("r1");
  REQUIRE(s.sent_types() == types{"conversation.item.create", "response.create"});
  CHECK(s.model_heard[0]["item"]["role"] == "system");
  CHECK(s.model_heard[0]["item"]["content"][0]["text"] == "Say goodbye.");
  CHECK_FALSE(s.model_heard[1].contains("response")); // that would replace the session's instructions
}

TEST_CASE("core: a tool that asks for words only if there were none", "[media]") {
  scene s;
  s.greet();
  const bool spoke = GENERATE(false, true);
  const bool early = GENERATE(false, true); // answered while the response runs
  s.model({{"type", "response.function_call_arguments.done"},
           {"response_id", "r1"},
           {"item_id", "f"},
           {"call_id", "c1"},
           {"name", "record"},
           {"arguments", "{}"}});
  const auto answer = [&] {
    s.step([&] { s.core.answer_tool({{}, "c1", "{}", true, true}, s.now, s.out); });
    CHECK(s.model_heard.at(0)["type"] == "conversation.item.create");
  };
  if (early) {
    answer();
    CHECK(s.sent_types().size() == 1);
  }
  if (spoke)
    s.say("m1", 60ms);
  s.done("r1");
  if (!early)
    answer();
  const auto sent = s.sent_types();
  CHECK(std::count(sent.begin(), sent.end(), "response.create") == (spoke ? 0 : 1));
}

TEST_CASE("core: what the person says becomes a turn with its times", "[media]") {
  scene s;
  s.join();
  s.hear(600ms); // not heard by the model: it counts from its first audio
  s.configure();
  s.hear(3000ms);
  s.created("r1");
  s.done("r1");
  s.person_begins("u1", 500);
  CHECK(s.reports<speech_started>().at(0).at == 1100ms);
  s.person_ends("u1", 1500);
  s.model({{"type", "conversation.item.input_audio_transcription.completed"},
           {"item_id", "u1"},
           {"content_index", 0},
           {"transcript", "Who is this?"}});
  REQUIRE(s.reports<turn_finished>().size() == 1);
  const auto turn = s.reports<turn_finished>()[0];
  CHECK(turn.who == speaker::callee);
  CHECK(turn.text == "Who is this?");
  CHECK(turn.item == "u1");
  CHECK(turn.started == 1100ms);
  CHECK(turn.ended == 2100ms);
}

TEST_CASE("core: times that no call reaches are no times", "[media]") {
  scene s;
  s.greet();
  s.hear(600ms);
  const auto absurd = GENERATE(std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(), int64_t{-1});
  s.carrier({{"event", "media"}, {"media", {{"payload", scene::audio(60ms)}, {"timestamp", std::to_string(absurd)}}}});
  s.model({{"type", "input_audio_buffer.speech_started"}, {"audio_start_ms", absurd}, {"item_id", "u1"}});
  CHECK(s.reports<speech_started>().at(0).at == 660ms);
}

TEST_CASE("core: keys are told, the carrier's stop ends the stream", "[media]") {
  scene s;
  s.greet();
  s.carrier({{"event", "dtmf"}, {"dtmf", {{"digit", "9"}}}});
  CHECK(s.reports<key_pressed>().at(0).digit == "9");
  s.carrier({{"event", "stop"}, {"stop", json::object()}});
  CHECK(s.reports<media_stopped>().at(0).generation == 1);
  CHECK_FALSE(s.out.end_carrier.empty());
  CHECK_FALSE(s.core.joined());
}

TEST_CASE("core: silence is measured from the end of whoever spoke last", "[media]") {
  scene s;
  const auto silence = [&] {
    s.step([&] { s.core.measure_silence(s.now, s.out); });
    return s.reports<line_silence>().at(0).lasted;
  };
  s.greet();
  s.say("m1", 60ms);
  s.done("r1");
  s.now += 20s;
  CHECK(silence() == 0ms); // the carrier has not played it yet
  s.hear(120ms);
  s.played("m1");
  s.hear(6000ms);
  s.tick();
  s.now += 3s;
  s.tick();
  const auto quiet = silence();
  CHECK(quiet >= 3000ms);
  CHECK(quiet < 20s);
  s.now += 2s;
  CHECK(silence() == quiet + 2000ms); // though the carrier sends nothing
  s.person_begins("u1", 420);
  s.now += 15s;
  CHECK(silence() == 0ms);
}

TEST_CASE("core: who asks for the end of playback hears of it at once when the agent is silent", "[media]") {
  scene s;
  s.greet();
  s.say("m1", 60ms);
  s.done("r1");
  const auto ask = [&] { s.step([&] { s.core.await_playback(s.out); }); };
  ask();
  CHECK(s.reports<playback_finished>().empty()); // the words are still being played
  s.hear(120ms);
  s.played("m1");
  s.hear(6000ms);
  s.tick();
  ask();
  CHECK(s.reports<playback_finished>().size() == 1);
}

} // namespace media_core_test
