// Goal: a dial is called created or not created only when that is certain.
#include "adapters/twilio/outcome.hpp"

#include <catch2/catch.hpp>

namespace twilio_outcome_test {

using namespace parley;
using namespace std::chrono_literals;
using twilio::classify;

static const call_id call{uuid{1, 2}};

static dial_reply answered(int status, int32_t code = 0, std::string sid = {}) {
  dial_reply reply;
  reply.status = status;
  reply.code = code;
  reply.sid = std::move(sid);
  return reply;
}

TEST_CASE("a SID proves that the call was created", "[twilio][outcome]") {
  const auto result = classify(call, answered(201, 0, "CA1"));
  CHECK(result.call == call);
  CHECK(result.outcome == submission::created);
  CHECK(result.sid == "CA1");
  CHECK(result.reason.empty());
}

TEST_CASE("a success without SID is unknown", "[twilio][outcome]") {
  CHECK(classify(call, answered(201)).outcome == submission::unknown);
  CHECK(classify(call, answered(204)).outcome == submission::unknown);
}

TEST_CASE("nothing written means not created", "[twilio][outcome]") {
  dial_reply reply;
  reply.written = false;
  reply.failure = "no connection: refused";
  const auto result = classify(call, reply);
  CHECK(result.outcome == submission::not_created);
  CHECK(result.reason == "no connection: refused");
  dial_reply late;
  late.held_back = true;
  late.written = false;
  CHECK(classify(call, late).outcome == submission::not_created);
  CHECK(classify(call, late).reason == "its time had passed before it could be sent");
}

TEST_CASE("whatever was written may have created a call", "[twilio][outcome]") {
  // Held back at a second try that the transport made by itself.
  dial_reply reply;
  reply.written = true;
  reply.held_back = true;
  reply.failure = "connection broken: again";
  CHECK(classify(call, reply).outcome == submission::unknown);
  CHECK(classify(call, reply).reason == "connection broken: again");
  reply.held_back = false;
  CHECK(classify(call, reply).outcome == submission::unknown);
}

TEST_CASE("a person who opted out at the carrier is told as such", "[twilio][outcome]") {
  CHECK(classify(call, answered(400, 21610)).opted_out);
  CHECK_FALSE(classify(call, answered(400, 21211)).opted_out);
  CHECK_FALSE(classify(call, answered(500, 21610)).opted_out); // an unknown outcome says nothing of anybody
  CHECK_FALSE(classify(call, answered(201, 0, "CA1")).opted_out);
}

TEST_CASE("a lost answer is unknown", "[twilio][outcome]") {
  dial_reply reply;
  reply.failure = "timeout: 10 s";
  CHECK(classify(call, reply).outcome == submission::unknown);
}

TEST_CASE("only the carrier's own refusals mean not created", "[twilio][outcome]") {
  CHECK(classify(call, answered(400, 21211)).outcome == submission::not_created);
  CHECK(classify(call, answered(400, 99999)).outcome == submission::not_created);
  CHECK(classify(call, answered(429)).outcome == submission::not_created);
  CHECK(classify(call, answered(429, 20429)).outcome == submission::not_created);
  // Proxies on the way write these, too, perhaps after they passed the request on.
  CHECK(classify(call, answered(400)).outcome == submission::unknown);
  CHECK(classify(call, answered(403)).outcome == submission::unknown);
  CHECK(classify(call, answered(408)).outcome == submission::unknown);
  CHECK(classify(call, answered(302)).outcome == submission::unknown);
  CHECK(classify(call, answered(500, 20500)).outcome == submission::unknown);
  CHECK(classify(call, answered(502)).outcome == submission::unknown);
  CHECK(classify(call, answered(503, 20503)).outcome == submission::unknown);
}

TEST_CASE("the carrier's codes tell number from account", "[twilio][outcome]") {
  const auto number_bad = [](int32_t code) { return classify(call, answered(400, code)).number_bad; };
  const auto account_bad = [](int32_t code) { return classify(call, answered(400, code)).account_bad; };
  for (const int32_t code : {13223, 13225, 13227, 21211, 21214, 21215, 21216, 21217, 21610}) {
    CHECK(number_bad(code));
    CHECK_FALSE(account_bad(code));
  }
  for (const int32_t code : {10001, 20003, 20005, 21210, 21212}) {
    CHECK_FALSE(number_bad(code));
    CHECK(account_bad(code));
  }
  for (const int32_t code : {10004, 13224, 20429, 99999}) {
    CHECK_FALSE(number_bad(code));
    CHECK_FALSE(account_bad(code));
  }
}

TEST_CASE("an unknown outcome blames nobody", "[twilio][outcome]") {
  const auto result = classify(call, answered(500, 21211));
  CHECK(result.outcome == submission::unknown);
  CHECK_FALSE(result.number_bad);
  CHECK(result.vendor_code == 21211);
}

TEST_CASE("the carrier's wish after a rate limit is passed on", "[twilio][outcome]") {
  auto reply = answered(429, 20429);
  reply.retry_after = 3s;
  CHECK(classify(call, reply).retry_after == 3s);
}

TEST_CASE("a refusal for the rate that names no pause asks for one all the same", "[twilio][outcome]") {
  CHECK(classify(call, answered(429, 20429)).retry_after == unasked_pause);
  CHECK(classify(call, answered(429, 0)).retry_after == unasked_pause);
  CHECK(classify(call, answered(400, 20429)).retry_after == unasked_pause);
  CHECK(classify(call, answered(400, 10004)).retry_after == unasked_pause);
  CHECK(unasked_pause > 0s);
  auto at_once = answered(429, 20429);
  at_once.retry_after = 0ms;
  CHECK(classify(call, at_once).retry_after == unasked_pause);
  // What has nothing to do with the rate slows nobody down.
  for (const auto& reply : {answered(400, 21211), answered(401, 20003), answered(500, 20429), answered(500, 0)})
    CHECK(classify(call, reply).retry_after == 0ms);
}

} // namespace twilio_outcome_test
