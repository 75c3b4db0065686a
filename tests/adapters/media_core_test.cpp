// Goal: the bridge's decisions, one by one. Method: the pure core between
// a carrier and a model that a test plays by hand; time is a number.
#include "adapters/media/bridge_core.hpp"
#include "tests/support/realtime_schema.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::media;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

struct scene {
  media_settings settings;
  bridge_core core;
  bridge_actions out;
  bridge_core::time_point now = bridge_core::time_point{} + 1h;
  std::vector<json> carrier_heard; // of the last input
  std::vector<json> model_heard;
  int clock_ms = 0;

  explicit scene(media_settings s = {}) : settings{s}, core{settings, session()} {}

  static open_voice_session session() {
    open_voice_session x;
    x.nonce = "n";
    x.instructions = "You are Katie.";
    return x;
  }

  template <class F>
  void step(F what) {
    out.clear();
    what();
    carrier_heard.clear();
    model_heard.clear();
    for (size_t i = 0; i < out.to_carrier.size(); ++i)
      carrier_heard.push_back(json::parse(out.to_carrier[i]));
    for (size_t i = 0; i < out.to_model.size(); ++i) {
      model_heard.push_back(json::parse(out.to_model[i]));
      INFO(model_heard.back().dump());
      REQUIRE(test::realtime_problems(model_heard.back(), "client").empty());
    }
  }

  void model(const json& event) { model_text(event.dump()); }
  void model_text(const std::string& text) {
    step([&] { core.model_message(padded_frame{text}, now, out); });
  }
  void carrier(const json& event) { carrier_text(event.dump()); }
  void carrier_text(const std::string& text) {
    step([&] { core.carrier_message(padded_frame{text}, now, out); });
  }
  void tick() {
    step([&] { core.tick(now, out); });
  }

  void configure() {
    step([&] { core.model_connected(now, out); });
    model({{"type", "session.updated"}, {"session", json::object()}});
  }
  void join(uint32_t generation = 1) {
    step([&] { core.carrier_joined("MZ1", generation, now, out); });
  }
  /// A call in which the agent's first response runs.
  void greet(const std::string& response = "r1") {
    configure();
    join();
    created(response);
  }
  void created(const std::string& response) {
    model({{"type", "response.created"}, {"response", {{"id", response}, {"status", "in_progress"}}}});
  }
  void done(const std::string& response, const std::string& status = "completed") {
    model({{"type", "response.done"}, {"response", {{"id", response}, {"status", status}, {"output", json::array()}}}});
  }
  /// 20 ms a four-thirds of 216 characters; any multiple of 60 ms is whole.
  static std::string audio(milliseconds length) {
    return std::string(static_cast<size_t>(length.count()) * 8 / 3 * 4, 'A');
  }
  void say(const std::string& item, milliseconds length, const std::string& response = "r1") {
    model({{"type", "response.output_audio.delta"},
           {"response_id", response},
           {"item_id", item},
           {"content_index", 0},
           {"delta", audio(length)}});
  }
  void words(const std::string& item, const std::string& text, const std::string& response = "r1") {
    model({{"type", "response.output_audio_transcript.done"},
           {"response_id", response},
           {"item_id", item},
           {"transcript", text}});
  }
  void person_begins(const std::string& item, int at_ms) {
    model({{"type", "input_audio_buffer.speech_started"}, {"audio_start_ms", at_ms}, {"item_id", item}});
  }
  void person_ends(const std::string& item, int at_ms) {
    model({{"type", "input_audio_buffer.speech_stopped"}, {"audio_end_ms", at_ms}, {"item_id", item}});
    model({{"type", "input_audio_buffer.committed"}, {"item_id", item}});
  }
  void hear(milliseconds until) { // the carrier's audio runs up to this time
    while (clock_ms < until.count()) {
      carrier({{"event", "media"}, {"media", {{"payload", audio(60ms)}, {"timestamp", std::to_string(clock_ms)}}}});
      clock_ms += 60;
    }
  }
  /// Names of the marks in what the carrier was sent last.
  std::vector<std::string> marks() const {
    std::vector<std::string> names;
    for (const auto& x : carrier_heard)
      if (x["event"] == "mark")
        names.push_back(x["mark"]["name"]);
    return names;
  }
  void played(const std::string& mark) { carrier({{"event", "mark"}, {"mark", {{"name", mark}}}}); }

  template <class T>
  std::vector<T> reports() const {
    std::vector<T> found;
    for (const auto& x : out.reports)
      if (const auto* y = std::get_if<T>(&x))
        found.push_back(*y);
    return found;
  }
  std::vector<std::string> sent_types() const {
    std::vector<std::string> types;
    for (const auto& x : model_heard)
      types.push_back(x["type"]);
    return types;
  }
};

