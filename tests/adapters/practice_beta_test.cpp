// Goal: a voice model that speaks only the API's older shape holds the same
// call. Method: the events that our media plane sends and understands, against
// the practice model; every event from it is checked against the vendor's
// schema of the beta.
#include "adapters/media/realtime_events.hpp"
#include "tests/adapters/practice_realtime_client.hpp"

namespace practice_beta_test {

using namespace parley::sandbox;
using namespace parley::sandbox::test;
namespace media = parley::media;

namespace {

parley::media_settings settings() {
  parley::media_settings out;
  out.api = "beta";
  return out;
}

parley::open_voice_session session_of(const std::string& instructions) {
  parley::open_voice_session out;
  out.instructions = instructions;
  for (const auto& tool : tools())
    out.tools.push_back({tool["name"], tool["description"], tool["parameters"].dump()});
  return out;
}

void send(client& to, const media::frame_list& frames) {
  for (size_t i = 0; i < frames.size(); ++i)
    to.send(json::parse(frames[i]));
}

/// What our own reader makes of an event.
media::model_event::kind_type kind_of(const json& event) {
  const media::padded_frame frame{event.dump()};
  media::model_event out;
  REQUIRE(media::parse_model_event(frame, out));
  return out.kind;
}

struct beta_call {
  practice_model model;
  client session{model.server->port(), "/v1/realtime?model=gpt-4o-realtime-preview", true};

  void configure(const std::string& instructions) {
    media::frame_list frames;
    media::client::session_update(frames, settings(), session_of(instructions));
    send(session, frames);
    session.wait("session.updated");
  }
  void respond() {
    media::frame_list frames;
    media::client::create_response(frames, "response-1");
    send(session, frames);
  }
};

} // namespace

TEST_CASE("beta: the session is told and shown in the older shape", "[practice][beta]") {
  beta_call call;
  const auto created = call.session.wait("session.created");
  CHECK(created["session"]["modalities"] == json{"text", "audio"});
  CHECK(created["session"]["input_audio_format"] == "pcm16");
  media::frame_list frames;
  media::client::session_update(frames, settings(), session_of(script));
  send(call.session, frames);
  const auto updated = call.session.wait("session.updated");
  CHECK(updated["session"]["input_audio_format"] == "g711_ulaw");
  CHECK(updated["session"]["output_audio_format"] == "g711_ulaw");
  CHECK(updated["session"]["instructions"] == script);
  CHECK(updated["session"]["tools"].size() == tools().size());
  CHECK_FALSE(updated["session"].contains("audio"));
}

TEST_CASE("beta: the current shape is refused, and so is anything unknown", "[practice][beta]") {
  beta_call call;
  call.session.wait("session.created");
  for (const char* key : {"audio", "type", "output_modalities", "colour"}) {
    json update{{"type", "session.update"}, {"event_id", "mine"}, {"session", json::object()}};
    update["session"][key] = "x";
    call.session.send(update);
    const auto error = call.session.wait("error");
    CHECK(error["error"]["code"] == "unknown_parameter");
    CHECK(error["error"]["event_id"] == "mine");
  }
}

TEST_CASE("beta: the agent speaks under the older names, and we understand them", "[practice][beta]") {
  beta_call call;
  call.session.wait("session.created");
  call.configure(script);
  call.respond();
  size_t audio = 0;
  size_t words = 0;
  for (json event = json::object(); event.value("type", "") != "response.done";) {
    event = call.session.next();
    REQUIRE_FALSE(call.session.closed);
    const auto kind = kind_of(event);
    audio += kind == media::model_event::audio_delta ? 1 : 0;
    words += kind == media::model_event::text_delta ? 1 : 0;
  }
  CHECK(audio > 0);
  CHECK(words > 0);
  CHECK(call.session.heard_words.starts_with("Hello, this is Katie, an AI assistant"));
  CHECK(call.session.transcript == call.session.heard_words);
  for (const auto& type : call.session.types) {
    CHECK_FALSE(type.starts_with("response.output_audio"));
    CHECK(type != "conversation.item.done");
  }
}

TEST_CASE("beta: the person is heard, and a tool is called and answered", "[practice][beta]") {
  beta_call call;
  auto& session = call.session;
  session.wait("session.created");
  call.configure(script);
  call.respond();
  session.wait("response.done");
  session.say("Yes, speaking.", 600ms);
  CHECK(session.wait("conversation.item.input_audio_transcription.completed")["transcript"] == "Yes, speaking.");
  session.wait("response.done");

  media::frame_list frames;
  media::client::instructions_update(frames, script.substr(0, script.find("# Stage")) + booking, true);
  send(session, frames);
  session.wait("session.updated");
  session.say("Sure, that sounds good.", 600ms);
  const auto asked = session.wait("response.function_call_arguments.done");
  CHECK(kind_of(asked) == media::model_event::arguments_done);
  session.wait("response.done");
  REQUIRE(session.call["call_id"].is_string());
  frames.clear();
  media::client::tool_output(frames, session.call["call_id"].get<std::string>(), R"({"error":"no diary today"})");
  media::client::create_response(frames, "response-2");
  send(session, frames);
  session.wait("response.done");
  CHECK_FALSE(session.heard_words.empty());
}

} // namespace practice_beta_test
