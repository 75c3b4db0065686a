// Goal: the rules files are read as they are meant, and a file that is not
// understood is refused with the place in it. Method: the shipped files, and
// copies with one thing broken.
#include "tests/unit/compliance_fixture.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace compliance_rules_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono;

namespace {

const std::string shipped_json = contents(rules_dir + "us-calling-rules.json");
const std::string shipped_csv = contents(rules_dir + "nanp-timezones.csv");
const std::string shipped_zips = contents(rules_dir + "us-zip-states.csv");

/// The sentence with which rules are refused after `change`.
template <class F>
std::string refusal(F change) {
  auto all = nlohmann::json::parse(shipped_json);
  change(all);
  try {
    calling_rules::parse(all.dump(), shipped_csv, shipped_zips);
  } catch (const invalid_rules& e) {
    return e.what();
  }
  return "accepted";
}

std::string refusal_of_line(const std::string& line) {
  try {
    calling_rules::parse(shipped_json, shipped_csv + line + "\n", shipped_zips);
  } catch (const invalid_rules& e) {
    return e.what();
  }
  return "accepted";
}

std::vector<std::string> days_off(const char* state, int in_year) {
  std::vector<std::string> out;
  const auto& holidays = shipped_rules().state(state)->holidays;
  const local_days first{year{in_year} / 1 / 1};
  const local_days end{year{in_year + 1} / 1 / 1};
  for (auto date = first; date < end; date += days{1})
    if (const auto* found = holidays.on(date)) {
      const year_month_day x{date};
      const auto two = [](unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); };
      out.push_back(two(static_cast<unsigned>(x.month())) + "-" + two(static_cast<unsigned>(x.day())) + " "
                    + found->id);
    }
  return out;
}

bool is_off(const char* state, int y, unsigned m, unsigned d) {
  return shipped_rules().state(state)->holidays.on(local_days{year{y} / month{m} / day{d}});
}

} // namespace

TEST_CASE("the version names the date and the content of both files", "[compliance][rules]") {
  const auto& version = shipped_rules().version();
  CHECK_THAT(version, Catch::Matches("us-calling-rules 2026-11-22 sha256:[0-9a-f]{8}"));
  const auto other = calling_rules::parse(shipped_json + " ", shipped_csv, shipped_zips);
  CHECK(other->version() != version);
  const auto same = calling_rules::parse(shipped_json, shipped_csv, shipped_zips);
  CHECK(same->version() == version);
}

TEST_CASE("every US area code has rules and a zone", "[compliance][rules]") {
  const auto& rules = shipped_rules();
  CHECK(rules.states().size() == 56);
  int us = 0;
  for (int code = 200; code < 1000; ++code) {
    const auto* area = rules.area(code);
    if (!area || area->country != "US")
      continue;
    ++us;
    CHECK_FALSE(area->states.empty());
    CHECK_FALSE(area->zones.empty());
  }
  CHECK(us == 379);
  const auto* orlando = rules.area(689);
  REQUIRE(orlando);
  REQUIRE(orlando->zones.size() == 1);
  CHECK(name_of(*orlando->zones.front()) == "America/New_York");
  CHECK(rules.area(555) == nullptr);
  CHECK(rules.area(-1) == nullptr);
  CHECK(rules.area(1000) == nullptr);
  CHECK(rules.area(800)->kind == area_kind::toll_free);
}

TEST_CASE("an area code in two zones has both, the main one first", "[compliance][rules]") {
  const auto* area = shipped_rules().area(850);
  REQUIRE(area->zones.size() == 2);
  CHECK(name_of(*area->zones[0]) == "America/Chicago");
  CHECK(name_of(*area->zones[1]) == "America/New_York");
  CHECK(area->states.front()->code == "FL");
}

TEST_CASE("the automated hours of a state are the ones that count", "[compliance][rules]") {
  const auto& rules = shipped_rules();
  CHECK(to_string(rules.state("ME")->hours.on(Monday)) == "09:00-17:00");
  CHECK(to_string(rules.state("ME")->hours.on(Saturday)) == "no calls");
  CHECK(to_string(rules.state("RI")->hours.on(Saturday)) == "10:00-17:00");
  CHECK(to_string(rules.state("TX")->hours.on(Sunday)) == "12:00-21:00");
  CHECK(rules.state("XX") == nullptr);
}

