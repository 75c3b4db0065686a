// Goal: a lawful time is one that every clock the person may look at shows as
// lawful, also on the days when clocks change. Method: expected instants worked
// out by hand from tzdata.
#include "actors/compliance/facts.hpp"
#include "tests/unit/compliance_fixture.hpp"

namespace Catch {
template <>
struct StringMaker<parley::interval> {
  static std::string convert(const parley::interval& x) {
    return parley::to_iso(x.begin) + " .. " + parley::to_iso(x.end);
  }
};
} // namespace Catch

namespace compliance_windows_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono;

namespace {

/// The windows of a number (and address) by law alone.
calling_windows by_law(const std::string& phone, const address& where = {}) {
  gate_policy policy;
  policy.recommended_hours = false;
  const auto out = lawful_windows(shipped_rules(), policy, number(phone), where, nullptr);
  REQUIRE(out);
  return *out;
}

/// The lawful stretches that begin between the two instants.
std::vector<interval> stretches(const calling_windows& windows, wall_time from, wall_time to) {
  std::vector<interval> out;
  while (const auto found = windows.next_lawful(from, to)) {
    out.push_back(*found);
    from = found->end;
  }
  return out;
}

std::vector<interval> utc_stretches(std::initializer_list<std::pair<const char*, const char*>> xs) {
  std::vector<interval> out;
  for (const auto& [begin, end] : xs)
    out.push_back({utc(begin), utc(end)});
  return out;
}

interval only(const calling_windows& windows, const char* from, const char* to) {
  const auto found = stretches(windows, utc(from), utc(to));
  REQUIRE(found.size() == 1);
  return found.front();
}

} // namespace

TEST_CASE("Kentucky opens at 10:00", "[compliance][windows]") {
  CHECK(only(by_law("502 555 0132"), "2026-11-24T10:00Z", "2026-11-25T10:00Z")
        == interval{utc("2026-11-24T15:00Z"), utc("2026-11-25T02:00Z")});
}

TEST_CASE("an area code in two zones is called when both are open", "[compliance][windows]") {
  // Florida 8-20: from 8 in Chicago until 20 in New York.
  CHECK(only(by_law("850 555 0132"), "2026-07-15T05:00Z", "2026-07-16T05:00Z")
        == interval{utc("2026-07-15T13:00Z"), utc("2026-07-16T00:00Z")});
  // Alaska 8-21 with the Aleutians.
  CHECK(only(by_law("907 555 0132"), "2026-07-15T12:00Z", "2026-07-16T12:00Z")
        == interval{utc("2026-07-15T17:00Z"), utc("2026-07-16T05:00Z")});
}

TEST_CASE("number and address must both allow the call", "[compliance][windows]") {
  // A New York number of somebody in California: 9-21 there, 8-21 in New York.
  const auto windows = by_law("212 555 0132", {"CA", ""});
  CHECK(windows.where().states.size() == 2);
  CHECK(only(windows, "2026-11-24T10:00Z", "2026-11-25T10:00Z")
        == interval{utc("2026-11-24T17:00Z"), utc("2026-11-25T02:00Z")});
}

TEST_CASE("a known zone narrows the address's state, not the number's", "[compliance][windows]") {
  // Florida's two zones: Miami is Eastern, so only the address adds Chicago.
  CHECK(by_law("305 555 0132").where().zones.size() == 1);
  CHECK(by_law("305 555 0132", {"FL", ""}).where().zones.size() == 2);
  CHECK(by_law("305 555 0132", {"FL", "America/New_York"}).where().zones.size() == 1);
  CHECK(by_law("850 555 0132", {"FL", "America/New_York"}).where().zones.size() == 2);
  // A zone that Florida does not have stands beside Florida's.
  const auto odd = by_law("305 555 0132", {"FL", "Europe/Paris"});
  CHECK(odd.where().zones.size() == 3);
  CHECK(name_of(odd.main_zone()) == "Europe/Paris");
}

TEST_CASE("a ZIP code tells the state of residence", "[compliance][windows]") {
  // A New York number carried along to California: as if the state were stated.
  CHECK(only(by_law("212 555 0132", {"", "", "94103"}), "2026-11-24T10:00Z", "2026-11-25T10:00Z")
        == only(by_law("212 555 0132", {"CA", ""}), "2026-11-24T10:00Z", "2026-11-25T10:00Z"));
  // Ohio has one zone; a New York number of somebody there gains none.
  CHECK(by_law("212 555 0132", {"", "", "43215"}).where().zones.size() == 1);
  // Florida has two, and the ZIP code does not say which: both must be open.
  CHECK(by_law("212 555 0132", {"", "", "32501"}).where().zones.size() == 2);
  CHECK(by_law("212 555 0132", {"", "America/New_York", "32501"}).where().zones.size() == 1);
  prospect_row person;
  person.postal_code = "94103";
  CHECK(by_law("212 555 0132", address_of(person)).where().states.size() == 2);
  // A state that the ZIP code contradicts counts as well.
  CHECK(by_law("212 555 0132", {"TX", "", "43215"}).where().states.size() == 3);
}

