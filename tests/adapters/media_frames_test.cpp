// Goal: the two wire protocols are read tolerantly and written exactly.
// Method: the vendors' own examples, variations of them, and the vendor's
// schema for everything that we send.
#include "adapters/media/carrier_frames.hpp"
#include "adapters/media/realtime_events.hpp"
#include "tests/support/realtime_schema.hpp"

#include <catch2/catch.hpp>

namespace media_frames_test {

using namespace parley;
using namespace parley::media;
using namespace std::chrono_literals;
using media::carrier_event; // parley has one of its own
using nlohmann::json;
using carrier = carrier_event;
using model = model_event;

namespace {

struct read_carrier {
  explicit read_carrier(std::string_view text) : frame{text}, sound{parse_carrier_event(frame, event)} {}
  padded_frame frame;
  carrier_event event;
  bool sound;
};

struct read_model {
  explicit read_model(std::string_view text) : frame{text}, sound{parse_model_event(frame, event)} {}
  padded_frame frame;
  model_event event;
  bool sound;
};

std::vector<json> all(const frame_list& frames) {
  std::vector<json> out;
  for (size_t i = 0; i < frames.size(); ++i)
    out.push_back(json::parse(frames[i]));
  return out;
}

} // namespace

TEST_CASE("base64 is measured without decoding", "[media]") {
  CHECK(base64_size("") == 0u);
  CHECK(base64_size("/////w==") == 4u);
  CHECK(base64_size("////////") == 6u);
  CHECK(base64_size("AAA=") == 2u);
  CHECK_FALSE(base64_size("AAA"));
  CHECK_FALSE(base64_size("A==="));
  CHECK_FALSE(base64_size("AA=A"));
  CHECK_FALSE(base64_size("AA\"}"));
  CHECK_FALSE(base64_size("AA-_"));
}

TEST_CASE("a list of frames keeps their bounds and its memory", "[media]") {
  frame_list frames;
  frames.add("one");
  frames.buffer() += "tw";
  frames.buffer() += "o";
  frames.end_frame();
  REQUIRE(frames.size() == 2);
  CHECK(frames[0] == "one");
  CHECK(frames[1] == "two");
  CHECK(frames.bytes() == 6);
  frames.clear();
  CHECK(frames.empty());
}

TEST_CASE("carrier: start names stream, call, nonce and format", "[media]") {
  const read_carrier x{
    R"({"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{"call":"c-42","nonce":"s3cret","tenant":"acme & co"}},"streamSid":"MZ1"})"};
  REQUIRE(x.sound);
  CHECK(x.event.kind == carrier::start);
  CHECK(x.event.stream_sid == "MZ1");
  CHECK(x.event.call == "c-42");
  CHECK(x.event.nonce == "s3cret");
  CHECK_FALSE(x.event.generation);
  CHECK(x.event.is_mulaw_8k_mono());
}

TEST_CASE("carrier: another audio format is recognised", "[media]") {
  const read_carrier x{
    R"({"event":"start","start":{"streamSid":"MZ1","mediaFormat":{"encoding":"audio/x-l16","sampleRate":"16000","channels":"1"},"customParameters":{"generation":"7"}}})"};
  REQUIRE(x.sound);
  CHECK_FALSE(x.event.is_mulaw_8k_mono());
  CHECK(x.event.sample_rate == 16000);
  CHECK(x.event.generation == 7);
}

TEST_CASE("carrier: numbers may be numbers or strings, keys in any order", "[media]") {
  const auto text = GENERATE(
    R"({"event":"media","sequenceNumber":"3","media":{"track":"inbound","chunk":"2","timestamp":"1240","payload":"/////w=="},"streamSid":"MZ1"})",
    R"({"streamSid":"MZ1","media":{"payload":"/////w==","timestamp":1240,"chunk":2},"sequenceNumber":3,"new":{"key":[1,{"a":null}]},"event":"media"})",
    R"( {"media":{"payload":"\/\/\/\/\/w==","timestamp":1240.0},"event":"media","streamSid":"MZ1"} )");
  const read_carrier x{text};
  REQUIRE(x.sound);
  CHECK(x.event.kind == carrier::media);
  CHECK(x.event.payload == "/////w==");
  CHECK(x.event.payload_bytes == 4);
  CHECK(x.event.at_ms == 1240);
  CHECK(x.event.inbound);
}

TEST_CASE("carrier: the agent's own track is told apart", "[media]") {
  const read_carrier x{R"({"event":"media","media":{"track":"outbound","payload":"AAAA"}})"};
  REQUIRE(x.sound);
  CHECK_FALSE(x.event.inbound);
  CHECK_FALSE(x.event.at_ms);
}

