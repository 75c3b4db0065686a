// Goal: the store on PostgreSQL starts only on a database that it can trust,
// has one writer at a time, and says what is wrong and what to do. The port's
// behaviour is in the journal suite, which this program runs as well. Method:
// a real server, a database for each test.
#include "adapters/postgres/values.hpp"
#include "adapters/postgres/writer.hpp"
#include "runtime/errors.hpp"
#include "tests/adapters/postgres_backend.hpp"

#include <future>
#include <set>
#include <thread>

namespace postgres_journal_test {

using namespace parley;
using namespace std::chrono_literals;
using Catch::Contains;
using postgres::session;
using test::journal_test;
using test::postgres_backend;
using test::shared_postgres;
using test::temporary_folder;
namespace fs = std::filesystem;

namespace {

/// A folder and a new database.
struct place {
  place() {
    postgres_backend made{folder.path()};
    settings = made.settings;
    name = made.name;
  }
  std::unique_ptr<session> connect() const {
    return std::make_unique<session>(settings, settings.url, "", session::access::write);
  }
  std::string ask(const std::string& sql) const {
    auto out = shared_postgres().query(name, sql);
    out.erase(out.find_last_not_of('\n') + 1);
    return out;
  }

  temporary_folder folder;
  postgres_settings settings;
  std::string name;
};

postgres_settings read_settings(const std::string& text) {
  postgres_settings out;
  settings::document::parse("[journal]\n" + text, "t.toml").read([&](settings::section& s) {
    s.table("journal", [&](settings::section& t) { out.describe(t); });
  });
  return out;
}

} // namespace

TEST_CASE("a database has one node at a time") {
  place at;
  auto first = open_store(at.settings, {});
  CHECK_THROWS_WITH(open_store(at.settings, {}), Contains(at.name) && Contains("another parleyd"));
  first.reset();
  CHECK_NOTHROW(open_store(at.settings, {}));
}

TEST_CASE("a node that comes back has the store's lock before it asks whose the shards are") {
  place at;
  const auto store = open_store(at.settings, {});
  static const std::string holders = "FROM pg_locks WHERE locktype = 'advisory' AND classid = 1885434476 AND objid = 2 "
                                     "AND granted AND database = (SELECT oid FROM pg_database WHERE datname = "
                                     "current_database())";
  const auto eventually = [&](const std::string& sql) {
    for (int i = 0; i < 400 && at.ask(sql) != "t"; ++i)
      std::this_thread::sleep_for(20ms);
    return at.ask(sql) == "t";
  };
  store->connect_writer().reset(); // the first session, which has the lock
  REQUIRE(eventually("SELECT count(*) = 0 " + holders));
  const auto other = at.connect();
  other->execute("BEGIN; LOCK TABLE shards");
  auto back = std::async(std::launch::async, [&] { return store->connect_writer(); });
  CHECK(eventually("SELECT count(*) = 1 FROM pg_locks WHERE NOT granted AND relation = 'shards'::regclass AND pid IN "
                   "(SELECT pid "
                   + holders + ")"));
  other->execute("ROLLBACK");
  CHECK(back.get());
}

TEST_CASE("a node that comes back is told of another one that has its shards, also while that one runs") {
  place at;
  const auto old = open_store(at.settings, {});
  old->connect_writer().reset(); // its session is lost
  const auto fresh = open_store(at.settings, {});
  CHECK_THROWS_AS(old->connect_writer(), sql::refusal);
}

TEST_CASE("a store on PostgreSQL has 256 shards, each claimed anew at a start") {
  place at;
  CHECK(open_store(at.settings, {})->identity().shards == 256);
  CHECK(at.ask("SELECT count(*), min(epoch), max(epoch) FROM shards") == "256|1|1");
  CHECK(open_store(at.settings, {})->identity().epoch == 2);
  CHECK(at.ask("SELECT min(epoch), max(epoch) FROM shards") == "2|2");
}

TEST_CASE("the clock that a database was made with counts, and another speed is refused") {
  place at;
  const clock_origin made{wall_time{5s}, 7ms, 600.0};
  open_store(at.settings, made);
  const auto again = open_store(at.settings, {wall_time{9s}, 11ms, 600.0})->identity();
  CHECK(again.origin.wall0 == made.wall0);
  CHECK(again.origin.real0 == made.real0);
  CHECK_THROWS_WITH(open_store(at.settings, {}), Contains("600") && Contains("another database"));
}

TEST_CASE("migrations that run twice at once run once") {
  place at;
  auto one = std::async(std::launch::async, [&] { postgres::migrate(*at.connect(), postgres::known_migrations()); });
  auto two = std::async(std::launch::async, [&] { postgres::migrate(*at.connect(), postgres::known_migrations()); });
  CHECK_NOTHROW(one.get());
  CHECK_NOTHROW(two.get());
  CHECK(at.ask("SELECT count(*) FROM parley_schema_version") == std::to_string(postgres::known_migrations().size()));
}

TEST_CASE("a migration of PostgreSQL that fails leaves no trace") {
  place at;
  const auto db = at.connect();
  const std::vector<postgres::migration> one{{1, "one", "CREATE TABLE a (x int); INSERT INTO a VALUES (1);"}};
  postgres::migrate(*db, one);
  postgres::migrate(*db, one);
  auto two = one;
  two.push_back({2, "two", "CREATE TABLE b (x int); INSERT INTO nowhere VALUES (1);"});
  CHECK_THROWS_AS(postgres::migrate(*db, two), postgres::failure);
  CHECK(at.ask("SELECT to_regclass('b') IS NULL") == "t");
  two[1].sql = "INSERT INTO a VALUES (2)";
  postgres::migrate(*db, two);
  CHECK(at.ask("SELECT count(*), (SELECT max(version) FROM parley_schema_version) FROM a") == "2|2");
}

TEST_CASE("a database of a newer Parley, of another program or without UTF-8 is refused") {
  place at;
  open_store(at.settings, {});
  at.ask("INSERT INTO parley_schema_version VALUES (999, 'later')");
  CHECK_THROWS_WITH(open_store(at.settings, {}), Contains("999") && Contains("newer") && Contains(at.name));
  place theirs;
  theirs.ask("CREATE TABLE calls (x int)");
  CHECK_THROWS_WITH(open_store(theirs.settings, {}), Contains("calls") && Contains("another program"));
  place latin;
  shared_postgres().query("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  latin.settings.url = shared_postgres().url("latin");
  CHECK_THROWS_WITH(open_store(latin.settings, {}), Contains("LATIN1") && Contains("UTF8"));
}

TEST_CASE("a database that is not there is named, with what to look at") {
  place at;
  at.settings.url = shared_postgres().url("nowhere");
  CHECK_THROWS_WITH(open_store(at.settings, {}), Contains("nowhere"));
  at.settings.url = "postgresql://parley@127.0.0.1:1/parley";
  CHECK_THROWS_WITH(open_store(at.settings, {}), Contains("server running"));
  at.settings.url = "postgresql://%zz";
  CHECK_THROWS_WITH(open_store(at.settings, {}), Contains("no address"));
}

TEST_CASE("the password comes from beside the settings, over the network") {
  place at;
  at.settings.url = shared_postgres().loopback_url(at.name);
  CHECK_THROWS_WITH(open_store(at.settings, {}), Contains("password"));
  at.settings.password = shared_postgres().password();
  CHECK_NOTHROW(open_store(at.settings, {}));
}

TEST_CASE("without its keys a store on PostgreSQL does not start") {
  place at;
  open_store(at.settings, {});
  const auto master = at.folder.path() / "master.key";
  SECTION("master key lost") {
    fs::remove(master);
    CHECK_THROWS_WITH(open_store(at.settings, {}), Contains("master.key") && Contains("another node"));
  }
  SECTION("another master key") {
    fs::remove(master);
    make_master_key(master);
    CHECK_THROWS_WITH(open_store(at.settings, {}), Contains("master key"));
  }
  SECTION("keys lost") {
    at.ask("DELETE FROM parley_keys.keys");
    CHECK_THROWS_WITH(open_store(at.settings, {}), Contains("parley_keys") && Contains("same time"));
  }
}

TEST_CASE("keys in a database of their own leave none in the journal's") {
  place at;
  place keys;
  at.settings.keys_url = keys.settings.url;
  const auto store = open_store(at.settings, {});
  const uuid person{1, 2};
  CHECK(store->sealer().keys().obtain(person));
  CHECK(at.ask("SELECT to_regclass('parley_keys.keys') IS NULL") == "t");
  CHECK(keys.ask("SELECT count(*) FROM parley_keys.keys") == "2"); // the store's own, too
  store->sealer().keys().destroy(person);
  CHECK_FALSE(store->sealer().keys().obtain(person));
  CHECK(keys.ask("SELECT wrapped IS NULL FROM parley_keys.keys WHERE subject = '" + to_string(person) + "'") == "t");
}

TEST_CASE("two nodes that make a person's key at once make one") {
  place at;
  const auto store = open_store(at.settings, {});
  const auto master = read_master_key(at.folder.path() / "master.key");
  const auto connect = [&] { return at.connect(); };
  std::vector<uuid> people;
  for (uint64_t i = 1; i <= 50; ++i)
    people.push_back({i, i});
  const auto make = [&] {
    postgres::key_table keys{connect, master};
    std::vector<sealing_key> out;
    keys.prepare(people);
    for (const auto& person : people)
      out.push_back(*keys.obtain(person));
    return out;
  };
  auto one = std::async(std::launch::async, make);
  auto two = std::async(std::launch::async, make);
  CHECK(one.get() == two.get());
}

TEST_CASE_METHOD(journal_test, "an append holds its shard's row until its commit, and a claim waits for that") {
  auto& backend_ = static_cast<postgres_backend&>(*backend);
  auto& server = shared_postgres();
  // A claim that is under way holds up the append, and then refuses it.
  session claimer{backend_.settings, backend_.settings.url, "", session::access::write};
  claimer.execute("BEGIN; UPDATE shards SET epoch = epoch + 1 WHERE shard = 3");
  const auto id = stream();
  auto appending = (*self)->request(port, 20s, batch({write(id, 0)}));
  const auto waits = [&] {
    return server.query(backend_.name, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                                       "wait_event_type = 'Lock'")
           == "1\n";
  };
  for (int i = 0; i < 200 && !waits(); ++i)
    std::this_thread::sleep_for(20ms);
  CHECK(waits());
  claimer.execute("COMMIT");
  appending.receive([](const committed&) { FAIL("was not refused"); },
                    [](const caf::error& e) { CHECK(e == ec::append_refused); });
  CHECK(must<loaded_stream>(load_stream{id}).version == 0);
  must<committed>(batch({write(stream(4), 0)}, {}, 4)); // other shards are not concerned
  // And the other way round: the statement of an append locks FOR SHARE.
  claimer.execute("BEGIN; SELECT 1 FROM shards WHERE shard = 5 FOR SHARE");
  must<committed>(batch({write(stream(5), 0)}, {}, 5)); // which it may share
  claimer.execute("ROLLBACK");
}

TEST_CASE_METHOD(journal_test, "one refused append does not harm those that share its commit") {
  const auto spring = campaign("spring");
  store({spring});
  std::vector<uuid> good;
  for (int i = 0; i < 40; ++i) {
    (*self)->send(port, batch({write(stream(), 3)}));                       // stale
    (*self)->send(port, batch({write(stream(), 0)}, {campaign("spring")})); // breaks a rule
    good.push_back(stream());
    (*self)->send(port, batch({write(good.back(), 0)}));
  }
  int stored = 0;
  std::map<std::string, int> refused;
  for (int i = 0; i < 120; ++i)
    (*self)->receive([&](const committed&) { ++stored; },
                     [&](const caf::error& e) { ++refused[e == ec::conflict ? "conflict" : sys->render(e)]; });
  CHECK(stored == 40);
  CHECK(refused["conflict"] == 40);
  CHECK(refused.size() > 1);
  for (const auto& id : good)
    CHECK(must<loaded_stream>(load_stream{id}).version == 1);
}

TEST_CASE_METHOD(journal_test, "text that PostgreSQL cannot keep loses what it cannot keep, and nothing else") {
  auto ann = prospect("ann");
  ann.notes = std::string("a\0b", 3) + "\xff\xc3(\xed\xa0\x80" + "ä€😀\"\\{},";
  const auto id = stream();
  auto talk = write(id, 0);
  talk.events[0].data = R"({"text":"quote \" backslash \\ tab \t"})";
  must<committed>(batch({talk}, {ann}));
  const auto broken = std::string{"\xef\xbf\xbd"};
  CHECK(must<prospect_row>(load_prospect{ann.id}).notes
        == "a" + broken + "b" + broken + broken + "(" + broken + broken + broken + "ä€😀\"\\{},");
  CHECK(must<events_read>(read_events{id}).events[0].data == talk.events[0].data);
}

