// Goal: a dial is called created or not created only when that is certain, by
// one set of rules for every carrier, and none is written past the earliest of
// its limits. Method: the pure core; Twilio's own codes are tested beside its
// adapter.
#include "runtime/telephony/dial_outcome.hpp"

#include "runtime/clock.hpp"

#include <catch2/catch.hpp>

namespace dial_outcome_test {

using namespace parley;
using namespace std::chrono_literals;

namespace {

const call_id call{uuid{1, 2}};

dial_reply answered(int status, int32_t code = 0, std::string sid = {}) {
  dial_reply reply;
  reply.status = status;
  reply.code = code;
  reply.sid = std::move(sid);
  return reply;
}

dial_reply silent(bool written, bool held_back = false) {
  dial_reply reply;
  reply.written = written;
  reply.held_back = held_back;
  reply.failure = "no answer";
  return reply;
}

} // namespace

TEST_CASE("every combination of bytes, status, code and SID has its class", "[dial_outcome]") {
  for (const int status : {0, 200, 201, 204, 302, 400, 401, 403, 404, 408, 409, 429, 499, 500, 502, 503, 504})
    for (const int32_t code : {0, 20429, 99999})
      for (const bool with_sid : {false, true})
        for (const bool written : {false, true})
          for (const bool held_back : {false, true}) {
            auto reply = answered(status, code, with_sid ? "CA1" : "");
            reply.written = written;
            reply.held_back = held_back;
            CAPTURE(status, code, with_sid, written, held_back);
            const bool success = status >= 200 && status < 300;
            const bool refusal = status == 429 || (status >= 400 && status < 500 && code != 0);
            const bool unsent = !written && (held_back || status == 0);
            auto expected = submission::unknown;
            if (success && with_sid)
              expected = submission::created;
            else if (unsent || refusal)
              expected = submission::not_created;
            CHECK(submission_of(reply) == expected);
            const auto whole = outcome_of_dial(call, reply);
            CHECK(whole.outcome == expected);
            CHECK(whole.call == call);
            CHECK(whole.sid == (expected == submission::created ? "CA1" : ""));
            if (expected == submission::unknown) { // nobody may conclude anything from it
              CHECK_FALSE(whole.number_bad);
              CHECK_FALSE(whole.account_bad);
              CHECK_FALSE(whole.opted_out);
            }
          }
}

TEST_CASE("nothing written is certain, one byte is not", "[dial_outcome]") {
  CHECK(submission_of(silent(false)) == submission::not_created);
  CHECK(submission_of(silent(true)) == submission::unknown);
  CHECK(submission_of(silent(false, true)) == submission::not_created);
  CHECK(submission_of(silent(true, true)) == submission::unknown); // held back at a second try of the transport
}

TEST_CASE("a code's meaning blames only when the carrier refused", "[dial_outcome]") {
  const code_meaning bad{7, true, true, "gone", true, false};
  const auto refused = outcome_of_dial(call, answered(400, 7), &bad);
  CHECK(refused.number_bad);
  CHECK(refused.account_bad);
  CHECK(refused.opted_out);
  CHECK(refused.reason == "HTTP 400, code 7: gone");
  const auto broken = outcome_of_dial(call, answered(500, 7), &bad);
  CHECK(broken.outcome == submission::unknown);
  CHECK_FALSE((broken.number_bad || broken.account_bad || broken.opted_out));
}

TEST_CASE("a refusal for the rate asks for a pause", "[dial_outcome]") {
  const code_meaning busy{8, false, false, "too many", false, true};
  CHECK(outcome_of_dial(call, answered(429)).retry_after == unasked_pause);
  CHECK(outcome_of_dial(call, answered(400, 8), &busy).retry_after == unasked_pause);
  CHECK(outcome_of_dial(call, answered(500, 8), &busy).retry_after == 0ms);
  auto named = answered(429);
  named.retry_after = 7s;
  CHECK(outcome_of_dial(call, named).retry_after == 7s);
}

TEST_CASE("a dial may be written until the earliest of its limits", "[dial_outcome]") {
  const auto t0 = *parse_iso("2026-12-01T15:00:00Z");
  CHECK(dial_deadline({t0 + 3s, t0 + 1s, t0 + 2s}) == t0 + 1s);
  CHECK(dial_deadline({t0 + 3s, std::nullopt, t0 + 2s}) == t0 + 2s);
  CHECK(dial_deadline({std::nullopt}) == wall_time::max());
  CHECK(may_dial(t0, t0 + 1ms));
  CHECK_FALSE(may_dial(t0, t0)); // at the limit it is too late
  CHECK_FALSE(may_dial(t0 + 1ms, t0));
}

} // namespace dial_outcome_test
