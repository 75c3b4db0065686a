// Goal: the practice voice model waits for the "Hello?" as a caller does,
// fails as the scenario says, and no event of a client ends it. Method:
// a WebSocket client; every event is checked against the vendor's schema.
#include "tests/adapters/practice_realtime_client.hpp"

namespace practice_realtime_faults_test {

using namespace parley;
using namespace parley::sandbox;
using namespace parley::sandbox::test;

namespace {

scenario script_of(const std::string& faults) {
  return parse_scenario("[people.weights]\neager = 1\n[faults.model]\n" + faults, "test");
}

/// A session that has its instructions and said nothing yet.
void begin(client& session, const std::string& instructions = script) {
  session.wait("session.created");
  session.send(update(instructions));
  session.wait("session.updated");
}

json ask_for_response(client& session) {
  session.send({{"type", "response.create"}});
  return session.wait("response.done")["response"];
}

} // namespace

TEST_CASE("the person's hello comes before the agent's first word", "[practice]") {
  practice_model model;
  client session{model.server->port()};
  begin(session);
  session.send({{"type", "response.create"}});
  session.wait("response.created");
  session.say("Hello?", 600ms);
  const auto first = session.wait("response.done")["response"];
  CHECK(first["status"] == "cancelled");
  CHECK(session.heard_words.empty());
  CHECK(first["output"].empty());
  CHECK(contains(session.listen(), "Hello, this is Katie"));
}

TEST_CASE("a call that goes on does not wait for another hello", "[practice]") {
  const auto first_audio = [](const std::string& instructions) {
    practice_model model;
    client session{model.server->port()};
    begin(session, instructions);
    const auto begin_at = std::chrono::steady_clock::now();
    session.send({{"type", "response.create"}});
    session.wait("response.output_audio.delta");
    return std::chrono::steady_clock::now() - begin_at;
  };
  CHECK(first_audio(script) >= 250ms);
  CHECK(first_audio(script + "# Resume\nThe call was cut off after the opening.\n") < 200ms);
}

TEST_CASE("a response fails with the API's error, the next one comes", "[practice]") {
  practice_model model{
    20, {}, script_of("errors = {every = 3, first = 1}\nrate_limits = {every = 3, first = 2}\nlatency_seconds = 1\n")};
  client session{model.server->port()};
  begin(session);
  const auto broken = ask_for_response(session);
  CHECK(broken["status"] == "failed");
  CHECK(broken["status_details"]["error"]["code"] == "server_error");
  const auto busy = ask_for_response(session);
  CHECK(busy["status"] == "failed");
  CHECK(busy["status_details"]["error"]["code"] == "rate_limit_exceeded");
  CHECK(ask_for_response(session)["status"] == "completed");
  CHECK(contains(session.words_of_last(), "Katie"));
}

TEST_CASE("the connection breaks in the middle of a response", "[practice]") {
  practice_model model{20, {}, script_of("disconnects = {every = 2, first = 1}\n")};
  client session{model.server->port()};
  begin(session);
  session.send({{"type", "response.create"}});
  session.wait("response.output_audio.delta");
  while (!session.closed)
    session.next();
  CHECK_FALSE(contains(session.heard_words, "Ada Byron?"));
  client again{model.server->port()};
  begin(again);
  CHECK(ask_for_response(again)["status"] == "completed");
}

TEST_CASE("in an outage no session opens", "[practice]") {
  const auto at = [](std::chrono::milliseconds from_now) { return to_iso(wall_time{real_now()} + from_now); };
  practice_model model{20, {}, script_of("outage = {from = \"" + at(-1h) + "\", until = \"" + at(1h) + "\"}\n")};
  CHECK_THROWS_AS(client{model.server->port()}, boost::system::system_error);
}

TEST_CASE("a tool whose schema is none fails the response, not the world", "[practice]") {
  practice_model model;
  client session{model.server->port()};
  session.wait("session.created");
  auto odd = update(script);
  for (auto& tool : odd["session"]["tools"])
    if (tool["name"] == "end_call")
      tool["parameters"]["properties"]["reason"] = 5;
  session.send(odd);
  session.wait("session.updated");
  CHECK(ask_for_response(session)["status"] == "completed"); // no tool was needed
  session.say("Please leave a message after the tone.", 600ms);
  const auto failed = session.wait("response.done")["response"];
  CHECK(failed["status"] == "failed");
  session.send(update(script));
  session.wait("session.updated");
  CHECK(ask_for_response(session)["status"] == "completed");
}

} // namespace practice_realtime_faults_test
