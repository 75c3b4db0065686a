#pragma once

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

/// A client of the practice voice model, and the model in a world of its own.
/// Every event from the server is checked against the vendor's schema.
namespace parley::sandbox::test {

using namespace std::chrono_literals;
using nlohmann::json;
namespace websocket = boost::beast::websocket;
using tcp = boost::asio::ip::tcp;

inline constexpr auto patience = 10s;

inline const std::string script = R"(# Company
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

inline const std::string booking = "# Stage\nName: booking\nGoal: Book.\nAsk about:\n- meeting time\n- e-mail\n";

inline json tools() {
  return json::parse(R"([
    {"type":"function","name":"check_calendar_availability","description":"","parameters":{"type":"object","properties":{"preferred_dates":{"type":"array","items":{"type":"string"}},"duration_minutes":{"type":"integer"}},"required":["preferred_dates","duration_minutes"]}},
    {"type":"function","name":"book_meeting","description":"","parameters":{"type":"object","properties":{"datetime":{"type":"string"},"prospect_email":{"type":"string"},"meeting_type":{"type":"string","enum":["video","phone"]}},"required":["datetime","prospect_email","meeting_type"]}},
    {"type":"function","name":"end_call","description":"","parameters":{"type":"object","properties":{"reason":{"type":"string","enum":["meeting_booked","done"]}},"required":["reason"]}}])");
}

inline json update(const std::string& instructions, json audio_input = json::object(), const json& offered = tools()) {
  audio_input["format"] = {{"type", "audio/pcmu"}};
  if (!audio_input.contains("transcription"))
    audio_input["transcription"] = {{"model", "gpt-4o-mini-transcribe"}};
  return {
    {"type", "session.update"},
    {"session",
     {{"type", "realtime"},
      {"instructions", instructions},
      {"tools", offered},
      {"audio", {{"input", audio_input}, {"output", {{"format", {{"type", "audio/pcmu"}}}, {"voice", "marin"}}}}}}}};
}

struct practice_model {
  explicit practice_model(double media_speed = 20, model_options options = {}, scenario script = {})
    : around{world_options{{}, media_speed, 1, ""}, std::move(script)}, server{start_model(around, 0, options)} {
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
  /// @param beta Speaks the API's older shape; its events are checked against
  ///   that schema.
  explicit client(uint16_t port, const std::string& target = "/v1/realtime?model=gpt-realtime", bool beta = false)
    : beta_{beta}, socket_{io_} {
    socket_.next_layer().connect(tcp::endpoint{boost::asio::ip::address_v4::loopback(), port});
    socket_.set_option(websocket::stream_base::decorator([beta](websocket::request_type& request) {
      request.set(boost::beast::http::field::authorization, "Bearer sk-practice");
      if (beta)
        request.set("OpenAI-Beta", "realtime=v1");
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
    CHECK(parley::test::realtime_problems(event, "server", beta_ ? "beta" : "ga").empty());
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
    } else if (type == "response.output_audio.delta" || type == "response.audio.delta") {
      for (const auto& noticed : ear_.feed(from_base64(event["delta"].get<std::string>()).value()))
        if (noticed.kind == heard::word)
          heard_words += (heard_words.empty() ? "" : " ") + noticed.text;
      last_item = event["item_id"];
    } else if (type == "response.output_audio_transcript.done" || type == "response.audio_transcript.done") {
      transcript = event["transcript"];
    } else if (type == "response.function_call_arguments.done") {
      call = event;
    }
  }

  bool beta_;
  boost::asio::io_context io_;
  websocket::stream<tcp::socket> socket_;
  listener ear_;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// A session whose disclosure was heard.
inline void open(client& session) {
  session.wait("session.created");
  session.send(update(script));
  session.wait("session.updated");
  session.answer();
}

} // namespace parley::sandbox::test
