// Goal: what `parley` shows on a terminal and nowhere else: colours, progress in
// place, a funnel that is drawn anew, questions, the whole screen of `top` in
// 80 x 24. Method: the program behind a pseudo-terminal, with a node whose
// answers the test gives.
#include "adapters/cli/long_command.hpp"
#include "tests/adapters/seated_program.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <sstream>
#include <thread>

namespace cli_program_terminal_test {

using namespace parley;
using namespace parley::test;
using Catch::Matchers::Contains;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

json tree_page(int calls) {
  auto nodes = json::array();
  const auto add = [&](uint64_t id, uint64_t parent, const char* kind, const std::string& key) {
    nodes.push_back({{"id", id},
                     {"parent", parent},
                     {"kind", kind},
                     {"key", key},
                     {"age_ms", 90'000},
                     {"handled", 7},
                     {"backlog", 0},
                     {"troubles", 0},
                     {"restarts", 0},
                     {"children_count", 0}});
  };
  add(1, 0, "node", "");
  for (int i = 0; i < calls; ++i)
    add(static_cast<uint64_t>(i) + 2, 1, "call", "019a3c2f-1111-7000-8000-0000000000" + std::to_string(10 + i));
  return {{"actors", nodes.size()}, {"kinds", {{"call", calls}, {"node", 1}}}, {"tree", nodes}, {"more", false}};
}

} // namespace

TEST_CASE_METHOD(program_world, "there are colours on a terminal, unless somebody wants none", "[cli]") {
  answers("campaign list", {{{"name", "Spring"}, {"status", "running"}, {"prospects", 3}}});
  seated coloured{*this, {"campaign", "list"}};
  CHECK(coloured.end() == 0);
  CHECK_THAT(coloured.out, Contains("Spring") && Contains("\033["));
  seated plain{*this, {"campaign", "list"}, {{"NO_COLOR", "1"}}};
  CHECK(plain.end() == 0);
  CHECK_THAT(plain.out, Contains("Spring") && !Contains("\033["));
  seated dumb{*this, {"campaign", "list"}, {{"TERM", "dumb"}}};
  CHECK(dumb.end() == 0);
  CHECK_THAT(dumb.out, Contains("Spring") && !Contains("\033["));
  CHECK_THAT(run("campaign list", "TERM=xterm").out, Contains("Spring") && !Contains("\033["));
}

TEST_CASE_METHOD(program_world, "an import shows how far it is, in place, and takes that away", "[cli]") {
  answers("prospect import", {{"job", "7"}, {"finished", false}, {"phase", "reads rows"}, {"done", 0}, {"total", 0}});
  std::atomic<int> looks = 0;
  on("job show", [&looks](const json&) {
    const int look = ++looks;
    json x{{"job", "7"}, {"finished", look > 3}, {"phase", "stores"}, {"done", look * 25}, {"total", 100}};
    if (look > 3)
      x["result"] = {{"rows", 100},    {"added", 100},  {"updated", 0},
                     {"unchanged", 0}, {"rejected", 0}, {"rejected_rows", json::array()}};
    return std::pair{200, x};
  });
  seated importing{*this, {"prospect", "import", file("name,phone\n")}};
  CHECK(importing.end() == 0);
  CHECK_THAT(importing.out, Contains("\r\033[Kstores 25 of 100 (25 %)") && Contains("stores 75 of 100 (75 %)"));
  const auto screen = shown_screen{importing.out}.lines;
  CHECK_THAT(screen[0], Catch::StartsWith("100 rows: 100 added"));
  for (const auto& line : screen)
    CHECK_THAT(line, !Contains("stores"));
  looks = 0;
  const auto piped = run("prospect import '" + file("name,phone\n") + "'", "TERM=xterm");
  CHECK(piped.err.empty()); // over before the first plain line is due
}

TEST_CASE_METHOD(program_world, "a launch shows how the list is enrolled", "[cli]") {
  answers("campaign launch", {{"campaign", "019a"}, {"name", "Spring"}, {"status", "running"}});
  std::atomic<int> looks = 0;
  on("campaign funnel", [&looks](const json&) {
    const int look = ++looks;
    const bool done = look > 3;
    return std::pair{200, json{{"enrolled", done ? 400 : look * 100},
                               {"listed", done ? 0 : 400 - look * 100},
                               {"enrolling", !done},
                               {"status", "running"}}};
  });
  seated launching{*this, {"campaign", "launch", "Spring"}};
  CHECK(launching.end() == 0);
  CHECK_THAT(launching.out, Contains("enrols 100 of 400") && Contains("enrols 300 of 400"));
  const auto screen = shown_screen{launching.out}.lines;
  CHECK_THAT(screen[0], Catch::StartsWith("Spring is running"));
  CHECK_THAT(screen[1], Catch::StartsWith("  400 prospects enrolled"));
}

TEST_CASE_METHOD(program_world, "top fills 80 x 24 and no more, follows keys and leaves the terminal as it was",
                 "[cli]") {
  answers("/healthz", {{"status", "ok"}});
  answers("/inspect/tree", tree_page(40)); // more than there are lines
  seated top{*this, {"top"}};
  REQUIRE(top.shows("call"));
  REQUIRE(top.shows("019a3c2f"));
  REQUIRE(top.shows("q quit"));
  const shown_screen full{top.out}; // writes outside of the screen would fail in there
  INFO(full.text());
  CHECK_THAT(full.lines[0], Contains("41 actors"));
  size_t listed = 0;
  for (const auto& line : full.lines) // both ends of an id: commands take its beginning, ids differ at the end
    listed += line.find("019a3c2f-1111#") != line.npos && line.find("#0000000000") != line.npos;
  CHECK(listed >= 17); // of 18 lines; the node itself has another key
  CHECK_THAT(full.lines[23], Contains("q quit"));
  CHECK_FALSE(top.is_as_usual());
  top.type("h");
  CHECK(top.shows("any key: back"));
  CHECK_THAT(shown_screen{top.out}.lines[3], Contains("its details"));
  top.type("\033");
  CHECK(top.shows("enter details", 2));
  top.type("q");
  CHECK(top.end() == 0);
  CHECK(top.is_as_usual());
  CHECK(shown_screen{top.out}.text().find_first_not_of(" |\n") == std::string::npos); // as before
  CHECK(top.out.rfind("\033[?25h") > top.out.rfind("\033[?25l"));                     // the cursor is back
  // Without a terminal there is nothing to fill.
  const auto piped = run("top");
  CHECK(piped.code == 2);
  CHECK_THAT(piped.err, Contains("needs a terminal"));
}

TEST_CASE_METHOD(program_world, "top looks anew by itself and asks the node for what keys say", "[cli]") {
  std::atomic<int> looks = 0;
  answers("/healthz", {{"status", "ok"}});
  on("/inspect/tree", [&looks](const json&) { return std::pair{200, tree_page(40 + looks++)}; });
  answers("/inspect/actors/9", {{"id", 9}, {"kind", "call"}, {"state", {{"phase", "ringing"}}}});
  seated top{*this, {"top"}};
  REQUIRE(top.shows("41 actors"));
  CHECK(top.shows("42 actors")); // nobody has pressed a key
  CHECK(top.shows("43 actors"));
  const auto is_asked = [&](const std::string& page, const std::string& query) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < until) {
      for (const auto& one : asked())
        if (one["command"] == page && one.value("query", std::string{}).find(query) != std::string::npos)
          return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  };
  top.type("s");
  CHECK(is_asked("/inspect/tree", "sort=backlog"));
  top.type("/017"); // the end of one call's key
  CHECK(is_asked("/inspect/tree", "with=017"));
  top.type("\r\r");
  CHECK(is_asked("/inspect/actors/9", ""));
  CHECK(top.shows(": ringing"));
  top.type("c");
  CHECK(is_asked("/inspect/tree", "under=9"));
  CHECK(top.shows(", under 9"));
  top.type("q");
  CHECK(top.end() == 0);
}

