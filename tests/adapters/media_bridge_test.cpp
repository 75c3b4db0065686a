// Goal: a call's two sockets and its actor work together, from the session's
// opening to the node's end. Method: the real media plane and actor, between
// a carrier and a voice model that the test plays over real sockets.
#include "tests/adapters/media_world.hpp"
#include "tests/support/self_signed.hpp"

namespace media_bridge_test {

using namespace parley;
using namespace std::chrono_literals;
using test::audio;
using test::json;
using test::quick;
using test::world;

TEST_CASE("bridge: a whole call", "[media]") {
  world w;
  auto c = w.new_call();
  w.open(c);
  CHECK(c.model->authorization == "Bearer sk-test");
  CHECK(c.model->target == "/v1/realtime?model=gpt-realtime");
  CHECK(c.model->beta.empty());
  CHECK(w.plane.live() == 1);
  w.answer(c);
  CHECK(c.log->wait<media_started>().stream_sid == "MZ1");
  CHECK(c.log->wait<media_started>().generation == 1);

  // The agent greets and is heard.
  c.model->next("response.create");
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r1"}}}});
  c.model->send(world::delta(audio(120ms)));
  CHECK(c.carrier->next("media")["media"]["payload"] == audio(120ms));
  const auto mark = c.carrier->next("mark");
  CHECK(c.log->wait<first_audio>().after < 2s);
  c.model->send({{"type", "response.output_audio_transcript.done"},
                 {"response_id", "r1"},
                 {"item_id", "m1"},
                 {"transcript", "Hello."}});
  c.model->send(
    {{"type", "response.done"}, {"response", {{"id", "r1"}, {"status", "completed"}, {"output", json::array()}}}});
  c.carrier->send(mark);
  CHECK(c.log->wait<turn_finished>().text == "Hello.");
  c.log->wait<playback_finished>();

  // The person answers.
  c.carrier->send(world::media("/////w=="));
  CHECK(c.model->next("input_audio_buffer.append")["audio"] == "/////w==");
  c.model->send({{"type", "input_audio_buffer.speech_started"}, {"audio_start_ms", 0}, {"item_id", "u1"}});
  CHECK_FALSE(c.log->wait<speech_started>().barge_in);
  c.model->send({{"type", "input_audio_buffer.speech_stopped"}, {"audio_end_ms", 0}, {"item_id", "u1"}});
  c.model->send({{"type", "conversation.item.input_audio_transcription.completed"},
                 {"item_id", "u1"},
                 {"content_index", 0},
                 {"transcript", "Yes?"}});
  CHECK(c.log->wait<turn_finished>(2).text == "Yes?");

  // The model calls a tool, is told the result and goes on.
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r2"}}}});
  c.model->send({{"type", "response.function_call_arguments.done"},
                 {"response_id", "r2"},
                 {"item_id", "f"},
                 {"call_id", "t1"},
                 {"name", "end_call"},
                 {"arguments", "{}"}});
  CHECK(c.log->wait<tool_called>().name == "end_call");
  caf::anon_send(w.port, answer_tool{c.id, "t1", R"({"ok":true})", true, false});
  CHECK(c.model->next("conversation.item.create")["item"]["output"] == R"({"ok":true})");
  c.model->send(
    {{"type", "response.done"}, {"response", {{"id", "r2"}, {"status", "completed"}, {"output", json::array()}}}});
  c.model->next("response.create");

  caf::anon_send(w.port, update_instructions{c.id, "Close."});
  CHECK(c.model->next("session.update")["session"]["instructions"] == "Close.");
  c.carrier->send({{"event", "dtmf"}, {"dtmf", {{"track", "inbound_track"}, {"digit", "9"}}}});
  CHECK(c.log->wait<key_pressed>().digit == "9");

  caf::anon_send(w.port, close_voice_session{c.id});
  CHECK(c.carrier->wait_closed() == 1000);
  CHECK(c.model->wait_closed() == 1000);
  CHECK(c.log->wait<media_stopped>().reason == "closed");
  world::eventually([&] { return w.plane.live() == 0; });
  caf::anon_send(w.port, close_voice_session{c.id}); // once more is no error
  CHECK(c.log->count<voice_failed>() == 0);
}

TEST_CASE("bridge: a server that knows only the beta's events is asked for them", "[media]") {
  auto settings = quick();
  settings.api = "beta";
  world w{settings};
  auto c = w.new_call();
  auto opened = w.ask_open(c);
  c.model = w.peers.model();
  CHECK(c.model->beta == "realtime=v1");
  c.model->send({{"type", "session.created"}, {"session", json::object()}});
  const auto session = c.model->next("session.update")["session"];
  CHECK(session.value("input_audio_format", "") == "g711_ulaw");
  CHECK_FALSE(session.contains("type"));
  c.model->send({{"type", "session.updated"}, {"session", session}});
  REQUIRE_FALSE(opened.get());
  caf::anon_send(w.port, update_instructions{c.id, "Close."});
  const auto update = c.model->next("session.update")["session"];
  CHECK(update["instructions"] == "Close.");
  CHECK_FALSE(update.contains("type"));
}

TEST_CASE("bridge: barge-in goes over the sockets at once", "[media]") {
  world w;
  auto c = w.live_call();
  c.model->send({{"type", "response.output_audio_transcript.delta"},
                 {"response_id", "r1"},
                 {"item_id", "m1"},
                 {"delta", "One two three four five six."}});
  for (int i = 0; i < 10; ++i)
    c.model->send(world::delta(audio(102ms)));
  for (int i = 0; i < 4; ++i)
    c.carrier->send(c.carrier->next("mark"));
  c.carrier->send({{"event", "dtmf"}, {"dtmf", {{"digit", "1"}}}});
  c.log->wait<key_pressed>(); // so the marks have arrived, too
  c.model->send({{"type", "input_audio_buffer.speech_started"}, {"audio_start_ms", 0}, {"item_id", "u1"}});
  c.carrier->next("clear");
  CHECK(c.model->next("response.cancel")["response_id"] == "r1");
  const auto cut = c.model->next("conversation.item.truncate");
  CHECK(cut["item_id"] == "m1");
  CHECK(cut["audio_end_ms"] == 408);
  CHECK(c.log->wait<speech_started>().barge_in);
  c.model->send(world::delta(audio(102ms))); // too late
  c.model->send(
    {{"type", "response.done"}, {"response", {{"id", "r1"}, {"status", "cancelled"}, {"output", json::array()}}}});
  CHECK(c.log->wait<turn_finished>().interrupted);
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r2"}}}});
  c.model->send(world::delta("CCCC", "r2", "m2"));
  CHECK(c.carrier->next("media")["media"]["payload"] == "CCCC");
  world::eventually([&] { return w.metric("parley_media_barge_in_seconds_count") == 1; });
}

TEST_CASE("bridge: a second stream of the call replaces the first", "[media]") {
  world w;
  auto c = w.live_call();
  const auto first = c.carrier;
  w.answer(c);
  CHECK(first->wait_closed() == 1000);
  CHECK(c.log->wait<media_started>(2).generation == 2);
  CHECK(c.log->wait<media_stopped>().generation == 1);
  c.model->next("response.cancel");
  c.model->send(
    {{"type", "response.done"}, {"response", {{"id", "r1"}, {"status", "cancelled"}, {"output", json::array()}}}});
  c.model->next("response.create"); // who comes back must not meet silence
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r2"}}}});
  c.model->send(world::delta("DDDD", "r2", "m2"));
  CHECK(c.carrier->next("media")["media"]["payload"] == "DDDD");
}

TEST_CASE("bridge: a call may open a new session under its stream", "[media]") {
  world w;
  auto c = w.live_call();
  const auto old = c.model;
  old->drop();
  c.log->wait<voice_failed>();
  w.open(c);
  CHECK(c.log->wait<media_started>(2).generation == 1);
  c.model->next("response.create");
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r1"}}}});
  w.check_alive(c);
}

TEST_CASE("bridge: a call whose actor dies is closed", "[media]") {
  world w;
  auto c = w.live_call();
  caf::anon_send_exit(c.events, caf::exit_reason::kill);
  CHECK(c.carrier->wait_closed() == 1000);
  CHECK(c.model->wait_closed() == 1000);
  world::eventually([&] { return w.plane.live() == 0; });
}

TEST_CASE("bridge: a session that no stream joins is given up", "[media]") {
  auto settings = quick();
  settings.join_timeout = 200ms;
  world w{settings};
  auto c = w.new_call();
  w.open(c);
  c.log->wait<voice_failed>();
  CHECK(c.model->wait_closed() == 1000);
  world::eventually([&] { return w.plane.live() == 0; });
}

TEST_CASE("bridge: the last words are waited for", "[media]") {
  auto settings = quick();
  settings.close_timeout = 5s;
  world w{settings};
  auto c = w.live_call();
  c.model->send({{"type", "input_audio_buffer.speech_started"}, {"audio_start_ms", 0}, {"item_id", "u1"}});
  c.log->wait<speech_started>();
  caf::anon_send(w.port, close_voice_session{c.id});
  c.carrier->wait_closed();
  c.model->next("input_audio_buffer.commit");
  c.model->send({{"type", "conversation.item.input_audio_transcription.completed"},
                 {"item_id", "u1"},
                 {"content_index", 0},
                 {"transcript", "Never call ag"}});
  CHECK(c.log->wait<turn_finished>().text == "Never call ag");
  CHECK(c.model->wait_closed() == 1000);
}

TEST_CASE("bridge: stopping closes live calls and refuses new ones", "[media]") {
  world w;
  auto c = w.live_call();
  auto opening = w.new_call();
  auto result = w.ask_open(opening);
  auto model = w.peers.model();
  w.plane.stop();
  CHECK(c.carrier->wait_closed() == 1000);
  CHECK(c.model->wait_closed() == 1000);
  CHECK(result.get() == ec::media_lost);
  CHECK(w.plane.live() == 0);
  auto late = w.new_call();
  CHECK(w.ask_open(late).get() == ec::shutting_down);
  CHECK_THROWS(w.peers.carrier());
  w.plane.stop(); // once more does nothing
}

TEST_CASE("bridge: many calls on several threads keep every frame in order", "[media]") {
  auto settings = quick();
  settings.threads = 2;
  world w{settings};
  std::vector<world::call> calls;
  for (int i = 0; i < 12; ++i)
    calls.push_back(w.live_call());
  const auto payload = [](int i) {
    std::string text = std::to_string(i);
    return std::string(8 - text.size(), '0') + text;
  };
  constexpr int frames = 100;
  for (int i = 0; i < frames; ++i)
    for (auto& c : calls) {
      c.carrier->send(world::media(payload(i)));
      c.model->send(world::delta(payload(i)));
    }
  bool in_order = true;
  for (auto& c : calls)
    for (int i = 0; i < frames; ++i) {
      in_order = in_order && c.model->next("input_audio_buffer.append")["audio"] == payload(i);
      in_order = in_order && c.carrier->next("media")["media"]["payload"] == payload(i);
    }
  CHECK(in_order);
  CHECK(w.metric("parley_media_streams") == 12);
  CHECK(w.metric("parley_media_frames_total", "to_model") >= 12 * frames);
}

TEST_CASE("bridge: the model's certificate is verified", "[media]") {
  test::self_signed certificate;
  auto settings = quick();
  SECTION("and trusted if the settings say so") {
    settings.ca_file = certificate.file;
    world w{settings, &certificate.context};
    auto c = w.live_call();
    w.check_alive(c);
  }
  SECTION("and refused if not") {
    world w{settings, &certificate.context};
    auto c = w.new_call();
    CHECK(w.ask_open(c).get() == ec::vendor_unavailable);
  }
}

} // namespace media_bridge_test
