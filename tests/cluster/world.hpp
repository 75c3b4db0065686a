#pragma once

#include "adapters/cli/control_client.hpp"
#include "adapters/cli/demo_world.hpp"
#include "runtime/clock.hpp"

#include <toml++/toml.h>

#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

namespace parley::test {

using nlohmann::json;
using nlohmann::ordered_json;

/// A practice world with a node and a campaign, for tests with real processes.
struct campaign_world {
  static cli::demo_options options(uint64_t seed) {
    cli::demo_options o;
    o.seed = seed;
    if (const char* keep = std::getenv("PARLEY_TEST_KEEP")) // a folder to look into afterwards
      o.keep = keep;
    return o;
  }

  explicit campaign_world(uint64_t seed = 7) : world{options(seed)} {}

  cli::demo_world world;
  std::string name = "Test";

  ordered_json ask(const std::string& command, json args = json::object()) {
    args["campaign"] = name;
    return world.command(command, std::move(args));
  }
  ordered_json status() { return ask("campaign status"); }

  /// The sample campaign under a name of ours, with these prospects.
  void create(const std::string& csv, json changes = json::object()) {
    const auto samples = cli::config_folder() / "samples";
    std::ostringstream text;
    text << toml::json_formatter{toml::parse_file((samples / "campaign.toml").string())};
    auto campaign = json::parse(text.str());
    campaign["name"] = name;
    campaign.update(changes);
    world.command("dnc import", {{"file", (samples / "dnc-national.txt").string()}});
    world.command("campaign create", campaign);
    ask("prospect import", {{"file", csv}});
  }

  /// People whose last four digits choose their persona (practice.toml), all
  /// callable at any lawful time.
  std::string people(const std::vector<std::string>& last_four) {
    const auto file = world.folder() / "people.csv";
    std::ofstream out{file};
    out << "crm_id,name,email,phone,company,role,state,consent_type,consent_at,consent_source,consent_text,consent_"
           "seller,notes\n";
    // Area codes of states with no list and no rule of their own.
    static constexpr std::array areas{"303", "404", "602", "704", "614", "313", "502", "919", "720", "678"};
    for (size_t i = 0; i < last_four.size(); ++i)
      out << "T-" << i << ",Person " << i << ",person" << i << "@example.com,+1" << areas[i / 100 % areas.size()]
          << "555" << last_four[i] << ",Company " << i
          << ",Chief operating officer,,express_written,2026-06-11,web form,"
          << "\"I agree that Acme Robotics may call me by phone with an automated system and an artificial voice.\","
          << "Acme Robotics,asked for a demo\n";
    return file.string();
  }

  bool wait_for(const std::function<bool()>& condition, std::chrono::seconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
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
