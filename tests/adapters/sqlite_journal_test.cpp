// Goal: the embedded store starts only on data that it can trust, says what is
// wrong and what to do, and lives through a full disk. The port's behaviour is
// in the journal suite, which this program runs as well.
#include "adapters/sqlite/sqlite_journal.hpp"
#include "adapters/sqlite/migrations.hpp"
#include "adapters/sqlite/writer.hpp"
#include "runtime/errors.hpp"
#include "tests/adapters/journal_suite.hpp"
#include "tests/adapters/sqlite_backend.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace sqlite_journal_test {

using namespace parley;
using namespace std::chrono_literals;
using Catch::Contains;
using test::journal_test;
using test::sqlite_backend;
using test::temporary_folder;
namespace fs = std::filesystem;

namespace {

sqlite_settings at(const fs::path& folder) {
  sqlite_settings out;
  out.data_dir = folder.string();
  return out;
}

} // namespace

TEST_CASE("a folder has one owner at a time") {
  temporary_folder folder;
  auto first = open_store(at(folder.path()), {});
  CHECK_THROWS_WITH(open_store(at(folder.path()), {}),
                    Contains(folder.path().string()) && Contains(std::to_string(::getpid())) && Contains("data_dir"));
  first.reset();
  CHECK_NOTHROW(open_store(at(folder.path()), {}));
}

TEST_CASE("what is committed stays after a power cut") {
  temporary_folder folder;
  const auto store = open_store(at(folder.path()), {});
  auto db = store->connect(sqlite::database::access::write); // as the writer does
  auto row = db->query_once("PRAGMA synchronous");
  REQUIRE(row.next());
  CHECK(row.integer(0) == 2); // FULL
}

TEST_CASE("the clock that a store was made with counts") {
  temporary_folder folder;
  const clock_origin made{wall_time{5s}, 7ms, 600.0};
  open_store(at(folder.path()), made);
  const auto again = open_store(at(folder.path()), {wall_time{9s}, 11ms, 600.0});
  CHECK(again->identity().origin.wall0 == made.wall0);
  CHECK(again->identity().origin.real0 == made.real0);
}

TEST_CASE("another clock speed than the store's is refused") {
  temporary_folder folder;
  open_store(at(folder.path()), {wall_time{}, 0ms, 600.0});
  CHECK_THROWS_WITH(open_store(at(folder.path()), {}), Contains("600") && Contains("data_dir"));
}

