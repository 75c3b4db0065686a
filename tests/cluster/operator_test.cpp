// Goal: what an operator does around the first call works on a running node:
// the doctor finds it fit or says what is wrong, a test call is made on consent
// given on the spot and goes through the same gate as every call, and a
// campaign whose carrier fails stops by itself, and whoever looks at the actors of
// a call sees them as they are. Method: the real programs in the practice world.
#include "runtime/json.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cstdio>
#include <optional>

namespace operator_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

struct run_result {
  int exit_code = -1;
  std::string output;
};

/// Runs `parley` with these arguments; standard error is part of the output.
run_result run_parley(const std::string& arguments, const std::string& input = "/dev/null") {
  const auto program = fs::canonical("/proc/self/exe").parent_path() / "parley";
  const auto line = program.string() + " " + arguments + " 2>&1 <" + input;
  run_result out;
  std::FILE* pipe = ::popen(line.c_str(), "r");
  REQUIRE(pipe);
  std::array<char, 4096> part{};
  while (const auto count = std::fread(part.data(), 1, part.size(), pipe))
    out.output.append(part.data(), count);
  const int status = ::pclose(pipe);
  out.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

std::string in_quotes(const std::string& text) {
  return "'" + text + "'";
}

/// Follows a page that goes on, as `curl -N` does.
class followed {
public:
  followed(uint16_t port, const std::string& target) {
    sockaddr_in node{};
    node.sin_family = AF_INET;
    node.sin_port = htons(port);
    node.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&node), sizeof node) == 0);
    const auto asked = "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    REQUIRE(::send(socket_, asked.data(), asked.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(asked.size()));
  }
  ~followed() { ::close(socket_); }
  followed(const followed&) = delete;
  followed& operator=(const followed&) = delete;

  /// Whether it has told this by now.
  bool tells(const std::string& text) {
    std::array<char, 4096> part{};
    for (ssize_t count = 0; (count = ::recv(socket_, part.data(), part.size(), MSG_DONTWAIT)) > 0;)
      heard.append(part.data(), static_cast<size_t>(count));
    return heard.find(text) != std::string::npos;
  }

  std::string heard;

private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

struct operated : campaign_world {
  /// A practice day that is long enough for several calls one after another.
  static cli::demo_options slow_day(double speed = 60) {
    auto o = options(7);
    o.speed = speed;
    return o;
  }
  explicit operated(cli::demo_options o = slow_day()) : campaign_world{std::move(o)} {}

  run_result doctor(const std::string& more = "") {
    return run_parley("doctor --config " + in_quotes((world.folder() / "practice.toml").string()) + " " + more);
  }
  run_result call_test(const std::string& number, const std::string& more = "--yes-i-consent") {
    return run_parley("--socket " + in_quotes(world.socket()) + " call test --to " + number + " " + more);
  }
  /// A page of the node; none when whom it is about has ended.
  std::optional<json> page(const std::string& path) {
    try {
      return cli::get_from_node(world.socket(), path, 10s);
    } catch (const cli::command_failed&) {
      return std::nullopt;
    }
  }
  /// What a living actor of this kind tells that has stored something; none if there is none now.
  std::optional<json> look_at(const std::string& kind) {
    const auto tree = page("/inspect/tree?kind=" + kind);
    if (!tree)
      return std::nullopt;
    for (const auto& one : tree->at("tree")) {
      const auto told = page("/inspect/actors/" + one.at("id").dump());
      if (told && told->at("state").is_object() && told->at("journal").value("version", 0) > 0)
        return told;
    }
    return std::nullopt;
  }
  run_result by_cli(const std::string& arguments) {
    return run_parley("--socket " + in_quotes(world.socket()) + " " + arguments);
  }
  void import_national_list() {
    world.command("dnc import", {{"file", (cli::config_folder() / "samples" / "dnc-national.txt").string()}});
  }
  /// Calls that the practice carrier has seen.
  int created() { return world.witness()["calls"]["created"].get<int>(); }
};

} // namespace

TEST_CASE("the doctor finds a running practice node fit, and says what it left out", "[cluster][doctor]") {
  operated w;
  const auto text = w.doctor();
  INFO(text.output);
  CHECK(text.exit_code == 0);
  CHECK_THAT(text.output, Contains("our node answers") && Contains("WebSocket passes")
                            && Contains("HubSpot takes our token") && Contains("free and busy times can be read")
                            && Contains("the mail server answers") && Contains("belongs to the account"));
  const auto json = w.doctor("--json");
  CHECK(json.exit_code == 0);
  const auto parsed = nlohmann::json::parse(json.output);
  CHECK(parsed["fit"] == true);
  CHECK(parsed["mode"] == "PRACTICE");
  size_t skipped = 0;
  for (const auto& finding : parsed["findings"]) {
    CHECK(finding["state"] != "failure");
    skipped += finding["state"] == "skipped";
  }
  CHECK(skipped >= 3); // certificate, clock, national list, …
  // Nothing but questions was asked.
  CHECK(w.created() == 0);
  CHECK(w.world.witness("/mails").empty());
}