TEST_CASE_METHOD(program_world, "watching draws the funnel anew in its place until q, and the campaign goes on",
                 "[cli]") {
  std::atomic<int> looks = 0;
  on("campaign funnel", [&](const json&) { return std::pair{200, funnel_answer("running", 70 + ++looks)}; });
  seated watching{*this, {"campaign", "watch", "Spring"}};
  REQUIRE(watching.shows("q ends this", 2));
  CHECK_FALSE(watching.is_as_usual());
  const shown_screen drawn{watching.out};
  INFO(drawn.text());
  CHECK_THAT(drawn.lines[0], Catch::StartsWith("Spring  running"));
  CHECK_THAT(drawn.lines[6], Catch::StartsWith("  talking          72"));
  CHECK_THAT(drawn.text(), !Contains("talking          71"));
  watching.type("xq"); // another key does nothing
  CHECK(watching.end() == 0);
  CHECK(watching.is_as_usual());
  const auto left = shown_screen{watching.out}.text();
  CHECK_THAT(left, Contains("Spring  running") && !Contains("q ends this"));
  for (const auto& sent : asked())
    CHECK(sent["command"] == "campaign funnel");
}

TEST_CASE_METHOD(program_world, "a test call is made once its owner typed yes, and by nothing else", "[cli]") {
  answers("call test", {{"call", "1"}, {"campaign_name", "call test"}, {"consent", json::object()}});
  answers("call show", {{"id", "1"},
                        {"prospect", "Test"},
                        {"company", ""},
                        {"initiated_at", "2026-12-01T15:00:00Z"},
                        {"status", "ended"},
                        {"outcome", "completed"},
                        {"meetings", json::array()},
                        {"metadata", json::object()},
                        {"sentiment_score", 0},
                        {"duration_seconds", 9},
                        {"transcript", json::array()}});
  const std::string words = "I own +14155550132 and agree to be called by an artificial voice now.";
  for (const std::string answer : {"no\n", "y\n", "\n", "\004"}) { // the last ends the input
    CAPTURE(answer);
    seated asked_for{*this, {"call", "test", "--to", "+14155550132"}};
    REQUIRE(asked_for.shows("Type yes to agree"));
    asked_for.type(answer);
    CHECK(asked_for.end() == 1);
    CHECK_THAT(asked_for.out, Contains(words) && Contains("nobody is called"));
  }
  CHECK(asked().empty());
  seated agreed{*this, {"call", "test", "--to", "+14155550132"}};
  REQUIRE(agreed.shows("Type yes to agree"));
  agreed.type("yes\n");
  CHECK(agreed.end() == 0);
  CHECK_THAT(agreed.out, Contains("disposition") && Contains("completed"));
  const auto sent = asked().front();
  CHECK(sent["consent"] == true);
  CHECK(sent["consent_text"] == words);
  CHECK_THAT(sent["consent_source"].get<std::string>(), Catch::StartsWith("typed into parley call test by "));
}

TEST_CASE("elsewhere than on a terminal progress is a line each while, and none in front of JSON", "[cli]") {
  ::setenv("TERM", "dumb", 1); // whoever runs this may sit at a terminal
  std::ostringstream said;
  auto* const before = std::cerr.rdbuf(said.rdbuf());
  {
    cli::progress_line each{false, 0s};
    for (const auto* text : {"stores 1", "stores 1", "stores 2"})
      each.show(text);
    cli::progress_line none_yet{false, 1h};
    none_yet.show("not due");
    cli::progress_line as_json{true, 0s};
    as_json.show("not wanted");
  }
  std::cerr.rdbuf(before);
  CHECK(said.str() == "stores 1\nstores 2\n");
}

} // namespace cli_program_terminal_test