TEST_CASE("what the file says only in notes is known", "[compliance][rules]") {
  const auto& rules = shipped_rules();
  CHECK(rules.state("ME")->reassigned_check);
  CHECK_FALSE(rules.state("NH")->reassigned_check);
  CHECK(to_string(rules.state("NE")->holiday_hours) == "13:00-21:00");
  CHECK(rules.state("MA")->own_list_age_max == days{92});
  CHECK(rules.state("FL")->own_list_age_max == days{31});
  CHECK_FALSE(rules.state("OH")->own_list_age_max);
}

TEST_CASE("holidays of Rhode Island in 2026", "[compliance][holidays]") {
  // Veterans Day is a Wednesday; the election is in an even year.
  CHECK(days_off("RI", 2026)
        == std::vector<std::string>{"01-01 new_year", "01-19 mlk", "02-16 presidents", "05-04 ri_independence",
                                    "05-25 memorial", "06-19 juneteenth", "07-04 independence", "08-10 victory_ri",
                                    "09-07 labor", "10-12 columbus", "11-03 election_even_years", "11-11 veterans",
                                    "11-26 thanksgiving", "12-25 christmas"});
}

TEST_CASE("Thanksgiving 2026 is a day off where the state says so", "[compliance][holidays]") {
  for (const char* state : {"AL", "LA", "UT", "RI", "PA"}) {
    CAPTURE(state);
    CHECK(is_off(state, 2026, 11, 26));
    CHECK_FALSE(is_off(state, 2026, 11, 25));
  }
  CHECK(is_off("LA", 2026, 11, 27));
  CHECK_FALSE(is_off("AL", 2026, 11, 27));
  CHECK_FALSE(is_off("OH", 2026, 11, 26));
}

TEST_CASE("holidays on weekends shift as the state says", "[compliance][holidays]") {
  // 4 July 2026 is a Saturday, 2027 a Sunday.
  CHECK(is_off("AL", 2026, 7, 3));
  CHECK(is_off("AL", 2026, 7, 4)); // the day itself stays off
  CHECK_FALSE(is_off("AL", 2026, 7, 6));
  CHECK(is_off("AL", 2027, 7, 5));
  CHECK_FALSE(is_off("RI", 2026, 7, 3)); // Sundays only
  CHECK(is_off("RI", 2027, 7, 5));
  CHECK_FALSE(is_off("LA", 2027, 7, 5)); // no shift stated
  // 1 January 2028 is a Saturday: kept on the last day of 2027.
  CHECK(is_off("AL", 2027, 12, 31));
}

TEST_CASE("Utah keeps Juneteenth on a nearby Monday, whichever", "[compliance][holidays]") {
  // 2026-06-19 is a Friday.
  CHECK(is_off("UT", 2026, 6, 19));
  CHECK(is_off("UT", 2026, 6, 15));
  CHECK(is_off("UT", 2026, 6, 22));
  CHECK_FALSE(is_off("UT", 2026, 6, 18));
  CHECK_FALSE(is_off("UT", 2026, 6, 16));
  // In 2023 it was a Monday and needs no other one.
  CHECK(is_off("UT", 2023, 6, 19));
  CHECK_FALSE(is_off("UT", 2023, 6, 12));
  CHECK_FALSE(is_off("UT", 2023, 6, 26));
  // Alabama shifts it like any other day.
  CHECK_FALSE(is_off("AL", 2026, 6, 22));
}

TEST_CASE("days far ahead are worked out like those near by", "[compliance][holidays]") {
  // 2060 and later stand in no table.
  CHECK(is_off("AL", 2059, 12, 25));
  CHECK(is_off("AL", 2060, 12, 24)); // 25 December 2060 is a Saturday
  CHECK(is_off("AL", 2060, 12, 25));
  CHECK_FALSE(is_off("AL", 2060, 12, 23));
  CHECK(is_off("AL", 2061, 11, 24));
  CHECK(is_off("AL", 2065, 7, 3));   // 4 July 2065 is a Saturday
  CHECK(is_off("AL", 2010, 12, 31)); // for 1 January 2011
}

