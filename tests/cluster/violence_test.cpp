// Goal: a node with 300 calls up may be killed at any moment, again and again:
// nobody is dialled twice, no outcome is lost, CRM and calendar tell what the
// journal tells. Method: real processes; SIGKILL at moments by seed; the practice
// world's log is the witness.
//
// The world runs at 1.5 times life's speed for audio: at speed 1 the practice
// carrier sends every frame of silence, above it one in five, which is what lets
// two cores carry 300 talks in both processes.
#include "tests/cluster/evidence.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <iostream>
#include <random>

namespace violence_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

// Sanitizers make both processes several times slower; there it is about what
// they find, not about how many calls two cores carry.
#ifdef __SANITIZE_ADDRESS__
constexpr size_t calls_up = 40;
constexpr size_t kills_usually = 5;
constexpr size_t people_usually = 400;
#else
constexpr size_t calls_up = 300;
constexpr size_t kills_usually = 30;
constexpr size_t people_usually = 3000;
#endif

/// A number from the environment, for the long form and for experiments.
size_t option(const char* name, size_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::stoul(text) : otherwise;
}

/// Account managers enough that diaries are not what everybody waits for.
std::string managers() {
  std::string out;
  for (int i = 0; i < 12; ++i)
    out += "[[manager]]\nname = \"Manager " + std::to_string(i) + "\"\nemail = \"m" + std::to_string(i)
           + "@acme-robotics.example\"\nspecialty = \"warehouses\"\ntimezone = \"America/New_York\"\n"
             "working_hours = \"mon-fri 07:00-21:00\"\nmeeting_link = \"https://meet.acme-robotics.example/m"
           + std::to_string(i) + "\"\n";
  return out;
}

cli::demo_options crowded(uint64_t seed) {
  auto o = campaign_world::options(seed);
  o.media_speed = 1.5;
  // Four minutes of ours are four hours of theirs, all of them lawful, and ten
  // minutes of grace for a call that nobody knows of are ten seconds.
  o.speed = 60;
  o.start_at = "2026-12-07T16:00:00Z"; // a Monday, 11 where all of them are
  o.settings = "[pacing]\ncalls_per_second = 60.0\ncalls_at_once = " + std::to_string(calls_up)
               + "\n[voice_model]\nwaiting_streams_max = 2000\n" + managers();
  o.scenario = campaign_world::scenario([](toml::table& t) {
    auto& carrier = *t["carrier"].as_table();
    carrier.insert_or_assign("calls_per_second", 200);
    auto& weights = *t["people"]["weights"].as_table();
    // Who talks long, and some of the others.
    for (auto&& [name, weight] : weights)
      weight.ref<int64_t>() = name == "eager" || name == "price_objection_convinced" || name == "talks_over" ? 20 : 2;
  });
  return o;
}

/// So many people, none of whom has a persona by number.
std::string crowd(const campaign_world& w, size_t count) {
  const auto file = w.world.folder() / "crowd.csv";
  std::ofstream out{file};
  out << "crm_id,name,email,phone,company,role,consent_type,consent_at,consent_source,consent_text,consent_seller,"
         "notes\n";
  static constexpr std::array areas{"404", "704", "614", "919", "678", "216"};
  for (size_t i = 0; i < count; ++i)
    out << "V-" << i << ",Person Number" << i << ",v" << i << "@example.com,+1" << areas.at(i % areas.size()) << "555"
        << 2000 + i / areas.size() << ",Company " << i
        << ",Plant manager,express_written,2026-06-11,web form,\"I agree that Acme Robotics may call me by phone with "
           "an automated system and an artificial voice.\",Acme Robotics,asked for a demo\n";
  return file.string();
}

struct up_now {
  size_t at_carrier = 0;
  size_t ringing = 0;
  size_t talking = 0;
};

} // namespace

TEST_CASE("a node with 300 calls up is killed again and again", "[cluster][violence]") {
  const auto kills = option("PARLEY_KILLS", kills_usually);
  const auto seed = option("PARLEY_SEED", 4);
  std::cout << "violence: seed " << seed << ", " << kills << " kills" << std::endl;
  std::mt19937_64 chance{seed};
  campaign_world w{crowded(seed)};
  w.create(crowd(w, option("PARLEY_PEOPLE", people_usually)), {{"min_probability", 0},
                                                               {"attempts_max", 1},
                                                               {"managers", json::array()},
                                                               {"calls_at_once", calls_up},
                                                               {"breaker_share", 0},
                                                               {"best_times", w.best_hours(11, 15)}});
  const auto begun = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(); };
  w.ask("campaign launch");
  const auto look = [&] {
    up_now out;
    out.at_carrier = w.world.witness()["calls"]["open"].get<size_t>();
    for (const auto& call : w.ask("call list", {{"open", true}, {"limit", 1000}})) {
      out.ringing += call["status"] == "ringing";
      out.talking += call["status"] == "talking";
    }
    return out;
  };
  REQUIRE(w.wait_for([&] { return w.world.witness()["calls"]["open"].get<size_t>() >= calls_up; }, 60s));
  std::cout << "violence: " << calls_up << " calls up after " << seconds() << " s" << std::endl;
  size_t most = 0;
  size_t fewest = calls_up;
  double away = 0;
  size_t amid = 0;       // kills with most of the calls up
  size_t unprepared = 0; // nodes that were killed while they took up what they had left
  for (size_t kill = 0; kill < kills; ++kill) {
    std::this_thread::sleep_for(std::chrono::milliseconds{500 + chance() % 3000});
    const auto now = look();
    most = std::max(most, now.at_carrier);
    fewest = std::min(fewest, now.at_carrier);
    const auto dead = std::chrono::steady_clock::now();
    amid += now.at_carrier * 5 >= calls_up * 4 ? 1 : 0;
    w.world.kill_node();
    if (kill % 3 == 2) { // and once more before it is ready
      w.world.spawn_node();
      std::this_thread::sleep_for(std::chrono::milliseconds{chance() % 1500});
      ++unprepared;
      w.world.kill_node();
    }
    w.world.start_node();
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - dead).count();
    away = std::max(away, took);
    std::cout << "violence: kill " << kill + 1 << " at " << seconds() << " s with " << now.at_carrier << " up ("
              << now.ringing << " ringing, " << now.talking << " talking), back after " << took << " s" << std::endl;
  }
  CHECK(most >= calls_up);
  CHECK(amid * 6 >= kills * 5);
  // More people than slots: whoever had none sleeps until tomorrow, which nobody waits for.
  w.ask("campaign stop");
  REQUIRE(w.wait_for([&] { return w.status()["calls_open"] == 0 && w.world.command("outbox list").empty(); }, 300s));
  std::cout << "violence: done after " << seconds() << " s; " << w.calls().size() << " calls, " << fewest << " to "
            << most << " up at the kills, " << unprepared << " of them again before the node was ready, away " << away
            << " s at most" << std::endl;
  check_nothing_lost(w, {}, nullptr, false);
  CHECK(w.world.witness()["double_dials"] == 0);
  CHECK(w.world.witness()["window_violations"] == 0);
  check_closed_once(w);
}

} // namespace violence_test