TEST_CASE("carrier: keys, marks and the end", "[media]") {
  const read_carrier dtmf{R"({"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"#"}})"};
  REQUIRE(dtmf.sound);
  CHECK(dtmf.event.kind == carrier::dtmf);
  CHECK(dtmf.event.name == "#");
  const read_carrier mark{R"({"event":"mark","streamSid":"MZ1","mark":{"name":"17"}})"};
  REQUIRE(mark.sound);
  CHECK(mark.event.kind == carrier::mark);
  CHECK(mark.event.name == "17");
  CHECK(read_carrier{R"({"event":"stop","stop":{}})"}.event.kind == carrier::stop);
  CHECK(read_carrier{R"({"event":"connected","protocol":"Call"})"}.event.kind == carrier::connected);
  const read_carrier unknown{R"({"event":"weather","weather":"fine"})"};
  CHECK(unknown.sound);
  CHECK(unknown.event.kind == carrier::other);
}

TEST_CASE("carrier: garbage is refused", "[media]") {
  const auto text
    = GENERATE("", "null", "[]", "42", "\"text\"", "{", "{}", R"({"event":7})", R"({"no":"event"})",
               R"({"event":"media"})", R"({"event":"media","media":"AAAA"})",
               R"({"event":"media","media":{"payload":"AAA"}})", R"({"event":"media","media":{"payload":"AA\"A"}})",
               R"({"event":"media","media":{"payload":"AAAA"})",
               R"({"event":"media","media":{"payload":"AAAA"}} {"event":"stop"})", R"({"event":"mark","mark":{}})",
               R"({"event":"dtmf","dtmf":{"digit":5}})", R"({"event":"start","start":{}})", "{\"event\":\"\xff\xfe\"}",
               "GET / HTTP/1.1");
  INFO(text);
  CHECK_FALSE(read_carrier{text}.sound);
}

TEST_CASE("carrier: audio is spliced, names are escaped", "[media]") {
  const carrier_writer writer{"MZ\"1"};
  frame_list frames;
  writer.media(frames, "/////w==");
  writer.mark(frames, 12345678901234567890ULL);
  writer.clear(frames);
  const auto sent = all(frames);
  REQUIRE(sent.size() == 3);
  CHECK(sent[0] == json::parse(R"({"event":"media","streamSid":"MZ\"1","media":{"payload":"/////w=="}})"));
  CHECK(sent[1] == json::parse(R"({"event":"mark","streamSid":"MZ\"1","mark":{"name":"12345678901234567890"}})"));
  CHECK(sent[2] == json::parse(R"({"event":"clear","streamSid":"MZ\"1"})"));
}

TEST_CASE("model: audio by its GA and its beta name", "[media]") {
  const std::string type = GENERATE("response.output_audio.delta", "response.audio.delta");
  const read_model x{
    R"({"event_id":"e","type":")" + type
    + R"(","response_id":"resp_1","item_id":"msg_8","output_index":0,"content_index":1,"delta":"/////w=="})"};
  REQUIRE(x.sound);
  CHECK(x.event.kind == model::audio_delta);
  CHECK(x.event.response == "resp_1");
  CHECK(x.event.item == "msg_8");
  CHECK(x.event.content_index == 1);
  CHECK(x.event.payload == "/////w==");
  CHECK(x.event.payload_bytes == 4);
}

TEST_CASE("model: words, tools and errors", "[media]") {
  const read_model words{
    R"({"type":"response.audio_transcript.done","response_id":"r","item_id":"m","transcript":"Hello, \u201cyou\u201d"})"};
  REQUIRE(words.sound);
  CHECK(words.event.kind == model::text_done);
  CHECK(words.event.text == "Hello, “you”");

  const read_model tool{
    R"({"event_id":"event_21","type":"response.function_call_arguments.done","response_id":"resp_002","item_id":"fc_001","output_index":0,"call_id":"call_001","name":"book_meeting","arguments":"{\"start\":1}"})"};
  REQUIRE(tool.sound);
  CHECK(tool.event.kind == model::arguments_done);
  CHECK(tool.event.tool_call == "call_001");
  CHECK(tool.event.name == "book_meeting");
  CHECK(tool.event.text == "{\"start\":1}");

  const read_model item{
    R"({"type":"response.output_item.added","response_id":"r","output_index":0,"item":{"id":"fc_1","type":"function_call","name":"end_call","call_id":"call_7","arguments":""}})"};
  REQUIRE(item.sound);
  CHECK(item.event.kind == model::item_added);
  CHECK(item.event.item == "fc_1");
  CHECK(item.event.item_type == "function_call");
  CHECK(item.event.name == "end_call");

  const read_model failed{
    R"({"type":"error","event_id":"event_9","error":{"type":"invalid_request_error","code":"invalid_event","message":"The 'type' field is missing.","param":null,"event_id":"response-3"}})"};
  REQUIRE(failed.sound);
  CHECK(failed.event.kind == model::error);
  CHECK(failed.event.code == "invalid_event");
  CHECK(failed.event.event_id == "response-3");

  const read_model speech{
    R"({"type":"input_audio_buffer.speech_started","event_id":"e","audio_start_ms":1500,"item_id":"item_4"})"};
  REQUIRE(speech.sound);
  CHECK(speech.event.at_ms == 1500);
  CHECK(speech.event.item == "item_4");
}

