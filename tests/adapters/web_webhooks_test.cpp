// Goal: what the carrier tells is stored before it is acknowledged, and only
// the carrier is listened to. Method: a real server, signed requests over
// loopback, actors that play journal and inbox.
#include "runtime/nonce.hpp"
#include "tests/support/web_fixture.hpp"

#include <boost/beast.hpp>
#include <catch2/catch.hpp>

namespace web_webhooks_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::web_fixture;

TEST_CASE_METHOD(web_fixture, "a signed status callback is stored, acknowledged and told", "[web]") {
  start();
  const auto asked = signed_post("/voice/status" + at_call, completed());
  CHECK(send(asked).status == 204);
  const auto stored = shared->recorded.all(); // the answer comes after the store
  REQUIRE(stored.size() == 1);
  CHECK(stored[0].event.call == call);
  CHECK(stored[0].event.sid == "CA1");
  CHECK(stored[0].event.sequence == 3);
  CHECK(stored[0].event.at == clock.now());
  CHECK(std::get<call_status_event>(stored[0].event.what).status == carrier_status::completed);
  CHECK(stored[0].raw == asked.body);
  const auto told = shared->told.wait_for(1);
  REQUIRE(told.size() == 1);
  CHECK(told[0].sid == "CA1");
}

TEST_CASE_METHOD(web_fixture, "a signed AMD callback is stored and told", "[web]") {
  start();
  CHECK(send(signed_post("/voice/amd" + at_call, {{"CallSid", "CA1"}, {"AnsweredBy", "machine_start"}})).status == 204);
  const auto told = shared->told.wait_for(1);
  REQUIRE(told.size() == 1);
  CHECK(std::get<machine_detection_event>(told[0].what).who == answered_by::machine_start);
}

TEST_CASE_METHOD(web_fixture, "an event that cannot be stored is not acknowledged and not told", "[web]") {
  settings.journal_timeout = 200ms;
  shared->journal = GENERATE(journal_mood::failing, journal_mood::silent);
  start();
  CHECK(send(signed_post("/voice/status" + at_call, completed())).status == 503);
  shared->journal = journal_mood::well;
  auto next = completed();
  next[0].second = "CA2";
  CHECK(send(signed_post("/voice/status" + at_call, next)).status == 204);
  const auto told = shared->told.wait_for(1);
  REQUIRE(told.size() == 1);
  CHECK(told[0].sid == "CA2");
}

TEST_CASE_METHOD(web_fixture, "nobody but the carrier is listened to", "[web]") {
  start();
  auto asked = signed_post("/voice/status" + at_call, completed());
  SECTION("no signature") {
    asked.headers.pop_back();
  }
  SECTION("empty signature") {
    asked.headers.back().second = "";
  }
  SECTION("changed body") {
    asked.body += "&Extra=1";
  }
  SECTION("changed address") {
    asked.url += "&x=1";
  }
  SECTION("signed with another token") {
    asked.headers.back().second = twilio::signature("other", public_url + "/voice/status" + at_call, completed());
  }
  SECTION("signed over the address of the socket instead of the public one") {
    asked.headers.back().second = twilio::signature(token, webhook("/voice/status" + at_call), completed());
  }
  CHECK(send(asked).status == 403);
  CHECK(shared->recorded.all().empty());
  CHECK(metrics.exposition().find("parley_webhooks_refused_total{reason=\"signature does not fit\"} 1")
        != std::string::npos);
}

TEST_CASE_METHOD(web_fixture, "the second token is accepted while tokens are rotated", "[web]") {
  carrier.auth_token = "the new one";
  carrier.auth_token_next = token;
  start();
  CHECK(send(signed_post("/voice/status" + at_call, completed())).status == 204);
}

