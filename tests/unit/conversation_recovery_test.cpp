// Goal: a tool whose answer was lost with its node is known before the agent
// speaks again: no second meeting is booked and none is moved twice. Method:
// the pure function, the store's rows by hand.
#include "actors/conversation/recovery.hpp"

#include <catch2/catch.hpp>

namespace conversation_recovery_test {

using namespace parley;
using namespace parley::mind;
using namespace std::chrono_literals;

namespace {

const wall_time at = *parse_iso("2026-12-03T15:00:00Z"); // Thursday, 10:00 in New York
const std::string zone = "America/New_York";

meeting_row stored(std::string status = "scheduled", wall_time when = at) {
  meeting_row m;
  m.id = meeting_id{uuid{4, 4}};
  m.scheduled_at = when;
  m.meeting_type = "video";
  m.status = std::move(status);
  return m;
}

} // namespace

TEST_CASE("a booking that the dead mind asked for is told, not asked for again", "[conversation][recovery]") {
  conversation_state x;
  x.emails_confirmed = {"ann@example.com"};
  const auto told = recover_tools(x, {stored()}, nullptr, {}, zone);
  CHECK_THAT(told, Catch::Contains("Thursday, December 3") && Catch::Contains("booked"));
  REQUIRE(x.meeting);
  CHECK(x.meeting->id == to_string(uuid{4, 4}));
  CHECK(x.meeting->at == at);
  CHECK(x.meeting->email == "ann@example.com");
  REQUIRE(x.ending);
  CHECK(x.ending->how == disposition::meeting_booked);
  CHECK(conclude(x) == disposition::meeting_booked);
  // It survives the way through the journal.
  CHECK(state_from_json(to_json(x)).meeting->at == at);
  // What the mind knows is not told again.
  CHECK(recover_tools(x, {stored()}, nullptr, {}, zone).empty());
}

TEST_CASE("nothing was booked, or it was called off since", "[conversation][recovery]") {
  conversation_state x;
  CHECK(recover_tools(x, {}, nullptr, {}, zone).empty());
  CHECK(recover_tools(x, {stored("cancelled")}, nullptr, {}, zone).empty());
  CHECK_FALSE(x.meeting);
  CHECK_FALSE(x.ending);
}

TEST_CASE("a move and a cancellation that were under way are known", "[conversation][recovery]") {
  SECTION("moved") {
    conversation_state x;
    x.wants_move = true;
    const auto now = stored("moved", at + 24h);
    CHECK_THAT(recover_tools(x, {}, &now, at, zone), Catch::Contains("Friday, December 4"));
    CHECK(x.moved == at + 24h);
    CHECK(x.ending->how == disposition::meeting_moved);
  }
  SECTION("called off") {
    conversation_state x;
    x.wants_cancel = true;
    const auto now = stored("cancelled");
    CHECK_THAT(recover_tools(x, {}, &now, at, zone), Catch::Contains("called off"));
    CHECK(x.cancelled);
    CHECK(x.ending->how == disposition::meeting_cancelled);
  }
  SECTION("somebody else changed it: that is no answer to a tool") {
    conversation_state x;
    const auto moved = stored("moved", at + 24h);
    const auto cancelled = stored("cancelled");
    CHECK(recover_tools(x, {}, &moved, at, zone).empty());
    CHECK(recover_tools(x, {}, &cancelled, at, zone).empty());
    CHECK_FALSE(x.ending);
  }
}

} // namespace conversation_recovery_test