TEST_CASE("model: a finished response tells why, and its tools", "[media]") {
  const read_model done{
    R"({"type":"response.done","response":{"id":"resp_2","object":"realtime.response","status":"completed","status_details":null,"output":[{"id":"m","type":"message","content":[{"type":"output_audio","transcript":"x"}]},{"id":"fc_1","type":"function_call","status":"completed","name":"book","call_id":"call_1","arguments":"{}"}],"usage":{"total_tokens":253}}})"};
  REQUIRE(done.sound);
  CHECK(done.event.response == "resp_2");
  CHECK(done.event.status == "completed");
  REQUIRE(done.event.tools.size() == 1);
  CHECK(done.event.tools[0].name == "book");
  CHECK(done.event.tools[0].tool_call == "call_1");
  CHECK(done.event.tools[0].completed);

  const read_model failed{
    R"({"type":"response.done","response":{"id":"r","status":"failed","status_details":{"type":"failed","error":{"type":"server_error","code":"server_overloaded"}},"output":[]}})"};
  REQUIRE(failed.sound);
  CHECK(failed.event.status == "failed");
  CHECK(failed.event.code == "server_overloaded");
}

TEST_CASE("model: rubbish is refused", "[media]") {
  const auto text = GENERATE("", "pong", "[]", "{", R"({"type":5})", R"({"event_id":"e"})",
                             R"({"type":"response.output_audio.delta","item_id":"m"})",
                             R"({"type":"response.output_audio.delta","delta":"AAAA"})",
                             R"({"type":"response.output_audio.delta","item_id":"m","delta":"no base64!"})",
                             R"({"type":"response.done"})", R"({"type":"response.created","response":null})",
                             R"({"type":"response.function_call_arguments.done","arguments":"{}"})",
                             R"({"type":"session.updated","session":{)");
  INFO(text);
  CHECK_FALSE(read_model{text}.sound);
}

TEST_CASE("model: absurdly long ids and names of tools are refused", "[media]") {
  const auto* place = GENERATE("/item_id", "/response_id", "/response/output/0/call_id", "/item/name");
  const size_t length = GENERATE(256, 257);
  json event{{"type", "response.done"}, {"response", {{"id", "r"}, {"output", {{{"type", "function_call"}}}}}}};
  event[json::json_pointer{place}] = std::string(length, 'x');
  CHECK(read_model{event.dump()}.sound == (length == 256));
}

TEST_CASE("model: every event that we send is valid", "[media]") {
  media_settings settings;
  settings.turn_detection = GENERATE("server_vad", "semantic_vad");
  settings.noise_reduction = GENERATE("near_field", "none");
  open_voice_session session;
  session.instructions = "You call on behalf of Acme.\n\"Be brief\" — \xff broken";
  session.voice = "cedar";
  session.language = "en";
  session.tools = {{"book_meeting", "Books.", R"({"type":"object","properties":{"datetime":{"type":"string"}}})"},
                   {"broken", "Has no schema.", "{"}};
  frame_list frames;
  client::session_update(frames, settings, session);
  client::instructions_update(frames, "Now close.");
  client::append_audio(frames, "/////w==");
  client::commit_audio(frames);
  client::create_response(frames, "response-1");
  client::system_message(frames, "Say goodbye.");
  client::cancel_response(frames, "resp_1");
  client::cancel_response(frames, "");
  client::truncate_item(frames, "item_2", 0, 1500ms);
  client::tool_output(frames, "call_1", R"({"ok":true})");
  const auto sent = all(frames);
  REQUIRE(sent.size() == 10);
  for (const auto& event : sent) {
    INFO(event.dump());
    const auto problems = test::realtime_problems(event, "client");
    INFO((problems.empty() ? "" : problems.front()));
    CHECK(problems.empty());
  }
  const auto& audio = sent[0]["session"]["audio"];
  CHECK(audio["input"]["format"]["type"] == "audio/pcmu");
  CHECK(audio["output"]["format"]["type"] == "audio/pcmu");
  CHECK(audio["output"]["voice"] == "cedar");
  CHECK(audio["input"]["transcription"]["language"] == "en");
  CHECK(audio["input"]["turn_detection"]["create_response"] == true);
  CHECK(sent[0]["session"]["tools"].size() == 2);
  CHECK(sent[2]["audio"] == "/////w==");
  CHECK(sent[8]["audio_end_ms"] == 1500);
}

