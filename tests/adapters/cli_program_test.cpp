// Goal: scripts can rely on `parley`: what a command asks the node, what it
// prints and exits with, no colours off a terminal. Method: the program as a
// process, a node played by the test.
#include "adapters/cli/campaign_watch.hpp"
#include "runtime/messages/json.hpp"
#include "tests/adapters/program_world.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <sstream>

namespace cli_program_test {

using namespace parley;
using namespace parley::test;
using Catch::Contains;
using nlohmann::json;

TEST_CASE_METHOD(program_world, "off a terminal nothing is coloured", "[cli]") {
  answers("campaign list", {{{"name", "Spring"}, {"status", "draft"}}});
  const auto plain = run("campaign list", "TERM=xterm-256color");
  CHECK(plain.out.find('\033') == std::string::npos);
  CHECK_THAT(plain.out, Contains("Spring"));
}

TEST_CASE_METHOD(program_world, "an import runs as a job and its refusal is the command's", "[cli]") {
  job("prospect import", {{"rows", 2},
                          {"added", 1},
                          {"updated", 0},
                          {"unchanged", 0},
                          {"rejected", 1},
                          {"listed", 1},
                          {"rejected_rows", {{{"line", 3}, {"field", "phone"}, {"reason", "This is no number."}}}}});
  const auto done = run("prospect import '" + file("name,phone\n") + "' --campaign Spring --map 'Tel=phone'");
  CHECK(done.code == 0);
  CHECK_THAT(done.out, Contains("2 rows: 1 added") && Contains("line 3, phone: This is no number."));
  const auto sent = asked().front();
  CHECK(sent["background"] == true);
  CHECK(sent["campaign"] == "Spring");
  CHECK(sent["map"]["Tel"] == "phone");
  answers("job show", {{"job", "7"}, {"finished", true}, {"error", "invalid_input"}, {"message", "file: is no table"}});
  const auto refused = run("prospect import '" + file("x") + "'");
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Contains("file: is no table"));
}

TEST_CASE_METHOD(program_world, "prospects of the CRM are asked for by filter", "[cli]") {
  job("prospect import",
      {{"rows", 0}, {"added", 0}, {"updated", 0}, {"unchanged", 0}, {"rejected", 0}, {"rejected_rows", json::array()}});
  CHECK(run("prospect import --crm lifecyclestage=lead --crm lifecyclestage=customer --crm state=TX").code == 0);
  CHECK(asked().front()["crm"] == json{{"lifecyclestage", {"lead", "customer"}}, {"state", {"TX"}}});
  CHECK(run("prospect import --crm lifecyclestage").code == 2);
  CHECK(run("prospect import").code == 2);
}

TEST_CASE_METHOD(program_world, "a campaign is created from a file, and options win over it", "[cli]") {
  answers("campaign create", {{"campaign", "1"}, {"name", "Autumn"}, {"status", "draft"}});
  const auto done = run("campaign create --file '" PARLEY_SOURCE_DIR "/config/samples/campaign.toml' --name Autumn "
                        "--attempts 2 --target state=TX --target state=OK");
  CHECK(done.code == 0);
  const auto sent = asked().front();
  CHECK(sent["name"] == "Autumn");
  CHECK(sent["attempts_max"] == 2);
  CHECK(sent["backoff"] == "1h"); // of the file
  CHECK(sent["target_filters"]["state"] == json{"TX", "OK"});
  const auto wrong = run("campaign create --file '" + file("name = \n") + "'");
  CHECK(wrong.code == 2);
  CHECK_THAT(wrong.err, Contains("input:1"));
}