TEST_CASE("a postal code of no state forbids the call", "[compliance][windows]") {
  for (const auto* code : {"09012", "K1A 0B1", "21300"}) {
    CAPTURE(code);
    const auto found = locate(shipped_rules(), number("212 555 0132"), {"NY", "", code});
    const auto* problem = std::get_if<unlocated>(&found);
    REQUIRE(problem);
    CHECK(problem->what == unlocated::kind::state);
    CHECK_THAT(problem->sentence, Catch::Contains("postal code") && !Catch::Contains(code));
    auto x = callable();
    x.where.postal_code = code;
    CHECK(judge(x).reason == gate_reason::state_unknown);
  }
}

TEST_CASE("Rhode Island has short days and no Sundays", "[compliance][windows]") {
  CHECK(stretches(by_law("401 555 0132"), utc("2026-11-20T05:00Z"), utc("2026-11-24T05:00Z"))
        == utc_stretches({{"2026-11-20T14:00Z", "2026-11-20T23:00Z"},
                          {"2026-11-21T15:00Z", "2026-11-21T22:00Z"},
                          {"2026-11-23T14:00Z", "2026-11-23T23:00Z"}}));
}

TEST_CASE("Texas opens at noon on Sundays", "[compliance][windows]") {
  CHECK(only(by_law("512 555 0132"), "2026-11-22T06:00Z", "2026-11-23T06:00Z")
        == interval{utc("2026-11-22T18:00Z"), utc("2026-11-23T03:00Z")});
}

TEST_CASE("Maine has office hours on weekdays", "[compliance][windows]") {
  CHECK(stretches(by_law("207 555 0132"), utc("2026-11-20T05:00Z"), utc("2026-11-24T05:00Z"))
        == utc_stretches({{"2026-11-20T14:00Z", "2026-11-20T22:00Z"}, {"2026-11-23T14:00Z", "2026-11-23T22:00Z"}}));
}

TEST_CASE("Mississippi goes by Central time", "[compliance][windows]") {
  const interval day{utc("2026-11-24T14:00Z"), utc("2026-11-25T02:00Z")};
  CHECK(only(by_law("601 555 0132"), "2026-11-24T06:00Z", "2026-11-25T06:00Z") == day);
  // Also for somebody there whose number is from New York: it closes at 20:00
  // Central or 20:00 Eastern, whichever comes first.
  CHECK(only(by_law("212 555 0132", {"MS", ""}), "2026-11-24T06:00Z", "2026-11-25T06:00Z")
        == interval{day.begin, utc("2026-11-25T01:00Z")});
}

TEST_CASE("the day on which clocks go forward", "[compliance][windows]") {
  CHECK(only(by_law("212 555 0132"), "2026-03-08T05:00Z", "2026-03-09T04:00Z")
        == interval{utc("2026-03-08T12:00Z"), utc("2026-03-09T01:00Z")});
}

TEST_CASE("the day on which clocks go back", "[compliance][windows]") {
  CHECK(only(by_law("212 555 0132"), "2026-11-01T04:00Z", "2026-11-02T05:00Z")
        == interval{utc("2026-11-01T13:00Z"), utc("2026-11-02T02:00Z")});
}

TEST_CASE("hours at the edge of a clock change", "[compliance][zones]") {
  const auto& zone = *find_zone("America/New_York");
  const auto on = [&](year_month_day date, const char* from, const char* to) {
    return span_on(zone, local_days{date}, {parse_time_of_day(from), parse_time_of_day(to)});
  };
  const auto spring = year{2026} / 3 / 8;
  const auto autumn = year{2026} / 11 / 1;
  CHECK_FALSE(on(spring, "02:15", "02:45")); // skipped
  CHECK(on(spring, "02:30", "04:00") == interval{utc("2026-03-08T07:00Z"), utc("2026-03-08T08:00Z")});
  CHECK(on(autumn, "01:30", "03:00") // the second 01:30
        == interval{utc("2026-11-01T06:30Z"), utc("2026-11-01T08:00Z")});
  CHECK(on(autumn, "00:00", "01:30") // until the first one
        == interval{utc("2026-11-01T04:00Z"), utc("2026-11-01T05:30Z")});
}

TEST_CASE("a campaign's hours in the hour that clocks show twice", "[compliance][gate]") {
  // Not lawful at that hour anyway; campaign and zone make it the only lock.
  const auto& zone = *find_zone("America/New_York");
  candidates where{{&zone}, {}};
  const calling_windows windows{where, parse_weekly_hours("sun 01:30-03:00")};
  CHECK_FALSE(windows.lawful_end(utc("2026-11-01T05:40Z"))); // first 01:40
  CHECK(windows.lawful_end(utc("2026-11-01T06:40Z")) == utc("2026-11-01T08:00Z"));
}

