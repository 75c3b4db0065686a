// Goal: commands that do not fit are refused with a reason, and nothing is
// half done. Method: real processes.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <fstream>

namespace campaign_commands_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

TEST_CASE("commands that do not fit are refused with a reason", "[cluster]") {
  campaign_world w;
  const auto refused = [&](const std::string& command, json args = json::object()) -> std::string {
    try {
      w.world.command(command, args);
    } catch (const cli::command_failed& e) {
      return e.what();
    }
    return "";
  };
  CHECK_THAT(refused("campaign lanuch"), Catch::Contains("did you mean \"campaign launch\"?"));
  CHECK_THAT(refused("campaign launch", {{"campaign", "Nope"}}), Catch::Contains("there is no \"Nope\""));
  CHECK_THAT(refused("campaign create", {{"name", "X"}}), Catch::Contains("company: is missing"));
  CHECK_THAT(refused("campaign create", {{"nmae", "X"}}), Catch::Contains("did you mean name?"));
  CHECK_THAT(refused("campaign create", {{"name", "X"}, {"company", "Y"}, {"offer", "Z"}, {"ring_timeout", 5000}}),
             Catch::Contains("ring_timeout: 5 is outside 15 to 120"));
  w.create(w.people({"0100"}));
  CHECK_THAT(refused("campaign resume", {{"campaign", "Test"}}), Catch::Contains("only a paused campaign"));
  CHECK_THAT(refused("campaign create", {{"name", "Test"}, {"company", "Y"}, {"offer", "Z"}}),
             Catch::Contains("already; choose another name"));
  CHECK_THAT(refused("dnc add", {{"number", "12"}}), Catch::Contains("number:"));
  CHECK_THAT(refused("prospect import", {{"file", "/nowhere.csv"}}), Catch::Contains("cannot be read"));
  CHECK_THAT(refused("call show", {{"call", "x"}}), Catch::Contains("there is no \"x\""));
}

TEST_CASE("a second import of the same file changes nothing", "[cluster]") {
  campaign_world w;
  const auto file = (cli::config_folder() / "samples" / "prospects.csv").string();
  w.create(file);
  const auto again = w.ask("prospect import", {{"file", file}});
  CHECK(again["added"] == 0);
  CHECK(again["updated"] == 0);
  CHECK(again["listed"] == 0);
}

TEST_CASE("whoever lacked a consent is called once it is imported and the campaign launched again", "[cluster]") {
  campaign_world w;
  const auto with_consent = w.people({"0103", "0103"});
  std::ifstream in{with_consent};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  for (auto at = text.find("express_written"); at != text.npos; at = text.find("express_written", at))
    text.erase(at, std::string_view{"express_written"}.size());
  const auto without = (w.world.folder() / "without.csv").string();
  std::ofstream{without} << text;
  w.create(without, {{"min_probability", 0}, {"attempts_max", 1}});
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 60s));
  CHECK(w.world.witness()["calls"]["created"] == 0);
  const auto person = w.ask("prospect list").front();
  CHECK_THAT(w.ask("prospect why", {{"prospect", person["id"]}}).dump(),
             Catch::Contains("unless a consent that covers it is imported"));

  CHECK(w.ask("prospect import", {{"file", with_consent}})["updated"] == 2);
  const auto planned = w.ask("campaign launch", {{"dry_run", true}});
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.status()["calls"] == 2 && w.finished(); }, 60s));
  CHECK(w.world.witness()["calls"]["created"] == 2);
  INFO(planned.dump());
  CHECK(planned.dump().find("consent_missing") == std::string::npos);
}

} // namespace campaign_commands_test
