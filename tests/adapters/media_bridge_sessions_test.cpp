// Goal: a call keeps its voice through long instructions, lost streams and new
// sessions, and nothing of an old session stays open or opens a new one.
// Method: as in media_bridge_test.cpp.
#include "adapters/media/hub.hpp"
#include "tests/adapters/media_world.hpp"

namespace media_bridge_sessions_test {

using namespace parley;
using namespace std::chrono_literals;
using test::json;
using test::quick;
using test::world;

TEST_CASE("bridge: instructions longer than the model's buffer reach it", "[media]") {
  auto settings = quick();
  settings.model_buffer_max = 8 << 10;
  world w{settings};
  auto c = w.new_call();
  auto wanted = w.session_of(c);
  wanted.instructions.assign(300'000, 'a');
  w.open(c, wanted);
  w.answer(c);
  c.model->next("response.create");
  // Two at once, and what follows them, are no slow model either.
  for (const char letter : {'b', 'c'})
    caf::anon_send(w.port, update_instructions{c.id, std::string(settings.model_buffer_max * 4, letter)});
  CHECK(c.model->next("session.update")["session"]["instructions"].get<std::string>().front() == 'b');
  CHECK(c.model->next("session.update")["session"]["instructions"].get<std::string>().front() == 'c');
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r1"}}}});
  w.check_alive(c);
  CHECK(c.log->count<voice_failed>() == 0);
}

TEST_CASE("bridge: instructions that no model takes fail the session by their name", "[media]") {
  world w;
  auto c = w.new_call();
  SECTION("when it opens") {
    auto wanted = w.session_of(c);
    wanted.instructions.assign(2 << 20, 'a');
    CHECK(w.ask_open(wanted).get() == ec::invalid_input);
  }
  SECTION("later") {
    w.open(c);
    caf::anon_send(w.port, update_instructions{c.id, std::string(2 << 20, 'a')});
    CHECK(c.log->wait<voice_failed>().reason == "a message too long for the model");
  }
  CHECK(w.metric("parley_media_buffer_overflows_total") == 0);
}

TEST_CASE("bridge: a call that lost its stream comes back with a new nonce", "[media]") {
  world w;
  auto c = w.new_call();
  CHECK_FALSE(w.plane.expects(c.id));
  w.open(c);
  CHECK(w.plane.expects(c.id));
  w.answer(c);
  c.log->wait<media_started>();
  c.model->next("response.create");
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r1"}}}});
  const auto used = c.nonce;
  c.carrier->drop();
  CHECK(c.log->wait<media_stopped>().generation == 1);
  CHECK(w.plane.expects(c.id));
  auto again = w.peers.carrier();
  again->send(world::start_of(to_string(c.id), used));
  CHECK(again->wait_closed() == 1008);

  w.answer(c);
  CHECK(c.log->wait<media_started>(2).generation == 2);
  CHECK(w.plane.expects(c.id));
  c.model->next("response.cancel");
  c.model->send(
    {{"type", "response.done"}, {"response", {{"id", "r1"}, {"status", "cancelled"}, {"output", json::array()}}}});
  c.model->next("response.create");
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r2"}}}});
  c.model->send(world::delta("BBBB", "r2", "m2"));
  CHECK(c.carrier->next("media")["media"]["payload"] == "BBBB");
  c.carrier->send(world::media("AAAA"));
  CHECK(c.model->next("input_audio_buffer.append")["audio"] == "AAAA");

  w.plane.close(c.id);
  CHECK_FALSE(w.plane.expects(c.id));
  world::eventually([&] { return w.plane.live() == 0; });
  CHECK(c.log->count<voice_failed>() == 0);
}

TEST_CASE("bridge: a call that stays away too long is not expected back", "[media]") {
  auto settings = quick();
  settings.rejoin_timeout = 100ms;
  world w{settings};
  auto c = w.live_call();
  c.carrier->drop();
  CHECK(c.log->wait<voice_failed>().reason == "no media stream came");
  CHECK(c.model->wait_closed() == 1000);
  world::eventually([&] { return !w.plane.expects(c.id); });
  w.answer(c);
  CHECK(c.carrier->wait_closed() == 1008);
  CHECK(c.log->count<media_started>() == 1);
}

TEST_CASE("bridge: a session that still waits for words closes after a new one has opened", "[media]") {
  auto settings = quick();
  settings.close_timeout = test::patience;
  world w{settings};
  auto c = w.live_call();
  c.model->send({{"type", "input_audio_buffer.speech_started"}, {"audio_start_ms", 0}, {"item_id", "u1"}});
  c.log->wait<speech_started>();
  caf::anon_send(w.port, close_voice_session{c.id});
  c.carrier->wait_closed();
  const auto old = c.model;
  const auto old_nonce = c.nonce;
  w.open(c);
  CHECK(w.plane.live() == 2);
  CHECK_FALSE(old->closed());
  old->send({{"type", "conversation.item.input_audio_transcription.completed"},
             {"item_id", "u1"},
             {"content_index", 0},
             {"transcript", "Never call ag"}});
  CHECK(c.log->wait<turn_finished>().text == "Never call ag");
  CHECK(old->wait_closed() == 1000);
  world::eventually([&] { return w.plane.live() == 1 && w.metric("parley_media_sessions") == 1; });

  // What opened the old session does not open the new one.
  auto stranger = w.peers.carrier();
  stranger->send(world::start_of(to_string(c.id), old_nonce));
  CHECK(stranger->wait_closed() == 1008);
  w.answer(c);
  c.log->wait<media_started>(2);
  c.model->next("response.create");
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r1"}}}});
  w.check_alive(c);
}

TEST_CASE("bridge: sessions that wait for words do not outlive the node", "[media]") {
  auto settings = quick();
  settings.close_timeout = 1s;
  world w{settings};
  auto c = w.live_call();
  c.model->send({{"type", "input_audio_buffer.speech_started"}, {"audio_start_ms", 0}, {"item_id", "u1"}});
  c.log->wait<speech_started>();
  caf::anon_send(w.port, close_voice_session{c.id});
  c.carrier->wait_closed();
  const auto old = c.model;
  w.open(c);
  w.plane.stop();
  CHECK(old->wait_closed() == 1000);
  CHECK(c.model->wait_closed() == 1000);
  CHECK(w.plane.live() == 0);
}

TEST_CASE("nonces: each opens one stream, and the oldest are forgotten first", "[media]") {
  media::spent_nonces spent;
  CHECK(spent.spend("first"));
  CHECK_FALSE(spent.spend("first"));
  for (size_t i = 1; i < media::spent_nonces::kept_max; ++i)
    spent.spend(std::to_string(i));
  CHECK_FALSE(spent.spend("first"));
  CHECK(spent.spend("one more"));
  CHECK_FALSE(spent.spend("1"));
  CHECK(spent.spend("first"));
}

} // namespace media_bridge_sessions_test
