// Goal: pause lets live calls finish, stop cancels ringing ones, stop --now
// hangs up, and afterwards nobody is dialled. Method: real processes; the
// practice world's log is the witness.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

/// Thirty people who talk, so that something is ringing and something talking.
struct launched : campaign_world {
  launched() {
    // The same persona needs the same last four digits, so spread area codes.
    const auto file = world.folder() / "talkers.csv";
    std::ofstream out{file};
    out << "crm_id,name,email,phone,company,role,consent_type,consent_at,consent_source,consent_text,consent_seller,"
           "notes\n";
    static constexpr std::array areas{"303", "404", "602", "704", "614", "313", "970", "919", "720", "678"};
    int i = 0;
    for (const auto* area : areas)
      for (const char* last : {"0100", "0102", "0110"}) {
        out << "T-" << i << ",Person Test" << i << ",person" << i << "@example.com,+1" << area << "555" << last
            << ",Company " << i << ",Owner,express_written,2026-06-11,web form,"
            << "\"I agree that Acme Robotics may call me by phone with an automated system and an artificial voice.\","
            << "Acme Robotics,asked for a demo\n";
        ++i;
      }
    out.close();
    create(file.string(), {{"min_probability", 0}});
    ask("campaign launch");
    REQUIRE(wait_for(
      [this] { return status()["calls_connected"].get<int>() > 0 && status()["calls_open"].get<int>() > 1; }, 30s));
  }
  int created() { return world.witness()["calls"]["created"].get<int>(); }
  /// Nothing is dialled in a while in which a running campaign would dial.
  void check_quiet() {
    const auto now = created();
    std::this_thread::sleep_for(2s);
    CHECK(created() == now);
  }
};

} // namespace

TEST_CASE("pause: no new calls, live ones finish, resume goes on", "[cluster]") {
  launched w;
  CHECK(w.ask("campaign pause")["status"] == "paused");
  w.check_quiet();
  CHECK(w.wait_for([&] { return w.status()["calls_open"] == 0; }, 20s));
  const auto before = w.created();
  for (const auto& call : w.ask("call list"))
    CHECK(call["outcome"] != "canceled"); // nobody was cut off
  CHECK(w.ask("campaign resume")["status"] == "running");
  CHECK(w.wait_for([&] { return w.created() > before; }, 60s));
  CHECK(w.world.witness()["double_dials"] == 0);
}

TEST_CASE("stop: ringing calls are cancelled, talks finish", "[cluster]") {
  launched w;
  CHECK(w.ask("campaign stop")["status"] == "stopped");
  w.check_quiet();
  CHECK(w.wait_for([&] { return w.status()["calls_open"] == 0; }, 20s));
  CHECK(w.world.witness()["double_dials"] == 0);
}

TEST_CASE("stop --now hangs up on everybody at once", "[cluster]") {
  launched w;
  const auto begun = std::chrono::steady_clock::now();
  CHECK(w.ask("campaign stop", {{"now", true}})["status"] == "stopped");
  CHECK(w.wait_for([&] { return w.status()["calls_open"] == 0; }, 10s));
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
  w.check_quiet();
}

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
  CHECK_THAT(refused("call show", {{"call", "x"}}), Catch::Contains("is no id"));
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