TEST_CASE_METHOD(program_world, "every setting of a campaign has an option", "[cli]") {
  answers("campaign create", {{"campaign", "1"}, {"name", "Autumn"}, {"status", "draft"}});
  CHECK(run("campaign create --name Autumn --company A --company-description B --offer C --objective D --agent-name E "
            "--voice F --language de --script G --from +14155550132 --callback-number +14155550133 --ring-timeout 20s "
            "--call-limit 5m --backoff 2h --breaker-window 5m --voicemail-message H --opt-out-number +18005550132 "
            "--min-probability 40 --attempts 2 --calls-at-once 7 --calls-per-person-day 1 --meeting-minutes 15 "
            "--breaker-share 0 --breaker-minimum 3 --record --no-transfers --manager 'Priya Raman' --manager Tom "
            "--best-time 'tue-thu,sat 10:00-11:30' --best-time 'fri 4 pm-5 pm' --allowed-time 'sat-mon 09:00-18:00' "
            "--role-time 'ceo,founder: mon 08:00-09:00'")
          .code
        == 0);
  const auto sent = asked().front();
  json policy = campaign_policy{};
  policy.erase("campaign"); // the node chooses the id
  for (const auto& [key, standard] : policy.items()) {
    CAPTURE(key);
    REQUIRE(sent.contains(key));
    CHECK(sent[key] != standard);
  }
  CHECK(sent["breaker_share"] == 0);
  CHECK(sent["transfers"] == false);
  CHECK(sent["managers"] == json{"Priya Raman", "Tom"});
  CHECK(sent["best_times"][0]
        == json{{"weekdays", {"tue", "wed", "thu", "sat"}}, {"from", "10:00"}, {"until", "11:30"}});
  CHECK(sent["best_times"][1] == json{{"weekdays", {"fri"}}, {"from", "4 pm"}, {"until", "5 pm"}});
  CHECK(sent["allowed_times"][0]["weekdays"] == json{"sat", "sun", "mon"});
  CHECK(sent["role_times"][0]["roles"] == json{"ceo", "founder"});
  for (const auto* wrong : {"--best-time mon", "--best-time 'mon 10:00'", "--role-time 'mon 10:00-11:00'",
                            "--target TX", "--attempts -1", "--attempts two"})
    CHECK(run(std::string{"campaign create --name Autumn "} + wrong).code == 2);
}

TEST_CASE_METHOD(program_world, "an option switches off or empties what a file of a campaign says", "[cli]") {
  answers("campaign create", {{"campaign", "1"}, {"name", "Autumn"}, {"status", "draft"}});
  const auto settings
    = file("name = 'Autumn'\nrecord_calls = true\ntransfers = false\ncallback_number = '+14155550132'\n"
           "[target_filters]\nstate = 'TX'\nrole = ['ceo']\n");
  CHECK(
    run("campaign create --file '" + settings + "' --no-record --transfers --callback-number '' --target state=OK").code
    == 0);
  CHECK(run("campaign create --file '" + settings + "'").code == 0);
  const auto sent = asked();
  CHECK(sent[0]["record_calls"] == false);
  CHECK(sent[0]["transfers"] == true);
  CHECK(sent[0]["callback_number"] == "");
  CHECK(sent[0]["target_filters"] == json{{"state", {"OK"}}, {"role", {"ceo"}}});
  CHECK(sent[1]["record_calls"] == true);
}

TEST_CASE_METHOD(program_world, "live calls are steered and the sentence of the call is shown", "[cli]") {
  for (const auto* command : {"call say", "call hangup", "call transfer"})
    answers(command, {{"call", "1"}, {"sentence", "The agent says it next."}});
  CHECK_THAT(run("call say 'Ann Lee' 'We also lease.'").out, Contains("The agent says it next."));
  CHECK(run("call hangup 0199").code == 0);
  CHECK(run("call transfer 'Ann Lee' --to +14155550132").code == 0);
  const auto all = asked();
  CHECK(all[0]["call"] == "Ann Lee");
  CHECK(all[0]["text"] == "We also lease.");
  CHECK(all[2]["to"] == "+14155550132");
}