TEST_CASE("a day off is no day at all", "[compliance][windows]") {
  for (const char* phone : {"205 555 0132", "504 555 0132", "801 555 0132", "401 555 0132"}) {
    CAPTURE(phone);
    const auto windows = by_law(phone);
    CHECK(stretches(windows, utc("2026-11-26T09:00Z"), utc("2026-11-27T05:00Z")).empty());
    CHECK(stretches(windows, utc("2026-11-25T09:00Z"), utc("2026-11-26T05:00Z")).size() == 1);
  }
}

TEST_CASE("a day off by the person's calendar, not by Greenwich's", "[compliance][windows]") {
  // 19:30 in Utah on the evening before Thanksgiving is Thanksgiving in UTC.
  const auto windows = by_law("801 555 0132");
  CHECK(windows.lawful_end(utc("2026-11-26T02:30Z")) == utc("2026-11-26T04:00Z"));
}

TEST_CASE("holidays in Nebraska begin at 13:00", "[compliance][windows]") {
  CHECK(only(by_law("402 555 0132"), "2026-11-26T06:00Z", "2026-11-27T06:00Z")
        == interval{utc("2026-11-26T19:00Z"), utc("2026-11-27T03:00Z")});
}

TEST_CASE("a stretch is cut at the asked time and ends for all", "[compliance][windows]") {
  const auto windows = by_law("850 555 0132");
  const auto noon = utc("2026-07-15T16:00Z");
  CHECK(windows.next_lawful(noon, noon + 1h) == interval{noon, utc("2026-07-16T00:00Z")});
  CHECK(windows.lawful_end(noon) == utc("2026-07-16T00:00Z"));
  const auto close = utc("2026-07-16T00:00Z");
  CHECK(windows.lawful_end(close - 1ms) == close);
  CHECK_FALSE(windows.lawful_end(close));
  CHECK_FALSE(windows.next_lawful(close, utc("2026-07-16T13:00Z")));
  CHECK(windows.next_lawful(close, utc("2026-07-16T13:00Z") + 1ms));
}

TEST_CASE("the recommended hours come on top of the law", "[compliance][windows]") {
  const auto windows = lawful_windows(shipped_rules(), {}, number("614 555 0132"), {}, nullptr);
  CHECK(stretches(*windows, utc("2026-11-21T06:00Z"), utc("2026-11-24T05:00Z"))
        == utc_stretches({{"2026-11-21T14:00Z", "2026-11-22T01:00Z"}, {"2026-11-23T14:00Z", "2026-11-24T01:00Z"}}));
}

TEST_CASE("where nobody can tell the rules there are no windows", "[compliance][windows]") {
  const auto windows = [](const std::string& phone, const address& where) {
    return lawful_windows(shipped_rules(), {}, number(phone), where, nullptr);
  };
  CHECK(windows("614 555 0132", {}));
  CHECK_FALSE(windows("+44 20 7946 0958", {}));
  CHECK_FALSE(windows("613 555 0199", {})); // Canada
  CHECK_FALSE(windows("614 555 0132", {"", "Mars/Olympus"}));
  CHECK_FALSE(windows("614 555 0132", {"ON", ""}));
}

TEST_CASE("hours are read as settings write them", "[compliance][hours]") {
  const auto hours = parse_weekly_hours("tue-thu 10:00-11:00, 16:00-17:00; sat 10:00-12:00");
  CHECK(to_string(hours.on(Wednesday)) == "10:00-11:00, 16:00-17:00");
  CHECK(to_string(hours.on(Saturday)) == "10:00-12:00");
  CHECK(to_string(hours.on(Monday)) == "no calls");
  CHECK(to_string(parse_weekly_hours("fri-mon 09:00-24:00").on(Sunday)) == "09:00-24:00");
}

TEST_CASE("hours that make no sense are refused", "[compliance][hours]") {
  const auto text = GENERATE("", "tue", "tue 10:00", "tue 11:00-10:00", "tue 10:00-10:00", "tue 10-11",
                             "someday 10:00-11:00", "tue 23:00-24:01", "tue 10:60-11:00", "tue 10:00-11:00,");
  CAPTURE(text);
  CHECK_THROWS_AS(parse_weekly_hours(text), std::invalid_argument);
}

TEST_CASE("hours of two sources intersect", "[compliance][hours]") {
  const auto day = [](const char* text) { return parse_weekly_hours(std::string{"mon "} + text).on(Monday); };
  CHECK((day("08:00-21:00") & day("09:00-12:00, 13:00-22:00")) == day("09:00-12:00, 13:00-21:00"));
  CHECK((day("08:00-10:00") & day("10:00-12:00")).empty());
  CHECK(day("13:00-14:00, 09:00-11:00, 10:00-13:00") == day("09:00-14:00"));
}

} // namespace compliance_windows_test
