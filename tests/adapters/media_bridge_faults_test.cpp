// Goal: no peer, however slow, silent, broken or hostile, harms more than its
// own call. Method: as in media_bridge_test.cpp.
#include "tests/adapters/media_world.hpp"

namespace media_bridge_faults_test {

using namespace parley;
using namespace std::chrono_literals;
using test::audio;
using test::json;
using test::quick;
using test::world;

TEST_CASE("bridge: a carrier that reads too slowly ends its own call only", "[media]") {
  auto settings = quick();
  settings.carrier_buffer_max = 64 << 10;
  settings.unplayed_audio_max = 1h;
  world w{settings};
  auto good = w.live_call();
  auto slow = w.new_call();
  w.open(slow);
  w.answer(slow, 4096);
  slow.model->next("response.create");
  slow.carrier->stop_reading();
  slow.model->send({{"type", "response.created"}, {"response", {{"id", "r1"}}}});
  const auto big = audio(60s);
  for (int i = 0; i < 30; ++i)
    slow.model->send(world::delta(big));
  CHECK(slow.log->wait<media_stopped>().reason == "the carrier reads too slowly");
  CHECK(slow.log->count<voice_failed>() == 0);
  CHECK(w.metric("parley_media_buffer_overflows_total", "carrier") == 1);
  w.check_alive(good);
}

TEST_CASE("bridge: a model that reads too slowly loses its session only", "[media]") {
  auto settings = quick();
  settings.model_buffer_max = 16 << 10;
  world w{settings};
  auto good = w.live_call();
  auto slow = w.live_call();
  slow.model->stop_reading();
  const auto chunk = world::media(audio(5s));
  for (int i = 0; i < 400 && slow.log->count<voice_failed>() == 0; ++i)
    slow.carrier->send(chunk);
  CHECK(slow.log->wait<voice_failed>().reason == "the model reads too slowly");
  CHECK(slow.log->count<media_stopped>() == 0);
  CHECK(w.metric("parley_media_buffer_overflows_total", "model") == 1);
  w.check_alive(good);
}

// Of so many items each is cut off by a message of its own: more at once than
// the small buffers here hold, however fast the model reads.
static void say_in_pieces(world::call& c, std::chrono::milliseconds piece) {
  for (int i = 0; i < 50; ++i)
    c.model->send(world::delta(audio(piece), "r1", "m" + std::to_string(i) + std::string(150, '-')));
}

TEST_CASE("bridge: a model that floods us and reads too slowly harms its own call only", "[media]") {
  auto settings = quick();
  settings.model_buffer_max = 4 << 10;
  settings.unplayed_audio_max = 5s;
  world w{settings};
  auto good = w.live_call();
  auto bad = w.live_call();
  bad.model->stop_reading();
  say_in_pieces(bad, 102ms);
  CHECK(bad.log->wait<voice_failed>().reason == "the model floods us with audio");
  CHECK(w.metric("parley_media_buffer_overflows_total", "model") == 1);
  CHECK(bad.log->count<media_stopped>() == 0);
  w.check_alive(good);
}

TEST_CASE("bridge: carrier and model may be too slow at once", "[media]") {
  auto settings = quick();
  settings.model_buffer_max = 4 << 10;
  settings.carrier_buffer_max = 64 << 10;
  settings.unplayed_audio_max = 1h;
  world w{settings};
  auto good = w.live_call();
  auto bad = w.live_call();
  say_in_pieces(bad, 102ms);
  bad.model->send(world::delta(audio(60s), "r1", "m50"));
  CHECK(bad.log->wait<media_stopped>().reason == "the carrier reads too slowly");
  CHECK(bad.log->wait<voice_failed>().reason == "the model reads too slowly");
  CHECK(w.metric("parley_media_buffer_overflows_total") == 2);
  w.check_alive(good);
}

TEST_CASE("bridge: strangers at the media socket are shown the door", "[media]") {
  auto settings = quick();
  settings.start_timeout = 300ms;
  settings.carrier_message_max = 8 << 10;
  world w{settings};
  auto c = w.new_call();
  w.open(c);
  const auto id = to_string(c.id);
  const auto nonce = fresh_stream_nonce(world::key_of(id));
  auto stranger = w.peers.carrier();
  uint16_t code = 1008;
  bool unread = false; // bytes are left unread: the reset may overtake the reason
  SECTION("who never start") {
    stranger->send({{"event", "connected"}});
  }
  SECTION("who talk nonsense") {
    stranger->send_text("hello");
    code = 1002;
  }
  SECTION("who send audio before their name") {
    stranger->send(world::media("AAAA"));
    code = 1002;
  }
  SECTION("who send binary") {
    stranger->send_text("{}", true);
    code = 1003;
  }
  SECTION("who send giants") {
    stranger->send_text(std::string(100'000, 'x'));
    code = 1009;
    unread = true;
  }
  SECTION("who break the protocol") {
    stranger->send_raw(std::string("\xff\x80\0\0\0\0", 6)); // reserved bits
    code = 1002;
  }
  SECTION("who leave") {
    stranger->drop();
    code = 0;
  }
  SECTION("who know no call") {
    stranger->send(world::start_of("c-42", nonce));
  }
  SECTION("who know no secret") {
    stranger->send(world::start_of(id, "nonce-x"));
  }
  SECTION("who know half the secret") {
    stranger->send(world::start_of(id, nonce.substr(0, nonce.size() - 1) + "?"));
  }
  SECTION("who speak another format") {
    stranger->send(world::start_of(id, nonce, "audio/x-l16"));
  }
  if (code != 0) {
    const auto told = stranger->wait_closed();
    CHECK((told == code || (unread && told == 0)));
  }
  world::eventually([&] { return w.metric("parley_media_failures_total") == 1; });
  CHECK(c.log->count<media_started>() == 0);
  // The call itself is not harmed.
  w.answer(c);
  c.log->wait<media_started>();
}

TEST_CASE("bridge: a stream that shows a used nonce is refused, and the live one stays", "[media]") {
  world w;
  auto c = w.live_call();
  auto stranger = w.peers.carrier();
  stranger->send(world::start_of(to_string(c.id), c.nonce));
  CHECK(stranger->wait_closed() == 1008);
  CHECK(c.log->count<media_started>() == 1);
  c.model->send(world::delta("EEEE", "r1", "m1"));
  CHECK(c.carrier->next("media")["media"]["payload"] == "EEEE");
}

TEST_CASE("bridge: only so many streams may wait for their start", "[media]") {
  auto settings = quick();
  settings.waiting_streams_max = 2;
  world w{settings};
  auto a = w.peers.carrier();
  auto b = w.peers.carrier();
  CHECK_THROWS(w.peers.carrier());
  CHECK(w.metric("parley_media_failures_total", "too many streams") == 1);
  a->close();
  CHECK(a->wait_closed() == 1000);
  world::eventually([&] {
    try {
      return w.peers.carrier() != nullptr;
    } catch (const boost::system::system_error&) {
      return false; // the place is not free yet
    }
  });
}

TEST_CASE("bridge: a carrier that misbehaves later loses its stream", "[media]") {
  world w;
  auto good = w.live_call();
  auto c = w.live_call();
  SECTION("by garbage") {
    c.carrier->send_text("garbage");
  }
  SECTION("by binary") {
    c.carrier->send_text("{}", true);
  }
  SECTION("by a giant") {
    c.carrier->send_text(std::string(200'000, ' '));
  }
  SECTION("by leaving") {
    c.carrier->drop();
  }
  SECTION("by its stop") {
    c.carrier->send({{"event", "stop"}});
  }
  c.log->wait<media_stopped>();
  CHECK(c.log->count<voice_failed>() == 0);
  w.check_alive(good);
}

TEST_CASE("bridge: a model that misbehaves later fails its call's voice", "[media]") {
  auto settings = quick();
  settings.model_message_max = 64 << 10;
  const auto silence = GENERATE(0, 1, 2); // none, of the model, of its connection
  if (silence == 1)
    settings.response_timeout = 300ms;
  if (silence == 2)
    settings.keepalive = 200ms;
  world w{settings};
  auto good = w.live_call();
  auto c = w.live_call();
  if (silence == 2) {
    c.model->stop_reading(); // after the next message
    c.carrier->send(world::media("AAAA"));
  } else if (silence == 0) {
    const auto fault = GENERATE(0, 1, 2, 3, 4);
    switch (fault) {
      case 0: c.model->send_text("rubbish"); break;
      case 1: c.model->send_text("{}", true); break;
      case 2: c.model->send_text(std::string(100'000, ' ')); break;
      case 3: c.model->drop(); break;
      case 4: c.model->close(); break;
    }
  }
  const auto reason = c.log->wait<voice_failed>().reason;
  INFO(reason);
  CHECK(reason.starts_with("the model"));
  CHECK(c.log->count<media_stopped>() == 0);
  world::eventually([&] { return w.metric("parley_media_failures_total", reason.substr(0, reason.find(':'))) >= 1; });
  CHECK(good.log->count<media_stopped>() == 0);
}

} // namespace media_bridge_faults_test