TEST_CASE("days that move with Easter", "[compliance][holidays]") {
  CHECK(easter(year{2026}) == local_days{year{2026} / 4 / 5});
  CHECK(easter(year{2024}) == local_days{year{2024} / 3 / 31});
  CHECK(easter(year{2038}) == local_days{year{2038} / 4 / 25});
  CHECK(is_off("LA", 2026, 2, 17)); // Mardi Gras
  CHECK(is_off("LA", 2026, 4, 3));  // Good Friday
}

TEST_CASE("holiday definitions of every form", "[compliance][holidays]") {
  struct row {
    const char* text;
    int in_year;
    year_month_day date;
  };
  const auto x = GENERATE(values<row>({
    {"07-24", 2026, year{2026} / 7 / 24},
    {"3rd mon jan", 2027, year{2027} / 1 / 18},
    {"last mon may", 2027, year{2027} / 5 / 31},
    {"4th thu nov +1", 2026, year{2026} / 11 / 27},
    {"tue after 1st mon nov (even years)", 2028, year{2028} / 11 / 7},
    {"easter-47", 2027, year{2027} / 2 / 9},
  }));
  CAPTURE(x.text);
  CHECK(holiday_rule{x.text}.in(year{x.in_year}) == local_days{x.date});
}

TEST_CASE("a holiday that a year does not have", "[compliance][holidays]") {
  CHECK_FALSE(holiday_rule{"tue after 1st mon nov (even years)"}.in(year{2027}));
  CHECK_FALSE(holiday_rule{"02-29"}.in(year{2027}));
  CHECK_FALSE(holiday_rule{"5th mon feb"}.in(year{2027}));
}

TEST_CASE("definitions that are not understood are refused", "[compliance][holidays]") {
  const auto text = GENERATE("", "13-01", "6th mon jan", "3rd mun jan", "3rd mon jam", "easter~2", "soon",
                             "4th thu nov +1 or so", "2nd");
  CAPTURE(text);
  CHECK_THROWS_AS(holiday_rule{text}, std::invalid_argument);
}

TEST_CASE("broken rules are refused with their place", "[compliance][rules]") {
  using Catch::StartsWith;
  const std::string file = "us-calling-rules.json";
  CHECK_THAT(refusal([](auto& x) { x["schema"] = 2; }), StartsWith(file + ": schema"));
  CHECK_THAT(refusal([](auto& x) { x["states"]["KY"]["hours"]["mon"][0][1] = "25:00"; }),
             StartsWith(file + ".states.KY.hours.mon: '25:00' is not a time"));
  CHECK_THAT(refusal([](auto& x) { x["states"]["KY"]["hours"]["mon"][0][1] = "08:00"; }),
             StartsWith(file + ".states.KY.hours.mon: hours from 10:00"));
  CHECK_THAT(refusal([](auto& x) { x["states"]["KY"]["hours"].erase("sun"); }),
             StartsWith(file + ".states.KY.hours.sun: "));
  CHECK_THAT(refusal([](auto& x) { x["states"]["WA"]["artificial_voice"] = "on_tuesdays"; }),
             StartsWith(file + ".states.WA.artificial_voice: 'on_tuesdays'"));
  CHECK_THAT(refusal([](auto& x) { x["states"]["AL"]["no_call_holidays"].push_back("yule"); }),
             StartsWith(file + ".states.AL.no_call_holidays: 'yule' has no"));
  CHECK_THAT(refusal([](auto& x) { x["holiday_sets"]["AL"]["shift"] = "by decree"; }),
             StartsWith(file + ".states.AL.no_call_holidays: 'by decree'"));
  CHECK_THAT(refusal([](auto& x) { x["states"]["FL"]["own_dnc_list"] = "perhaps"; }),
             StartsWith(file + ".states.FL: own_dnc_list"));
  CHECK_THAT(refusal([](auto& x) { x["states"].erase("OH"); }),
             StartsWith("nanp-timezones.csv.line ") && Catch::EndsWith("there are no rules for state 'OH'"));
}

