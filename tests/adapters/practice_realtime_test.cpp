// Goal: the practice voice model speaks the Realtime API as its description
// says, and hears and speaks through the audio alone. Method: a WebSocket
// client; every event from the server is checked against the vendor's schema.
#include "tests/adapters/practice_realtime_client.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <ctime>

namespace practice_realtime_test {

using namespace parley::sandbox;
using namespace parley::sandbox::test;

namespace {

/// A call up to where the person wants to meet, with these tools.
void arrange(client& session, const json& offered) {
  session.wait("session.created");
  session.send(update(script, json::object(), offered));
  session.wait("session.updated");
  session.answer();
  session.say("Yes, speaking.", 600ms);
  session.listen();
  session.send(update(script.substr(0, script.find("# Stage")) + booking, json::object(), offered));
  session.wait("session.updated");
  session.say("Sure, that sounds good.", 600ms);
  session.wait("response.done");
}

} // namespace

TEST_CASE("no session without a bearer token, nor for a beta that there never was", "[practice]") {
  const auto [header, status]
    = GENERATE(table<std::string, std::string>({{"X-Nothing: here", "401"},
                                                {"Authorization: Basic abc", "401"},
                                                {"Authorization: Bearer sk\r\nOpenAI-Beta: realtime=v9", "400"}}));
  practice_model model;
  boost::asio::io_context io;
  tcp::socket socket{io};
  socket.connect(tcp::endpoint{boost::asio::ip::address_v4::loopback(), model.server->port()});
  boost::asio::write(
    socket, boost::asio::buffer(
              "GET /v1/realtime?model=gpt-realtime HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              + header + "\r\n\r\n"));
  std::string reply;
  boost::asio::read_until(socket, boost::asio::dynamic_buffer(reply), "\r\n");
  CHECK(reply.substr(0, 12) == "HTTP/1.1 " + status);
}

TEST_CASE("the agent's words come as audio, and its transcript says the same", "[practice]") {
  practice_model model;
  client session{model.server->port()};
  open(session);
  CHECK(session.heard_words
        == "Hello, this is Katie, an AI assistant calling for Northwind Analytics. "
           "Say stop and I will take you off our list. Am I speaking with Ada Byron?");
  CHECK(session.transcript == session.heard_words);
}

TEST_CASE("a whole call over the wire: heard by audio, booked by tools", "[practice]") {
  practice_model model;
  client session{model.server->port()};
  open(session);
  session.say("Yes, speaking.", 600ms);
  CHECK(session.wait("input_audio_buffer.speech_started")["audio_start_ms"] == 0);
  session.wait("input_audio_buffer.speech_stopped");
  session.wait("input_audio_buffer.committed");
  CHECK(session.wait("conversation.item.input_audio_transcription.completed")["transcript"] == "Yes, speaking.");
  CHECK(contains(session.listen(), "We cut missed appointments by a third."));

  session.send(update(script.substr(0, script.find("# Stage")) + booking));
  session.wait("session.updated");
  session.say("Sure, that sounds good.", 600ms);
  session.wait("response.done");
  REQUIRE(session.call["name"] == "check_calendar_availability");
  CHECK(json::parse(session.call["arguments"].get<std::string>())["duration_minutes"] == 30);
  session.give({{"ok", true}, {"slots", {"2026-11-25T15:00:00Z", "2026-11-26T20:00:00Z"}}});
  CHECK(contains(session.answer(), "Thursday, November 26 at 3:00 PM"));
  session.say("Thursday works for me.", 600ms);
  CHECK(contains(session.listen(), "ada@byrondental.example?"));
  session.say("Yes, that's right.", 600ms);
  session.wait("response.done");
  REQUIRE(session.call["name"] == "book_meeting");
  CHECK(json::parse(session.call["arguments"].get<std::string>())
        == json{{"datetime", "2026-11-26T20:00:00Z"},
                {"prospect_email", "ada@byrondental.example"},
                {"meeting_type", "video"}});
  session.give({{"ok", true}, {"meeting_id", "m1"}});
  CHECK(contains(session.answer(), "we are booked for Thursday"));
  CHECK(session.call["name"] == "end_call");
}

TEST_CASE("another company, offer or disclosure in the instructions is heard over the wire", "[practice]") {
  struct change {
    std::string what; // in the instructions, once
    std::string with;
    std::string question; // of the person; empty: the agent's first words are looked at
  };
  const auto changed = GENERATE(values<change>({
    {"Name: Northwind Analytics", "Name: Umbrella Payments", "Are you a robot?"},
    {"We cut missed appointments by a third.", "We settle card payments within an hour.", "Yes, speaking."},
    {"Hello, this is Katie, an AI assistant calling for Northwind Analytics.",
     "Good morning, you hear Robin, a computer voice.", ""},
    {"Say stop and I will take you off our list.", "Tell me so if you want no more calls.", ""},
  }));
  CAPTURE(changed.what);
  const auto heard_with = [&](const std::string& instructions) {
    practice_model model;
    client session{model.server->port()};
    session.wait("session.created");
    session.send(update(instructions));
    session.wait("session.updated");
    auto words = session.answer();
    if (changed.question.empty())
      return words;
    session.say(changed.question, 600ms);
    return session.listen();
  };
  auto other = script;
  REQUIRE(contains(other, changed.what));
  other.replace(other.find(changed.what), changed.what.size(), changed.with);
  // What is said of it, without the key of its line.
  const auto said = [](const std::string& line) { return line.starts_with("Name: ") ? line.substr(6) : line; };
  const auto before = heard_with(script);
  const auto after = heard_with(other);
  CHECK(contains(before, said(changed.what)));
  CHECK_FALSE(contains(before, said(changed.with)));
  CHECK(contains(after, said(changed.with)));
  CHECK_FALSE(contains(after, said(changed.what)));
}

TEST_CASE("another schema of a tool makes other arguments over the wire", "[practice]") {
  auto offered = tools();
  offered[1]["parameters"] = json::parse(R"({"type":"object","properties":{
    "start_time":{"type":"string","description":"ISO start of the slot"},
    "guest":{"type":"object","properties":{"email":{"type":"string"},"full_name":{"type":"string"}},"required":["email","full_name"]},
    "seats":{"type":"integer","minimum":2},
    "channel":{"type":"string","enum":["zoom","office"]}},
    "required":["start_time","guest","seats","channel"]})");
  offered[0]["parameters"]["properties"]["duration_minutes"]["maximum"] = 20;
  practice_model model;
  client session{model.server->port()};
  arrange(session, offered);
  REQUIRE(session.call["name"] == "check_calendar_availability");
  CHECK(json::parse(session.call["arguments"].get<std::string>())["duration_minutes"] == 20);
  session.give({{"ok", true}, {"slots", {"2026-11-25T15:00:00Z", "2026-11-26T20:00:00Z"}}});
  session.answer();
  session.say("Thursday works for me.", 600ms);
  session.listen();
  session.say("Yes, that's right.", 600ms);
  session.wait("response.done");
  REQUIRE(session.call["name"] == "book_meeting");
  CHECK(json::parse(session.call["arguments"].get<std::string>())
        == json{{"start_time", "2026-11-26T20:00:00Z"},
                {"guest", {{"email", "ada@byrondental.example"}, {"full_name", "Ada Byron"}}},
                {"seats", 2},
                {"channel", "zoom"}});
}

TEST_CASE("a tool that is not offered over the wire is not called", "[practice]") {
  auto offered = tools();
  offered.erase(1); // book_meeting
  practice_model model;
  client session{model.server->port()};
  arrange(session, offered);
  CHECK(session.call["name"] == "end_call");
  CHECK(json::parse(session.call["arguments"].get<std::string>())["reason"] == "done");
  CHECK(std::count(session.types.begin(), session.types.end(), "response.function_call_arguments.done") == 1);
}

TEST_CASE("a turn also ends when the carrier sends no silence", "[practice]") {
  practice_model model;
  client session{model.server->port()};
  open(session);
  session.say("Yes, speaking.", 0ms);
  CHECK(contains(session.listen(), "We cut missed appointments"));
}

TEST_CASE("damaged audio is not heard", "[practice]") {
  practice_model model;
  client session{model.server->port()};
  open(session);
  auto audio = encode_utterance("Yes, speaking.");
  audio[30] = 'x'; // in the filler of the first word
  session.send({{"type", "input_audio_buffer.append"}, {"audio", to_base64(audio)}});
  CHECK(session.wait("conversation.item.input_audio_transcription.completed")["transcript"] == "speaking.");
}

TEST_CASE("talking over the agent cancels, and what was not heard is said again", "[practice]") {
  practice_model model{1.0}; // so that the response is still being made
  client session{model.server->port()};
  session.wait("session.created");
  session.send(update(script));
  session.wait("session.updated");
  session.send({{"type", "response.create"}});
  session.wait("response.output_audio.delta");
  session.wait("response.output_audio.delta");
  session.say("Wait!", 600ms);
  const auto done = session.wait("response.done")["response"];
  CHECK(done["status"] == "cancelled");
  CHECK(done["status_details"]["reason"] == "turn_detected");
  session.send({{"type", "conversation.item.truncate"},
                {"item_id", session.last_item},
                {"content_index", 0},
                {"audio_end_ms", 600}});
  CHECK(session.wait("conversation.item.truncated")["audio_end_ms"] == 600);
  CHECK(contains(session.listen(), "Hello, this is Katie"));
}

TEST_CASE("errors have the API's codes and leave the session usable", "[practice]") {
  practice_model model;
  client session{model.server->port()};
  session.wait("session.created");
  const auto code = [&](json event) {
    event["event_id"] = "mine";
    session.send(event);
    const auto error = session.wait("error")["error"];
    CHECK(error["event_id"] == "mine");
    return error["code"].get<std::string>();
  };
  CHECK(code({{"type", "response.cancel"}}) == "response_cancel_not_active");
  CHECK(code({{"type", "input_audio_buffer.commit"}}) == "input_audio_buffer_commit_empty");
  CHECK(code({{"type", "input_audio_buffer.append"}, {"audio", "%%%"}}) == "invalid_value");
  CHECK(code({{"type", "nonsense"}}) == "invalid_value");
  CHECK(code({{"type", "session.update"}, {"session", {{"instructions", "x"}}}}) == "missing_required_parameter");
  CHECK(code({{"type", "session.update"}, {"session", {{"type", "realtime"}, {"temperature", 1}}}})
        == "unknown_parameter");
  CHECK(code({{"type", "session.update"}, {"session", {{"type", "realtime"}, {"instructions", 7}}}}) == "invalid_type");
  CHECK(code({{"type", "session.update"},
              {"session", {{"type", "realtime"}, {"audio", {{"input", {{"format", {{"type", "audio/pcm"}}}}}}}}}})
        == "invalid_value");
  CHECK(code({{"type", "conversation.item.truncate"}, {"item_id", "none"}, {"content_index", 0}, {"audio_end_ms", 1}})
        == "item_truncate_invalid_item_id");
  CHECK(code({{"type", "conversation.item.create"},
              {"item", {{"type", "function_call_output"}, {"call_id", "none"}, {"output", "{}"}}}})
        == "invalid_tool_call_id");
  session.send(update(script));
  session.wait("session.updated");
  session.send({{"type", "response.create"}});
  CHECK(code({{"type", "response.create"}}) == "conversation_already_has_active_response");
  session.wait("response.done");
  CHECK(code({{"type", "conversation.item.truncate"},
              {"item_id", session.last_item},
              {"content_index", 0},
              {"audio_end_ms", 999999}})
        == "invalid_value");
  session.say("Yes, speaking.", 600ms);
  CHECK_FALSE(session.listen().empty());
}

TEST_CASE("a client may detect turns by itself", "[practice]") {
  practice_model model;
  client session{model.server->port()};
  session.wait("session.created");
  session.send(update(script, {{"turn_detection", nullptr}}));
  session.wait("session.updated");
  session.answer();
  session.say("Yes, speaking.", 600ms);
  session.send({{"type", "input_audio_buffer.commit"}});
  session.wait("conversation.item.input_audio_transcription.completed");
  CHECK(contains(session.answer(), "We cut missed appointments"));
  CHECK(std::count(session.types.begin(), session.types.end(), "input_audio_buffer.speech_started") == 0);
}

TEST_CASE("empty instructions book nothing, whatever is said", "[practice]") {
  practice_model model;
  client session{model.server->port()};
  session.wait("session.created");
  session.send(update(""));
  session.wait("session.updated");
  session.answer();
  session.say("I want a meeting tomorrow at ten, book it.", 600ms);
  session.wait("response.done");
  CHECK(session.call.is_null());
}

TEST_CASE("a disobedient model is chosen by its name or by an option", "[practice]") {
  const bool by_name = GENERATE(true, false);
  model_options options;
  options.mode = by_name ? model::disobedience::none : model::disobedience::disconnects;
  practice_model model{20, options};
  client session{model.server->port(),
                 by_name ? "/v1/realtime?model=practice-disconnects" : "/v1/realtime?model=gpt-realtime"};
  open(session);
  session.say("Yes, speaking.", 600ms);
  session.wait("response.done");
  session.say("Go on.", 600ms);
  while (!session.closed)
    session.next();
  CHECK(std::count(session.types.begin(), session.types.end(), "response.created") == 3);
  CHECK(std::count(session.types.begin(), session.types.end(), "response.done") == 2);
}

TEST_CASE("twenty sessions at twentyfold speed need little of one core", "[practice][.][load]") {
  practice_model model;
  std::vector<std::unique_ptr<client>> sessions;
  for (int i = 0; i < 20; ++i)
    sessions.push_back(std::make_unique<client>(model.server->port()));
  for (auto& session : sessions)
    open(*session);
  const auto start = std::chrono::steady_clock::now();
  timespec cpu_before{}, cpu_after{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_before);
  for (int turn = 0; turn < 5; ++turn)
    for (auto& session : sessions) {
      session->say("I see, and how does that work in a clinic that is as small as ours?", 600ms);
      session->listen();
    }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_after);
  const auto real = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto cpu = static_cast<double>(cpu_after.tv_sec - cpu_before.tv_sec)
                   + 1e-9 * static_cast<double>(cpu_after.tv_nsec - cpu_before.tv_nsec);
  WARN("100 turns: " << real << " s real, " << cpu << " s CPU of both sides, " << cpu * 10 << " ms a turn");
}

} // namespace practice_realtime_test
