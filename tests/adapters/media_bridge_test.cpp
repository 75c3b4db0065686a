// Goal: a call's two sockets and its actor work together, and no peer, however
// bad, harms more than its own call. Method: the real media plane and actor,
// between a carrier and a voice model that the test plays over real sockets.
#include "adapters/media/voice_model.hpp"
#include "runtime/registry.hpp"
#include "runtime/system_config.hpp"
#include "tests/adapters/media_peers.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <catch2/catch.hpp>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <future>
#include <sstream>
#include <variant>

#include <unistd.h>

using namespace parley;
using namespace std::chrono_literals;
using test::json;

namespace {

using report = std::variant<media_started, first_audio, speech_started, turn_finished, tool_called, key_pressed,
                            playback_finished, voice_failed, media_stopped>;

/// What a call's actor was told.
struct told {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<report> all;

  template <class T>
  void add(const T& x) {
    std::lock_guard guard{mutex};
    all.emplace_back(x);
    changed.notify_all();
  }
  /// Waits for the nth report of its kind, from 1.
  template <class T>
  T wait(size_t nth = 1) {
    std::unique_lock lock{mutex};
    std::optional<T> found;
    const bool came = changed.wait_for(lock, test::patience, [&] {
      size_t count = 0;
      for (const auto& x : all)
        if (const auto* y = std::get_if<T>(&x); y && ++count == nth) {
          found = *y;
          return true;
        }
      return false;
    });
    if (!came)
      throw std::runtime_error{std::string{"never told: "} + typeid(T).name()};
    return *found;
  }
  template <class T>
  size_t count() {
    std::lock_guard guard{mutex};
    return static_cast<size_t>(std::count_if(all.begin(), all.end(), [](const report& x) {
      return std::holds_alternative<T>(x);
    }));
  }
};

media_events_port::behavior_type listener(media_events_port::pointer, std::shared_ptr<told> log) {
  return {
    [=](const media_started& x) { log->add(x); },     [=](const first_audio& x) { log->add(x); },
    [=](const speech_started& x) { log->add(x); },    [=](const turn_finished& x) { log->add(x); },
    [=](const tool_called& x) { log->add(x); },       [=](const key_pressed& x) { log->add(x); },
    [=](const playback_finished& x) { log->add(x); }, [=](const voice_failed& x) { log->add(x); },
    [=](const media_stopped& x) { log->add(x); },
  };
}

media_settings quick() {
  media_settings s;
  s.api_key = "sk-test";
  s.open_timeout = 2s;
  s.start_timeout = 10s;
  s.close_timeout = 500ms;
  return s;
}

/// A node as far as media is concerned; torn down in the order a node does it.
struct world {
  explicit world(media_settings s = quick(), test::net::ssl::context* tls = nullptr)
    : peers{tls}, plane{with_url(s), metrics} {
    peers.door = [this](auto stream, auto upgrade) { plane.accept_media(std::move(stream), std::move(upgrade)); };
    plane.start();
    port = sys.spawn(voice_model, &plane);
  }
  ~world() {
    caf::anon_send_exit(port, caf::exit_reason::user_shutdown);
    plane.stop();
  }

  media_settings with_url(media_settings s) const {
    s.base_url = peers.model_url();
    return s;
  }

  struct call {
    call_id id;
    std::shared_ptr<told> log = std::make_shared<told>();
    media_events_port events;
    std::shared_ptr<test::ws_peer> model;
    std::shared_ptr<test::ws_peer> carrier;
  };

