// Goal: the demo tells its end truly, to people in 80 columns and to programs in
// one object: also when calls were lost, nothing was booked or time was up.
// Method: the report of a fixed result, without processes.
#include "adapters/cli/demo_report.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace demo_report_test {

using namespace parley::cli;
using nlohmann::ordered_json;

namespace {

ordered_json call(const std::string& id, const std::string& person, const std::string& at, const std::string& outcome,
                  bool connected = true) {
  return {{"id", id},           {"prospect_id", person},
          {"prospect", person}, {"call_sid", "CA" + id},
          {"initiated_at", at}, {"connected_at", connected ? ordered_json(at) : ordered_json{}},
          {"ended_at", at},     {"outcome", outcome}};
}

ordered_json create(const std::string& sid) {
  return {{"kind", "create"}, {"sid", sid}};
}

ordered_json end(const std::string& sid) {
  return {{"kind", "end"}, {"sid", sid}};
}

/// Two people who were called, one of them twice, and three who were not.
demo_result sample() {
  demo_result r;
  r.import = {{"rows", 6},
              {"rejected", 1},
              {"rejected_rows",
               {{{"line", 7},
                 {"field", "phone"},
                 {"reason", "\"+1 212 555\" is no number of the country US, which the file's region makes it; write "
                            "it in full, such as +12125550132"}}}}};
  r.totals = {{"prospects", 5},
              {"calls", 3},
              {"meetings", 1},
              {"dispositions", {{"busy", 1}, {"callback", 1}, {"meeting_booked", 1}}},
              {"blocked", {{"dnc_national", 2}, {"consent_missing", 1}}}};
  r.calls = ordered_json::array({call("3", "Ann Lee", "2026-12-08T15:10:00.000Z", "callback"),
                                 call("2", "Bo Ray", "2026-12-07T15:02:00.000Z", "meeting_booked"),
                                 call("1", "Ann Lee", "2026-12-07T15:00:00.000Z", "busy", false)});
  r.meetings = {{{"scheduled_at", "2026-12-09T15:30:00.000Z"},
                 {"prospect_timezone", "America/New_York"},
                 {"account_manager_timezone", "America/Chicago"},
                 {"prospect", "Bo Ray"},
                 {"company", "The Amalgamated Bolt and Nut Works of Ohio"},
                 {"account_manager", "Priya Raman"}}};
  r.prospects = {
    {{"name", "Cy Fox"}, {"state", "blocked"}, {"reason", "dnc_national: The number is on the national list."}},
    {{"name", "Di Orr"}, {"state", "blocked"}, {"reason", "dnc_national: The number is on the national list."}},
    {{"name", "Ed Poe"},
     {"state", "blocked"},
     {"reason", "consent_missing: There is no consent of this person for calls with an artificial voice, and the law "
                "of the state needs one that is written and names the seller."}},
    {{"name", "Ann Lee"}, {"state", "waiting"}, {"reason", ""}}};
  r.booked_call = {{"prospect", "Bo Ray"},
                   {"company", "The Amalgamated Bolt and Nut Works of Ohio"},
                   {"timezone", "America/New_York"},
                   {"initiated_at", "2026-12-07T15:02:00.000Z"},
                   {"status", "ended"},
                   {"outcome", "meeting_booked"},
                   {"duration_seconds", 61},
                   {"sentiment_score", 0.4},
                   {"metadata", nullptr},
                   {"transcript",
                    {{{"who", "agent"},
                      {"stage", "opening"},
                      {"text", "Hello, this is Katie, an AI assistant of Acme Robotics. Am I speaking with Bo Ray? "
                               "You can opt out of our calls at any time."}},
                     {{"who", "callee"}, {"stage", "opening"}, {"text", "Yes, speaking."}},
                     {{"who", "agent"}, {"stage", "booking"}, {"text", "How about Wed"}, {"interrupted", true}}}},
                   {"meetings", {{{"scheduled_at", "2026-12-09T15:30:00.000Z"}, {"account_manager", "Priya Raman"}}}}};
  r.witness = {{"calls", {{"created", 3}, {"open", 0}}}, {"double_dials", 0}, {"window_violations", 0}};
  r.wall_seconds = 61.77;
  r.complete = true;
  return r;
}

demo_crash crash() {
  demo_crash x;
  x.at = "2026-12-07T15:02:31.000Z";
  x.up = 3;
  x.ringing = 1;
  x.talking = 1;
  x.booking = 1;
  x.calls = {"1", "2"};
  x.away_seconds = 0.62;
  return x;
}

std::string printed(const demo_result& r) {
  std::ostringstream out;
  print_report(out, painter{false}, r);
  return out.str();
}

size_t longest_line(const std::string& text) {
  size_t longest = 0;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    longest = std::max(longest, static_cast<size_t>(std::count_if(line.begin(), line.end(), [](unsigned char c) {
                         return (c & 0xc0) != 0x80; // of UTF-8
                       })));
  return longest;
}

} // namespace

