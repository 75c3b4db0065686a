#pragma once

#include "adapters/media/bridge_core.hpp"
#include "tests/support/realtime_schema.hpp"

#include <catch2/catch.hpp>

namespace parley::media::test {

using namespace std::chrono_literals;
using nlohmann::json;

/// A bridge's core between a carrier and a model that a test plays by hand;
/// time is a number. Everything that the model is sent must be valid by the
/// vendor's schema.
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
    x.stream_key = "n";
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
      REQUIRE(parley::test::realtime_problems(model_heard.back(), "client").empty());
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

} // namespace parley::media::test
