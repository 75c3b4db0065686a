// Goal: every command tells people what came of it in words and scripts in one
// JSON value, and neither loses a refusal. Method: a table of all commands as
// the help lists them, each run as a process against a node with a canned
// answer; a command without a row fails.
#include "tests/adapters/program_world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace cli_program_answers_test {

using namespace parley::test;
using Catch::Contains;
using nlohmann::json;

namespace {

struct row {
  std::string command; ///< as the help lists it
  std::string line;    ///< what stands behind it
  std::string asks;    ///< the node's name for it
  json answer;
  std::vector<std::string> words; ///< some of what people read
  bool as_job = false;
};

const auto none = json::array();

json ended_call() {
  return {{"id", "0199c"},
          {"prospect", "Ann Lee"},
          {"company", "Lee Tools"},
          {"status", "ended"},
          {"initiated_at", "2026-12-01T15:00:00Z"},
          {"timezone", "America/New_York"},
          {"sentiment_score", 0.5},
          {"outcome", "completed"},
          {"duration_seconds", 61},
          {"transcript", {{{"who", "person"}, {"text", "We count by hand."}, {"stage", "discovery"}}}},
          {"metadata", json::object()},
          {"meetings", {{{"scheduled_at", "2026-12-03T19:00:00Z"}, {"account_manager", "Tom Becker"}}}}};
}

json meeting(const char* status) {
  return {{"id", "0199d"},
          {"prospect", "Ann Lee"},
          {"company", "Lee Tools"},
          {"account_manager", "Tom Becker"},
          {"meeting_type", "video"},
          {"status", status},
          {"scheduled_at", "2026-12-03T19:00:00Z"},
          {"was", "2026-12-02T19:00:00Z"},
          {"timezone", "America/New_York"},
          {"prospect_timezone", "America/New_York"}};
}

std::vector<row> campaign_rows() {
  const auto state = [](const char* status) {
    return json{{"campaign", "0199a"}, {"name", "Spring"}, {"status", status}};
  };
  return {{"campaign create",
           "--name Spring --company A --offer B",
           "campaign create",
           state("draft"),
           {"created Spring (0199a)"}},
          {"campaign launch",
           "Spring",
           "campaign launch",
           state("running"),
           {"Spring is running", "40 prospects enrolled", "parley campaign watch 0199a"}},
          {"campaign pause", "Spring", "campaign pause", state("paused"), {"Spring is paused"}},
          {"campaign resume", "Spring", "campaign resume", state("running"), {"Spring is running"}},
          {"campaign stop", "Spring --now", "campaign stop", state("stopped"), {"Spring is stopped"}},
          {"campaign status",
           "Spring",
           "campaign status",
           {{"name", "Spring"},
            {"status", "paused"},
            {"prospects", 1},
            {"calls", 2},
            {"calls_open", 1},
            {"meetings", 0},
            {"settings", {{"reason", "Too many calls failed."}}},
            {"states", {{"waiting", 7}}},
            {"dispositions", {{"no_answer", 2}}},
            {"blocked", {{"dnc_national", 1}}},
            {"next_due", "2026-12-01T15:00:00Z"}},
           {"Spring: paused, 1 prospect, 2 calls (1 up), 0 meetings", "Too many calls failed.", "waiting    7",
            "no_answer  2", "dnc_national  1", "next due 2026-12-01T15:00:00Z"}},
          {"campaign list",
           "",
           "campaign list",
           {{{"name", "Spring"}, {"status", "draft"}, {"meetings", 4}}},
           {"name", "meetings", "Spring", "draft", "4"}},
          {"campaign watch",
           "Spring",
           "campaign funnel",
           funnel_answer("completed", 0),
           {"completed, enrolled 40", "booked 2"}}};
}

std::vector<row> people_rows() {
  const json person{{"id", "0199b"},
                    {"name", "Ann Lee"},
                    {"role", "CEO"},
                    {"company", "Lee Tools"},
                    {"phone", "+14155550132"},
                    {"email", "ann@example.com"},
                    {"timezone", "America/New_York"},
                    {"state", "NY"},
                    {"consent_type", "written"},
                    {"consent_at", "2026-11-01"},
                    {"consent_source", "form"},
                    {"enrolments", {{{"campaign", "Spring"}, {"state", "waiting"}, {"attempts", 2}}}},
                    {"calls", {{{"status", "ended"}, {"outcome", "no_answer"}}}},
                    {"meetings", none},
                    {"ledger", {{{"verdict", "block"}, {"reason", "dnc_national"}, {"sentence", "It is listed."}}}}};
  return {
    {"prospect import",
     "--crm state=TX",
     "prospect import",
     {{"rows", 3},
      {"added", 1},
      {"updated", 0},
      {"unchanged", 1},
      {"rejected", 1},
      {"listed", 2},
      {"hint", "Launch it again."},
      {"rejected_rows", {{{"crm_id", "77"}, {"field", "phone"}, {"reason", "This is no number."}}}}},
     {"3 rows: 1 added, 0 updated, 1 unchanged, 1 rejected; 2 new", "Launch it again.", "contact 77, phone: This"},
     true},
    {"prospect list",
     "--campaign Spring",
     "prospect list",
     {{{"name", "Ann Lee"}, {"state", "waiting"}, {"reason", "not yet"}, {"attempts", 2}}},
     {"Ann Lee", "waiting", "not yet"}},
    {"prospect show",
     "'Ann Lee'",
     "prospect show",
     person,
     {"Ann Lee, CEO at Lee Tools", "consent written", "Spring", "no_answer", "It is listed."}},
    {"prospect why",
     "'Ann Lee'",
     "prospect why",
     {{"sentence", "She is on the list."}, {"campaigns", {{{"sentence", "Spring waits for Tuesday."}}}}},
     {"She is on the list.", "Spring waits for Tuesday."}},
    {"dnc import",
     "'" PARLEY_SOURCE_DIR "/README.md' --smaller",
     "dnc import",
     {{"list", "national"},
      {"date", "2026-11-20T00:00:00.000Z"},
      {"accepted", 1},
      {"skipped", 2},
      {"rejected", 1},
      {"rejected_rows", {{{"line", 9}, {"reason", "This is no number."}}}}},
     {"national of 2026-11-20: 1 number taken, 2 of other countries skipped, 1 line rejected",
      "line 9: This is no number."},
     true},
    {"dnc add",
     "+14155550132",
     "dnc add",
     {{"number", "+14155550132"},
      {"do_not_call", true},
      {"settled", false},
      {"call", "0199c"},
      {"sentence", "It may still ring."}},
     {"+14155550132 is on our do-not-call list", "It may still ring.", "parley call show 0199c"}},
    {"dnc remove",
     "+14155550132",
     "dnc remove",
     {{"number", "+14155550132"}, {"do_not_call", false}},
     {"+14155550132 is off our do-not-call list"}},
    {"dnc check",
     "+14155550132",
     "dnc check",
     {{"number", "+14155550132"},
      {"internal", false},
      {"national", true},
      {"national_version", "November"},
      {"national_date", "2026-11-20"},
      {"states", {{"FL", {{"listed", false}, {"version", "fl-7"}, {"date", "2026-11-01"}}}}}},
     {"our own list  not listed", "national      listed  November, of 2026-11-20", "FL", "fl-7"}}};
}

std::vector<row> call_rows() {
  const auto told = [](const char* sentence) { return json{{"call", "0199c"}, {"sentence", sentence}}; };
  return {{"call list",
           "--open",
           "call list",
           {{{"prospect", "Ann Lee"}, {"status", "talking"}, {"id", "0199c"}}},
           {"Ann Lee", "talking", "0199c"}},
          {"call show",
           "0199c",
           "call show",
           ended_call(),
           {"Ann Lee, Lee Tools  Tue 2026-12-01 10:00 EST", "disposition completed, 61 s, sentiment 0.50",
            "-- discovery", "person  We count by hand.", "meeting Thu 2026-12-03 14:00 EST with Tom Becker"}},
          {"call hangup", "0199c", "call hangup", told("The call ends."), {"The call ends."}},
          {"call say", "0199c Hello", "call say", told("It says it next."), {"It says it next."}},
          {"call transfer", "0199c", "call transfer", told("Tom's phone rings."), {"Tom's phone rings."}},
          {"call resolve", "0199c --as placed", "call resolve", told("The attempt counts."), {"The attempt counts."}},
          {"call recording",
           "0199c --out call.wav",
           "call recording",
           {{"seconds", 61}, {"content_type", "audio/wav"}, {"bytes", 976'000}, {"file", "/tmp/call.wav"}},
           {"61 s (audio/wav, 976000 bytes) written to /tmp/call.wav"}},
          {"call test",
           "--to +14155550132 --yes-i-consent",
           "call test",
           {{"call", "0199c"}, {"campaign_name", "call test"}, {"consent", {{"text", "I agree."}}}},
           {"disposition completed", "call 0199c, campaign call test"}},
          {"call replay",
           "0199c",
           "call replay",
           {{"call", "0199c"},
            {"steps",
             {{{"version", 2},
               {"type", "turn_spoken"},
               {"seconds", 8.0},
               {"phase", "talking"},
               {"stage", "discovery"},
               {"sentiment", 0.25},
               {"said", {{"who", "person"}, {"text", "We count by hand."}}}}}}},
           {"0:08", "discovery", "person: We count by hand."}}};
}

std::vector<row> node_rows() {
  const json actor{{"id", 12}, {"parent", 0}, {"kind", "call"}, {"key", "0199c"}};
  return {
    {"meeting list",
     "",
     "meeting list",
     json::array({meeting("scheduled")}),
     {"Thu 2026-12-03 14:00 EST", "Ann Lee", "Tom Becker", "scheduled"}},
    {"meeting reschedule",
     "0199d --to '2026-12-03 14:00'",
     "meeting reschedule",
     meeting("scheduled"),
     {"moved the meeting to Thu 2026-12-03 14:00 EST (it was on Wed 2026-12-02 14:00 EST)"}},
    {"meeting cancel",
     "0199d",
     "meeting cancel",
     meeting("cancelled"),
     {"cancelled the meeting on Thu 2026-12-03 14:00 EST"}},
    {"inspect tree",
     "",
     "/inspect/tree",
     {{"actors", 1}, {"kinds", {{"call", 1}}}, {"tree", json::array({actor})}, {"more", false}},
     {"call 0199c  #12"}},
    {"inspect actor", "12", "/inspect/actors/12", actor, {"kind: call", "key: 0199c"}},
    {"status", "", "node status", {{"mode", "live"}, {"clock", "real"}}, {"mode: live", "clock: real"}},
    {"jobs",
     "",
     "job list",
     {{{"job", "7"}, {"command", "dnc import"}, {"began", "10:00"}, {"finished", true}},
      {{"job", "8"}, {"command", "prospect import"}, {"phase", "stores"}, {"done", 1}, {"total", 4}}},
     {"dnc import", "done", "stores 1 of 4 (25 %)"}},
    {"stop",
     "--all",
     "stop all",
     {{"stopped", {{{"name", "Spring"}}}}, {"calls_hung_up", 2}, {"failed", none}},
     {"1 campaign stopped, 2 calls hung up", "Spring"}},
    {"outbox list",
     "",
     "outbox list",
     {{{"id", "0199e"}, {"state", "parked"}, {"kind", "mail"}, {"tries", 3}, {"detail", "550 no mailbox"}}},
     {"0199e", "parked", "550 no mailbox"}},
    {"outbox retry", "--all", "outbox retry", {{"count", 1}, {"left", 0}}, {"1 delivery is tried again now"}},
    {"outbox drop", "0199e --reason x", "outbox drop", {{"ids", {"0199e"}}, {"count", 1}}, {"dropped 0199e"}},
    {"journal verify",
     "",
     "journal verify",
     {{"streams", 3}, {"events", 9}, {"rows", 4}, {"sealed_fields", 2}, {"findings_total", 0}, {"findings", none}},
     {"3 streams, 9 events, 4 rows", "all is as it should be"},
     true},
    {"journal export",
     "",
     "journal export",
     {{"events", {{{"position", 7}, {"type", "call_closed"}}}}, {"more", false}, {"after", 7}},
     {R"({"position":7,"type":"call_closed"})"}}};
}

std::vector<row> all_rows() {
  std::vector<row> out;
  for (const auto& rows : {campaign_rows(), people_rows(), call_rows(), node_rows()})
    out.insert(out.end(), rows.begin(), rows.end());
  return out;
}

/// Commands that ask no node one question: programs of their own, and what is
/// only for people or for shells.
const std::vector<std::string> without_row{"completion", "demo", "doctor", "sandbox", "talk", "top"};

void collect_commands(const program_world& world, const std::string& group, std::vector<std::string>& out) {
  for (const auto& name : commands_in(world.run(group + " --help").out)) {
    const auto command = group.empty() ? name : group + " " + name;
    const auto before = out.size();
    collect_commands(world, command, out);
    if (out.size() == before)
      out.push_back(command);
  }
}

/// A node that answers to this row, and to what some commands ask besides.
void prepare(program_world& world, const row& x) {
  world.answers("campaign funnel", funnel_answer("running", 2));
  world.answers("call show", ended_call());
  if (x.as_job)
    world.job(x.asks, x.answer);
  else
    world.answers(x.asks, x.answer);
}

} // namespace

TEST_CASE_METHOD(program_world, "every command has a row in this table", "[cli]") {
  std::vector<std::string> commands;
  collect_commands(*this, "", commands);
  auto known = without_row;
  for (const auto& x : all_rows())
    known.push_back(x.command);
  std::sort(known.begin(), known.end());
  std::sort(commands.begin(), commands.end());
  CHECK(commands == known);
}

TEST_CASE("every command tells people in words what came of it", "[cli]") {
  for (const auto& x : all_rows()) {
    CAPTURE(x.command);
    program_world world;
    prepare(world, x);
    const auto shown = world.run(x.command + " " + x.line);
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    for (const auto& words : x.words)
      CHECK_THAT(shown.out, Contains(words));
    const auto sent = world.asked();
    CHECK(std::any_of(sent.begin(), sent.end(), [&](const json& one) { return one["command"] == x.asks; }));
  }
}

TEST_CASE("every command tells scripts in one JSON value what came of it", "[cli]") {
  for (const auto& x : all_rows()) {
    CAPTURE(x.command);
    program_world world;
    prepare(world, x);
    const auto shown = world.run(x.command + " " + x.line + " --json");
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CAPTURE(shown.out);
    const auto value = json::parse(shown.out, nullptr, false); // discarded when more follows
    if (x.command == "call test") {                            // the call, with the consent to it
      CHECK(value["outcome"] == "completed");
      CHECK(value["consent"] == x.answer["consent"]);
    } else if (x.command == "journal export") { // a line for each event, here one
      CHECK(value == x.answer["events"][0]);
    } else {
      CHECK(value == x.answer);
    }
  }
}

TEST_CASE("every command tells scripts why it was refused, or that there is no node", "[cli]") {
  for (const auto& x : all_rows()) {
    CAPTURE(x.command);
    program_world world;
    prepare(world, x);
    world.refuses(x.asks, "wrong_state", "not now");
    const auto refused = world.run(x.command + " " + x.line + " --json");
    CHECK(refused.code == 1);
    CHECK(refused.err.empty());
    CHECK(json::parse(refused.out, nullptr, false) == json{{"error", "wrong_state"}, {"message", "not now"}});
    const auto alone = world.run(x.command + " " + x.line + " --json", "", "/nowhere/control.sock");
    CHECK(alone.code == 3);
    CHECK(alone.err.empty());
    CHECK(json::parse(alone.out, nullptr, false).value("error", "") == "no_node");
  }
}

TEST_CASE_METHOD(program_world, "a shell's script is one JSON value, too", "[cli]") {
  const auto shown = run("completion bash --json");
  CHECK(shown.code == 0);
  const auto value = json::parse(shown.out, nullptr, false);
  CHECK(value["shell"] == "bash");
  CHECK(value["script"] == run("completion bash").out);
}

} // namespace cli_program_answers_test