TEST_CASE_METHOD(journal_test, "the columns are what people expect in SQL") {
  const auto& name = static_cast<postgres_backend&>(*backend).name;
  const auto type = [&](const std::string& table, const std::string& column) {
    auto out = shared_postgres().query(name, "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid "
                                             "= '"
                                               + table + "'::regclass AND attname = '" + column + "'");
    out.erase(out.find_last_not_of('\n') + 1);
    return out;
  };
  CHECK(type("calls", "id") == "uuid");
  CHECK(type("prospects", "attributes") == "jsonb");
  CHECK(type("campaigns", "settings") == "jsonb");
  CHECK(type("compliance_ledger", "rules") == "jsonb");
  CHECK(type("calls", "initiated_at") == "timestamp with time zone");
  CHECK(type("calls", "transcript") == "bytea");
  CHECK((type("agent_context", "embedding") == "real[]" || type("agent_context", "embedding") == "vector(1536)"));
}

TEST_CASE_METHOD(journal_test, "reports are asked where reports_url says, with a role that may only read") {
  auto& b = static_cast<postgres_backend&>(*backend);
  store({campaign("spring")});
  auto& server = shared_postgres();
  server.query(b.name, "DROP ROLE IF EXISTS reports_only; CREATE ROLE reports_only LOGIN; "
                       "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reports_only");
  auto url = b.settings.url;
  url.replace(url.find("parley@"), 7, "reports_only@");
  b.settings.reports_url = url;
  restart();
  report_query all{report_kind::campaigns};
  CHECK_THAT(must<report>(all).json, Contains("spring"));
  CHECK(server.query(b.name, "SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = 'reports_only'") == "t\n");
  b.settings.reports_url.clear();
  restart();
  server.query(b.name, "DROP OWNED BY reports_only; DROP ROLE reports_only");
}

