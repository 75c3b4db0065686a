// Goal: `parley sandbox` as a process: it says when it is ready and where,
// serves every vendor, ends when told to, and says why when it cannot start.
#include "tests/adapters/sandbox_parley_double.hpp"
#include "runtime/clock.hpp"
#include "runtime/settings/toml.hpp"
#include "tests/support/slowness.hpp"

#include <catch2/catch.hpp>
#include <date/date.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <set>
#include <spawn.h>
#include <sstream>
#include <unistd.h>

namespace sandbox_process_test {

using namespace parley::sandbox;
using namespace parley::sandbox::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// A child process whose output is read line by line.
class process {
public:
  /// @param any_ports Whatever is free, so that tests are in nobody's way.
  explicit process(std::vector<std::string> arguments, bool any_ports = true) {
    if (any_ports)
      arguments.push_back("--any-ports");
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipe[0]);
    arguments.insert(arguments.begin(), SANDBOX_PROGRAM);
    std::vector<char*> argv;
    for (auto& one : arguments)
      argv.push_back(one.data());
    argv.push_back(nullptr);
    REQUIRE(posix_spawn(&pid_, SANDBOX_PROGRAM, &actions, nullptr, argv.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    output_ = ::fdopen(pipe[0], "r");
  }
  ~process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::fclose(output_);
  }

  std::string line() {
    char* text = nullptr;
    size_t size = 0;
    const auto length = ::getline(&text, &size, output_);
    std::string out = length > 0 ? std::string{text, static_cast<size_t>(length)} : std::string{};
    ::free(text);
    return out;
  }
  void signal(int which) const { ::kill(pid_, which); }
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

private:
  pid_t pid_ = 0;
  FILE* output_ = nullptr;
};

/// What a command prints.
std::string printed(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe);
  std::array<char, 65536> buffer{};
  for (size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    out.append(buffer.data(), n);
  REQUIRE(::pclose(pipe) == 0);
  return out;
}

/// What of Parley's and of CAF's is linked into a program, besides the practice
/// world and the clock.
std::set<std::string> foreign_parts(const std::string& program) {
  static const std::set<std::string> its_own{"sandbox",      "clock",  "system_clock", "real_now",      "wall_time",
                                             "time_of_wall", "to_iso", "parse_iso",    "parse_own_form"};
  std::set<std::string> out;
  const auto symbols = printed("nm --demangle --defined-only '" + program + "'");
  if (symbols.find("caf::") != std::string::npos)
    out.insert("caf");
  constexpr std::string_view space = "parley::";
  for (auto at = symbols.find(space); at != std::string::npos; at = symbols.find(space, at)) {
    at += space.size();
    const auto end = symbols.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789", at);
    const auto name = symbols.substr(at, end - at);
    if (!its_own.contains(name))
      out.insert(name);
  }
  return out;
}

} // namespace

TEST_CASE("no actor, compliance code or vendor adapter is in the practice world's process", "[sandbox]") {
  if (parley::test::slowness > 1)
    return; // sanitizers make millions of symbols, and what is linked is the same with them
  CHECK(foreign_parts(SANDBOX_PROGRAM) == std::set<std::string>{});
  const auto libraries = printed(std::string{"readelf --dynamic '"} + SANDBOX_PROGRAM + "'");
  CHECK_THAT(libraries, Contains("NEEDED") && !Contains("libcaf"));
  // This very program holds Parley's media plane: it would be seen.
  const auto seen = foreign_parts(std::filesystem::canonical("/proc/self/exe").string());
  CHECK(seen.contains("caf"));
  CHECK(seen.contains("media"));
}