TEST_CASE_METHOD(program_world, "a live call is shown with what was said so far, and that it goes on", "[cli]") {
  json call{{"id", "1"},
            {"prospect", "Ann Lee"},
            {"company", "Lee Tools"},
            {"status", "talking"},
            {"live", true},
            {"initiated_at", "2026-12-01T15:00:00Z"},
            {"timezone", "America/New_York"},
            {"sentiment_score", 0.5},
            {"outcome", nullptr},
            {"duration_seconds", 0},
            {"transcript",
             {{{"who", "agent"}, {"text", "Hello, this is an AI."}, {"stage", "opening"}},
              {{"who", "person"}, {"text", "Go on."}, {"stage", "opening"}}}},
            {"metadata",
             {{"stage", "discovery"},
              {"notes",
               {{{"kind", "objection"}, {"detail", {{"kind", "price"}}}, {"spoken", 1}},
                {{"kind", "observation"},
                 {"detail",
                  {{"score", 40},
                   {"sentiment", -0.5},
                   {"next_action", "ask who decides"},
                   {"bant",
                    {{"authority", {{"value", "unknown"}, {"quote", ""}}},
                     {"budget", {{"value", "strong"}, {"quote", "twenty thousand"}}}}},
                   {"objections", {"price"}}}},
                 {"spoken", 1}},
                {{"kind", "tool_called"},
                 {"detail", {{"tool", "check_calendar_availability"}, {"arguments", "{\"dates\":[]}"}}},
                 {"spoken", 2}}}}}},
            {"meetings", json::array()}};
  answers("call show", call);
  const auto live = run("call show 'Ann Lee'");
  CHECK(live.code == 0);
  CHECK_THAT(live.out, Contains("talking now, stage discovery") && Contains("Hello, this is an AI.")
                         && Contains("objection: kind price") && Contains("the call goes on"));
  CHECK(live.out.find("an AI.") < live.out.find("objection: kind price")); // in the order of time
  CHECK(live.out.find("objection: kind price") < live.out.find("Go on."));
  const auto observed = live.out.find("    · observation: score 40, sentiment -0.50, next: ask who decides; budget: "
                                      "\"twenty thousand\"; objection: price\n");
  REQUIRE(observed != std::string::npos);
  CHECK(live.out.find("objection: kind price") < observed);
  CHECK(observed < live.out.find("Go on."));
  const auto used = live.out.find("    · tool_called: ");
  REQUIRE(used != std::string::npos);
  CHECK(live.out.find("Go on.") < used);
  CHECK_THAT(live.out.substr(used), Contains("tool check_calendar_availability") && Contains("{\"dates\":[]}"));
  CHECK(json::parse(run("call show 'Ann Lee' --json").out)["live"] == true);
  call.erase("live");
  call["status"] = "ended";
  call["outcome"] = "not_interested";
  answers("call show", call);
  const auto over = run("call show 'Ann Lee'").out;
  CHECK_THAT(over, Contains("disposition not_interested") && !Contains("the call goes on"));
}

TEST_CASE_METHOD(program_world, "a test call is told turn by turn while it lasts", "[cli]") {
  answers("call test", {{"call", "1"}, {"campaign_name", "call test"}, {"consent", json::object()}});
  const auto turn = [](const char* who, const char* text, int at) {
    return json{{"who", who}, {"text", text}, {"started_ms", at}, {"item", text}};
  };
  std::atomic<int> looks = 0;
  on("call show", [&](const json&) {
    const int look = ++looks;
    json call{{"id", "1"},
              {"prospect", "Test"},
              {"company", ""},
              {"initiated_at", "2026-12-01T15:00:00Z"},
              {"status", "talking"},
              {"outcome", "completed"},
              {"meetings", json::array()},
              {"metadata", json::object()},
              {"sentiment_score", 0},
              {"duration_seconds", 9},
              {"transcript", json::array()}};
    auto& turns = call["transcript"];
    turns.push_back(turn("agent", "First words.", 0));
    if (look > 1) // written down late, and said before the next
      turns.push_back(turn("person", "Late words.", 500));
    turns.push_back(turn("agent", "Second words.", 900));
    if (look > 2) {
      call["status"] = "ended";
      call["transcript"] = json::array(); // so that what stands on the screen was told before the end
    }
    return std::pair{200, call};
  });
  const auto done = run("call test --to +14155550132 --yes-i-consent");
  CHECK(done.code == 0);
  for (const std::string words : {"First words.", "Late words.", "Second words."}) {
    CAPTURE(words);
    const auto at = done.out.find(words);
    REQUIRE(at != std::string::npos);
    CHECK(done.out.find(words, at + 1) == std::string::npos); // once
  }
}

TEST_CASE_METHOD(program_world, "an import that broke off fails and says what is stored", "[cli]") {
  job("prospect import", {{"complete", false},
                          {"reason", "the CRM did not give the next page (too busy); import again to go on"},
                          {"rows", 100},
                          {"added", 99},
                          {"updated", 0},
                          {"unchanged", 0},
                          {"rejected", 0},
                          {"rejected_rows", json::array()}});
  const auto partly = run("prospect import --crm state=TX");
  CHECK(partly.code == 1);
  CHECK_THAT(partly.out, Contains("99 added"));
  CHECK_THAT(partly.err, Contains("ended early") && Contains("too busy"));
  const auto as_json = run("prospect import --crm state=TX --json");
  CHECK(as_json.code == 1);
  CHECK(json::parse(as_json.out)["complete"] == false);
}