TEST_CASE("the demo's report says what happened, in 80 columns", "[demo]") {
  auto r = sample();
  r.crashes.push_back(crash());
  const auto text = printed(r);
  CHECK(text == R"(
The campaign
  6 rows read, 1 unusable; 5 prospects, 3 calls, 1 meeting booked
  line 7, phone: "+1 212 555" is no number of the country US, which the file's
  region makes it; write it in full, such as +12125550132

How the calls ended
  disposition     calls
  busy            1
  callback        1
  meeting_booked  1

Meetings
  when, their local time    prospect  company             with
  Wed 2026-12-09 10:30 EST  Bo Ray    The Amalgamated B…  Priya Raman

A retry that connected
  Ann Lee: busy (12-07T15:00), then callback (12-08T15:10)

Not called, one of each reason
  consent_missing  Ed Poe
    There is no consent of this person for calls with an artificial voice, and
    the law of the state needs one that is written and names the seller.
  dnc_national  Cy Fox
    The number is on the national list.

One of the booked calls
Bo Ray, The Amalgamated Bolt and Nut Works of Ohio  Mon 2026-12-07 10:02 EST
disposition meeting_booked, 61 s, sentiment 0.40
  -- opening
  agent   Hello, this is Katie, an AI assistant of Acme Robotics. Am I speaking
          with Bo Ray? You can opt out of our calls at any time.
  person  Yes, speaking.
  -- booking
  agent   How about Wed (interrupted)
meeting Wed 2026-12-09 10:30 EST with Priya Raman

The witness (the practice world's own log, not Parley's)
  double dials 0
  calls outside lawful hours 0
  outcomes that the store lost 0

The crash
  The node was killed (SIGKILL) at 2026-12-07 15:02 UTC, practice time, with 3
  calls up: 1 rang, 1 talked, 1 of them about the meeting's time. It was started
  again and ready after 0.6 s. Those calls ended as busy 1, meeting_booked 1.
  What it proves: the carrier made 3 calls in all, the store holds each of them
  once with one disposition, and nobody was called twice.
)");
  CHECK(longest_line(text) <= 80);
}

TEST_CASE("the demo's report leaves out what there was not, and hides no harm", "[demo]") {
  auto r = sample();
  r.meetings = ordered_json::array();
  r.totals["meetings"] = 0;
  r.booked_call = nullptr;
  r.calls.erase(0);
  r.prospects = ordered_json::array();
  r.complete = false;
  auto text = printed(r);
  CHECK_THAT(text, Catch::Contains("0 meetings booked") && Catch::Contains("time was up"));
  CHECK_THAT(text, !Catch::Contains("A retry") && !Catch::Contains("Not called") && !Catch::Contains("booked calls")
                     && !Catch::Contains("crash"));
  r.crashes = {crash(), crash()};
  r.lost_outcomes = 1;
  r.witness["double_dials"] = 2;
  text = printed(r);
  CHECK_THAT(text, Catch::Contains("double dials 2") && Catch::Contains("outcomes that the store lost 1")
                     && Catch::Contains("The crashes") && Catch::Contains("It did harm") && !Catch::Contains("proves"));
  CHECK(longest_line(text) <= 80);
}

TEST_CASE("an answering machine at the second call is no retry that connected", "[demo]") {
  auto r = sample();
  REQUIRE_THAT(printed(r), Catch::Contains("A retry that connected"));
  const auto* machine = GENERATE("machine", "machine_message");
  r.calls[0]["outcome"] = machine; // connected, to nobody
  CHECK_THAT(printed(r), !Catch::Contains("A retry that connected"));
  // Where the machine came first, the person behind it counts.
  r.calls[0]["outcome"] = "callback";
  r.calls[2] = call("1", "Ann Lee", "2026-12-07T15:00:00.000Z", machine);
  CHECK_THAT(printed(r), Catch::Contains("A retry that connected"));
}

TEST_CASE("the demo's object has every promised key", "[demo]") {
  auto r = sample();
  r.crashes.push_back(crash());
  r.lost_outcomes = 4;
  CHECK(summary_of(r).dump()
        == R"({"prospects":5,"calls":3,"dispositions":{"busy":1,"callback":1,"meeting_booked":1},"meetings":1,)"
           R"("blocked":{"dnc_national":2,"consent_missing":1},"double_dials":0,"window_violations":0,"crashes":1,)"
           R"("lost_outcomes":4,"complete":true,"wall_seconds":61.7})");
}

TEST_CASE("an outcome is lost unless the store holds the carrier's call once, with a disposition", "[demo]") {
  const auto all = sample().calls;
  auto events = ordered_json::array(
    {create("CA1"), create("CA2"), end("CA1"), ordered_json{{"kind", "mail"}}, create("CA3"), end("CA2"), end("CA3")});
  CHECK(lost_outcomes(events, all) == 0);
  auto calls = all;
  calls.erase(1); // the store never heard of it
  CHECK(lost_outcomes(events, calls) == 1);
  calls = all;
  calls.push_back(all[0]); // two rows of one call
  CHECK(lost_outcomes(events, calls) == 1);
  calls = all;
  calls[0]["outcome"] = "none";
  CHECK(lost_outcomes(events, calls) == 1);
  calls = all;
  calls[0]["ended_at"] = nullptr; // the store believes that it is up
  CHECK(lost_outcomes(events, calls) == 1);
  events.erase(6); // and so it is
  CHECK(lost_outcomes(events, calls) == 0);
  CHECK(lost_outcomes(ordered_json::array(), all) == 0); // what was never dialled is nobody's outcome
}

TEST_CASE("text is wrapped at spaces, by characters and not by bytes", "[demo]") {
  CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("äöü äöü äöü", 7) == std::vector<std::string>{"äöü äöü", "äöü"});
  CHECK(wrapped("a verylongword b", 6) == std::vector<std::string>{"a", "verylongword", "b"});
  CHECK(wrapped("", 6) == std::vector<std::string>{""});
}

} // namespace demo_report_test