TEST_CASE("the sandbox serves every vendor until it is told to end", "[sandbox]") {
  for (const int how : {SIGTERM, SIGINT}) {
    const auto log = "/tmp/witness-" + std::to_string(::getpid()) + "-" + std::to_string(how) + ".jsonl";
    process sandbox{{"--seed", "7", "--media-speed", "20", "--witness", log, "--speed", "60", "--clock-wall0",
                     "2026-11-24T15:00:00Z"}};
    const auto ready = json::parse(sandbox.line());
    CHECK(ready["ready"] == true);
    const auto port = [&](const char* name) { return ready["ports"][name].get<uint16_t>(); };
    for (const auto* name : {"carrier", "openai", "hubspot", "apollo", "google", "smtp", "witness"})
      CHECK(port(name) > 0);
    CHECK(ask(port("carrier"), "GET", calls_path).status == 200);
    CHECK(ask(port("openai"), "GET", "/v1/nothing").error.empty());
    CHECK(ask(port("hubspot"), "GET", "/nothing").error.empty());
    CHECK(ask(port("google"), "GET", "/nothing").error.empty());
    CHECK(json::parse(ask(port("witness"), "GET", "/report").body)["double_dials"] == 0);

    parley_double node;
    node.twiml = [](const fields&) { return "<Response><Hangup/></Response>"; };
    const fields form{{"To", "+12125550100"},
                      {"From", "+12125550000"},
                      {"Url", node.url("/voice/twiml?call=1")},
                      {"StatusCallback", node.url("/voice/status?call=1")}};
    CHECK(ask(port("carrier"), "POST", calls_path, form).status == 201);
    REQUIRE(node.wait_for("status", 1));
    CHECK(node.bad_signatures == 0);
    const auto report = json::parse(ask(port("witness"), "GET", "/report").body);
    CHECK(report["calls"]["ended"] == 1);
    CHECK(report["window_violations"] == 0);
    sandbox.signal(how);
    CHECK(sandbox.wait() == 0);
    std::ifstream in{log};
    std::string first;
    std::getline(in, first);
    CHECK(json::parse(first)["kind"] == "create");
    ::unlink(log.c_str());
  }
}

TEST_CASE("practice time runs from the origin that was handed over, at the speed that was asked for", "[sandbox]") {
  constexpr auto wall0 = "2026-11-24T04:00:00Z";
  constexpr int64_t speed = 3600; // ten seconds are ten hours
  std::vector<std::string> arguments{"--clock-wall0", wall0, "--speed", std::to_string(speed)};
  auto real0 = parley::real_now(); // where none is handed over, the sandbox's start, which is later
  const auto at = [&](std::chrono::milliseconds real) { return *parley::parse_iso(wall0) + speed * (real - real0); };
  bool is_named = false;
  SECTION("the origin lies in the past") {
    is_named = true;
    real0 -= 10s;
    arguments.insert(arguments.end(), {"--clock-real0", std::to_string(real0.count())});
  }
  SECTION("without one it is the start") {}
  process sandbox{arguments};
  const auto ready = json::parse(sandbox.line());
  parley_double node;
  const fields form{{"To", "+12125550100"}, {"From", "+12125550000"}, {"Url", node.url("/voice/twiml")}};
  const auto earliest = at(is_named ? parley::real_now() : real0);
  const auto created = json::parse(ask(ready["ports"]["carrier"], "POST", calls_path, form).body);
  const auto latest = at(parley::real_now());
  std::istringstream told{created["date_created"].get<std::string>()};
  date::sys_seconds when;
  told >> date::parse("%a, %d %b %Y %T %z", when);
  REQUIRE_FALSE(told.fail());
  CAPTURE(told.str(), parley::to_iso(earliest), parley::to_iso(latest));
  CHECK(when >= std::chrono::floor<std::chrono::seconds>(earliest)); // it is told in whole seconds
  CHECK(when <= latest);
}

TEST_CASE("a sandbox that ends in the middle of a call ends cleanly", "[sandbox]") {
  process sandbox{{"--media-speed", "20"}};
  const auto ready = json::parse(sandbox.line());
  parley_double node;
  std::promise<void> started;
  node.on_message = [&](agent_stream&, const json& message) {
    if (message["event"] == "start")
      started.set_value();
  };
  const fields form{{"To", "+12125550100"}, {"From", "+12125550000"}, {"Url", node.url("/voice/twiml")}};
  ask(ready["ports"]["carrier"], "POST", calls_path, form);
  REQUIRE(started.get_future().wait_for(20s) == std::future_status::ready);
  sandbox.signal(SIGTERM);
  CHECK(sandbox.wait() == 0);
}