TEST_CASE_METHOD(program_world, "what came of a job is told with the rows that were rejected", "[cli]") {
  answers("job show",
          {{"job", "7"},
           {"command", "prospect import"},
           {"began", "2026-12-01T15:00:00Z"},
           {"finished", true},
           {"result", {{"rows", 3}, {"rejected_rows", {{{"line", 9}, {"reason", "This is no number."}}}}}}});
  const auto told = run("jobs 7");
  CHECK(told.code == 0);
  CHECK_THAT(told.out, Contains("prospect import, began 2026-12-01T15:00:00Z: done") && Contains("rows: 3")
                         && Contains("line 9: This is no number."));
  answers("job show", {{"job", "7"},
                       {"command", "dnc import"},
                       {"began", "2026-12-01T15:00:00Z"},
                       {"finished", true},
                       {"error", "invalid_input"},
                       {"message", "file: is no table"}});
  CHECK_THAT(run("jobs 7").out, Contains("failed: file: is no table"));
}

TEST_CASE_METHOD(program_world, "a list that may go on says so", "[cli]") {
  const json one{{"id", "0199c"}, {"name", "Ann Lee"}};
  answers("prospect list", json::array({one, one}));
  CHECK_THAT(run("prospect list --limit 2").out, Contains("there may be more; --limit"));
  CHECK_THAT(run("prospect list --limit 3").out, !Contains("there may be more"));
  CHECK_THAT(run("prospect list --limit 2 --json").out, !Contains("there may be more"));
}

TEST_CASE_METHOD(program_world, "an emergency stop that is not whole fails and says what is left", "[cli]") {
  answers("stop all", {{"stopped", {{{"name", "Spring"}}}}, {"calls_hung_up", 2}, {"failed", json::array()}});
  CHECK(run("stop --all").code == 0);
  answers("stop all", {{"stopped", json::array()},
                       {"calls_hung_up", 0},
                       {"unresolved", {{{"call", "0199c"}, {"name", "Ann Lee"}}}},
                       {"failed", json::array()}});
  const auto lost = run("stop --all");
  CHECK(lost.code == 0);
  CHECK_THAT(lost.out, Contains("1 call may or may not exist") && Contains("call list --unresolved"));
  answers("stop all", {{"stopped", json::array()},
                       {"calls_hung_up", 0},
                       {"failed", {{{"what", "campaign Spring"}, {"reason", "timeout"}}}}});
  const auto partly = run("stop --all");
  CHECK(partly.code == 1);
  CHECK_THAT(partly.err, Contains("not stopped: campaign Spring"));
  const auto as_json = run("stop --all --json");
  CHECK(as_json.code == 1);
  CHECK(json::parse(as_json.out)["failed"].size() == 1);
}

namespace {

/// What a node answers to a dry run of two people, one of whom is blocked.
json dry_run_answer() {
  return {
    {"name", "Spring"},
    {"now", "2026-12-01T15:00:00Z"},
    {"prospects", 2},
    {"called", 1},
    {"blocked", 1},
    {"disqualified", 0},
    {"under_way", 0},
    {"undecided", 0},
    {"calls_at_once", 10},
    {"research", {{"note", "Research is not run by a dry run."}}},
    {"calls",
     {{{"at", "2026-12-01T16:10:00Z"},
       {"zone", "America/New_York"},
       {"name", "Ann Lee"},
       {"company", "Lee"},
       {"probability", nullptr}}}},
    {"by_hour", {{{"hour", "2026-12-01T16:00:00Z"}, {"calls", 1}}}},
    {"blocked_by_reason",
     {{{"reason", "dnc_national"}, {"count", 1}, {"sentence", "The number is listed."}, {"source", "47 CFR"}}}},
    {"not_called", {{{"what", "blocked"}, {"reason", "dnc_national"}, {"name", "Bob"}, {"company", "B"}}}},
    {"minutes",
     {{"first_attempts", 2.5}, {"first_attempts_at_most", 10}, {"all_attempts_at_most", 30}, {"basis", "From 10."}}},
    {"cost", {{"basis", "The price of a minute is not known."}}}};
}

} // namespace

