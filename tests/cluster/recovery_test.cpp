// Goal: a node goes on soon after a start, however many prospects sleep in its
// store: 100,000 within 5 s. Method: real processes; 20,000 people, for whom that
// promise means a second; tests/run bench does it with all 100,000.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <iostream>

namespace recovery_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

constexpr size_t prospects = 20'000;
/// Twice what is promised: other tests run beside this one. It takes about half.
constexpr double seconds_max = 2 * 5.0 * prospects / 100'000 * slowness;

cli::demo_options at_night() {
  auto o = campaign_world::options(51);
  o.speed = 1;
  o.start_at = "2026-12-01T08:00:00Z"; // night in the whole country: all of them sleep
  return o;
}

/// Numbers of states without rules of their own; each once.
std::string sleepers(const campaign_world& w) {
  static constexpr std::array areas{"404", "602", "704", "614", "313", "919", "678", "216", "480", "248"};
  const auto file = (w.world.folder() / "sleepers.csv").string();
  std::ofstream out{file};
  out << "crm_id,name,email,phone,company,role,consent_type,consent_at,consent_source,consent_text,consent_seller\n";
  for (size_t i = 0; i < prospects; ++i)
    out
      << "R-" << i << ",Person " << i << ",person" << i << "@example.com,+1" << areas.at(i % areas.size())
      << 2'200'000 + i / areas.size() << ",Company " << i
      << ",Plant manager,express_written,2026-06-11,web form,\"I agree that Acme Robotics may call me by phone with an "
         "automated system and an artificial voice.\",Acme Robotics\n";
  return file;
}

/// Ready, and each part of the campaign has told what it found in the store.
bool goes_on(campaign_world& w) {
  try {
    cli::get_page("http://127.0.0.1:" + std::to_string(w.world.local_port()) + "/readyz");
    return !w.ask("campaign funnel")["enrolling"].get<bool>();
  } catch (const cli::command_failed&) { // not yet: 503
    return false;
  }
}

double seconds_to_start(campaign_world& w) {
  w.world.kill_node();
  const auto begun = steady::now();
  w.world.start_node();
  REQUIRE(w.wait_for([&] { return goes_on(w); }, 60s));
  return std::chrono::duration<double>{steady::now() - begun}.count();
}

} // namespace

TEST_CASE("a node goes on soon, however many people sleep in its store", "[cluster]") {
  campaign_world w{at_night()};
  w.create(sleepers(w), {{"min_probability", 0}});
  w.ask("campaign launch");
  // Some are awake: research begins at night.
  REQUIRE(w.wait_for(
    [&] {
      const auto now = w.status();
      return now["prospects"].get<size_t>() == prospects
             && now["states"].value("waiting", size_t{0}) + 1'000 >= prospects;
    },
    120s));
  double best = 1e9;
  for (int start = 0; start < 3; ++start) // the machine may have been busy
    best = std::min(best, seconds_to_start(w));
  std::cout << "recovery: " << prospects << " prospects, ready after " << best << " s, of at most " << seconds_max
            << " s" << std::endl;
  CHECK(best < seconds_max);
  CHECK(w.status()["prospects"].get<size_t>() == prospects);
}

} // namespace recovery_test