TEST_CASE("the doctor names every problem of a configuration and fails", "[cluster][doctor]") {
  const auto folder = fs::temp_directory_path() / "parley-doctor-test";
  fs::create_directories(folder);
  std::ofstream{folder / "bad.toml"} << "[node]\nsped = 3\n[telephony]\naccount_sid = \"x\"\n";
  const auto bad = run_parley("doctor --json --config " + in_quotes((folder / "bad.toml").string()));
  const auto missing = run_parley("doctor --config " + in_quotes((folder / "none.toml").string()));
  fs::remove_all(folder);
  CHECK(bad.exit_code == 1);
  const auto parsed = nlohmann::json::parse(bad.output);
  CHECK(parsed["fit"] == false);
  CHECK_THAT(bad.output, Contains("sped") && Contains("account_sid") && Contains("public_url"));
  CHECK(missing.exit_code == 1);
  CHECK_THAT(missing.output, Contains("none.toml"));
}

TEST_CASE("the doctor sees that a node is down, and then that its vendors are gone", "[cluster][doctor]") {
  operated w;
  w.world.kill_node();
  const auto stopped = w.doctor();
  INFO(stopped.output);
  CHECK(stopped.exit_code == 0); // nothing is wrong, it only does not run
  CHECK_THAT(stopped.output, Contains("does not run") && Contains("is free"));
  w.world.kill_sandbox();
  const auto alone = w.doctor();
  INFO(alone.output);
  CHECK(alone.exit_code == 1);
  CHECK_THAT(alone.output, Contains("no answer"));
}

TEST_CASE("a test call needs consent, given in words or by the option", "[cluster][call_test]") {
  operated w;
  w.import_national_list();
  const auto silent = w.call_test("+14045550100", "");
  CHECK(silent.exit_code == 2);
  CHECK_THAT(silent.output, Contains("--yes-i-consent"));
  CHECK(w.created() == 0);
}

TEST_CASE("a test call is made on consent given on the spot and followed to its end", "[cluster][call_test]") {
  operated w;
  // The gate is the same as for everybody.
  const auto unlisted = w.call_test("+14045550100");
  CHECK(unlisted.exit_code == 1);
  CHECK_THAT(unlisted.output, Contains("national do-not-call list"));
  CHECK(w.created() == 0);

  w.import_national_list();
  const auto told = w.call_test("+14045550100", "--yes-i-consent --json --name 'Ann Owner' --email ann@example.com");
  INFO(told.output);
  REQUIRE(told.exit_code == 0);
  const auto call = nlohmann::json::parse(told.output);
  CHECK(call["status"] == "ended");
  CHECK(call["outcome"] == "meeting_booked");
  CHECK(call["transcript"].size() > 4);
  CHECK(call["campaign"] == "call test");
  REQUIRE(call["ledger"].size() == 1);
  CHECK(call["ledger"][0]["verdict"] == "allowed");
  // The consent stands in the person's row: words, time, who gave it how.
  CHECK(call["consent"]["type"] == "express_written");
  const auto person = w.world.command("prospect show", {{"prospect", call["prospect_id"]}});
  CHECK_THAT(plain_text(person["consent_text"]), Contains("+14045550100") && Contains("artificial voice"));
  CHECK_THAT(plain_text(person["consent_source"]), Contains("--yes-i-consent"));
  CHECK(person["consent_at"] == call["consent"]["at"]);
  CHECK(w.created() == 1);

  // A second one to another number, as a person.
  const auto again = w.call_test("+16145550114");
  INFO(again.output);
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.output, Contains("it rings") && Contains("disposition") && Contains("not_interested"));
}

TEST_CASE("who says no in a test call is not called by the next one", "[cluster][call_test]") {
  operated w;
  w.import_national_list();
  const auto first = w.call_test("+14045550104"); // "take me off your list"
  INFO(first.output);
  CHECK(first.exit_code == 0);
  CHECK_THAT(first.output, Contains("do_not_call"));
  const auto second = w.call_test("+14045550104");
  CHECK(second.exit_code == 1);
  CHECK(w.created() == 1);
}

TEST_CASE("a test call that nobody takes is not repeated later", "[cluster][call_test]") {
  operated w{operated::slow_day(600)};
  w.import_national_list();
  const auto told = w.call_test("+14045550109", "--yes-i-consent --json");
  INFO(told.output);
  CHECK(nlohmann::json::parse(told.output)["outcome"] == "no_answer");
  w.name = "call test";
  REQUIRE(w.wait_for([&] { return w.status()["status"] == "completed"; }, 30s));
  std::this_thread::sleep_for(8s); // more than an hour of practice time, the pause before a second attempt
  CHECK(w.created() == 1);
}