  call new_call() {
    call c;
    c.id = ids.next<call_id>(wall_time{}, 7);
    c.events = sys.spawn(listener, c.log);
    return c;
  }
  open_voice_session session_of(const call& c) const {
    open_voice_session x;
    x.call = c.id;
    x.nonce = "nonce-" + to_string(c.id);
    x.instructions = "You are Katie.";
    x.tools = {{"end_call", "Ends the call.", "{}"}};
    x.events = c.events;
    return x;
  }
  /// Asks for a session; the future holds how that ended.
  std::future<caf::error> ask_open(const call& c) {
    auto promise = std::make_shared<std::promise<caf::error>>();
    auto future = promise->get_future();
    sys.spawn([=, this, x = session_of(c)](caf::event_based_actor* self) {
      self->request(port, 30s, x).then([=](const voice_session_opened&) { promise->set_value({}); },
                                       [=](caf::error& e) { promise->set_value(e); });
    });
    return future;
  }
  /// Opens the session with a model that behaves.
  void open(call& c) {
    auto result = ask_open(c);
    c.model = peers.model();
    c.model->send({{"type", "session.created"}, {"session", json::object()}});
    const auto update = c.model->next("session.update");
    CHECK(update["session"]["instructions"] == "You are Katie.");
    c.model->send({{"type", "session.updated"}, {"session", update["session"]}});
    const auto error = result.get();
    INFO(sys.render(error));
    REQUIRE_FALSE(error);
  }
  static json start_of(const std::string& call, const std::string& nonce, const std::string& encoding = "audio/x-mulaw") {
    return {{"event", "start"},
            {"sequenceNumber", "1"},
            {"streamSid", "MZ1"},
            {"start",
             {{"streamSid", "MZ1"},
              {"callSid", "CA1"},
              {"mediaFormat", {{"encoding", encoding}, {"sampleRate", 8000}, {"channels", 1}}},
              {"customParameters", {{"call", call}, {"nonce", nonce}}}}}};
  }
  /// The person answers: the carrier's stream comes.
  void answer(call& c, int receive_buffer = 0) {
    c.carrier = peers.carrier(receive_buffer);
    c.carrier->send({{"event", "connected"}, {"protocol", "Call"}, {"version", "1.0.0"}});
    c.carrier->send(start_of(to_string(c.id), "nonce-" + to_string(c.id)));
  }
  call live_call() {
    auto c = new_call();
    open(c);
    answer(c);
    c.log->wait<media_started>();
    c.model->next("response.create");
    c.model->send({{"type", "response.created"}, {"response", {{"id", "r1"}, {"status", "in_progress"}}}});
    return c;
  }
  /// A good call carries audio both ways.
  void check_alive(call& c) {
    c.carrier->send(media("AAAA"));
    CHECK(c.model->next("input_audio_buffer.append")["audio"] == "AAAA");
    c.model->send(delta("BBBB"));
    CHECK(c.carrier->next("media")["media"]["payload"] == "BBBB");
  }
  static json media(const std::string& payload) {
    return {{"event", "media"}, {"media", {{"track", "inbound"}, {"payload", payload}}}, {"streamSid", "MZ1"}};
  }
  static json delta(const std::string& audio, const std::string& response = "r1", const std::string& item = "m1") {
    return {{"type", "response.output_audio.delta"},
            {"response_id", response},
            {"item_id", item},
            {"content_index", 0},
            {"delta", audio}};
  }
  /// The sum of a metric over the label sets that contain `labels`.
  double metric(const std::string& name, const std::string& labels = "") const {
    std::istringstream lines{metrics.exposition()};
    double sum = 0;
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name) && (line[name.size()] == '{' || line[name.size()] == ' ')
          && line.find(labels) != std::string::npos)
        sum += std::stod(line.substr(line.rfind(' ')));
    return sum;
  }
  template <class F>
  static void eventually(F holds) {
    const auto deadline = std::chrono::steady_clock::now() + test::patience;
    bool held = holds();
    while (!held && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(2ms);
      held = holds();
    }
    CHECK(held);
  }

  telemetry metrics;
  test::media_peers peers;
  media_plane plane;
  system_config config;
  caf::actor_system sys{config};
  id_source ids{1};
  voice_model_port port;
};

std::string audio(std::chrono::milliseconds length) {
  return std::string(static_cast<size_t>(length.count()) * 8 / 3 * 4, 'A');
}

} // namespace

