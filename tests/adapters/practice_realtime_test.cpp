// Goal: the practice voice model speaks the Realtime API as its description
// says, and hears and speaks through the audio alone. Method: a WebSocket
// client; every event from the server is checked against the vendor's schema.
#include "adapters/sandbox/audio.hpp"
#include "adapters/sandbox/model/model.hpp"
#include "tests/support/realtime_schema.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <catch2/catch.hpp>

#include <ctime>
#include <utility>

using namespace parley::sandbox;
using namespace std::chrono_literals;
using nlohmann::json;
namespace websocket = boost::beast::websocket;
using tcp = boost::asio::ip::tcp;

namespace {

constexpr auto patience = 10s;

const std::string script = R"(# Company
Name: Northwind Analytics
# Offer
We cut missed appointments by a third.
# Person
Name: Ada Byron
E-mail: ada@byrondental.example
Local time: 2026-11-24T10:15:00-05:00 America/New_York
# Disclosure
Say first: Hello, this is Katie, an AI assistant calling for Northwind Analytics.
Confirm: Am I speaking with Ada Byron?
Opt-out: Say stop and I will take you off our list.
# Stage
Name: opening
Goal: Confirm the person.
)";

const std::string booking = "# Stage\nName: booking\nGoal: Book.\nAsk about:\n- meeting time\n- e-mail\n";

json tools() {
  return json::parse(R"([
    {"type":"function","name":"check_calendar_availability","description":"","parameters":{"type":"object","properties":{"preferred_dates":{"type":"array","items":{"type":"string"}},"duration_minutes":{"type":"integer"}},"required":["preferred_dates","duration_minutes"]}},
    {"type":"function","name":"book_meeting","description":"","parameters":{"type":"object","properties":{"datetime":{"type":"string"},"prospect_email":{"type":"string"},"meeting_type":{"type":"string","enum":["video","phone"]}},"required":["datetime","prospect_email","meeting_type"]}},
    {"type":"function","name":"end_call","description":"","parameters":{"type":"object","properties":{"reason":{"type":"string","enum":["meeting_booked","done"]}},"required":["reason"]}}])");
}

json update(const std::string& instructions, json audio_input = json::object()) {
  audio_input["format"] = {{"type", "audio/pcmu"}};
  if (!audio_input.contains("transcription"))
    audio_input["transcription"] = {{"model", "gpt-4o-mini-transcribe"}};
  return {
    {"type", "session.update"},
    {"session",
     {{"type", "realtime"},
      {"instructions", instructions},
      {"tools", tools()},
      {"audio", {{"input", audio_input}, {"output", {{"format", {{"type", "audio/pcmu"}}}, {"voice", "marin"}}}}}}}};
}

struct practice_model {
  explicit practice_model(double media_speed = 20, model_options options = {})
    : around{world_options{{}, media_speed, 1, ""}, scenario{}}, server{start_model(around, 0, options)} {
    around.start(1);
  }
  ~practice_model() {
    server->stop();
    around.stop();
  }

  world around;
  std::unique_ptr<http_server> server;
};

class client {
public:
  explicit client(uint16_t port, const std::string& target = "/v1/realtime?model=gpt-realtime") : socket_{io_} {
    socket_.next_layer().connect(tcp::endpoint{boost::asio::ip::address_v4::loopback(), port});
    socket_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(boost::beast::http::field::authorization, "Bearer sk-practice");
    }));
    socket_.handshake("127.0.0.1", target);
  }

  void send(const json& event) { socket_.write(boost::asio::buffer(event.dump())); }

  /// The next event; fails when none comes in time.
  json next() {
    boost::beast::flat_buffer buffer;
    boost::system::error_code result = boost::asio::error::would_block;
    socket_.async_read(buffer, [&](boost::system::error_code error, size_t) { result = error; });
    io_.restart();
    io_.run_for(patience);
    if (result) {
      boost::system::error_code ignored;
      socket_.next_layer().close(ignored);
      io_.restart();
      io_.run();
      closed = true;
      return {{"type", "closed"}};
    }
    auto event = json::parse(boost::beast::buffers_to_string(buffer.data()));
    INFO(event.dump().substr(0, 400));
    CHECK(parley::test::realtime_problems(event, "server").empty());
    keep(event);
    return event;
  }

  /// Reads on until an event of that type.
  json wait(const std::string& type) {
    for (int i = 0; i < 5000; ++i) {
      auto event = next();
      if (event["type"] == type)
        return event;
      if (closed)
        FAIL("closed, or nothing came, while waiting for " << type);
    }
    FAIL("no " << type << " among 5000 events");
    return {};
  }

  void say(const std::string& words, std::chrono::milliseconds quiet_after) {
    const auto audio = encode_utterance(words) + silence(quiet_after);
    for (size_t at = 0; at < audio.size(); at += frame_bytes)
      send(
        {{"type", "input_audio_buffer.append"}, {"audio", to_base64(std::string_view{audio}.substr(at, frame_bytes))}});
  }

  /// Asks for a response and gives the words that its audio carries.
  std::string answer() {
    send({{"type", "response.create"}});
    return listen();
  }
  std::string listen() {
    wait("response.done");
    return words_of_last();
  }
  std::string words_of_last() const { return heard_words; }

  /// The last call of a tool, and its answer.
  json call;
  void give(const json& output) {
    send({{"type", "conversation.item.create"},
          {"item", {{"type", "function_call_output"}, {"call_id", call["call_id"]}, {"output", output.dump()}}}});
  }

  std::vector<std::string> types;
  std::string heard_words;
  std::string transcript;
  std::string last_item;
  bool closed = false;

private:
  void keep(const json& event) {
    types.push_back(event["type"]);
    const auto& type = types.back();
    if (type == "response.created") {
      ear_ = listener{};
      heard_words.clear();
    } else if (type == "response.output_audio.delta") {
      for (const auto& noticed : ear_.feed(from_base64(event["delta"].get<std::string>()).value()))
        if (noticed.kind == heard::word)
          heard_words += (heard_words.empty() ? "" : " ") + noticed.text;
      last_item = event["item_id"];
    } else if (type == "response.output_audio_transcript.done") {
      transcript = event["transcript"];
    } else if (type == "response.function_call_arguments.done") {
      call = event;
    }
  }

  boost::asio::io_context io_;
  websocket::stream<tcp::socket> socket_;
  listener ear_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// A session whose disclosure was heard.
void open(client& session) {
  session.wait("session.created");
  session.send(update(script));
  session.wait("session.updated");
  session.answer();
}

} // namespace

TEST_CASE("no session without a bearer token, nor in the beta's form", "[practice]") {
  const auto [header, status]
    = GENERATE(table<std::string, std::string>({{"X-Nothing: here", "401"},
                                                {"Authorization: Basic abc", "401"},
                                                {"Authorization: Bearer sk\r\nOpenAI-Beta: realtime=v1", "400"}}));
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
