// Goal: scripts see the living tree whole, in part and as JSON: `parley inspect`
// asks for page after page and tells an actor that is not there from a node
// that does not answer. Method: the program as a process, a node played by the
// test.
#include "tests/adapters/program_world.hpp"

#include <catch2/catch.hpp>

namespace cli_program_inspect_test {

using namespace parley::test;
using Catch::Contains;
using nlohmann::json;

namespace {

json actor(uint64_t id, uint64_t parent, const std::string& kind, const std::string& key, json more = json::object()) {
  json out{{"id", id},     {"parent", parent}, {"kind", kind},  {"key", key},    {"age_ms", 90'000},
           {"handled", 7}, {"backlog", 0},     {"troubles", 0}, {"restarts", 0}, {"children_count", 0}};
  out.update(more);
  return out;
}

/// A tree of five in two pages; the second begins behind actor 3.
struct inspected : program_world {
  inspected() {
    on("/inspect/tree", [](const json& asked) {
      const auto query = asked.value("query", std::string{});
      auto children = json::array({actor(2, 1, "line", "spring", {{"children_count", 3}})});
      const json first{actor(1, 0, "node", "", {{"children_count", 1}, {"children", children}}),
                       actor(3, 2, "call", "0199a", {{"backlog", 12}, {"last_error", "timeout"}})};
      const json second{actor(4, 2, "call", "0199b")};
      json out{{"actors", 5}, {"kinds", {{"node", 1}, {"line", 1}, {"call", 3}}}};
      const bool begins = query.find("after=") == query.npos;
      out["tree"] = begins ? first : second;
      out["more"] = begins;
      out["next"] = begins ? json(3) : json();
      return std::pair{200, out};
    });
  }
};

} // namespace

TEST_CASE_METHOD(inspected, "the tree is read page by page and drawn with whose children they are", "[cli]") {
  const auto shown = run("inspect tree");
  CHECK(shown.code == 0);
  CHECK(shown.err.empty());
  CHECK(shown.out
        == "node  #1\n"
           "└── line spring  #2  (1 below not shown)\n"
           "    ├── call 0199a  #3  backlog 12  last error timeout\n"
           "    └── call 0199b  #4\n");
  const auto sent = asked();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0]["query"] == "limit=500");
  CHECK(sent[1]["query"] == "limit=497&after=3"); // what is left of 500
}

TEST_CASE_METHOD(inspected, "no more pages are read than were asked for, and that there is more is said", "[cli]") {
  const auto shown = run("inspect tree --limit 3");
  CHECK(shown.code == 0);
  CHECK_THAT(shown.out, Contains("0199a") && !Contains("0199b") && Contains("more than 3 actors")
                          && Contains("(2 below not shown)"));
  CHECK(asked().size() == 1);
  CHECK(run("inspect tree --limit 0").code == 2);
}

TEST_CASE_METHOD(inspected, "the tree as JSON is one value, its children nested over all pages", "[cli]") {
  const auto shown = run("inspect tree --json");
  CHECK(shown.code == 0);
  CHECK(shown.err.empty());
  const auto tree = json::parse(shown.out);
  CHECK(tree["actors"] == 5);
  CHECK(tree["kinds"]["call"] == 3);
  CHECK(tree["more"] == false);
  REQUIRE(tree["tree"].size() == 1);
  const auto& calls = tree["tree"][0]["children"][0]["children"];
  REQUIRE(calls.size() == 2);
  CHECK(calls[0]["last_error"] == "timeout");
  CHECK(calls[1]["id"] == 4);
}

TEST_CASE_METHOD(inspected, "filters of the tree are the node's to apply", "[cli]") {
  CHECK(run("inspect tree --under 7 --depth 2 --kind 'a&b' --limit 3").code == 0);
  CHECK(asked().front()["query"] == "limit=3&under=7&depth=2&kind=a%26b");
}

TEST_CASE_METHOD(program_world, "one actor is shown with its state, as text and as JSON", "[cli]") {
  const auto one = actor(12, 2, "call", "0199a", {{"state", {{"version", 7}, {"stages", {"opening", "discovery"}}}}});
  answers("/inspect/actors/12", one);
  const auto shown = run("inspect actor 12");
  CHECK(shown.code == 0);
  CHECK(shown.err.empty());
  CHECK_THAT(shown.out, Contains("kind: call\n")
                          && Contains("state: \n  stages: \n    - opening\n    - discovery\n  version: 7\n"));
  CHECK(json::parse(run("inspect actor 12 --json").out) == one);
}

TEST_CASE_METHOD(program_world, "an actor that is not there and a node that does not answer differ", "[cli]") {
  on("/inspect/actors/13", [](const json&) {
    return std::pair{404, json{{"error", "not_found"}, {"message", "no such actor lives"}}};
  });
  const auto gone = run("inspect actor 13");
  CHECK(gone.code == 1);
  CHECK(gone.out.empty());
  CHECK_THAT(gone.err, Contains("no such actor lives"));
  const auto as_json = run("inspect actor 13 --json");
  CHECK(as_json.code == 1);
  CHECK(json::parse(as_json.out)["error"] == "not_found");
  for (const auto* command : {"inspect actor 13", "inspect tree", "top"}) {
    CAPTURE(command);
    const auto alone = run(command, "", "/nowhere/control.sock");
    CHECK(alone.code == 3);
    CHECK_THAT(alone.err, Contains("no node answers"));
  }
  CHECK(run("inspect actor twelve").code == 2);
}

TEST_CASE_METHOD(program_world, "top has no JSON and says what has", "[cli]") {
  const auto refused = run("top --json");
  CHECK(refused.code == 2);
  CHECK(refused.err.empty());
  CHECK_THAT(json::parse(refused.out)["message"].get<std::string>(), Contains("parley inspect tree --json"));
  CHECK(asked().empty());
}

} // namespace cli_program_inspect_test
