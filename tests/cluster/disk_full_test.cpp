// Goal: a disk that fills up in the middle of a campaign starts no call more, cuts
// nobody off: talks go on, and once there is room the campaign completes and
// nothing is lost.
// Method: real processes. The node may write no file any more (RLIMIT_FSIZE 0 of
// the running process): that is stricter than a full disk, which still lets a file's
// own bytes be written over, and needs no file system of its own, which may not be
// mounted everywhere. The practice world writes its log on.
#include "tests/cluster/evidence.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <iostream>
#include <sys/resource.h>

namespace disk_full_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

struct filling_world : campaign_world {
  static cli::demo_options slow() {
    auto o = options(41);
    o.media_speed = 5;
    o.speed = 60;
    return o;
  }
  filling_world() : campaign_world{slow()} {}

  void limit(rlim_t bytes) const {
    rlimit now{};
    REQUIRE(::prlimit(world.node_pid(), RLIMIT_FSIZE, nullptr, &now) == 0);
    now.rlim_cur = std::min(bytes, now.rlim_max);
    REQUIRE(::prlimit(world.node_pid(), RLIMIT_FSIZE, &now, nullptr) == 0);
  }
  /// "" once the node says that it is ready, else what keeps it.
  std::string problem() const {
    try {
      cli::get_page("http://127.0.0.1:" + std::to_string(world.local_port()) + "/readyz");
      return "";
    } catch (const cli::command_failed& e) {
      return e.what();
    }
  }
  size_t created() const { return world.witness()["calls"]["created"].get<size_t>(); }

  /// Practice time of the last thing that happened there.
  wall_time last_seen() const {
    wall_time out{};
    for (const auto& entry : witness_log(*this))
      if (const auto at = parse_iso(plain_text(entry["at"])))
        out = std::max(out, *at);
    return out;
  }
  /// Turns that were spoken between two instants, by the transcripts so far.
  size_t turns_between(wall_time from, wall_time until) const {
    std::map<std::string, wall_time> answered;
    for (const auto& entry : witnessed("answer"))
      if (const auto at = parse_iso(plain_text(entry["at"])))
        answered[plain_text(entry["sid"])] = *at;
    size_t out = 0;
    for (const auto& entry : witnessed("transcript"))
      if (const auto call = answered.find(plain_text(entry["sid"])); call != answered.end())
        for (const auto& turn : entry["turns"]) {
          const auto heard = turn["ms"].get<double>() * slow().speed / slow().media_speed;
          const auto at = call->second + std::chrono::milliseconds{static_cast<int64_t>(heard)};
          out += at > from && at < until;
        }
    return out;
  }
};

} // namespace

TEST_CASE("a disk that fills up amid calls stops dialling and loses nothing", "[cluster][violence]") {
  filling_world w;
  std::vector<std::string> digits;
  for (int i = 0; i < 8; ++i)
    digits.insert(digits.end(), {"0100", "0102", "0110", "0103", "0108"});
  w.create(
    w.people(digits),
    {{"min_probability", 0}, {"attempts_max", 1}, {"breaker_share", 0}, {"best_times", w.each_hour(9, 20, 20min)}});
  w.ask("campaign launch");
  REQUIRE(w.wait_for(
    [&] {
      size_t talking = 0;
      for (const auto& call : w.ask("call list", {{"open", true}}))
        talking += call["status"] == "talking";
      return talking > 5 && w.status()["dispositions"].size() > 1;
    },
    60s));

  w.limit(0);
  // What was on its way to the carrier at this moment may still arrive.
  std::this_thread::sleep_for(1s);
  const auto before = w.created();
  const auto talks = [&] { return w.world.witness()["calls"]["open"].get<size_t>(); };
  const auto up = talks();
  CHECK(up > 0);
  const auto began = w.last_seen();
  const auto cut = w.witnessed("stream_cut").size();
  CHECK(w.wait_for([&] { return !w.problem().empty(); }, 20s)); // and it says so
  CHECK_THAT(w.problem(), Catch::Contains("journal"));
  std::this_thread::sleep_for(8s);
  CHECK(w.created() == before);                   // nobody is dialled whose call could not be remembered
  CHECK(w.witnessed("stream_cut").size() == cut); // and nobody who talks is cut off
  const auto over = w.last_seen();
  std::map<std::string, size_t> ended;
  for (const auto& entry : w.witnessed("end"))
    ++ended[plain_text(entry["status"])];
  std::cout << "disk full: " << up << " up at its beginning, " << talks() << " at its end; carrier's ends so far "
            << ordered_json(ended).dump() << std::endl;
  CHECK(w.world.running());

  w.limit(RLIM_INFINITY);
  CHECK(w.wait_for([&] { return w.problem().empty(); }, 30s));
  CHECK(w.wait_for([&] { return w.created() > before; }, 60s)); // it goes on by itself
  REQUIRE(w.wait_for([&] { return w.finished(); }, 240s));
  std::cout << "disk full: in the end " << w.status()["dispositions"].dump() << std::endl;
  CHECK(w.turns_between(began, over) > up); // they talked meanwhile
  check_nothing_lost(w);
  CHECK(w.world.witness()["double_dials"] == 0);
  check_closed_once(w);
}

} // namespace disk_full_test
