// Goal: a disk that fills up in the middle of a campaign starts no call more, cuts
// nobody off: talks go on, and once there is room the campaign completes and
// nothing is lost.
// Method: real processes. Where this user may mount one, the store is on a small
// file system, which a ballast fills (ENOSPC, SQLITE_FULL). Elsewhere the node may
// write no file any more (RLIMIT_FSIZE 0 of the running process: EFBIG, an I/O
// error to SQLite). The practice world writes its log on, somewhere else.
#include "tests/cluster/evidence.hpp"
#include "tests/cluster/small_disk.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <iostream>
#include <sys/resource.h>

namespace disk_full_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

/// What the log may grow by until it is cut off: four times its usual length.
constexpr size_t room_for_log = 16u << 20;

/// Before the world, so that it outlives the node.
struct disk_of_store {
  small_disk disk;
};

struct filling_world : disk_of_store, campaign_world {
  static cli::demo_options slow(const small_disk& disk) {
    auto o = options(41);
    o.media_speed = 5;
    o.speed = 60;
    if (disk.is_mounted())
      o.settings = "[journal]\ndata_dir = \"" + (disk.folder() / "data").string() + "\"\n";
    return o;
  }
  filling_world() : campaign_world{slow(disk)} {
    if (disk.is_mounted()) // where everybody looks for the data
      std::filesystem::create_directory_symlink(disk.folder() / "data", world.folder() / "data");
  }

  void fill() {
    if (!disk.is_mounted())
      return limit(0);
    // A log that was moved into the database is written over from its beginning,
    // for which a full disk has room. So it is cut off, and then only grows.
    disk.fill_up_to(room_for_log);
    REQUIRE(wait_for(
      [&] {
        const auto moved = store_rows(*this, "PRAGMA wal_checkpoint(TRUNCATE)");
        return moved.size() == 1 && moved[0].at(0) == "0"; // else somebody was reading or writing
      },
      20s));
    disk.fill_up_to(0);
  }
  void make_room() {
    if (disk.is_mounted())
      disk.clear();
    else
      limit(RLIM_INFINITY);
  }
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
    const auto pace = slow(disk);
    std::map<std::string, wall_time> answered;
    for (const auto& entry : witnessed("answer"))
      if (const auto at = parse_iso(plain_text(entry["at"])))
        answered[plain_text(entry["sid"])] = *at;
    size_t out = 0;
    for (const auto& entry : witnessed("transcript"))
      if (const auto call = answered.find(plain_text(entry["sid"])); call != answered.end())
        for (const auto& turn : entry["turns"]) {
          const auto heard = turn["ms"].get<double>() * pace.speed / pace.media_speed;
          const auto at = call->second + std::chrono::milliseconds{static_cast<int64_t>(heard)};
          out += at > from && at < until;
        }
    return out;
  }
};

} // namespace

TEST_CASE("a disk that fills up amid calls stops dialling and loses nothing", "[cluster][violence]") {
  filling_world w;
  std::cout << "disk full: " << w.disk.how() << std::endl;
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

  w.fill();
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

  w.make_room();
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
