#pragma once

#include "adapters/media/voice_model.hpp"
#include "runtime/nonce.hpp"
#include "runtime/registry.hpp"
#include "runtime/system_config.hpp"
#include "tests/adapters/media_peers.hpp"
#include "tests/support/port_context.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <catch2/catch.hpp>

#include <future>
#include <sstream>
#include <thread>
#include <variant>

namespace parley::test {

using namespace std::chrono_literals;

using report = std::variant<media_started, first_audio, speech_started, turn_finished, tool_called, key_pressed,
                            playback_finished, line_silence, voice_failed, media_stopped>;

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
    const bool came = changed.wait_for(lock, patience, [&] {
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
    return static_cast<size_t>(
      std::count_if(all.begin(), all.end(), [](const report& x) { return std::holds_alternative<T>(x); }));
  }
};

inline media_events_port::behavior_type listener(media_events_port::pointer, std::shared_ptr<told> log) {
  return {
    [=](const media_started& x) { log->add(x); },     [=](const first_audio& x) { log->add(x); },
    [=](const speech_started& x) { log->add(x); },    [=](const turn_finished& x) { log->add(x); },
    [=](const tool_called& x) { log->add(x); },       [=](const key_pressed& x) { log->add(x); },
    [=](const playback_finished& x) { log->add(x); }, [=](const voice_failed& x) { log->add(x); },
    [=](const media_stopped& x) { log->add(x); },     [=](const line_silence& x) { log->add(x); },
  };
}

inline media_settings quick() {
  media_settings s;
  s.api_key = "sk-test";
  s.open_timeout = 2s;
  s.start_timeout = 10s;
  s.close_timeout = 500ms;
  return s;
}

/// A node as far as media is concerned; torn down in the order a node does it.
struct world {
  explicit world(media_settings s = quick(), net::ssl::context* tls = nullptr)
    : peers{tls}, plane{with_url(s), metrics} {
    peers.on_stream([this](auto stream, auto upgrade) { plane.accept_media(std::move(stream), std::move(upgrade)); });
    plane.start();
    port = sys.spawn(voice_model, node.ctx(), &plane);
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
    std::shared_ptr<ws_peer> model;
    std::shared_ptr<ws_peer> carrier;
    std::string nonce; ///< the last stream's
  };

  /// What opens the streams of this call; a test's own, not an HMAC.
  static std::string key_of(const std::string& call) { return "key-" + call; }

  call new_call() {
    call c;
    c.id = ids.next<call_id>(wall_time{}, 7);
    c.events = sys.spawn(listener, c.log);
    return c;
  }
  open_voice_session session_of(const call& c) const {
    open_voice_session x;
    x.call = c.id;
    x.stream_key = key_of(to_string(c.id));
    x.instructions = "You are Katie.";
    x.tools = {{"end_call", "Ends the call.", "{}"}};
    x.events = c.events;
    return x;
  }
  /// Asks for a session; the future holds how that ended.
  std::future<caf::error> ask_open(const call& c) { return ask_open(session_of(c)); }
  std::future<caf::error> ask_open(open_voice_session wanted) {
    auto promise = std::make_shared<std::promise<caf::error>>();
    auto future = promise->get_future();
    sys.spawn([=, this, x = std::move(wanted)](caf::event_based_actor* self) {
      self->request(port, 30s, x)
        .then([=](const voice_session_opened&) { promise->set_value({}); },
              [=](caf::error& e) { promise->set_value(e); });
    });
    return future;
  }
  /// Opens the session with a model that behaves.
  void open(call& c) { open(c, session_of(c)); }
  void open(call& c, const open_voice_session& wanted) {
    auto result = ask_open(wanted);
    c.model = peers.model();
    c.model->send({{"type", "session.created"}, {"session", json::object()}});
    const auto update = c.model->next("session.update");
    CHECK(update["session"]["instructions"] == wanted.instructions);
    c.model->send({{"type", "session.updated"}, {"session", update["session"]}});
    const auto error = result.get();
    INFO(sys.render(error));
    REQUIRE_FALSE(error);
  }
  static json
  start_of(const std::string& call, const std::string& nonce, const std::string& encoding = "audio/x-mulaw") {
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
    c.nonce = fresh_stream_nonce(key_of(to_string(c.id)));
    c.carrier->send(start_of(to_string(c.id), c.nonce));
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
    const auto deadline = std::chrono::steady_clock::now() + patience;
    bool held = holds();
    while (!held && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(2ms);
      held = holds();
    }
    CHECK(held);
  }

  port_context node;
  telemetry& metrics = node.metrics;
  media_peers peers;
  media_plane plane;
  system_config config;
  caf::actor_system sys{config};
  id_source ids{1};
  voice_model_port port;
};

inline std::string audio(std::chrono::milliseconds length) {
  return std::string(static_cast<size_t>(length.count()) * 8 / 3 * 4, 'A');
}

} // namespace parley::test