TEST_CASE_METHOD(web_fixture, "garbage from the carrier is refused", "[web]") {
  start();
  const auto status_of
    = [this](const std::string& target, const http_fields& form) { return send(signed_post(target, form)).status; };
  CHECK(status_of("/voice/status", completed()) == 400);
  CHECK(status_of("/voice/status?call=42", completed()) == 400);
  CHECK(status_of("/voice/status?call=%zz", completed()) == 400);
  CHECK(status_of("/voice/status" + at_call, {}) == 400);
  CHECK(status_of("/voice/status" + at_call, {{"CallSid", "CA1"}, {"CallStatus", "busy"}, {"SequenceNumber", "x"}})
        == 400);
  CHECK(status_of("/voice/amd" + at_call, completed()) == 400);
  CHECK(status_of("/voice/resume" + at_call, {}) == 400);
  CHECK(status_of("/voice/unknown" + at_call, completed()) == 404);
  CHECK(status_of("/", completed()) == 404);
  CHECK(send(signed_get("/voice/status" + at_call)).status == 405);
  auto broken = signed_post("/voice/status" + at_call, completed());
  broken.body = "CallSid=%2";
  CHECK(send(broken).status == 400);
  auto json = signed_post("/voice/status" + at_call, completed());
  json.headers.front().second = "application/json";
  CHECK(send(json).status == 400);
  auto put = signed_post("/voice/twiml" + at_call, completed());
  put.method = "PUT";
  CHECK(send(put).status == 405);
  CHECK(shared->recorded.all().empty());
}

TEST_CASE_METHOD(web_fixture, "an answered call is told to join the media bridge with its nonce", "[web]") {
  start();
  const auto posted = send(signed_post("/voice/twiml" + at_call, {{"CallSid", "CA1"}}));
  CHECK(posted.status == 200);
  CHECK(posted.header("content-type") == "text/xml; charset=utf-8");
  CHECK(posted.body.find("<Stream url=\"wss://voice.example.com/voice/stream\">") != std::string::npos);
  const auto nonce_in = [](const std::string& body) {
    const std::string before = "name=\"nonce\" value=\"";
    const auto begin = body.find(before);
    REQUIRE(begin != std::string::npos);
    const auto value = body.substr(begin + before.size());
    return value.substr(0, value.find('"'));
  };
  const auto first = nonce_in(posted.body);
  CHECK(is_stream_nonce(stream_key("secret", call), first));
  // Fetched again it says the same, but for a nonce of its own.
  auto got = send(signed_get("/voice/twiml" + at_call)).body;
  const auto second = nonce_in(got);
  CHECK(is_stream_nonce(stream_key("secret", call), second));
  CHECK(second != first);
  got.replace(got.find(second), second.size(), first);
  CHECK(got == posted.body);
  auto unsigned_get = signed_get("/voice/twiml" + at_call);
  unsigned_get.headers.clear();
  CHECK(send(unsigned_get).status == 403);
}

TEST_CASE_METHOD(web_fixture, "a call whose stream broke waits until its owner is ready", "[web]") {
  std::atomic<bool> ready = false;
  ports.media_ready = [&](const call_id& x) { return ready && x == call; };
  start();
  const auto resume = [this](int round) {
    return send(signed_post("/voice/resume" + at_call + "&round=" + std::to_string(round), {{"CallSid", "CA1"}})).body;
  };
  CHECK(resume(1).find("&amp;round=2</Redirect>") != std::string::npos);
  CHECK(resume(1).find("<Stream") == std::string::npos);
  const auto told = shared->told.wait_for(1);
  REQUIRE_FALSE(told.empty());
  CHECK(std::get<resume_requested_event>(told[0].what).round == 1);
  ready = true;
  const auto joined = resume(2);
  CHECK(joined.find("<Stream") != std::string::npos);
  CHECK(joined.find("&amp;round=3</Redirect>") != std::string::npos);
  CHECK(resume(10).find("<Hangup/>") != std::string::npos); // bounded, ready or not
}

TEST_CASE_METHOD(web_fixture, "a waiting call is held when the journal is away, within bounds", "[web]") {
  settings.journal_timeout = 200ms;
  shared->journal = journal_mood::failing;
  start();
  const auto answer = send(signed_get("/voice/resume" + at_call + "&round=4&CallSid=CA1"));
  CHECK(answer.status == 200);
  CHECK(answer.body.find("&amp;round=5</Redirect>") != std::string::npos);
  CHECK(send(signed_get("/voice/resume" + at_call + "&round=10&CallSid=CA1")).body.find("<Hangup/>")
        != std::string::npos);
}

TEST_CASE_METHOD(web_fixture, "a call that is over is ended when it asks to resume", "[web]") {
  carrier_event over;
  over.call = call;
  call_status_event what;
  what.status = GENERATE(carrier_status::completed, carrier_status::failed, carrier_status::in_progress);
  over.what = what;
  shared->inbox = {over};
  start();
  const auto body = send(signed_post("/voice/resume" + at_call + "&round=1", {{"CallSid", "CA1"}})).body;
  CHECK((body.find("<Hangup/>") != std::string::npos) == is_final(what.status));
}

