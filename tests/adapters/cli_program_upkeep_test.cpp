// Goal: operators see what waits and what is wrong, and scripts can tell by the
// exit code: `parley outbox`, `parley journal`, `parley call replay`. Method:
// the program as a process, a node played by the test.
#include "tests/adapters/program_world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

namespace cli_program_upkeep_test {

using namespace parley::test;
using Catch::Contains;
using nlohmann::json;

namespace {

size_t widest(const std::string& text) {
  size_t out = 0;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    out = std::max(
      out, static_cast<size_t>(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; })));
  return out;
}

json report(json findings, int total) {
  return {{"streams", 3},
          {"events", 9},
          {"rows", 4},
          {"streams_erased", 1},
          {"streams_busy", 0},
          {"sealed_fields", 2},
          {"sealed_fields_erased", 0},
          {"open_calls", 1},
          {"lines_unsettled", 2},
          {"findings_total", total},
          {"findings", std::move(findings)}};
}

json step(int version, const std::string& type, json more = json::object()) {
  json out{{"version", version},
           {"type", type},
           {"at", "2026-12-01T15:00:00Z"},
           {"seconds", version * 4.0},
           {"phase", "talking"},
           {"status", "in_progress"},
           {"stage", "qualification"},
           {"sentiment", 0.25},
           {"outcome", "none"},
           {"score", 40},
           {"bant", json{{"need", "positive"}}},
           {"next_action", "ask"},
           {"changed", json::object()}};
  out.update(more);
  return out;
}

} // namespace

TEST_CASE_METHOD(program_world, "deliveries are listed with their reason, by state, person and campaign", "[cli]") {
  answers("outbox list", {{{"id", "0199a3c2-0000-7000-8000-000000000001"},
                           {"state", "parked"},
                           {"kind", "mail"},
                           {"prospect", "Ann Lee"},
                           {"tries", 1},
                           {"due_at", "2026-12-01T15:00:00Z"},
                           {"detail", "550 no such mailbox"}},
                          {{"id", "2"},
                           {"state", "dropped"},
                           {"kind", "crm_activity"},
                           {"prospect", nullptr},
                           {"tries", 3},
                           {"due_at", "2026-12-01T15:00:00Z"},
                           {"detail", "503"},
                           {"dropped_by", "kim"},
                           {"drop_reason", "told by phone"}}});
  const auto list = run("outbox list --state parked --prospect 'Ann Lee' --campaign Spring --limit 5");
  CHECK(list.code == 0);
  CHECK_THAT(list.out, Contains("550 no such mailbox") && Contains("by kim: told by phone"));
  const auto sent = asked().front();
  CHECK(sent["state"] == "parked");
  CHECK(sent["prospect"] == "Ann Lee");
  CHECK(sent["campaign"] == "Spring");
  CHECK(sent["limit"] == 5);
  CHECK(run("outbox list --state lost").code == 2);
  CHECK(json::parse(run("outbox list --json").out).size() == 2);
}

TEST_CASE_METHOD(program_world, "a delivery is retried or dropped with the name of who does it", "[cli]") {
  answers("outbox retry", {{"action", "retry"}, {"ids", json::array()}, {"count", 2}, {"left", 1}});
  answers("outbox drop", {{"action", "drop"}, {"ids", {"0199"}}, {"count", 1}, {"left", 0}});
  const auto all = run("outbox retry --all");
  CHECK(all.code == 0);
  CHECK_THAT(all.out, Contains("2 deliveries are tried again") && Contains("1 change stays parked"));
  CHECK(run("outbox retry 0199").code == 0);
  CHECK(run("outbox drop 0199 --reason 'told by phone'").code == 0);
  const auto sent = asked();
  CHECK(sent[0]["all"] == true);
  CHECK(sent[1]["delivery"] == "0199");
  CHECK(sent[2]["reason"] == "told by phone");
  CHECK_FALSE(sent[2]["by"].get<std::string>().empty());
  CHECK(run("outbox retry").code == 2);
  CHECK(run("outbox retry 0199 --all").code == 2);
  CHECK(run("outbox drop 0199").code == 2); // a reason is needed
  refuses("outbox drop", "wrong_state", "delivery 0199 is done already");
  const auto refused = run("outbox drop 0199 --reason x");
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Contains("done already"));
}