using types = std::vector<std::string>;

} // namespace

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
  json arguments{{"type", "response.function_call_arguments.done"}, {"response_id", "r1"}, {"item_id", "fc1"},
                 {"call_id", "c1"}, {"arguments", R"({"a":1})"}};
  if (!beta)
    arguments["name"] = "book";
  s.model(arguments);
  REQUIRE(s.reports<tool_called>().size() == 1);
  CHECK(s.reports<tool_called>()[0].name == "book");
  CHECK(s.reports<tool_called>()[0].arguments == R"({"a":1})");
  // The result may come before the response is over; the next one waits.
  s.step([&] { s.core.answer_tool({{}, "c1", R"({"ok":true})", true}, s.now, s.out); });
  REQUIRE(s.sent_types() == types{"conversation.item.create"});
  CHECK(s.model_heard[0]["item"]["call_id"] == "c1");
  CHECK(s.model_heard[0]["item"]["output"] == R"({"ok":true})");
  s.model({{"type", "response.done"},
           {"response",
            {{"id", "r1"},
             {"status", "completed"},
             {"output",
              {{{"id", "fc1"}, {"type", "function_call"}, {"status", "completed"}, {"name", "book"}, {"call_id", "c1"}, {"arguments", "{}"}}}}}}});
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
              {{{"id", "fc1"}, {"type", "function_call"}, {"status", "completed"}, {"name", "end_call"}, {"call_id", "c1"}, {"arguments", "{}"}}}}}}});
  REQUIRE(s.reports<tool_called>().size() == 1);
  CHECK(s.reports<tool_called>()[0].name == "end_call");
  // Whoever answers it may wait for the last words, so their end comes after.
  CHECK(s.reports<playback_finished>().empty());
  s.step([&] { s.core.answer_tool({{}, "c1", "{}", false}, s.now, s.out); });
  CHECK(s.sent_types() == types{"conversation.item.create"});
  CHECK(s.reports<playback_finished>().size() == 1);
}

TEST_CASE("core: two tools of one response get one response, after both results", "[media]") {
  scene s;
  s.greet();
  for (const auto* id : {"c1", "c2"})
    s.model({{"type", "response.function_call_arguments.done"}, {"response_id", "r1"}, {"item_id", id},
             {"call_id", id}, {"name", "look"}, {"arguments", "{}"}});
  s.done("r1");
  s.step([&] { s.core.answer_tool({{}, "c1", "{}", true}, s.now, s.out); });
  CHECK(s.sent_types() == types{"conversation.item.create"});
  s.step([&] { s.core.answer_tool({{}, "c2", "{}", true}, s.now, s.out); });
  CHECK(s.sent_types() == types{"conversation.item.create", "response.create"});
}

TEST_CASE("core: a tool that nobody answers does not silence the agent for good", "[media]") {
  scene s;
  s.greet();
  for (const auto* id : {"c1", "c2"})
    s.model({{"type", "response.function_call_arguments.done"}, {"response_id", "r1"}, {"item_id", id},
             {"call_id", id}, {"name", "look"}, {"arguments", "{}"}});
  s.done("r1");
  s.step([&] { s.core.answer_tool({{}, "c1", "{}", true}, s.now, s.out); });
  s.now += s.settings.response_timeout + 1s;
  s.tick();
  CHECK(s.sent_types() == types{"response.create"});
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
  REQUIRE(s.sent_types() == types{"response.create"});
  const auto told = s.model_heard[0]["response"]["instructions"].get<std::string>();
  CHECK(told.starts_with("You are Tom."));
  CHECK(told.ends_with("Say goodbye."));
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
           {"item_id", "u1"}, {"content_index", 0}, {"transcript", "Who is this?"}});
  REQUIRE(s.reports<turn_finished>().size() == 1);
  const auto turn = s.reports<turn_finished>()[0];
  CHECK(turn.who == speaker::callee);
  CHECK(turn.text == "Who is this?");
  CHECK(turn.item == "u1");
  CHECK(turn.started == 1100ms);
  CHECK(turn.ended == 2100ms);
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
           {"item_id", "u1"}, {"content_index", 0}, {"transcript", "I don't"}});
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
  SECTION("rubbish") { s.model_text("{]"); }
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
  s.model({{"type", "error"}, {"error", {{"type", "invalid_request_error"}, {"code", "response_cancel_not_active"}}}});
  CHECK(s.out.failure == ec::none);
  CHECK(s.out.complaints == types{"response_cancel_not_active"});
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
  CHECK(s.sent_types() == types{"response.create"});
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
