#pragma once

#include "adapters/cli/control_client.hpp"
#include "adapters/cli/demo_world.hpp"
#include "runtime/clock.hpp"
#include "runtime/settings/toml.hpp"
#include "tests/support/slowness.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <fstream>
#include <map>
#include <functional>
#include <sstream>
#include <thread>

namespace parley::test {

using nlohmann::json;
using nlohmann::ordered_json;

inline std::string plain_text(const ordered_json& x) {
  return x.is_string() ? x.get<std::string>() : "";
}

/// A practice world with a node and a campaign, for tests with real processes.
struct campaign_world {
  static cli::demo_options options(uint64_t seed) {
    cli::demo_options o;
    o.seed = seed;
    static int worlds = 0;
    if (const char* keep = std::getenv("PARLEY_TEST_KEEP")) // a folder to look into afterwards
      o.keep = std::string{keep} + "/" + std::to_string(++worlds);
    return o;
  }

  explicit campaign_world(uint64_t seed = 7) : campaign_world{options(seed)} {}
  explicit campaign_world(cli::demo_options o) : world{at_our_pace(std::move(o))} {}

  /// A node that sanitizers slow down falls behind a world as fast as usual.
  static cli::demo_options at_our_pace(cli::demo_options o) {
    o.speed = std::max(1.0, o.speed / slowness);
    o.media_speed = std::max(1.0, o.media_speed / slowness);
    return o;
  }

  /// The practice world's own scenario with changes, e.g. faults; a file that
  /// lives as long as the test program.
  static std::string scenario(const std::function<void(toml::table&)>& change) {
    struct temporary {
      temporary() {
        auto name = (std::filesystem::temp_directory_path() / "parley-scenario-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()));
        path = name;
      }
      ~temporary() { std::filesystem::remove_all(path); }
      std::filesystem::path path;
    };
    static const temporary folder;
    static int number = 0;
    auto table = toml::parse_file((cli::config_folder() / "scenarios" / "practice.toml").string());
    change(table);
    const auto file = folder.path / (std::to_string(++number) + ".toml");
    std::ofstream{file} << table << '\n';
    return file.string();
  }

  cli::demo_world world;
  std::string name = "Test";

  ordered_json ask(const std::string& command, json args = json::object()) {
    args["campaign"] = name;
    return world.command(command, std::move(args));
  }
  ordered_json status() { return ask("campaign status"); }
  std::vector<ordered_json> calls() {
    std::vector<ordered_json> out;
    for (auto& call : ask("call list", {{"limit", 100000}}))
      out.push_back(std::move(call));
    return out;
  }
  /// Living actors of this kind, as the inspector shows them.
  size_t living(const std::string& kind) {
    const auto page = cli::get_page("http://127.0.0.1:" + std::to_string(world.local_port())
                                    + "/inspect/tree?limit=5000&kind=" + kind);
    const auto needle = "\"kind\":\"" + kind + "\"";
    size_t count = 0;
    for (auto at = page.find(needle); at != std::string::npos; at = page.find(needle, at + 1))
      ++count;
    return count;
  }
  /// Entries of this kind in the practice world's log.
  std::vector<ordered_json> witnessed(const std::string& kind) const {
    std::vector<ordered_json> out;
    std::ifstream log{world.folder() / "witness.jsonl"};
    for (std::string line; std::getline(log, line);)
      if (auto entry = ordered_json::parse(line); entry.value("kind", std::string{}) == kind)
        out.push_back(std::move(entry));
    return out;
  }

  /// Best times from one local hour to another, on every weekday.
  static json best_hours(int from, int until) {
    constexpr int64_t hour = 3'600'000;
    return json::array({{{"weekdays", {1, 2, 3, 4, 5}}, {"from", from * hour}, {"until", until * hour}}});
  }

  /// Best times at the beginning of each of these local hours. People are spread
  /// over a whole best time, so a short one calls them soon.
  static json each_hour(int from, int until, std::chrono::milliseconds lasting) {
    constexpr int64_t hour = 3'600'000;
    auto out = json::array();
    for (int at = from; at < until; ++at)
      out.push_back({{"weekdays", {1, 2, 3, 4, 5}}, {"from", at * hour}, {"until", at * hour + lasting.count()}});
    return out;
  }

  /// The sample campaign under a name of ours, with these prospects.
  void create(const std::string& csv, json changes = json::object()) {
    const auto samples = cli::config_folder() / "samples";
    std::ostringstream text;
    text << toml::json_formatter{toml::parse_file((samples / "campaign.toml").string())};
    auto campaign = json::parse(text.str());
    campaign["name"] = name;
    campaign.update(changes);
    world.command("dnc import", {{"file", (samples / "dnc-national.txt").string()}});
    world.command("dnc import", {{"file", (samples / "dnc-florida.txt").string()}, {"state", "FL"}});
    world.command("campaign create", campaign);
    ask("prospect import", {{"file", csv}});
  }

  /// People whose last four digits choose their persona (practice.toml), all
  /// callable at any lawful time; the same digits again are another person.
  std::string people(const std::vector<std::string>& last_four) {
    const auto file = world.folder() / "people.csv";
    std::ofstream out{file};
    out << "crm_id,name,email,phone,company,role,consent_type,consent_at,consent_source,consent_text,consent_seller,"
           "notes\n";
    // Area codes of states with no list and no rule of their own.
    static constexpr std::array areas{"404", "602", "704", "614", "313", "919", "678", "216", "480", "248"};
    std::map<std::string, size_t> used;
    int i = 0;
    for (const auto& digits : last_four) {
      out << "T-" << i << ",Person Test" << i << ",person" << i << "@example.com,+1" << areas.at(used[digits]++)
          << "555" << digits << ",Company " << i << ",Plant manager,express_written,2026-06-11,"
          << "web form,\"I agree that Acme Robotics may call me by phone with an automated system and an artificial "
             "voice.\",Acme Robotics,asked for a demo\n";
      ++i;
    }
    return file.string();
  }
  /// A small campaign with one attempt each, run to its end.
  void run(const std::vector<std::string>& last_four, std::chrono::seconds patience = std::chrono::seconds{60}) {
    create(people(last_four), {{"min_probability", 0}, {"attempts_max", 1}});
    ask("campaign launch");
    REQUIRE(wait_for([this] { return finished(); }, patience));
  }

  bool wait_for(const std::function<bool()>& condition, std::chrono::seconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience * slowness;
    while (std::chrono::steady_clock::now() < until) {
      if (condition())
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    return false;
  }
  bool finished() { return status()["status"] == "completed" && world.command("outbox list").empty(); }
};

} // namespace parley::test
