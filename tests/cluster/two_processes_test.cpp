// Goal: the typed messages and doors cross processes. A campaign runs to its
// end with its calls and conversations in a second process, over mutual TLS,
// also when either process is killed on the way: nobody is dialled twice, no
// outcome is lost. Method: real processes in the practice world, SIGKILL, the
// practice world's log as the witness.
#include "runtime/free_port.hpp"
#include "tests/cluster/certificate_folder.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace two_processes_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

/// What is there before the world is: certificates, and where the two meet.
struct meeting_point {
  certificate_folder files;
  uint16_t port = free_port();

  toml::table section(const std::string& node, const char* key) const {
    const auto x = files.of(node);
    return toml::table{{key, "127.0.0.1:" + std::to_string(port)},
                       {"certificate_file", x.certificate_file},
                       {"key_file", x.key_file},
                       {"ca_file", x.ca_file},
                       {"peer_timeout", "20s"}}; // a machine that also builds is no dead one
  }
  cli::demo_options options() const {
    auto out = campaign_world::options(7);
    auto table = section("first", "listen");
    table.insert("calls_elsewhere", true);
    std::ostringstream text;
    text << toml::table{{"cluster", table}};
    out.settings = text.str();
    return out;
  }
};

struct two_processes : private meeting_point, campaign_world {
  two_processes() : campaign_world{meeting_point::options()} {
    auto table = toml::parse_file((world.folder() / "practice.toml").string());
    const auto folder = world.folder() / "host";
    fs::create_directories(folder);
    webhooks = free_port();
    table["journal"].as_table()->insert_or_assign("data_dir", folder.string());
    table["telephony"].as_table()->insert_or_assign("public_url", "http://127.0.0.1:" + std::to_string(webhooks));
    table["web"].as_table()->insert_or_assign("webhook_port", static_cast<int64_t>(webhooks));
    table.insert_or_assign("cluster", section("second", "join"));
    std::ofstream{config()} << table << '\n';
    start_host();
  }
  ~two_processes() {
    if (host)
      host->stop();
  }

  fs::path config() const { return world.folder() / "host.toml"; }
  void start_host() {
    const auto program = fs::canonical("/proc/self/exe").parent_path() / "parleyd";
    host
      = std::make_unique<cli::child_process>(std::vector<std::string>{program.string(), "--config", config().string()},
                                             (world.folder() / "host.log").string());
    const auto line = host->read_line(60s);
    std::ifstream log{world.folder() / "host.log"};
    INFO((std::string{std::istreambuf_iterator<char>{log}, {}}));
    REQUIRE(line);
    host_port = json::parse(*line)["local_port"].get<uint16_t>();
  }
  static std::string page(uint16_t port, const std::string& path) {
    return cli::get_page("http://127.0.0.1:" + std::to_string(port) + path);
  }
  /// How many actors of a kind were born in a process, by its /metrics.
  static double births(uint16_t port, const std::string& kind) {
    const auto text = page(port, "/metrics");
    const auto name = "parley_actor_births_total{kind=\"" + kind + "\"} ";
    const auto at = text.find(name);
    return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size()));
  }
  void launch() {
    create((cli::config_folder() / "samples" / "prospects.csv").string());
    ask("campaign launch");
  }
  /// Waits for the end and checks what holds of any campaign: the store and the
  /// carrier tell the same, and nobody was forgotten.
  void finish() {
    REQUIRE(wait_for([&] { return finished(); }, 300s));
    const auto totals = status();
    std::set<std::string> sids;
    for (const auto& call : calls()) {
      CHECK(call["outcome"] != "none");
      if (const auto sid = plain_text(call["call_sid"]); !sid.empty())
        CHECK(sids.insert(sid).second);
    }
    CHECK(totals["calls_open"] == 0);
    CHECK(totals["calls"].get<size_t>() > 20);
    CHECK(totals["meetings"].get<size_t>() > 0);
    for (const auto& person : ask("prospect list", {{"limit", 100000}})) {
      const auto state = person["state"].get<std::string>();
      CHECK((state == "done" || state == "blocked" || state == "disqualified" || state == "exhausted"));
    }
    const auto witness = world.witness();
    CHECK(witness["double_dials"] == 0);
    CHECK(witness["window_violations"] == 0);
    CHECK(sids.size() == witness["calls"]["created"].get<size_t>());
    std::set<std::string> booked;
    for (const auto& meeting : ask("meeting list", {{"limit", 100000}}))
      CHECK(booked.insert(meeting["calendar_event_id"].get<std::string>()).second);
    std::set<std::string> events;
    for (const auto& event : witnessed("event"))
      events.insert(event["id"].get<std::string>());
    CHECK(events == booked);
  }
  /// In the middle of the campaign, with calls up.
  void wait_for_calls() {
    const auto before = status()["calls"].get<int>();
    REQUIRE(wait_for(
      [&] {
        const auto now = status();
        return now["calls"].get<int>() > before + 5 && now["calls_open"].get<int>() > 1;
      },
      120s));
  }

  std::unique_ptr<cli::child_process> host;
  uint16_t host_port = 0;
  uint16_t webhooks = 0;
};

} // namespace