TEST_CASE("bridge: a whole call", "[media]") {
  world w;
  auto c = w.new_call();
  w.open(c);
  CHECK(c.model->authorization == "Bearer sk-test");
  CHECK(c.model->target == "/v1/realtime?model=gpt-realtime");
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
  c.model->send({{"type", "response.output_audio_transcript.done"}, {"response_id", "r1"}, {"item_id", "m1"}, {"transcript", "Hello."}});
  c.model->send({{"type", "response.done"}, {"response", {{"id", "r1"}, {"status", "completed"}, {"output", json::array()}}}});
  c.carrier->send(mark);
  CHECK(c.log->wait<turn_finished>().text == "Hello.");
  c.log->wait<playback_finished>();

  // The person answers.
  c.carrier->send(world::media("/////w=="));
  CHECK(c.model->next("input_audio_buffer.append")["audio"] == "/////w==");
  c.model->send({{"type", "input_audio_buffer.speech_started"}, {"audio_start_ms", 0}, {"item_id", "u1"}});
  CHECK_FALSE(c.log->wait<speech_started>().barge_in);
  c.model->send({{"type", "input_audio_buffer.speech_stopped"}, {"audio_end_ms", 0}, {"item_id", "u1"}});
  c.model->send({{"type", "conversation.item.input_audio_transcription.completed"}, {"item_id", "u1"}, {"content_index", 0}, {"transcript", "Yes?"}});
  CHECK(c.log->wait<turn_finished>(2).text == "Yes?");

  // The model calls a tool, is told the result and goes on.
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r2"}}}});
  c.model->send({{"type", "response.function_call_arguments.done"}, {"response_id", "r2"}, {"item_id", "f"}, {"call_id", "t1"}, {"name", "end_call"}, {"arguments", "{}"}});
  CHECK(c.log->wait<tool_called>().name == "end_call");
  caf::anon_send(w.port, answer_tool{c.id, "t1", R"({"ok":true})", true});
  CHECK(c.model->next("conversation.item.create")["item"]["output"] == R"({"ok":true})");
  c.model->send({{"type", "response.done"}, {"response", {{"id", "r2"}, {"status", "completed"}, {"output", json::array()}}}});
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

TEST_CASE("bridge: barge-in goes over the sockets at once", "[media]") {
  world w;
  auto c = w.live_call();
  c.model->send({{"type", "response.output_audio_transcript.delta"}, {"response_id", "r1"}, {"item_id", "m1"}, {"delta", "One two three four five six."}});
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
  c.model->send({{"type", "response.done"}, {"response", {{"id", "r1"}, {"status", "cancelled"}, {"output", json::array()}}}});
  CHECK(c.log->wait<turn_finished>().interrupted);
  c.model->send({{"type", "response.created"}, {"response", {{"id", "r2"}}}});
  c.model->send(world::delta("CCCC", "r2", "m2"));
  CHECK(c.carrier->next("media")["media"]["payload"] == "CCCC");
  world::eventually([&] { return w.metric("parley_media_barge_in_seconds_count") == 1; });
}

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

TEST_CASE("bridge: strangers at the media socket are shown the door", "[media]") {
  auto settings = quick();
  settings.start_timeout = 300ms;
  settings.carrier_message_max = 8 << 10;
  world w{settings};
  auto c = w.new_call();
  w.open(c);
  const auto id = to_string(c.id);
  auto stranger = w.peers.carrier();
  uint16_t code = 1008;
  SECTION("who never start") { stranger->send({{"event", "connected"}}); }
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
  }
  SECTION("who break the protocol") {
    stranger->send_raw(std::string("\xff\x80\0\0\0\0", 6)); // reserved bits
    code = 1002;
  }
  SECTION("who leave") {
    stranger->drop();
    code = 0;
  }
  SECTION("who know no call") { stranger->send(world::start_of("c-42", "nonce-" + id)); }
  SECTION("who know no secret") { stranger->send(world::start_of(id, "nonce-x")); }
  SECTION("who know half the secret") { stranger->send(world::start_of(id, "nonce-" + id.substr(0, 35) + "?")); }
  SECTION("who speak another format") { stranger->send(world::start_of(id, "nonce-" + id, "audio/x-l16")); }
  if (code != 0)
    CHECK(stranger->wait_closed() == code);
  world::eventually([&] { return w.metric("parley_media_failures_total") == 1; });
  CHECK(c.log->count<media_started>() == 0);
  // The call itself is not harmed.
  w.answer(c);
  c.log->wait<media_started>();
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
  SECTION("by garbage") { c.carrier->send_text("garbage"); }
  SECTION("by binary") { c.carrier->send_text("{}", true); }
  SECTION("by a giant") { c.carrier->send_text(std::string(200'000, ' ')); }
  SECTION("by leaving") { c.carrier->drop(); }
  SECTION("by its stop") { c.carrier->send({{"event", "stop"}}); }
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
  world::eventually([&] {
    return w.metric("parley_media_failures_total", reason.substr(0, reason.find(':'))) >= 1;
  });
  CHECK(good.log->count<media_stopped>() == 0);
}

TEST_CASE("bridge: a session that cannot be opened says why", "[media]") {
  auto settings = quick();
  settings.open_timeout = 300ms;
  world w{settings};
  auto c = w.new_call();
  SECTION("refused key") {
    w.peers.model_refuses = 401;
    CHECK(w.ask_open(c).get() == ec::vendor_unauthorised);
  }
  SECTION("overloaded") {
    w.peers.model_refuses = 503;
    CHECK(w.ask_open(c).get() == ec::vendor_unavailable);
  }
  SECTION("unknown model") {
    w.peers.model_refuses = 404;
    CHECK(w.ask_open(c).get() == ec::vendor_refused);
  }
  SECTION("refused configuration") {
    auto result = w.ask_open(c);
    auto model = w.peers.model();
    model->next("session.update");
    model->send({{"type", "error"}, {"error", {{"type", "invalid_request_error"}, {"code", "invalid_value"}}}});
    CHECK(result.get() == ec::vendor_refused);
  }
  SECTION("no answer") {
    auto result = w.ask_open(c);
    auto model = w.peers.model();
    CHECK(result.get() == ec::vendor_unavailable);
    CHECK(model->wait_closed() == 1000);
  }
  SECTION("closed meanwhile") {
    auto result = w.ask_open(c);
    auto model = w.peers.model();
    caf::anon_send(w.port, close_voice_session{c.id});
    CHECK(result.get() == ec::media_lost);
  }
  world::eventually([&] { return w.plane.live() == 0; });
  CHECK(c.log->count<voice_failed>() == 0);
}

TEST_CASE("bridge: a model that cannot be reached is unavailable", "[media]") {
  telemetry metrics;
  auto settings = quick();
  {
    test::net::io_context io; // a port that was just free
    test::tcp::acceptor acceptor{io, {test::net::ip::address_v4::loopback(), 0}};
    settings.base_url = "ws://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  }
  media_plane plane{settings, metrics};
  plane.start();
  std::promise<caf::error> done;
  plane.open({}, [&](caf::error e) { done.set_value(std::move(e)); });
  CHECK(done.get_future().get() == ec::vendor_unavailable);
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
  c.model->send({{"type", "response.done"}, {"response", {{"id", "r1"}, {"status", "cancelled"}, {"output", json::array()}}}});
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
  c.model->send({{"type", "conversation.item.input_audio_transcription.completed"}, {"item_id", "u1"}, {"content_index", 0}, {"transcript", "Never call ag"}});
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

namespace {

/// A certificate for localhost that signs itself.
struct self_signed {
  self_signed() {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    auto* name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(cert, name);
    auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(cert, names, -1);
    X509_sign(cert, key, EVP_sha256());

    SSL_CTX_use_certificate(context.native_handle(), cert);
    SSL_CTX_use_PrivateKey(context.native_handle(), key);
    FILE* out = std::fopen(file.c_str(), "w");
    PEM_write_X509(out, cert);
    std::fclose(out);
    X509_EXTENSION_free(names);
    X509_free(cert);
    EVP_PKEY_free(key);
  }
  ~self_signed() { std::remove(file.c_str()); }

  std::string file = std::filesystem::temp_directory_path() / ("parley-media-" + std::to_string(getpid()) + ".pem");
  test::net::ssl::context context{test::net::ssl::context::tls_server};
};

} // namespace

TEST_CASE("bridge: the model's certificate is verified", "[media]") {
  self_signed certificate;
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