TEST_CASE_METHOD(program_world, "a check of the journal exits with 1 when it finds something", "[cli]") {
  job("journal verify", report(json::array(), 0));
  const auto sound = run("journal verify");
  CHECK(sound.code == 0);
  CHECK_THAT(sound.out, Contains("3 streams, 9 events") && Contains("all is as it should be")
                          && Contains("1 of the streams are of people who were erased"));
  CHECK(asked().front()["background"] == true);

  job("journal verify", report({{{"where", "call 0199"},
                                 {"kind", "chain"},
                                 {"what", "Its events are not whole."},
                                 {"remedy", "Restore journal.db and keys.db from one backup."}}},
                               3));
  const auto broken = run("journal verify");
  CHECK(broken.code == 1);
  CHECK_THAT(broken.out, Contains("call 0199: Its events are not whole.") && Contains("Restore journal.db")
                           && Contains("and 2 more") && Contains("3 findings"));
  const auto as_json = run("journal verify --json");
  CHECK(as_json.code == 1);
  CHECK(json::parse(as_json.out)["findings"][0]["kind"] == "chain");
}

TEST_CASE_METHOD(program_world, "a stopped store that is none is refused with the remedy", "[cli]") {
  const auto nothing = run("journal verify --data-dir /no/such/folder");
  CHECK(nothing.code == 1);
  CHECK_THAT(nothing.err, Contains("/no/such/folder/journal.db: there is no such file"));
  CHECK(run("journal verify --data-dir /a --config /b").code == 2);
  CHECK(run("journal export --data-dir /no --since yesterday").code == 2);
  CHECK(run("journal export --data-dir /no --prospect Ann").code == 2); // only ids are known there
}

TEST_CASE_METHOD(program_world, "events are exported a line each, page after page, sealed unless asked for", "[cli]") {
  answers("journal export", {{"events",
                              {{{"position", 7}, {"type", "call_intended"}, {"personal", "sealed"}},
                               {{"position", 9}, {"type", "call_closed"}}}},
                             {"more", false},
                             {"after", 9}});
  const auto out = run("journal export --since 2026-12-01T00:00:00Z --campaign Spring");
  CHECK(out.code == 0);
  std::istringstream lines{out.out};
  std::string line;
  REQUIRE(std::getline(lines, line));
  CHECK(json::parse(line)["position"] == 7);
  REQUIRE(std::getline(lines, line));
  CHECK(json::parse(line)["type"] == "call_closed");
  CHECK_FALSE(std::getline(lines, line));
  CHECK(asked().front()["personal"] == false);
  CHECK(asked().front()["since"] == "2026-12-01T00:00:00Z");
  run("journal export --personal");
  run("journal export --no-personal");
  CHECK(asked()[1]["personal"] == true);
  CHECK(asked()[2]["personal"] == false);
  CHECK(run("journal export --stream 1 --campaign Spring").code == 2);
  CHECK_THAT(run("journal export --help").out, Contains("stay sealed"));
}