TEST_CASE("a scenario chooses what goes wrong with every vendor", "[sandbox]") {
  const auto file = "/tmp/scenario-" + std::to_string(::getpid()) + ".toml";
  std::ofstream{file} << "[people.weights]\neager = 1\n[carrier.faults]\nserver_errors = 1\n"
                         "[faults.crm]\nerrors = 1\n[faults.calendar]\nerrors = 1\n[faults.llm]\nrate_limits = 1\n";
  process sandbox{{"--scenario", file}};
  const auto ready = json::parse(sandbox.line());
  const auto status
    = [&](const char* vendor, const std::string& path) { return ask(ready["ports"][vendor], "POST", path).status; };
  CHECK(status("carrier", calls_path) == 500);
  CHECK(status("hubspot", "/crm/v3/objects/contacts") == 500);
  CHECK(status("google", "/calendar/v3/freeBusy") == 500);
  CHECK(status("openai", "/v1/chat/completions") == 429);
  ::unlink(file.c_str());
}

TEST_CASE("without a word about ports the sandbox is where config/practice.toml looks for it", "[sandbox]") {
  // The default ports may be in use on this machine, so each but one is named.
  const auto config = toml::parse_file(PARLEY_SOURCE_DIR "/config/practice.toml");
  const auto expected = [&](const char* section) {
    const auto url = config[section]["base_url"].value_or(std::string{});
    return url.substr(url.rfind("//127.0.0.1:") + 12);
  };
  const std::vector<std::pair<std::string, const char*>> sections{{"carrier", "telephony"}, {"openai", "voice_model"},
                                                                  {"hubspot", "crm"},       {"apollo", "enrichment"},
                                                                  {"google", "calendar"},   {"smtp", "mailer"}};
  process help{{"--help"}, false};
  std::string text;
  for (auto more = help.line(); !more.empty(); more = help.line())
    text += more;
  CHECK(help.wait() == 0);
  for (const auto& [vendor, section] : sections) {
    const auto port = expected(section).substr(0, expected(section).find('/'));
    CAPTURE(vendor, section, port);
    const auto at = text.find("--" + vendor + "-port");
    REQUIRE(at != text.npos);
    CHECK_THAT(text.substr(at, 60), Contains(port));
  }
  CHECK(config["voice_model"]["base_url"].value_or(std::string{}) == config["llm"]["base_url"].value_or(std::string{}));
  // And these are what it really opens.
  process sandbox{{}, false};
  const auto ready = json::parse(sandbox.line(), nullptr, false);
  if (ready.is_object()) // else somebody has one of these ports, and it said so
    for (const auto& [vendor, section] : sections)
      CHECK(std::to_string(ready["ports"][vendor].get<int>())
            == expected(section).substr(0, expected(section).find('/')));
}

TEST_CASE("a sandbox that cannot start says why", "[sandbox]") {
  const auto refusal = [](std::vector<std::string> arguments) {
    process sandbox{std::move(arguments)};
    auto out = sandbox.line();
    for (auto more = sandbox.line(); !more.empty(); more = sandbox.line())
      out += more;
    CHECK(sandbox.wait() != 0);
    return out;
  };
  CHECK_THAT(refusal({"--scenario", "/nowhere.toml"}), Contains("/nowhere.toml"));
  CHECK_THAT(refusal({"--clock-wall0", "noon"}), Contains("ISO time"));
  CHECK_THAT(refusal({"--speed", "0"}), Contains("--speed"));
  CHECK_THAT(refusal({"--disobedience", "sleeps"}), Contains("--disobedience"));
  CHECK_THAT(refusal({"--witness", "/nowhere/witness.jsonl"}), Contains("/nowhere/witness.jsonl"));
  parley_double taken;
  CHECK_THAT(refusal({"--carrier-port", std::to_string(taken.port())}), Contains("in use"));
}

} // namespace sandbox_process_test
