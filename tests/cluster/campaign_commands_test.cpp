// Goal: commands that do not fit are refused with a reason, and nothing is
// half done. Method: real processes.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

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

} // namespace campaign_commands_test