TEST_CASE("folders and keys are closed to others") {
  temporary_folder folder;
  const auto data = folder.path() / "a" / "data";
  open_store(at(data), {});
  CHECK(fs::status(data).permissions() == fs::perms::owner_all);
  CHECK(fs::status(data / "master.key").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a folder that cannot be used is named") {
  temporary_folder folder;
  std::ofstream{folder.path() / "file"} << "x";
  CHECK_THROWS_WITH(open_store(at(folder.path() / "file"), {}), Contains("file") && Contains("data_dir"));
  CHECK_THROWS_WITH(open_store(at("/proc/parley"), {}), Contains("/proc/parley") && Contains("data_dir"));
}

TEST_CASE("a store of a newer Parley is refused") {
  temporary_folder folder;
  {
    auto store = open_store(at(folder.path()), {});
    auto db = store->connect(sqlite::database::access::write);
    db->execute("INSERT INTO schema_version VALUES (999, 'later', 0)");
  }
  CHECK_THROWS_WITH(open_store(at(folder.path()), {}), Contains("journal.db") && Contains("999") && Contains("newer"));
}

TEST_CASE("migrations go forward only, each once, and a failing one leaves no trace") {
  temporary_folder folder;
  sqlite::database db{folder.path() / "x.db", sqlite::database::access::write, 1s};
  const std::vector<sqlite::migration> one{{1, "one", "CREATE TABLE a (x); INSERT INTO a VALUES (1);"}};
  migrate(db, one);
  migrate(db, one);
  auto two = one;
  two.push_back({2, "two", "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1);"});
  CHECK_THROWS_AS(migrate(db, two), sqlite::failure);
  CHECK_FALSE(db.query_once("SELECT 1 FROM sqlite_schema WHERE name = 'b'").next());
  two[1].sql = "INSERT INTO a VALUES (2);";
  migrate(db, two);
  auto rows = db.query_once("SELECT count(*), (SELECT max(version) FROM schema_version) FROM a");
  REQUIRE(rows.next());
  CHECK(rows.integer(0) == 2);
  CHECK(rows.integer(1) == 2);
}

TEST_CASE("a national list from before lists had names and dates goes on to count") {
  temporary_folder folder;
  const auto steps = sqlite::known_migrations();
  fs::create_directories(folder.path());
  sqlite::database db{folder.path() / "x.db", sqlite::database::access::write, 1s};
  migrate(db, steps.first(1));
  db.execute("INSERT INTO national_lists (version, imported_at, numbers, status) VALUES ('2026-11', 1000, 2, 'active');"
             "INSERT INTO national_dnc VALUES (1, 14155550132), (1, 4155550133), (1, 49301234567)");
  migrate(db, steps);
  auto list = db.query_once("SELECT name, version, date FROM dnc_lists WHERE status = 'active'");
  REQUIRE(list.next());
  CHECK(list.text(0) == "national");
  CHECK(list.text(1) == "2026-11");
  CHECK(list.integer(2) == 1000);
  std::vector<int64_t> numbers;
  auto row = db.query_once("SELECT number FROM dnc_numbers ORDER BY number");
  while (row.next())
    numbers.push_back(row.integer(0));
  CHECK(numbers == std::vector<int64_t>{4155550132, 4155550133, 49301234567}); // without the country code
}

TEST_CASE("who is on our own list keeps the first entry, a removal says nothing of others") {
  temporary_folder folder;
  const auto store = open_store(at(folder.path()), {});
  sqlite::writer writer{store};
  const line_id line{uuid{1, 3}};
  const line_id other{uuid{2, 3}};
  const auto write = [&](const line_id& of, const char* source, wall_time when, bool removed) {
    append batch;
    batch.shard = 3;
    batch.epoch = store->identity().epoch;
    batch.rows = {suppression_row{of, source, "", when, removed}};
    writer.begin();
    writer.append(batch);
    writer.commit();
  };
  const auto entry = [&] {
    auto db = store->connect(sqlite::database::access::read);
    auto row = db->query_once("SELECT source || ' ' || at || ' ' || removed FROM suppressions");
    auto text = row.next() ? std::string{row.text(0)} : "";
    CHECK_FALSE(row.next());
    return text;
  };
  write(other, "command", wall_time{5ms}, true);
  CHECK(entry() == "");
  write(line, "call", wall_time{10ms}, false);
  write(line, "import", wall_time{20ms}, false);
  CHECK(entry() == "call 10 0");
  write(line, "command", wall_time{30ms}, true);
  CHECK(entry() == "command 30 1");
  write(line, "import", wall_time{25ms}, false); // clocks are set back, too
  CHECK(entry() == "import 25 0");
}

TEST_CASE("a file that is no store of ours is refused") {
  temporary_folder folder;
  open_store(at(folder.path()), {});
  const auto journal = folder.path() / "journal.db";
  SECTION("damaged") {
    std::ofstream{journal, std::ios::trunc} << std::string(10'000, 'x');
    CHECK_THROWS_WITH(open_store(at(folder.path()), {}), Contains("journal.db") && Contains("restore a backup"));
  }
  SECTION("of another program") {
    fs::remove(journal);
    sqlite::database{journal, sqlite::database::access::write, 1s}.execute("CREATE TABLE theirs (x)");
    CHECK_THROWS_WITH(open_store(at(folder.path()), {}), Contains("journal.db") && Contains("another program"));
  }
}

TEST_CASE("without its keys a store does not start") {
  temporary_folder folder;
  open_store(at(folder.path()), {});
  SECTION("master key lost") {
    fs::remove(folder.path() / "master.key");
    CHECK_THROWS_WITH(open_store(at(folder.path()), {}), Contains("master.key") && Contains("restore"));
  }
  SECTION("another master key") {
    fs::remove(folder.path() / "master.key");
    make_master_key(folder.path() / "master.key");
    CHECK_THROWS_WITH(open_store(at(folder.path()), {}), Contains("master key"));
  }
  SECTION("keys lost") {
    fs::remove(folder.path() / "keys.db");
    CHECK_THROWS_WITH(open_store(at(folder.path()), {}), Contains("keys.db") && Contains("restore"));
  }
  SECTION("keys of another store") {
    temporary_folder other;
    fs::copy_file(folder.path() / "master.key", other.path() / "master.key");
    open_store(at(other.path()), {});
    fs::copy_file(other.path() / "keys.db", folder.path() / "keys.db", fs::copy_options::overwrite_existing);
    CHECK_THROWS_WITH(open_store(at(folder.path()), {}), Contains("keys.db") && Contains("same time"));
  }
}

TEST_CASE("a master key kept elsewhere is used, and never made by itself") {
  temporary_folder folder;
  auto settings = at(folder.path() / "data");
  settings.master_key_file = (folder.path() / "mine.key").string();
  CHECK_THROWS_WITH(open_store(settings, {}), Contains("mine.key"));
  make_master_key(settings.master_key_file);
  open_store(settings, {});
  CHECK_FALSE(fs::exists(folder.path() / "data" / "master.key"));
  CHECK_NOTHROW(open_store(settings, {}));
}

namespace {

/// Files of this process may not grow past a size: a full disk for one store.
class disk_limit {
public:
  explicit disk_limit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    auto limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~disk_limit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

private:
  rlimit before_{};
};

} // namespace

TEST_CASE_METHOD(journal_test, "a full disk refuses what has waited too long, keeps what was answered, and heals") {
  backend->set({300ms, 300ms});
  restart();
  const auto id = stream();
  uint64_t version = 0;
  const auto append_large = [&] {
    auto write = this->write(id, version);
    write.events[0].data = R"({"x":")" + std::string(20'000, 'x') + "\"}";
    auto answer = ask<committed>(batch({write}));
    if (answer)
      ++version;
    return answer;
  };
  REQUIRE(append_large());
  {
    disk_limit full{1'000'000};
    auto answer = append_large();
    for (int i = 0; i < 200 && answer; ++i)
      answer = append_large();
    REQUIRE_FALSE(answer);
    CHECK(answer.error() == ec::journal_unavailable);
    CHECK(append_large().error() == ec::journal_unavailable);
    import_prospects people{std::nullopt, {}};
    for (int i = 0; i < 2'000; ++i)
      people.prospects.push_back(prospect("p" + std::to_string(i)));
    CHECK(refused<prospects_imported>(people) == ec::journal_unavailable);
    CHECK(must<loaded_stream>(load_stream{id}).version == version);
    disk_limit fuller{0};
    const auto error = refused<committed>(batch({})); // of nothing: does the store take writes?
    CHECK(error == ec::journal_unavailable);
    CHECK_THAT(sys->render(error), Contains("room"));
  }
  await_store();
  CHECK(append_large());
  CHECK(must<loaded_stream>(load_stream{id}).version == version);
  restart();
  CHECK(must<loaded_stream>(load_stream{id}).version == version);
  CHECK(must<events_read>(read_events{id}).events.size() == version);
}

TEST_CASE_METHOD(journal_test, "while the disk is full appends wait, personal words too, and reads are answered") {
  const auto id = stream();
  must<committed>(batch({write(id, 0)}));
  const auto append_personal = [&](uint64_t version) {
    auto write = this->write(id, version);
    write.events[0].personal = R"({"text":"hello"})";
    write.subject = prospect("p" + std::to_string(version)).id; // each with a new key
    (*self)->send(port, batch({write}));
  };
  {
    disk_limit full{0};
    for (uint64_t version = 1; version < 20; ++version)
      append_personal(version);
    await_outage();
    CHECK(must<loaded_stream>(load_stream{id}).version == 1);
    (*self)->receive([](const committed&) { FAIL("told a commit that is not"); }, caf::after(0s) >> [] {});
  }
  for (uint64_t version = 1; version < 20; ++version)
    (*self)->receive([](const committed&) {}, [&](const caf::error& e) { FAIL(sys->render(e)); });
  restart(); // from the disk, with the keys that are there
  const auto events = must<events_read>(read_events{id}).events;
  REQUIRE(events.size() == 20);
  for (size_t i = 1; i < events.size(); ++i)
    CHECK(events[i].personal == R"({"text":"hello"})");
}

TEST_CASE_METHOD(journal_test, "while somebody else holds the file's lock reads are answered") {
  backend->set({});
  restart();
  const auto id = stream();
  must<committed>(batch({write(id, 0)}));
  const auto away = backend->go_away();
  await_outage();
  CHECK(must<loaded_stream>(load_stream{id}).version == 1);
}

TEST_CASE_METHOD(journal_test, "the readable views show columns of their tables") {
  for (const auto* table : {"campaigns", "prospects", "enrolments", "calls", "meetings"}) {
    INFO(table);
    const auto all = backend->columns(table);
    const auto shown = backend->columns("readable_" + std::string{table});
    CHECK(shown.size() > 6);
    for (const auto& [column, none] : shown)
      CHECK(all.contains(column));
  }
}

TEST_CASE("a disk that is full at the first start leaves nothing in the way of the next") {
  // Wherever it ends: in the key, in either file, in the middle of a schema.
  const auto room = GENERATE(0, 1, 40, 100, 4'096, 10'000, 33'000, 70'000, 150'000);
  CAPTURE(room);
  temporary_folder folder;
  bool started = false;
  {
    disk_limit full{static_cast<rlim_t>(room)};
    try {
      open_store(at(folder.path()), {});
      started = true;
    } catch (const store_unusable& e) {
      CHECK_THAT(e.what(), Contains(folder.path().string()) && Contains("room"));
    }
  }
  CHECK_FALSE((started && room < 10'000));
  const auto store = open_store(at(folder.path()), {});
  CHECK(store->identity().shards > 0);
}

TEST_CASE("an append of nothing writes nothing while the store is well") {
  temporary_folder folder;
  sqlite_backend backend{folder.path()};
  {
    system_config config{2};
    caf::actor_system sys{config};
    caf::scoped_actor self{sys};
    auto port = backend.start(sys);
    const auto ask = [&] {
      append nothing;
      nothing.epoch = backend.identity().epoch;
      self->request(port, 20s, nothing)
        .receive([](const committed&) {}, [&](const caf::error& e) { FAIL(sys.render(e)); });
    };
    const auto commits = [&] {
      const auto text = backend.metrics.exposition();
      const auto at = text.find("\nparley_journal_commits_total ");
      REQUIRE(at != std::string::npos);
      return text.substr(at, text.find('\n', at + 1) - at);
    };
    ask();
    ask(); // by now the writer is through with what it does at its start
    const auto before = commits();
    for (int i = 0; i < 10; ++i)
      ask();
    CHECK(commits() == before);
    caf::anon_send_exit(port, caf::exit_reason::user_shutdown);
  }
  backend.stop();
}

TEST_CASE("too many waiting writes are refused at once") {
  temporary_folder folder;
  sqlite_backend backend{folder.path()};
  backend.settings.waiting_requests_max = 10;
  {
    system_config config{2};
    caf::actor_system sys{config};
    caf::scoped_actor self{sys};
    auto port = backend.start(sys);
    id_source ids{1};
    const auto busy = std::make_shared<std::pair<int, int>>();
    constexpr int requests = 2'000;
    for (int i = 0; i < requests; ++i) {
      append x;
      x.epoch = backend.identity().epoch;
      stream_write write;
      write.stream = ids.next<uuid>(wall_time{}, 0);
      write.events.resize(1);
      x.streams = {write};
      self->send(port, x);
    }
    int stored = 0;
    int refused = 0;
    for (int i = 0; i < requests; ++i)
      self->receive([&](const committed&) { ++stored; },
                    [&](const caf::error& e) {
                      CHECK(e == ec::queue_full);
                      ++refused;
                    });
    CHECK(stored >= 10);
    CHECK(refused > 0);
    caf::anon_send_exit(port, caf::exit_reason::user_shutdown);
  }
  backend.stop();
}

TEST_CASE_METHOD(journal_test, "the journal counts its commits and events") {
  must<committed>(batch({write(stream(), 0, {"a", "b"})}));
  refused<committed>(batch({write(stream(), 7)}));
  const auto text = static_cast<sqlite_backend&>(*backend).metrics.exposition();
  CHECK_THAT(text, Contains("parley_journal_events_total 2"));
  CHECK_THAT(text, Contains("parley_journal_refused_total 1"));
  CHECK_THAT(text, Contains("parley_journal_commit_seconds_count"));
}

TEST_CASE("a settings file speaks for the store") {
  sqlite_settings settings;
  settings::document::parse("[journal]\ndata_dir = \"x\"\nbatch_requests_max = 7\nbusy_timeout = \"2s\"", "t.toml")
    .read([&](settings::section& s) { s.table("journal", [&](settings::section& t) { settings.describe(t); }); });
  CHECK(settings.data_dir == "x");
  CHECK(settings.batch_requests_max == 7);
  CHECK(settings.busy_timeout == 2s);
}

} // namespace sqlite_journal_test