TEST_CASE_METHOD(program_world, "a replayed call fits into 80 columns, state beside words", "[cli]") {
  const std::string words
    = "We type them in by hand, and it takes us hours every week, sometimes on Sundays, Köln said.";
  answers("call replay",
          {{"call", "1"},
           {"steps",
            {step(1, "call_intended", {{"phase", "intended"}, {"stage", "opening"}, {"changed", {{"slot", "x"}}}}),
             step(2, "turn_spoken", {{"said", {{"who", "person"}, {"text", words}, {"interrupted", true}}}}),
             step(3, "conversation_noted", {{"noted", {{"kind", "observation"}, {"detail", json::object()}}}}),
             step(4, "carrier_reported", {{"changed", {{"status", "completed"}, {"sip_code", 200}}}}),
             step(5, "turn_spoken", {{"erased", true}})}}});
  const auto shown = run("call replay 'Ann Lee'");
  CHECK(shown.code == 0);
  CHECK(widest(shown.out) <= 80);
  CHECK_THAT(shown.out, Contains("qualification") && Contains("person: We type them") && Contains("(interrupted)")
                          && Contains("observation: score 40; need") && Contains("status completed")
                          && Contains("(words erased)") && Contains("0:08"));
  CHECK(json::parse(run("call replay 1 --json").out)["steps"].size() == 5);
  CHECK(run("call replay").code == 2);
  CHECK(run("call replay 1 --from 2").code == 2); // and no prompt
  CHECK(run("call replay 1 --from 2 --prompt /no/such/file").code == 2);
}

TEST_CASE_METHOD(program_world, "another prompt is shown as what it would have changed, point after point", "[cli]") {
  const auto point
    = [](int version, const std::string& event, bool sent, const std::string& reason, std::vector<std::string> diff) {
        return json{{"version", version},
                    {"event", event},
                    {"sent", sent},
                    {"own", {{{"type", "session.update"}, {"reason", reason}, {"instructions", "a"}}}},
                    {"other", {{{"type", "session.update"}, {"reason", reason}, {"instructions", "b"}}}},
                    {"diff", std::move(diff)}};
      };
  std::string long_line = "-";
  for (int i = 0; i < 40; ++i)
    long_line += "word ";
  const json list{
    point(14, "turn_spoken", true, "stage", {" # Role", long_line, "+Be brief."}),
    point(19, "conversation_noted", true, "noted",
          {" far away", " # Two before", " # One before", "+Ask for the budget.", " # One after"}),
    point(23, "turn_spoken", true, "bant", {" # Role"}),
  };
  answers("call replay", {{"call", "1"}, {"steps", json::array()}, {"what_if", list}});
  const auto template_file = file("Be brief. {{goal}}");
  const auto shown = run("call replay 1 --from 14 --prompt '" + template_file + "'");
  CHECK(shown.code == 0);
  CHECK(widest(shown.out) <= 80);
  CHECK(asked().front()["from"] == 14);
  CHECK(asked().front()["prompt"] == "Be brief. {{goal}}");
  CHECK_THAT(shown.out, Contains("Event 14, turn_spoken: session.update (stage) went to the model.")
                          && Contains("  # Role") && Contains("+ Be brief."));
  CHECK_THAT(shown.out, Contains("Event 19, conversation_noted: session.update (noted) went to the model.")
                          && Contains("  # Two before\n  # One before\n+ Ask for the budget.\n  # One after")
                          && !Contains("far away"));
  CHECK_THAT(shown.out, Contains("Event 23, turn_spoken: session.update (bant) went to the model.\nboth say the same"));
  CHECK_THAT(shown.out, !Contains("after that"));
  const auto as_json = json::parse(run("call replay 1 --from 14 --prompt '" + template_file + "' --json").out);
  REQUIRE(as_json["what_if"].size() == 3);
  CHECK(as_json["what_if"][1]["other"][0]["instructions"] == "b");

  answers("call replay", {{"call", "1"},
                          {"steps", json::array()},
                          {"what_if", json::array({point(30, "call_closed", false, "in force", {"-a", "+b"})})}});
  CHECK_THAT(run("call replay 1 --from 30 --prompt '" + template_file + "'").out,
             Contains("Event 30, call_closed: nothing was sent; these instructions were in force.\n- a\n+ b")
               && Contains("Nothing was sent to the model after that."));
}

} // namespace cli_program_upkeep_test