TEST_CASE("model: every event that we send is valid for the beta, too", "[media]") {
  media_settings settings;
  settings.api = "beta";
  settings.turn_detection = GENERATE("server_vad", "semantic_vad");
  settings.noise_reduction = GENERATE("near_field", "none");
  open_voice_session session;
  session.instructions = "Be brief.";
  session.language = "en";
  session.tools = {{"book_meeting", "Books.", R"({"type":"object"})"}};
  frame_list frames;
  client::session_update(frames, settings, session);
  client::instructions_update(frames, "Now close.", true);
  client::append_audio(frames, "/////w==");
  client::commit_audio(frames);
  client::create_response(frames, "response-1");
  client::system_message(frames, "Say goodbye.");
  client::cancel_response(frames, "resp_1");
  client::truncate_item(frames, "item_2", 0, 1500ms);
  client::tool_output(frames, "call_1", R"({"ok":true})");
  const auto sent = all(frames);
  REQUIRE(sent.size() == 9);
  for (const auto& event : sent) {
    INFO(event.dump());
    const auto problems = test::realtime_problems(event, "client", "beta");
    INFO((problems.empty() ? "" : problems.front()));
    CHECK(problems.empty());
  }
  const auto& flat = sent[0]["session"];
  CHECK(flat["input_audio_format"] == "g711_ulaw");
  CHECK(flat["output_audio_format"] == "g711_ulaw");
  CHECK(flat["voice"] == settings.voice);
  CHECK(flat["input_audio_transcription"]["language"] == "en");
  CHECK(flat["turn_detection"]["interrupt_response"] == true);
  CHECK(flat["tools"].size() == 1);
  for (const auto* name : {"type", "audio", "output_modalities", "max_output_tokens"}) { // of the other shape
    CHECK_FALSE(flat.contains(name));
    CHECK_FALSE(sent[1]["session"].contains(name));
  }
}

TEST_CASE("the schema check does find mistakes", "[media]") {
  CHECK_FALSE(test::realtime_problems({{"type", "response.make"}}, "client").empty());
  CHECK_FALSE(test::realtime_problems({{"type", "input_audio_buffer.append"}}, "client").empty());
  CHECK_FALSE(
    test::realtime_problems(
      {{"type", "conversation.item.truncate"}, {"item_id", "x"}, {"content_index", 0}, {"audio_end_ms", "1"}}, "client")
      .empty());
  CHECK_FALSE(test::realtime_problems({{"type", "session.update"},
                                       {"session", {{"type", "realtime"}, {"output_modalities", {"smell"}}}}},
                                      "client")
                .empty());
}

TEST_CASE("the model's address follows from the base URL", "[media]") {
  const auto a = realtime_address_of("https://api.openai.com/v1", "gpt-realtime");
  REQUIRE(a);
  CHECK(a->tls);
  CHECK(a->host == "api.openai.com");
  CHECK(a->port == "443");
  CHECK(a->target == "/v1/realtime?model=gpt-realtime");
  const auto b = realtime_address_of("ws://127.0.0.1:4712/v1/realtime", "a b");
  REQUIRE(b);
  CHECK_FALSE(b->tls);
  CHECK(b->port == "4712");
  CHECK(b->target == "/v1/realtime?model=a%20b");
  const auto c = realtime_address_of("http://[::1]:80", "m");
  REQUIRE(c);
  CHECK(c->host == "::1");
  CHECK(c->port == "80");
  CHECK(c->target == "/v1/realtime?model=m");
  CHECK_FALSE(realtime_address_of("ftp://x", "m"));
  CHECK_FALSE(realtime_address_of("api.openai.com", "m"));
  CHECK_FALSE(realtime_address_of("wss://", "m"));
}

} // namespace media_frames_test
