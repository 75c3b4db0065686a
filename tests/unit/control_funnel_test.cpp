// Goal: a campaign's funnel counts everybody where they are, each open call by
// what it does, and estimates the end while the campaign runs. Method: rows of
// all kinds in a real store; the estimate by hand.
#include "actors/control/funnel.hpp"
#include "tests/unit/control_world.hpp"

namespace control_funnel_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE_METHOD(control_world, "the funnel counts how far everybody is", "[control][funnel]") {
  auto spring = campaign("Spring");
  spring.status = campaign_status::running;
  spring.started_at = time.now() - 2h;
  std::vector<row> rows{spring};
  const auto enrolled = [&](enrolment_state state, std::optional<int32_t> probability) {
    const auto who = prospect("P" + std::to_string(rows.size()));
    enrolment_row e;
    e.campaign = spring.id;
    e.prospect = who.id;
    e.state = state;
    e.probability = probability;
    e.updated_at = time.now() - 10min;
    if (state == enrolment_state::waiting)
      e.next_due = time.now() + 1h;
    rows.push_back(who);
    rows.push_back(e);
    return who.id;
  };
  enrolled(enrolment_state::listed, {});
  enrolled(enrolment_state::waiting, {});
  enrolled(enrolment_state::waiting, 70);
  const auto talks = enrolled(enrolment_state::awake, 80);
  const auto rings = enrolled(enrolment_state::awake, 75);
  const auto dialled = enrolled(enrolment_state::awake, 60);
  enrolled(enrolment_state::disqualified, 20);
  const auto booked = enrolled(enrolment_state::done, 90);
  enrolled(enrolment_state::blocked, {});
  const auto up = [&](const prospect_id& whom, const char* status, std::chrono::minutes since) {
    auto x = call(spring.id, whom);
    x.status = status;
    x.initiated_at = time.now() - since;
    rows.push_back(x);
    return x;
  };
  up(talks, "talking", 1min);
  up(rings, "ringing", 1min);
  up(dialled, "submitted", 1min);
  up(dialled, "intended", 1min);
  up(dialled, "unknown", 70min);
  up(dialled, "submission_unknown", 90min);
  // Long over; one meeting of it stands, one was called off.
  auto over = up(booked, "ended", 30min);
  over.ended_at = over.connected_at = time.now() - 20min;
  rows.back() = over;
  const auto meeting = [&](const char* status) {
    meeting_row m;
    m.id = ids.next<meeting_id>(now);
    m.call = over.id;
    m.prospect = booked;
    m.account_manager = ids.next<manager_id>(now);
    m.status = status;
    m.scheduled_at = time.now() + 48h;
    rows.push_back(m);
  };
  meeting("scheduled");
  meeting("cancelled");
  store(rows);
  const auto x = command("campaign funnel", {{"campaign", "Spring"}});
  CHECK(x["listed"] == 1);
  CHECK(x["enrolled"] == 8);
  CHECK(x["researched"] == 6);
  CHECK(x["qualified"] == 5);
  CHECK(x["waiting"] == 2);
  CHECK(x["dialling"] == 2);
  CHECK(x["ringing"] == 1);
  CHECK(x["talking"] == 1);
  CHECK(x["unknown"] == 1);
  CHECK(x["submission_unknown"] == 1);
  CHECK(x["done"] == 3);
  CHECK(x["calls"] == 7);
  CHECK(x["connected"] == 1);
  CHECK(x["booked"] == 1);
  CHECK(x["calls_last_10_minutes"] == 4);
  CHECK(x["calls_last_hour"] == 5);
  CHECK(x["done_last_hour"] == 3);
  CHECK(x["left"] == 6);
  CHECK(x["estimated_end"] == to_iso(time.now() + 2h)); // six more at three an hour
  for (const auto& [status, words] : {std::pair{campaign_status::paused, "is paused; nobody is called"},
                                      {campaign_status::stopped, "is stopped; nobody is called"},
                                      {campaign_status::draft, "is a draft; nobody is called"}}) {
    CAPTURE(words);
    spring.status = status;
    store({spring});
    const auto idle = command("campaign funnel", {{"campaign", "Spring"}});
    CHECK(idle["left"] == 6);
    CHECK(idle["estimated_end"].is_null());
    CHECK_THAT(idle["estimated_end_basis"].get<std::string>(), Contains(words));
  }
}

TEST_CASE("a campaign's end is estimated from its pace and from who waits", "[control][funnel]") {
  using commands::estimated_end;
  commands::funnel_pace x;
  x.now = a_tuesday;
  x.started_at = a_tuesday - 10h;
  CHECK_FALSE(estimated_end(x).at); // nobody is left
  x.left = 30;
  CHECK_FALSE(estimated_end(x).at); // nobody is through
  x.done = 100;
  CHECK(estimated_end(x).at == a_tuesday + 3h); // ten an hour since the launch
  x.done_last_hour = 30;
  CHECK(estimated_end(x).at == a_tuesday + 1h);
  x.last_due = a_tuesday + 20h;
  CHECK(estimated_end(x).at == a_tuesday + 20h);
  CHECK_THAT(estimated_end(x).basis, Contains("waits"));
}

} // namespace control_funnel_test
