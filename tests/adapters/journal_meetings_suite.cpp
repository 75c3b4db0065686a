// Goal: meetings are found by call, person, diary and id, as they were stored.
// Method: store rows through the port, ask through the port.
#include "tests/adapters/journal_suite.hpp"

namespace journal_meetings_suite {

using namespace parley;
using namespace std::chrono_literals;
using test::journal_test;

TEST_CASE_METHOD(journal_test, "the meetings of a call are found by it") {
  const auto spring = campaign("spring");
  const auto ann = prospect("ann");
  const auto talk = call(spring.id, ann.id);
  meeting_row booked;
  booked.id = ids.next<meeting_id>(now);
  booked.call = talk.id;
  booked.prospect = ann.id;
  booked.scheduled_at = now + 24h;
  manager_row priya;
  priya.id = ids.next<manager_id>(now);
  booked.account_manager = priya.id;
  store({spring, ann, talk, priya, booked});
  const auto found = must<meeting_rows>(load_meetings{talk.id}).rows;
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == booked.id);
  CHECK(found[0].scheduled_at == booked.scheduled_at);
  CHECK(must<meeting_rows>(load_meetings{ids.next<call_id>(now)}).rows.empty());
}

TEST_CASE_METHOD(journal_test, "meetings are found by person, diary and id, earliest first, with what was sent") {
  const auto ann = prospect("ann");
  manager_row priya;
  priya.id = ids.next<manager_id>(now);
  const auto meeting = [&](std::chrono::hours in, const char* status) {
    meeting_row m;
    m.id = ids.next<meeting_id>(now);
    m.prospect = ann.id;
    m.account_manager = priya.id;
    m.scheduled_at = now + in;
    m.status = status;
    m.sequence = 2;
    m.papers = R"({"mail":{"to":"ann@example.com"}})";
    return m;
  };
  const auto past = meeting(-24h, "scheduled");
  const auto later = meeting(48h, "moved");
  const auto soon = meeting(24h, "scheduled");
  const auto off = meeting(36h, "cancelled");
  store({ann, priya, past, later, soon, off});
  const auto found = [this](const load_meetings& ask) {
    std::vector<meeting_id> out;
    for (const auto& m : must<meeting_rows>(ask).rows)
      out.push_back(m.id);
    return out;
  };
  load_meetings of_ann;
  of_ann.prospect = ann.id;
  CHECK(found(of_ann) == std::vector{past.id, soon.id, off.id, later.id});
  of_ann.from = now;
  CHECK(found(of_ann) == std::vector{soon.id, later.id});
  load_meetings of_priya;
  of_priya.manager = priya.id;
  CHECK(found(of_priya).size() == 4);
  load_meetings one;
  one.meeting = later.id;
  const auto rows = must<meeting_rows>(one).rows;
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].papers == later.papers);
  CHECK(rows[0].sequence == 2);
  CHECK(rows[0].status == "moved");
  CHECK(found({}).empty());
}

} // namespace journal_meetings_suite
