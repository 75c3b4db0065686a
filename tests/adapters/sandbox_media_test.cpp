// Goal: audio and keys between the called person and Parley, over real media
// streams, in exact media time and at little cost.
#include "tests/adapters/sandbox_parley_double.hpp"
#include "tests/support/self_signed.hpp"

#include <boost/asio/ssl.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <catch2/catch.hpp>
#include <sys/resource.h>

namespace sandbox_media_test {

using namespace parley;
using namespace parley::sandbox;
using namespace parley::sandbox::test;
using namespace std::chrono_literals;

using texts = std::vector<std::string>;

namespace {

/// CPU time of this process: the sandbox and the double in Parley's place.
std::chrono::microseconds cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of
    = [](const timeval& x) { return std::chrono::seconds{x.tv_sec} + std::chrono::microseconds{x.tv_usec}; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

} // namespace

TEST_CASE("media streams carry words both ways, with marks, clear and keys", "[sandbox]") {
  practice p;
  std::atomic<int> media = 0;
  std::atomic<int64_t> last_timestamp = -20;
  std::atomic<bool> in_order = true;
  std::atomic<uint64_t> sequence = 0;
  p.node.twiml = [&](const fields&) { return p.node.connect_twiml("<Say>Sorry, we were cut off.</Say>"); };
  p.node.on_message = [&](agent_stream& stream, const json& message) {
    const std::string event = message["event"];
    if (event == "connected")
      return p.node.note("connected", message.dump());
    if (std::stoull(message["sequenceNumber"].get<std::string>()) != ++sequence || message["streamSid"] != stream.sid)
      in_order = false;
    if (event == "media") {
      const auto timestamp = std::stoll(message["media"]["timestamp"].get<std::string>());
      if (timestamp <= last_timestamp || timestamp % 20 != 0 || message["media"]["track"] != "inbound"
          || std::stoi(message["media"]["chunk"].get<std::string>()) != ++media)
        in_order = false;
      last_timestamp = timestamp;
    } else if (event == "start") {
      p.node.note("start", message["start"].dump());
      stream.mark("at once");
    } else {
      p.node.note(event, event == "mark" ? message["mark"]["name"].get<std::string>() : message.dump());
    }
  };
  p.node.on_heard = [&](agent_stream& stream, const heard& one) {
    if (one.kind != heard::speech_ended)
      return;
    p.node.note("heard", one.text);
    const auto turn = p.node.notes("heard").size();
    if (turn == 1) {
      // In odd pieces, as a voice model's audio comes.
      const auto audio = encode_utterance("Hello. Am I speaking with Dana Fuller?");
      stream.play(audio.substr(0, 1001));
      stream.play(audio.substr(1001));
      stream.mark("question");
    } else if (turn == 2) {
      stream.say("This is a very long sentence that nobody will ever hear to its end.");
      stream.mark("thrown away");
      stream.clear();
      stream.say("Do you have a budget for this?");
      stream.mark("second");
    } else if (turn == 3) {
      stream.close();
    }
  };
  const auto sid = p.call(p.form("+12125550100"));
  REQUIRE(p.node.wait_for("status", 4));
  const auto start = json::parse(p.node.notes("start").at(0));
  CHECK(start["callSid"] == sid);
  CHECK(start["accountSid"] == account);
  CHECK(start["customParameters"] == json{{"callId", "c-42"}, {"tenant", "acme & co"}});
  CHECK(start["mediaFormat"] == json{{"encoding", "audio/x-mulaw"}, {"sampleRate", 8000}, {"channels", 1}});
  CHECK(in_order);
  CHECK(p.node.bad_signatures == 0);
  // The person answers what they heard, by the name they were asked for.
  const auto heard = p.node.notes("heard");
  INFO(json(heard).dump());
  REQUIRE(heard.size() == 3);
  CHECK(heard[1].find("Dana") != std::string::npos);
  CHECK(heard[2].find("thousand dollars") != std::string::npos);
  CHECK(p.node.notes("mark") == texts{"at once", "question", "thrown away", "second"});
  CHECK(p.node.wait_for("stream-status", 2));
  CHECK(p.node.values("stream-status", "StreamEvent") == texts{"stream-started", "stream-stopped"});

  // The witness knows what both said; the dropped sentence was said by nobody.
  for (const auto& line : p.around->log().events())
    if (line["kind"] == "transcript") {
      const auto text = line.dump();
      CHECK(text.find("Am I speaking with Dana Fuller?") != std::string::npos);
      CHECK(text.find("very long sentence") == std::string::npos);
      CHECK(text.find("Sorry, we were cut off.") != std::string::npos);
      // The double speaks when it has heard the person's hello.
      CHECK(line["first_audio_ms"].get<int>() > 0);
      CHECK(line["first_audio_ms"].get<int>() < 5000);
    }
}

TEST_CASE("marks come back when their audio was really played", "[sandbox]") {
  practice p;
  const auto audio = encode_utterance("This takes a while to say, it has to be played in full.");
  std::chrono::steady_clock::time_point sent;
  std::promise<std::chrono::nanoseconds> played;
  p.node.on_message = [&](agent_stream& stream, const json& message) {
    if (message["event"] == "start") {
      sent = std::chrono::steady_clock::now();
      stream.play(audio);
      stream.mark("done");
    } else if (message["event"] == "mark") {
      played.set_value(std::chrono::steady_clock::now() - sent);
      stream.close();
    }
  };
  p.call(p.form("+12125550100"));
  auto result = played.get_future();
  REQUIRE(result.wait_for(10s) == std::future_status::ready);
  const auto wanted = p.around->real(play_time(audio.size()));
  const auto took = result.get();
  CHECK(took >= wanted - 5ms);
  CHECK(took < wanted + 150ms);
}

TEST_CASE("a closed stream goes on with the next verb, a redirect asks again", "[sandbox]") {
  practice p;
  p.node.twiml = [&, asked = 0](const fields&) mutable {
    return ++asked == 1 ? p.node.connect_twiml("<Redirect>/voice/twiml?again=1</Redirect>")
                        : std::string{"<Response><Hangup/></Response>"};
  };
  p.node.on_message = [&](agent_stream& stream, const json& message) {
    if (message["event"] == "start")
      stream.close();
  };
  p.call(p.form("+12125550100"));
  REQUIRE(p.node.wait_for("status", 4));
  REQUIRE(p.node.all("twiml").size() == 2);
  CHECK(p.node.all("twiml")[1].target == "/voice/twiml?again=1");
  CHECK(p.node.bad_signatures == 0);
  CHECK(p.around->log().report()["records"]["stream_cut"] == 1);
}

TEST_CASE("machine detection tells person from machine, now or at the beep", "[sandbox]") {
  practice p;
  auto form = p.form("+12125550107");
  form.emplace_back("AsyncAmd", "true");
  form.emplace_back("AsyncAmdStatusCallback", p.node.url("/voice/amd?call=1"));
  SECTION("a machine, as soon as known") {
    form.emplace_back("MachineDetection", "Enable");
    const auto sid = p.call(form);
    REQUIRE(p.node.wait_for("amd", 1));
    CHECK(p.node.all("amd")[0]["AnsweredBy"] == "machine_start");
    CHECK(p.fetch(sid)["answered_by"] == "machine_start");
  }
  SECTION("a machine, at the end of its greeting") {
    form.emplace_back("MachineDetection", "DetectMessageEnd");
    p.call(form);
    REQUIRE(p.node.wait_for("amd", 1));
    CHECK(p.node.all("amd")[0]["AnsweredBy"] == "machine_end_beep");
    CHECK(std::stoi(p.node.all("amd")[0]["MachineDetectionDuration"]) > 4000);
  }
  SECTION("a person") {
    form.emplace_back("MachineDetection", "Enable");
    form[0].second = "+12125550100";
    p.call(form);
    REQUIRE(p.node.wait_for("amd", 1));
    CHECK(p.node.all("amd")[0]["AnsweredBy"] == "human");
  }
  SECTION("synchronous: the instructions wait for it") {
    form.emplace_back("MachineDetection", "Enable");
    std::erase_if(form, [](const auto& x) { return x.first == "AsyncAmd"; });
    p.call(form);
    REQUIRE(p.node.wait_for("twiml", 1));
    CHECK(p.node.all("twiml")[0]["AnsweredBy"] == "machine_start");
    CHECK(p.node.all("amd").empty());
  }
  CHECK(p.node.bad_signatures == 0);
}

TEST_CASE("keys arrive as dtmf, and a person may hang up in mid-sentence", "[sandbox]") {
  practice p;
  p.node.on_message = [&](agent_stream& stream, const json& message) {
    if (message["event"] == "start")
      stream.say("Hello, this is Katie, an AI assistant. Press 9 to opt out. "
                 "Do you have a minute?");
    if (message["event"] == "dtmf")
      p.node.note("key", message["dtmf"].dump());
  };
  SECTION("a key") {
    p.call(p.form("+12125550105"));
    REQUIRE(p.node.wait([&] { return !p.node.notes("key").empty(); }));
    CHECK(json::parse(p.node.notes("key")[0]) == json{{"track", "inbound_track"}, {"digit", "9"}});
  }
  SECTION("hanging up") {
    p.node.on_heard = [&](agent_stream&, const heard& one) {
      if (one.kind == heard::word)
        p.node.note("word", one.text);
    };
    p.call(p.form("+12125550106"));
    REQUIRE(p.node.wait_for("status", 4));
    const auto words = p.node.notes("word");
    CHECK(words.size() > 2);
    CHECK(words.back() != "I"); // the last word of that sentence
  }
}

TEST_CASE("300 calls talk at once", "[sandbox]") {
  practice p{2}; // faster, and this test would measure the machine
  std::atomic<int> answered_by_word = 0;
  p.node.on_message = [&](agent_stream& stream, const json& message) {
    if (message["event"] == "start")
      stream.say("Hello, do you have a minute?");
  };
  p.node.on_heard = [&](agent_stream& stream, const heard& one) {
    if (one.kind != heard::speech_ended || !one.complete || one.text.find("ello") != std::string::npos)
      return;
    ++answered_by_word;
    stream.close();
  };
  for (int i = 0; i < 300; ++i) {
    const auto number = "+1212556" + std::to_string(1000 + i);
    REQUIRE(p.create(p.form(number, std::to_string(i))).status == 201);
  }
  CHECK(p.node.wait([&] { return answered_by_word == 300; }, 60s));
  CHECK(p.node.wait([&] { return p.around->log().report()["calls"]["ended"] == 300; }, 60s));
  CHECK(p.around->log().report()["double_dials"] == 0);
  CHECK(p.node.bad_signatures == 0);
}

TEST_CASE("twenty calls talk all the time at media speed 20", "[sandbox]") {
  practice p{20};
  std::atomic<int> streams = 0;
  std::atomic<int> turns = 0;
  const std::string words = "Teams like yours tell us about one thing, counting by hand, every single evening. Do you "
                            "have a budget set aside for this?";
  p.node.on_message = [&](agent_stream& stream, const json& message) {
    if (message["event"] != "start")
      return;
    ++streams;
    stream.say(words);
  };
  p.node.on_heard = [&](agent_stream& stream, const heard& one) {
    if (one.kind == heard::speech_ended) {
      ++turns;
      stream.say(words);
    }
  };
  for (int i = 0; i < 20; ++i)
    p.call(p.form("+1212556" + std::to_string(1000 + i), std::to_string(i)));
  REQUIRE(p.node.wait([&] { return streams == 20; }));
  const auto cpu = cpu_time();
  const auto begin = std::chrono::steady_clock::now();
  CHECK(p.node.wait([&] { return turns >= 100; }, 60s));
  const auto real = std::chrono::steady_clock::now() - begin;
  const auto share = std::chrono::duration<double>(cpu_time() - cpu) / real;
  WARN("both sides use " << share * 100 << " % of a core");
}

TEST_CASE("silence is sent in full at speed 1 and sparsely above", "[sandbox]") {
  const auto sparse = GENERATE(false, true);
  practice p{sparse ? 2.0 : 1.0, "ring_seconds_min = 0\nring_seconds_max = 0"};
  std::mutex mutex;
  std::vector<int64_t> timestamps;
  p.node.on_message = [&](agent_stream& stream, const json& message) {
    if (message["event"] != "media")
      return;
    std::lock_guard lock{mutex};
    timestamps.push_back(std::stoll(message["media"]["timestamp"].get<std::string>()));
    if (timestamps.back() >= 3500)
      stream.close();
  };
  p.call(p.form("+12125550100")); // says hello, then waits for a word
  REQUIRE(p.node.wait([&] {
    std::lock_guard lock{mutex};
    return !timestamps.empty() && timestamps.back() >= 3500;
  }));
  std::lock_guard lock{mutex};
  int64_t widest = 0;
  for (size_t i = 1; i < timestamps.size(); ++i)
    widest = std::max(widest, timestamps[i] - timestamps[i - 1]);
  CHECK(widest == (sparse ? 100 : 20));
}

TEST_CASE("webhooks and media streams also go over TLS", "[sandbox]") {
  parley::test::self_signed certificate;
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  const auto authority = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  std::thread server{[&] {
    beast::flat_buffer buffer;
    {
      beast::ssl_stream<beast::tcp_stream> stream{acceptor.accept(), certificate.context};
      stream.handshake(asio::ssl::stream_base::server);
      beast::http::request<beast::http::string_body> request;
      beast::http::read(stream, buffer, request);
      beast::http::response<beast::http::string_body> response{beast::http::status::ok, 11};
      response.body() = request.body() + "!";
      response.prepare_payload();
      beast::http::write(stream, response);
    }
    beast::websocket::stream<beast::ssl_stream<beast::tcp_stream>> socket{acceptor.accept(), certificate.context};
    socket.next_layer().handshake(asio::ssl::stream_base::server);
    socket.accept();
    buffer.clear();
    socket.read(buffer);
    socket.text(true);
    socket.write(buffer.data());
    socket.close(beast::websocket::close_code::normal);
  }};
  asio::io_context client;
  http_reply reply;
  http_outgoing request;
  request.url = "https://" + authority + "/hook";
  request.body = "hello";
  http_send(client.get_executor(), request, [&](http_reply answer) { reply = std::move(answer); });
  client.run();
  CHECK(reply.error.empty());
  CHECK(reply.body == "hello!");

  client.restart();
  texts seen;
  std::shared_ptr<media_socket> socket;
  media_socket::events on;
  on.opened = [&] { socket->send("to and fro"); };
  on.text = [&](std::string text) { seen.push_back(std::move(text)); };
  on.closed = [&](std::string why) { seen.push_back("closed" + why); };
  socket = media_socket::connect(client.get_executor(), *parse_url("wss://" + authority + "/media"), {}, std::move(on));
  client.run();
  CHECK(seen == texts{"to and fro", "closed"});
  server.join();
}

} // namespace sandbox_media_test
