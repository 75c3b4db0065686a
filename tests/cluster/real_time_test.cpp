// Goal: at the speed of life a called person hears the agent within two
// seconds, and the call comes to its end. Method: one whole call in the
// practice world with no time sped up; the world's own stopwatch and the
// node's metrics measure it.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

namespace real_time_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

/// The number behind a metric's name on the node's page.
double metric(const campaign_world& w, const std::string& name) {
  std::istringstream page{cli::get_page("http://127.0.0.1:" + std::to_string(w.world.local_port()) + "/metrics")};
  for (std::string line; std::getline(page, line);)
    if (line.starts_with(name + " "))
      return std::stod(line.substr(name.size() + 1));
  FAIL("the node has no metric " << name);
  return 0;
}

cli::demo_options real_time() {
  auto o = campaign_world::options(4); // somebody who says no more than "Hello?"
  o.speed = 1;
  o.media_speed = 1;
  // 10:58 in Georgia: within the best hours, and whatever moment of them chance
  // has drawn for this person lies behind us.
  o.start_at = "2026-12-07T15:58:00Z";
  return o;
}

} // namespace

TEST_CASE("a whole call at speed 1 is answered by our first audio within 2 s", "[cluster]") {
  constexpr auto first_audio_max = 2s;
  campaign_world w{real_time()};
  w.create(w.people({"0100"}),
           {{"min_probability", 0}, {"attempts_max", 1}, {"best_times", campaign_world::best_hours(8, 11)}});
  const auto launched = std::chrono::steady_clock::now();
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 300s));

  const auto calls = w.calls();
  REQUIRE(calls.size() == 1);
  CAPTURE(calls[0].dump(1));
  CHECK(calls[0]["outcome"] == "meeting_booked");
  // Nothing was sped up: the time of the call passed here, too.
  const auto lasted = std::chrono::seconds{calls[0]["duration_seconds"].get<int>()};
  CHECK(lasted > 20s);
  CHECK(std::chrono::steady_clock::now() - launched >= lasted);

  // What the person heard, from the answer on.
  const auto spoken = w.witnessed("transcript");
  REQUIRE(spoken.size() == 1);
  REQUIRE(spoken[0]["first_audio_ms"].is_number());
  const std::chrono::milliseconds first{spoken[0]["first_audio_ms"].get<int64_t>()};
  CHECK(first > 0ms);
  CHECK(first <= first_audio_max);

  // What the node says of itself, from the start of the media stream on.
  for (const std::string name : {"parley_media_first_audio_seconds", "parley_first_audio_seconds"}) {
    CAPTURE(name);
    CHECK(metric(w, name + "_count") == 1);
    const std::chrono::duration<double> measured{metric(w, name + "_sum")};
    CHECK(measured > 0s);
    CHECK(measured <= first); // the stream starts after the answer
  }
}

} // namespace real_time_test