TEST_CASE_METHOD(program_world, "a dry run shows who is called when and who is not", "[cli]") {
  job("campaign launch", dry_run_answer());
  const auto shown = run("campaign launch Spring --dry-run");
  CHECK(shown.code == 0);
  CHECK_THAT(shown.out, Contains("1 of 2 prospects would be called") && Contains("Tue 2026-12-01 11:10 EST")
                          && Contains("dnc_national") && Contains("47 CFR") && Contains("Bob") && Contains("2.50")
                          && Contains("nobody was called") && !Contains("more; --rows"));
  CHECK(asked().front()["dry_run"] == true);
}

TEST_CASE_METHOD(program_world, "a dry run says how many of those who are not called it does not list", "[cli]") {
  auto plan = dry_run_answer();
  plan["disqualified"] = 2;
  plan["blocked"] = 4;
  plan["blocked_by_reason"]
    = {{{"reason", "dnc_national"}, {"count", 3}, {"sentence", "The number is listed."}, {"source", "47 CFR"}},
       {{"reason", "unknown_state"}, {"count", 1}, {"sentence", "No state is known."}, {"source", "-"}}};
  job("campaign launch", plan); // of all these it lists one
  const auto one = run("campaign launch Spring --dry-run --rows 1").out;
  CHECK_THAT(one, Contains("disqualified by research\n  and 2 more; --rows says how many are shown\n"));
  CHECK_THAT(one, Contains("     - Bob, B\n     and 2 more; --rows says how many are shown\n"));
  CHECK_THAT(one, Contains("unknown_state: No state is known.\n     and 1 more; --rows says how many are shown\n"));
  plan["not_called"].push_back({{"what", "disqualified"},
                                {"reason", "low_probability"},
                                {"name", "Cy"},
                                {"company", "C"},
                                {"sentence", "Too unlikely."}});
  job("campaign launch", plan);
  CHECK_THAT(run("campaign launch Spring --dry-run --rows 2").out,
             Contains("  - Cy, C: Too unlikely.\n  and 1 more; --rows says how many are shown\n"));
}

TEST_CASE_METHOD(program_world, "watching prints a line for each change and ends with the campaign", "[cli]") {
  std::atomic<int> looks = 0;
  on("campaign funnel", [&](const json&) {
    const int look = ++looks;
    auto answer = funnel_answer(look < 3 ? "running" : look < 4 ? "paused" : "completed", look < 3 ? 2 : 0);
    if (look == 3)
      answer.update({{"reason", "Too many calls failed."}, {"estimated_end", nullptr}});
    return std::pair{200, answer};
  });
  const auto watched = run("campaign watch Spring");
  CHECK(watched.code == 0);
  CHECK(std::count(watched.out.begin(), watched.out.end(), '\n') == 3); // the second look saw nothing new
  CHECK_THAT(watched.out, Contains("running, enrolled 40") && Contains("talking 2") && Contains("completed"));
  CHECK_THAT(watched.out, Contains(", booked 2, 3 calls in 10 min, 14 in an hour, end about 2026-12-01T19:00:00Z\n"));
  CHECK_THAT(watched.out, Contains(", 14 in an hour; Too many calls failed.\n")); // a pause has no end
  looks = 0;
  std::istringstream lines{run("campaign watch Spring --json").out};
  std::string line;
  REQUIRE(std::getline(lines, line));
  CHECK(json::parse(line)["talking"] == 2);
  REQUIRE(std::getline(lines, line));
  CHECK(json::parse(line)["reason"] == "Too many calls failed.");
  REQUIRE(std::getline(lines, line));
  CHECK(json::parse(line)["status"] == "completed");
}

TEST_CASE("the funnel fits a screen of 80 columns and 24 lines", "[cli]") {
  auto busy = funnel_answer("completed", 2);
  busy.update({{"name", std::string(100, 'x')},
               {"enrolling", true},
               {"now", "2026-12-01T15:00:00.000Z"},
               {"calls_last_10_minutes", 9999},
               {"calls_last_hour", 59999},
               {"done_last_hour", 59999}});
  const auto lines = cli::funnel_screen(busy, cli::painter{false});
  CHECK(lines.size() < 24);
  for (const auto& line : lines) {
    CAPTURE(line);
    CHECK(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }) <= 80);
  }
}

} // namespace cli_program_test
