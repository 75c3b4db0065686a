// Goal: a backup that was taken as the runbook says, from a node under way, is
// whole and can be checked; a stopped store is read and nothing in it changes.
// Method: a real store with a writer at work, its files copied by SQL.
#include "cluster/journal/stopped_store.hpp"
#include "tests/adapters/line_filling.hpp"
#include "tests/adapters/sqlite_backend.hpp"

#include <fstream>
#include <sstream>

namespace stopped_store_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
using journal_tools::stopped_store;
namespace fs = std::filesystem;

namespace {

struct backup_test : line_filling {
  temporary_folder copies;

  sqlite_settings at(const fs::path& folder) const {
    sqlite_settings out;
    out.data_dir = folder.string();
    return out;
  }
  void vacuum(const char* name, const fs::path& into) {
    sqlite::database db{own_folder->path() / name, sqlite::database::access::read, 5s};
    db.execute("VACUUM INTO '" + (into / name).string() + "'");
  }
  static nlohmann::json verified(const stopped_store& store) {
    return store.verify(100, [](const char*, uint64_t, uint64_t) {});
  }
  static std::string problem(const sqlite_settings& settings) {
    try {
      const stopped_store store{settings};
      return "was not refused";
    } catch (const store_unusable& e) {
      return e.what();
    }
  }
};

} // namespace

TEST_CASE_METHOD(backup_test, "a backup of a store under way is whole", "[journal][backup]") {
  for (int i = 0; i < 20; ++i)
    add_line();
  const auto folder = copies.path();
  vacuum("journal.db", folder);
  for (int i = 0; i < 5; ++i) // the node goes on, keys included
    add_line();
  vacuum("keys.db", folder);
  CHECK_THAT(problem(at(folder)), Contains("master.key is missing"));
  fs::copy(own_folder->path() / "master.key", folder);
  {
    const stopped_store store{at(folder)};
    const auto all = verified(store);
    INFO(all.dump(2));
    CHECK(all["findings_total"] == 0);
    CHECK(all["streams"] == 20);
    CHECK(all["sealed_fields"] == 20);
    CHECK(store.read({}).events.size() == 20);
  }
  // The node that is restored from it opens it, and it is the same store.
  sqlite_backend restored{folder};
  system_config config{2};
  caf::actor_system sys{config};
  auto port = restored.start(sys);
  CHECK(restored.identity().secret == backend->identity().secret);
  caf::anon_send_exit(port, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(backup_test, "a stopped store is only read", "[journal][backup]") {
  add_line();
  CHECK_THAT(problem(at(own_folder->path())), Contains("is in use by another parleyd"));
  CHECK_THAT(problem(at(copies.path())), Contains("there is no such file"));
  CHECK(fs::is_empty(copies.path())); // and none was made
  vacuum("journal.db", copies.path());
  vacuum("keys.db", copies.path());
  fs::copy(own_folder->path() / "master.key", copies.path());
  const auto contents = [&] {
    sqlite::database db{copies.path() / "journal.db", sqlite::database::access::read, 5s};
    auto row
      = db.query("SELECT (SELECT value FROM meta WHERE key = 'position') || ' ' || (SELECT max(epoch) FROM shards) "
                 "|| ' ' || (SELECT count(*) FROM events)");
    row.next();
    return std::string{row.text(0)};
  };
  const auto before = contents();
  CHECK(verified(stopped_store{at(copies.path())})["findings_total"] == 0);
  CHECK(contents() == before);
}

TEST_CASE_METHOD(backup_test, "a damaged copy is found out, and files of two stores do not go together",
                 "[journal][backup]") {
  add_line();
  add_line();
  const auto folder = copies.path();
  vacuum("journal.db", folder);
  vacuum("keys.db", folder);
  fs::copy(own_folder->path() / "master.key", folder);
  {
    sqlite::database db{folder / "journal.db", sqlite::database::access::write, 5s};
    db.execute(
      "INSERT INTO events (stream, version, previous, type, data, at) VALUES (zeroblob(16), 1, NULL, 'x', '{}', 0)");
  }
  const auto all = verified(stopped_store{at(folder)});
  CHECK(all["findings_total"] == 1);
  CHECK_THAT(all["findings"][0]["what"].get<std::string>(), Contains("3 events are stored, the streams have 2"));

  temporary_folder other;
  {
    sqlite_backend strange{other.path()};
    system_config config{2};
    caf::actor_system sys{config};
    auto port = strange.start(sys);
    caf::anon_send_exit(port, caf::exit_reason::user_shutdown);
  }
  fs::remove(folder / "keys.db");
  fs::copy(other.path() / "keys.db", folder);
  fs::copy(other.path() / "master.key", folder, fs::copy_options::overwrite_existing);
  CHECK_THAT(problem(at(folder)), Contains("was not made with this keys.db"));
}

} // namespace stopped_store_test
