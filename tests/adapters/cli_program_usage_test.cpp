// Goal: whoever calls `parley` wrongly learns it from exit code and message, as
// JSON where that was asked for; every command explains itself. Method: the
// program as a process, a node played by the test.
#include "tests/adapters/program_world.hpp"

#include <catch2/catch.hpp>

namespace cli_program_usage_test {

using namespace parley::test;
using Catch::Contains;
using nlohmann::json;

TEST_CASE_METHOD(program_world, "exit codes tell done, refused, wrong usage and no node apart", "[cli]") {
  answers("campaign list", json::array());
  CHECK(run("campaign list").code == 0);
  refuses("campaign pause", "wrong_state", "only a running campaign can be paused; this one is draft");
  const auto refused = run("campaign pause Spring");
  CHECK(refused.code == 1);
  CHECK(refused.out.empty());
  CHECK_THAT(refused.err, Contains("only a running campaign can be paused"));
  CHECK(run("campaign").code == 2);
  CHECK(run("campaign lanuch Spring").code == 2);
  CHECK(run("campaign pause").code == 2);
  CHECK(run("prospect import /no/such/file.csv").code == 2);
  CHECK(run("stop").code == 2); // --all is said on purpose
  const auto alone = run("campaign list", "", "/nowhere/control.sock");
  CHECK(alone.code == 3);
  CHECK_THAT(alone.err, Contains("no node answers") && Contains("parleyd --config"));
}

TEST_CASE_METHOD(program_world, "a mistyped command is named, with the one that it may be meant for", "[cli]") {
  for (const auto& [line, says] :
       {std::pair{"campaign lanuch Spring --dry-run", "no command \"lanuch\"; did you mean \"launch\"?"},
        {"campain list", "no command \"campain\"; did you mean \"campaign\"?"},
        {"campaign frobnicate", "no command \"frobnicate\""},
        {"campaign", "A subcommand is required"}}) {
    CAPTURE(line);
    const auto told = run(line);
    CHECK(told.code == 2);
    CHECK(told.out.empty());
    CHECK_THAT(told.err, Catch::StartsWith(says) && Contains("Run with --help"));
    const auto as_json = run(std::string{line} + " --json");
    CHECK(as_json.code == 2);
    CHECK(as_json.err.empty());
    const auto said = json::parse(as_json.out, nullptr, false);
    REQUIRE(said.is_object());
    CHECK(said["error"] == "usage");
    CHECK_THAT(said["message"].get<std::string>(), Catch::StartsWith(says) && Contains("Run with --help"));
  }
  CHECK_THAT(run("campaign frobnicate").err, !Contains("did you mean"));
  CHECK_THAT(run("campaign pause").err, Contains("campaign is required")); // an argument, no command
}

namespace {

/// A node that dies with the question in its hand, each time.
class vanishing_node {
public:
  explicit vanishing_node(const std::filesystem::path& at)
    : listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    at.string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    server_ = std::thread{[this] {
      for (int peer = 0; (peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; ::close(peer)) {
        char bytes[4096];
        ::recv(peer, bytes, sizeof bytes, 0);
      }
    }};
  }
  ~vanishing_node() {
    ::shutdown(listener_, SHUT_RDWR); // ends accept
    server_.join();
    ::close(listener_);
  }
  vanishing_node(const vanishing_node&) = delete;
  vanishing_node& operator=(const vanishing_node&) = delete;

private:
  int listener_;
  std::thread server_;
};

} // namespace

TEST_CASE_METHOD(program_world, "an order without an answer may have taken effect, and is no missing node", "[cli]") {
  const auto at = (folder / "vanishing.sock").string();
  const vanishing_node node{at};
  const auto told = run("campaign launch Spring", "", at);
  CHECK(told.code == 1);
  CHECK(told.out.empty());
  CHECK_THAT(told.err, Contains("gave no answer to \"campaign launch\"") && Contains("may have taken effect")
                         && Contains("look before you repeat it") && !Contains("start one"));
  const auto as_json = run("campaign launch Spring --json", "", at);
  CHECK(as_json.code == 1);
  CHECK(as_json.err.empty());
  CHECK(json::parse(as_json.out, nullptr, false).value("error", "") == "unconfirmed");
  const auto page = run("inspect tree", "", at); // which changes nothing
  CHECK(page.code == 1);
  CHECK_THAT(page.err, Contains("gave no page") && !Contains("may have taken effect") && !Contains("start one"));
}

namespace {

/// Checks the help of a command and of all below it.
/// @return How many commands that run there are.
size_t check_help(const program_world& world, const std::string& command) {
  CAPTURE(command);
  const auto help = world.run(command + " --help");
  CHECK(help.code == 0);
  CHECK(help.err.empty());
  CHECK_THAT(help.out, Contains("Exit codes: 0") && Contains("2 wrong usage"));
  const auto below = commands_in(help.out);
  if (below.empty()) {
    CHECK_THAT(help.out, Contains("Example:\n  parley " + command));
    return 1;
  }
  size_t out = 0;
  for (const auto& one : below)
    out += check_help(world, command.empty() ? one : command + " " + one);
  return out;
}

} // namespace

TEST_CASE_METHOD(program_world, "help shows an example and the exit codes for every command", "[cli]") {
  CHECK(check_help(*this, "") >= 35);
  const auto top = commands_in(run("--help").out);
  for (const auto* command : {"campaign", "call", "prospect", "dnc", "meeting", "inspect", "stop", "demo", "doctor",
                              "talk", "sandbox", "completion"})
    CHECK_THAT(top, Catch::VectorContains(std::string{command}));
  CHECK(run("--version").code == 0);
  CHECK_FALSE(run("--version").out.empty());
}

TEST_CASE_METHOD(program_world, "--json prints wrong usage as JSON too, wherever it stands", "[cli]") {
  for (const auto* line : {"--json", "--json campaign", "campaign lanuch Spring --json", "--json campaign pause",
                           "campaign list --json --nonsense", "campaign list --limit --json", "--json stop",
                           "--json talk --seed x", "--json sandbox"}) {
    CAPTURE(line);
    const auto wrong = run(line);
    CHECK(wrong.code == 2);
    CHECK(wrong.err.empty());
    const auto said = json::parse(wrong.out, nullptr, false);
    REQUIRE(said.is_object());
    CHECK(said["error"] == "usage");
    CHECK_FALSE(said["message"].get<std::string>().empty());
  }
  const auto told = run("campaign pause");
  CHECK(told.code == 2);
  CHECK(told.out.empty());
  CHECK_FALSE(told.err.empty());
  CHECK_THAT(run("--json campaign list --help").out, Contains("Example:"));
}

TEST_CASE_METHOD(program_world, "--json prints what fails unforeseen as JSON too", "[cli]") {
  answers("prospect import", json::array()); // no answer of a node
  const auto failed = run("prospect import --crm state=TX --json");
  CHECK(failed.code == 1);
  CHECK(json::parse(failed.out)["error"] == "failed");
  CHECK(failed.err.empty());
}

TEST_CASE_METHOD(program_world, "--json prints JSON alone, for refusals too", "[cli]") {
  answers("campaign list", {{{"name", "Spring"}, {"status", "draft"}, {"prospects", 3}}});
  CHECK(json::parse(run("campaign list --json").out)[0]["name"] == "Spring");
  CHECK(json::parse(run("--json campaign list").out).size() == 1);
  refuses("call show", "not_found", "call: there is no \"x\"");
  const auto refused = run("--json call show x");
  CHECK(refused.code == 1);
  CHECK(json::parse(refused.out)["error"] == "not_found");
  job("prospect import", {{"rows", 1}, {"added", 1}, {"rejected_rows", json::array()}});
  const auto imported = run("prospect import '" + file("name,phone\n") + "' --json");
  CHECK(imported.code == 0);
  CHECK(json::parse(imported.out)["added"] == 1);
}

} // namespace cli_program_usage_test