TEST_CASE("broken area codes are refused with their line", "[compliance][rules]") {
  using Catch::EndsWith;
  CHECK(refusal_of_line("999,US,OH,Ohio,America/New_York,America/New_York,0,"
                        "geographic,,,")
        == "accepted");
  CHECK_THAT(refusal_of_line("999,US,OH,Ohio,America/Columbus,,0,geographic"),
             EndsWith("line 484: this machine knows no time zone "
                      "'America/Columbus'"));
  CHECK_THAT(refusal_of_line("212,US,NY,New York,America/New_York,"
                             "America/New_York,0,geographic"),
             EndsWith("stands there twice"));
  CHECK_THAT(refusal_of_line("99,US"), EndsWith("not an area code with its "
                                                "columns"));
}

TEST_CASE("a rules file that is not there is named", "[compliance][rules]") {
  CHECK_THROWS_WITH(calling_rules::load("/nowhere/rules.json", "/nowhere/x.csv", "/nowhere/y.csv"),
                    Catch::Contains("/nowhere/rules.json"));
}

TEST_CASE("a ZIP code tells its state, however it is written", "[compliance][rules]") {
  const auto states = [](const char* zip) {
    std::string out;
    for (const auto* state : shipped_rules().states_of_zip(zip))
      out += (out.empty() ? "" : " ") + state->code;
    return out;
  };
  CHECK(states("43215") == "OH");
  CHECK(states("43215-1234") == "OH");
  CHECK(states("432151234") == "OH");
  CHECK(states("02139") == "MA");
  CHECK(states("2139") == "MA"); // as spreadsheets write it
  CHECK(states("2139-4307") == "MA");
  CHECK(states("601") == "PR");
  CHECK(states("20005") == "DC");
  CHECK(states("99950") == "AK");
  // Where the border does not follow the prefix.
  CHECK(states("06390") == "NY");
  CHECK(states("06360") == "CT");
  CHECK(states("42223") == "KY TN");
  CHECK(states("96799") == "AS");
  CHECK(states("96950") == "MP");
  CHECK(states("96910") == "GU");
  for (const auto* none :
       {"", "9", "09012", "96941", "99", "K1A 0B1", "43215-12", "43215x", "123456", "21300", "n/a"}) {
    CAPTURE(none);
    CHECK(states(none).empty());
  }
}

TEST_CASE("every state that there are rules for has ZIP codes", "[compliance][rules]") {
  std::set<std::string> found;
  for (int prefix = 0; prefix < 1000; ++prefix)
    for (const char* rest : {"01", "50", "99"}) {
      auto zip = std::to_string(prefix);
      zip.insert(0, 3 - zip.size(), '0');
      for (const auto* state : shipped_rules().states_of_zip(zip + rest))
        found.insert(state->code);
    }
  for (const auto& [code, state] : shipped_rules().states()) {
    CAPTURE(code);
    CHECK(found.contains(code));
  }
}

TEST_CASE("a table of ZIP codes that is not understood is refused with its line", "[compliance][rules]") {
  const auto refused = [](const std::string& zips) -> std::string {
    try {
      calling_rules::parse(shipped_json, shipped_csv, zips);
    } catch (const invalid_rules& e) {
      return e.what();
    }
    return "accepted";
  };
  const std::string header = "# a comment\nfirst,last,states,note\n";
  CHECK(refused(header + "432,433,OH,\n") == "accepted");
  CHECK_THAT(refused(header + "432,433,XX,\n"),
             Catch::Contains("us-zip-states.csv.line 3: ") && Catch::Contains("'XX'"));
  CHECK_THAT(refused(header + "433,432,OH,\n"), Catch::Contains("line 3"));
  CHECK_THAT(refused(header + "4321,4322,OH,\n"), Catch::Contains("three or five digits"));
  CHECK_THAT(refused(header + "432,433,OH,\n433,433,OH,\n"), Catch::Contains("433 stands there twice"));
  CHECK_THAT(refused("zip,state\n432,OH\n"), Catch::Contains("columns"));
  CHECK_THAT(refused(header), Catch::Contains("no ZIP codes"));
}

} // namespace compliance_rules_test
