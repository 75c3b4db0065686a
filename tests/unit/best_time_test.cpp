// Goal: people are called when they best answer, not all in the same second,
// and never when the law forbids it. Method: lawful windows of real numbers,
// many seeds, expected instants worked out by hand.
#include "actors/prospect/best_time.hpp"
#include "tests/unit/compliance_fixture.hpp"

#include <set>

namespace best_time_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono;

namespace {

calling_windows windows_of(const std::string& phone, const address& where = {}) {
  const auto out = lawful_windows(shipped_rules(), {}, number(phone), where, nullptr);
  REQUIRE(out);
  return *out;
}

const best_times defaults;
const auto ohio = [] { return windows_of("614 555 0132"); };

std::optional<wall_time> best(const calling_windows& windows, const char* from, uint64_t seed = 1) {
  const auto at = utc(from);
  return next_best(windows, defaults.general, at, at + days{30}, seed);
}

bool within(std::optional<wall_time> at, const char* from, const char* to) {
  return at && utc(from) <= *at && *at < utc(to);
}

} // namespace

TEST_CASE("the next best time is in the next best hour", "[best_time]") {
  const auto windows = ohio();
  for (uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    // From Saturday: Tuesday 10-11 in Ohio.
    CHECK(within(best(windows, "2026-11-21T15:00Z", seed), "2026-11-24T15:00Z", "2026-11-24T16:00Z"));
    // From Tuesday noon: 16-17.
    CHECK(within(best(windows, "2026-11-24T17:00Z", seed), "2026-11-24T21:00Z", "2026-11-24T22:00Z"));
    // From Thursday evening: the Tuesday after.
    CHECK(within(best(windows, "2026-11-19T22:00Z", seed), "2026-11-24T15:00Z", "2026-11-24T16:00Z"));
  }
}

TEST_CASE("everybody has a second of his own", "[best_time]") {
  const auto windows = ohio();
  std::set<wall_time> seen;
  std::array<int, 4> quarters{};
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const auto at = *best(windows, "2026-11-24T00:00Z", seed);
    seen.insert(at);
    ++quarters.at(static_cast<size_t>((at - utc("2026-11-24T15:00Z")) / 15min));
  }
  CHECK(seen.size() > 350);
  for (const int n : quarters)
    CHECK((n > 60 && n < 140)); // about 100 each
}

TEST_CASE("a seed has different minutes on different days", "[best_time]") {
  const auto windows = ohio();
  const auto tuesday = *best(windows, "2026-11-24T00:00Z", 7);
  const auto wednesday = *best(windows, "2026-11-25T00:00Z", 7);
  CHECK(wednesday - tuesday != days{1});
  CHECK(tuesday == *best(windows, "2026-11-24T00:00Z", 7));
}

TEST_CASE("asking again when the time has come changes nothing", "[best_time]") {
  const auto windows = ohio();
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto at = *best(windows, "2026-11-24T00:00Z", seed);
    const auto again
      = [&](wall_time from) { return *next_best(windows, defaults.general, from, from + days{30}, seed); };
    CHECK(again(at) == at);
    const auto later = std::min(at + 1min, utc("2026-11-24T15:59Z"));
    if (later > at)
      CHECK(again(later) == later);
  }
}

TEST_CASE("best hours are the person's, in the zone of the address", "[best_time]") {
  // A New York number in California: 10-11 there.
  const auto windows = windows_of("212 555 0132", {"", "America/Los_Angeles"});
  CHECK(within(best(windows, "2026-11-24T00:00Z"), "2026-11-24T18:00Z", "2026-11-24T19:00Z"));
}

TEST_CASE("a best hour that the law cuts short is used as far as it goes", "[best_time]") {
  // Kentucky opens at 10:00 in the western zone, which is 11:00 Eastern, so of
  // the mornings only nothing is left; the afternoons are lawful.
  const auto windows = windows_of("606 555 0132");
  REQUIRE(name_of(windows.main_zone()) == "America/New_York");
  CHECK(within(best(windows, "2026-11-24T12:00Z"), "2026-11-24T21:00Z", "2026-11-24T22:00Z"));
  // 9:30 to 10:30 in the Central zone of a Kentucky number: half is left.
  const auto half = parse_weekly_hours("tue 10:30-11:30");
  for (uint64_t seed = 0; seed < 50; ++seed)
    CHECK(within(next_best(windows, half, utc("2026-11-24T12:00Z"), utc("2026-12-24T12:00Z"), seed),
                 "2026-11-24T16:00Z", "2026-11-24T16:30Z"));
}

TEST_CASE("days off are skipped", "[best_time]") {
  // Thursday, 26 November 2026 is Thanksgiving; in Utah nobody is called.
  CHECK(within(best(windows_of("801 555 0132"), "2026-11-26T00:30Z"), "2026-12-01T17:00Z", "2026-12-01T18:00Z"));
  CHECK(within(best(ohio(), "2026-11-26T00:30Z"), "2026-11-26T15:00Z", "2026-11-26T16:00Z"));
}

TEST_CASE("without a lawful best hour any lawful time will do", "[best_time]") {
  const auto nights = parse_weekly_hours("tue-thu 02:00-03:00");
  const auto from = utc("2026-11-24T03:00Z"); // 22:00 on Monday in Ohio
  CHECK(next_best(ohio(), nights, from, from + days{10}, 1) == utc("2026-11-24T14:00Z"));
  CHECK_FALSE(next_best(ohio(), nights, from, from + 1h, 1));
}

TEST_CASE("executives have hours of their own", "[best_time]") {
  for (const char* role :
       {"CEO", "Chief Operations Officer", "VP of Sales", "Founder & Owner", "co-founder", "Vice President"})
    CHECK(&defaults.of(role) != &defaults.general);
  for (const char* role : {"", "Plant manager", "Receptionist", "Geoceology", "Partnership coordinator"})
    CHECK(&defaults.of(role) == &defaults.general);
  // 8-9 is before the recommended hours, so it is 17-18.
  const auto from = utc("2026-11-24T05:00Z");
  CHECK(
    within(next_best(ohio(), defaults.of("CEO"), from, from + days{7}, 1), "2026-11-24T22:00Z", "2026-11-24T23:00Z"));
}

TEST_CASE("whatever is planned is lawful", "[best_time]") {
  for (const char* phone :
       {"614 555 0132", "850 555 0132", "606 555 0132", "401 555 0132", "207 555 0132", "907 555 0132"}) {
    const auto windows = windows_of(phone);
    for (int hour = 0; hour < 24 * 14; hour += 5) {
      const auto at = utc("2026-11-20T00:00Z") + hours{hour};
      CAPTURE(phone, hour);
      const auto next = next_best(windows, defaults.general, at, at + days{30}, 3);
      REQUIRE(next);
      CHECK(*next >= at);
      CHECK(windows.lawful_end(*next));
    }
  }
}

} // namespace best_time_test