namespace {

/// Asks for a WebSocket as the carrier does. Tells the status, and what came in
/// the first frame if it was granted.
std::pair<int, std::string> open_stream(uint16_t port, const std::string& target, const std::string& signature) {
  namespace net = boost::asio;
  namespace http = boost::beast::http;
  net::io_context io;
  net::ip::tcp::socket socket{io};
  socket.connect({net::ip::address_v4::loopback(), port});
  http::request<http::empty_body> asked{http::verb::get, target, 11};
  asked.set(http::field::host, "voice.example.com");
  asked.set(http::field::upgrade, "websocket");
  asked.set(http::field::connection, "Upgrade");
  asked.set(http::field::sec_websocket_version, "13");
  asked.set(http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  asked.set("X-Twilio-Signature", signature);
  http::write(socket, asked);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  http::read_header(socket, buffer, parser);
  if (parser.get().result() != http::status::switching_protocols)
    return {parser.get().result_int(), ""};
  std::string frame = boost::beast::buffers_to_string(buffer.data());
  net::read(socket, net::dynamic_buffer(frame), net::transfer_exactly(7 - frame.size()));
  return {101, frame};
}

} // namespace

TEST_CASE_METHOD(web_fixture, "a signed media socket is handed over with its request", "[web]") {
  test::collected<std::string> targets;
  ports.media = [&](boost::beast::tcp_stream stream, web::request asked) {
    targets.add(std::string{asked.target().data(), asked.target().size()});
    boost::beast::websocket::stream<boost::beast::tcp_stream> ws{std::move(stream)};
    ws.accept(asked);
    ws.text(true);
    ws.write(boost::asio::buffer("hello", 5));
  };
  start();
  const auto good = twilio::signature(token, "wss://voice.example.com/voice/stream", {});
  const auto [status, frame] = open_stream(server->webhook_port(), "/voice/stream", good);
  CHECK(status == 101);
  CHECK(frame == "\x81\x05hello"); // one unmasked text frame
  CHECK(targets.all() == std::vector<std::string>{"/voice/stream"});
  const auto refused = [this](const std::string& target, const std::string& signature) {
    return open_stream(server->webhook_port(), target, signature).first;
  };
  CHECK(refused("/voice/stream", "forged") == 403);
  CHECK(refused("/voice/stream", twilio::signature(token, "https://voice.example.com/voice/stream", {})) == 403);
  CHECK(refused("/voice/stream?x=1", good) == 403);
  CHECK(refused("/voice/other", good) == 404);
  CHECK(targets.all().size() == 1);
}

TEST_CASE_METHOD(web_fixture, "a media socket without a bridge is refused", "[web]") {
  start();
  const auto good = twilio::signature(token, "wss://voice.example.com/voice/stream", {});
  CHECK(open_stream(server->webhook_port(), "/voice/stream", good).first == 503);
}

TEST_CASE_METHOD(web_fixture, "a signed recording callback is stored and told", "[web]") {
  start();
  const http_fields form{
    {"CallSid", "CA1"}, {"RecordingSid", "RE1"}, {"RecordingStatus", "completed"}, {"RecordingDuration", "28"}};
  CHECK(send(signed_post("/voice/recording" + at_call, form)).status == 204);
  const auto told = shared->told.wait_for(1);
  REQUIRE(told.size() == 1);
  CHECK(std::get<recording_event>(told[0].what).recording_sid == "RE1");
  CHECK(shared->recorded.all().size() == 1);
  auto forged = signed_post("/voice/recording" + at_call, form);
  forged.headers.back().second = "x";
  CHECK(send(forged).status == 403);
  CHECK(send(signed_post("/voice/recording" + at_call, {{"CallSid", "CA1"}})).status == 400);
  CHECK(send(signed_get("/voice/recording" + at_call)).status == 405);
}

TEST_CASE_METHOD(web_fixture, "whoever picks up a hand-over is asked whether they take it", "[web]") {
  // The node has just started: nobody owns the call yet, and the journal is away.
  settings.journal_timeout = 500ms;
  shared->journal = journal_mood::failing;
  start();
  const http_fields leg{{"CallSid", "CA2"}, {"ParentCallSid", "CA1"}, {"CallStatus", "in-progress"}};
  const auto pressed = [&](const std::string& key) {
    auto form = leg;
    if (!key.empty())
      form.emplace_back("Digits", key);
    return signed_post("/voice/handover/key" + at_call, form);
  };
  SECTION("asked") {
    const auto answer = send(signed_post("/voice/handover" + at_call, leg));
    CHECK(answer.status == 200);
    CHECK(answer.body.find(public_url + "/voice/handover/key" + at_call) != std::string::npos);
    CHECK(answer.body.find("Press 1") != std::string::npos);
    CHECK(answer.body.find("</Gather><Hangup/>") != std::string::npos);
  }
  SECTION("they press 1 and are connected") {
    const auto answer = send(pressed("1"));
    CHECK(answer.status == 200);
    CHECK(answer.body.find("<Response></Response>") != std::string::npos);
  }
  SECTION("any other key, or none, hangs up") {
    for (const auto* key : {"", "2", "9", "11"})
      CHECK(send(pressed(key)).body.find("<Hangup/>") != std::string::npos);
  }
  SECTION("nobody but the carrier connects anybody") {
    auto forged = pressed("1");
    forged.headers.back().second = "x";
    CHECK(send(forged).status == 403);
    forged = signed_post("/voice/handover" + at_call, leg);
    forged.headers.pop_back();
    CHECK(send(forged).status == 403);
  }
  SECTION("of no call, or by another method") {
    CHECK(send(signed_post("/voice/handover", leg)).status == 400);
    CHECK(send(signed_get("/voice/handover" + at_call)).status == 405);
    CHECK(send(signed_get("/voice/handover/key" + at_call)).status == 405);
    CHECK(send(signed_post("/voice/handover/other" + at_call, leg)).status == 404);
  }
  CHECK(shared->recorded.all().empty());
}

TEST_CASE_METHOD(web_fixture, "what follows a hand-over depends on whether somebody took it", "[web]") {
  settings.journal_timeout = 500ms;
  start();
  const auto target = "/voice/transferred" + at_call + "&apology=Nobody%20is%20here.%20%3CGoodbye%3E&language=en-US";
  int legs = 1; // each hand-over is a call of its own
  const auto after = [&](const char* status, const char* bridged = "false") {
    return send(signed_post(target, {{"CallSid", "CA1"},
                                     {"DialCallStatus", status},
                                     {"DialCallSid", "CA" + std::to_string(++legs)},
                                     {"DialBridged", bridged}}));
  };
  SECTION("taken") {
    const auto answer = after("completed", "true");
    CHECK(answer.status == 200);
    CHECK(answer.body.find("<Say") == std::string::npos);
    CHECK(answer.body.find("<Hangup/>") != std::string::npos);
    const auto told = shared->told.wait_for(1);
    REQUIRE(told.size() == 1);
    CHECK(std::get<transfer_ended_event>(told[0].what).connected);
  }
  SECTION("not taken") {
    for (const auto* status : {"busy", "no-answer", "failed", "canceled"}) {
      const auto answer = after(status);
      CHECK(answer.body.find("<Say language=\"en-US\">Nobody is here. &lt;Goodbye&gt;</Say><Hangup/>")
            != std::string::npos);
    }
    CHECK_FALSE(std::get<transfer_ended_event>(shared->told.wait_for(4).at(3).what).connected);
  }
  SECTION("a mailbox picked up, which did not take it") {
    CHECK(after("completed").body.find("Nobody is here.") != std::string::npos);
    const auto told = shared->told.wait_for(1);
    REQUIRE(told.size() == 1);
    CHECK_FALSE(std::get<transfer_ended_event>(told[0].what).connected);
  }
  SECTION("the journal is away: the person is told all the same") {
    shared->journal = journal_mood::failing;
    CHECK(after("busy").body.find("Nobody is here.") != std::string::npos);
  }
  SECTION("nobody else's words are spoken") {
    auto forged = signed_post(target, {{"CallSid", "CA1"}, {"DialCallStatus", "busy"}});
    forged.url.replace(forged.url.find("Nobody"), 6, "Anybody");
    CHECK(send(forged).status == 403);
  }
  SECTION("no status") {
    CHECK(send(signed_post(target, {{"CallSid", "CA1"}})).status == 400);
  }
}

} // namespace web_webhooks_test