TEST_CASE_METHOD(journal_test, "a statement that takes too long is given up and made again") {
  auto& b = static_cast<postgres_backend&>(*backend);
  b.settings.statement_timeout = 1s;
  restart();
  session other{b.settings, b.settings.url, "", session::access::write};
  other.execute("BEGIN; LOCK TABLE streams");
  const auto id = stream();
  auto line = write(id, 0);
  line.kind = stream_kind::line;
  auto appending = (*self)->request(port, 60s, batch({line}));
  CHECK(refused<committed>(batch({write(stream(), 0)})) == ec::journal_unavailable); // a dial does not wait
  other.execute("ROLLBACK");
  appending.receive([](const committed&) {}, [&](const caf::error& e) { FAIL(sys->render(e)); });
  CHECK(must<loaded_stream>(load_stream{id}).version == 1);
}

TEST_CASE("instants and floats are spelled for PostgreSQL and back") {
  for (const auto at :
       {wall_time{}, wall_time{1ms}, wall_time{1'764'115'200'120ms}, wall_time::min(), wall_time::max()})
    CHECK(postgres::parse_instant(postgres::instant_text(at)) == at);
  CHECK(postgres::parse_instant("2026-11-24 09:30:05.1+00").time_since_epoch() % 1s == 100ms);
  CHECK(postgres::parse_instant("2026-11-24 09:30:05.123999+00").time_since_epoch() % 1s == 123ms);
  const std::vector<float> x{1.0f, -0.1f, 3.4e38f, 1e-40f, 0.0f};
  const std::string bytes{reinterpret_cast<const char*>(x.data()), x.size() * sizeof(float)};
  CHECK(postgres::floats_bytes(postgres::floats_text(bytes, '{', 0), std::string::npos) == bytes);
  CHECK(postgres::floats_bytes(postgres::floats_text(bytes, '[', 1536), 5) == bytes);
  CHECK_THROWS_AS(postgres::floats_text(bytes, '[', 4), sql::refusal);
  CHECK_THROWS_AS(postgres::floats_text("abc", '{', 0), sql::refusal);
}

TEST_CASE("a settings file speaks for the database, but not of its password") {
  const auto x = read_settings("url = \"postgresql://parley@db.example.com/parley\"\nreaders = 3\nstatement_timeout = "
                               "\"20s\"");
  CHECK(x.address() == "postgresql://parley@db.example.com/parley");
  CHECK(x.readers == 3);
  CHECK(x.statement_timeout == 20s);
  CHECK(read_settings("host = \"db\"\nuser = \"o'neil\"").address()
        == "dbname='parley' port=5432 host='db' user='o\\'neil'");
  CHECK_THROWS_WITH(read_settings("url = \"postgresql://parley:secret@db/parley\""),
                    Contains("url") && Contains("password_file"));
  CHECK_THROWS_WITH(read_settings("reports_url = \"host=db password=secret\""), Contains("reports_password_env"));
  CHECK_THROWS_WITH(read_settings("password = \"secret\""), Contains("password_env"));
}

} // namespace postgres_journal_test