TEST_CASE("a test call talks as a campaign of one's own does", "[cluster][call_test]") {
  operated w;
  w.create(w.people({"0100"}));
  const auto told = w.call_test("+16145550100", "--yes-i-consent --json --campaign Test");
  INFO(told.output);
  REQUIRE(told.exit_code == 0);
  const auto call = nlohmann::json::parse(told.output);
  CHECK(call["campaign"] == "call test of Test");
  CHECK(call["consent"]["seller"] == "Acme Robotics");
  CHECK(w.status()["status"] == "draft"); // the campaign itself calls nobody
  const auto unknown = w.call_test("+16145550100", "--yes-i-consent --campaign Nowhere");
  CHECK(unknown.exit_code == 1);
  CHECK_THAT(unknown.output, Contains("Nowhere"));
}

TEST_CASE("while calls are up, each kind of actor shows its state and the stream that it is the life of",
          "[cluster][inspect]") {
  operated w{operated::slow_day(300)};
  w.create(w.people(std::vector<std::string>(6, "0100")), // each books, so that a diary has something
           {{"min_probability", 0}, {"attempts_max", 1}, {"best_times", campaign_world::each_hour(8, 20, 30min)}});
  followed changes{w.world.local_port(), "/inspect/stream?kind=call"};
  REQUIRE(w.wait_for([&] { return changes.tells("event: start"); }, 10s));
  w.ask("campaign launch");
  std::map<std::string, json> seen;
  const auto all_seen = [&] {
    for (const auto* kind : {"campaign", "prospect", "line", "call", "diary"})
      if (!seen.contains(kind))
        if (auto told = w.look_at(kind))
          seen.emplace(kind, std::move(*told));
    return seen.size() == 5;
  };
  CHECK(w.wait_for(all_seen, 60s));
  for (const auto& [kind, told] : seen) {
    INFO(kind << ": " << told.dump());
    CHECK(told["kind"] == kind);
    CHECK(told["parent_kind"] == "shard");
    CHECK(told["journal"]["stream"] == told["key"]);
    CHECK(told["journal"]["version"] == told["state"]["version"]);
    const auto stream = told["key"].get<std::string>();
    const auto exported = w.by_cli("journal export --stream " + stream);
    INFO(exported.output);
    CHECK(exported.exit_code == 0);
    CHECK_THAT(exported.output, Contains("\"stream\":\"" + stream + "\""));
  }
  CHECK(w.wait_for([&] { return changes.tells("event: born"); }, 30s));
  CHECK_THAT(changes.heard,
             Contains("\"what\":\"born\"") && Contains("\"kind\":\"call\"") && !Contains("\"kind\":\"line\""));
  // The program shows the same.
  const auto tree = w.by_cli("inspect tree --json");
  INFO(tree.output);
  REQUIRE(tree.exit_code == 0);
  CHECK(json::parse(tree.output)["kinds"]["campaign"] == 1);
  REQUIRE(seen.contains("campaign"));
  const auto one = w.by_cli("inspect actor " + seen["campaign"]["id"].dump() + " --json");
  INFO(one.output);
  REQUIRE(one.exit_code == 0);
  const auto shown = json::parse(one.output);
  CHECK(shown["kind"] == "campaign");
  CHECK(shown["key"] == seen["campaign"]["key"]);
  CHECK(shown["state"]["name"] == w.name);
}

TEST_CASE("a campaign whose carrier fails pauses itself and goes on by command only", "[cluster][breaker]") {
  auto o = campaign_world::options(7);
  o.scenario = campaign_world::scenario([](toml::table& t) {
    t["carrier"]["faults"].as_table()->insert_or_assign("too_many_requests", 1.0); // 429 to every call
  });
  operated w{o};
  std::vector<std::string> people;
  for (int i = 0; i < 8; ++i)
    people.emplace_back("0100");
  w.create(w.people(people), {{"min_probability", 0},
                              {"breaker_minimum", 4},
                              {"breaker_share", 50},
                              {"breaker_window", int64_t{1'440} * 60'000}}); // practice time runs fast
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.status()["status"] == "paused"; }, 90s));
  const auto status = w.status();
  CHECK_THAT(plain_text(status["settings"]["reason"]), Contains("calls failed"));
  const auto metrics = cli::get_page("http://127.0.0.1:" + std::to_string(w.world.local_port()) + "/metrics");
  CHECK_THAT(metrics, Contains("parley_campaign_breaker_trips_total"));
  const auto calls = w.calls().size();
  std::this_thread::sleep_for(2s);
  CHECK(w.calls().size() == calls); // it stays so
  CHECK(w.status()["status"] == "paused");
  w.ask("campaign resume");
  CHECK(w.wait_for([&] { return w.calls().size() > calls; }, 60s));
}

} // namespace operator_test