TEST_CASE("a campaign whose calls live in a second process", "[cluster][two_processes]") {
  two_processes w;
  w.launch();
  w.finish();
  const auto here = w.world.local_port();
  const auto made = static_cast<double>(w.calls().size());
  // The calls and their conversations were there, and nothing of them here.
  CHECK(two_processes::births(w.host_port, "call") >= made);
  CHECK(two_processes::births(w.host_port, "conversation") > 0);
  CHECK(two_processes::births(w.host_port, "booking") > 0);
  CHECK(two_processes::births(here, "call") == 0);
  CHECK(two_processes::births(here, "conversation") == 0);
  // And nothing else was there.
  for (const char* kind : {"campaign", "campaign_shard", "prospect", "line", "diary", "memory", "pacer"}) {
    INFO(kind);
    CHECK(two_processes::births(w.host_port, kind) == 0);
    CHECK(two_processes::births(here, kind) > 0);
  }
  CHECK(two_processes::page(w.host_port, "/inspect/tree?limit=5000").find("\"kind\":\"shard\"") != std::string::npos);
  // A command may come to either.
  const auto there = cli::send_command((w.world.folder() / "host" / "control.sock").string(), "campaign status",
                                       {{"campaign", w.name}});
  CHECK(there["calls"] == w.status()["calls"]);
  // It ends when it is told to, with nothing left behind.
  w.host->stop();
  CHECK_FALSE(w.host->running());
}

TEST_CASE("the process with the calls is killed amid them and comes back", "[cluster][two_processes]") {
  two_processes w;
  w.launch();
  for (int kill = 0; kill < 2; ++kill) {
    w.wait_for_calls();
    w.host->kill();
    // Nothing is dialled that nobody could answer for, and an operator sees why.
    const auto ready = [&] {
      try {
        return two_processes::page(w.world.local_port(), "/readyz");
      } catch (const cli::command_failed& e) {
        return std::string{e.what()};
      }
    };
    REQUIRE(w.wait_for([&] { return ready().find("gone") != std::string::npos; }, 10s));
    std::this_thread::sleep_for(1s); // what was on its way to the carrier
    const auto dialled = w.world.witness()["calls"]["created"];
    std::this_thread::sleep_for(3s);
    CHECK(w.world.witness()["calls"]["created"] == dialled);
    w.start_host();
  }
  w.finish();
}

TEST_CASE("the process with the store is killed, and the one with the calls ends with it", "[cluster][two_processes]") {
  two_processes w;
  w.launch();
  w.wait_for_calls();
  w.world.kill_node();
  // Without the journal no decision counts: it stops, as safe as losing power.
  CHECK(w.wait_for([&] { return !w.host->running(); }, 30s));
  w.world.start_node();
  w.start_host();
  w.finish();
}

TEST_CASE("a node does not start in a cluster without good certificates", "[cluster][two_processes]") {
  const meeting_point meet;
  const auto place = meet.files.path;
  const auto start = [&](const std::function<void(toml::table&)>& change, const char* key) {
    auto table = toml::parse_file((cli::config_folder() / "practice.toml").string());
    for (auto&& [name, value] : table)
      if (auto* keys = value.as_table())
        for (auto&& [word, text] : *keys)
          if (std::string_view{word.str()}.ends_with("_file") && text.is_string())
            text.ref<std::string>() = (cli::config_folder() / text.ref<std::string>()).string();
    table["journal"].as_table()->insert_or_assign("data_dir", (place / "data").string());
    table["web"].as_table()->insert_or_assign("webhook_port", 0);
    table["web"].as_table()->insert_or_assign("local_port", 0);
    auto cluster = meet.section("first", key);
    change(cluster);
    table.insert_or_assign("cluster", cluster);
    std::ofstream{place / "node.toml"} << table << '\n';
    const auto program = fs::canonical("/proc/self/exe").parent_path() / "parleyd";
    FILE* pipe = ::popen(
      ("timeout -k 1 30 " + program.string() + " --config " + (place / "node.toml").string() + " 2>&1").c_str(), "r");
    REQUIRE(pipe);
    std::string said;
    char data[4096];
    for (size_t got = 0; (got = ::fread(data, 1, sizeof data, pipe)) > 0;)
      said.append(data, got);
    const int ended = ::pclose(pipe);
    CHECK(WIFEXITED(ended));
    CHECK(WEXITSTATUS(ended) == 1);
    CHECK_THAT(said, !Contains("\"ready\""));
    return said;
  };
  CHECK_THAT(start([](toml::table& x) { x.erase("ca_file"); }, "listen"),
             Contains("no cluster port without mutual TLS"));
  CHECK_THAT(start([](toml::table& x) { x.insert_or_assign("key_file", "/nowhere"); }, "listen"),
             Contains("/nowhere cannot be read"));
  const certificate_folder foreign;
  const auto of_another = foreign.of("node");
  CHECK_THAT(start([&](toml::table& x) { x.insert_or_assign("ca_file", of_another.ca_file); }, "listen"),
             Contains("is not good for the CA"));
  // Nobody listens: it tries for a while, then says so.
  CHECK_THAT(start([](toml::table& x) { x.insert_or_assign("join_patience", "1s"); }, "join"),
             Contains("cannot be joined"));
}

} // namespace two_processes_test
