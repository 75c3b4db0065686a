// Goal: a database that hangs holds up neither the node nor its end: what has
// no answer in time is cut and counts as away; then all is there once. Method:
// a real server whose processes are stopped (SIGSTOP), so that the kernel still
// answers for them, and commits that wait for a standby that is not there.
#include "runtime/errors.hpp"
#include "tests/adapters/postgres_backend.hpp"
#include "tests/support/frozen.hpp"

#include <csignal>
#include <future>
#include <optional>
#include <thread>

namespace postgres_hang_test {

using namespace parley;
using namespace std::chrono_literals;
using Catch::Contains;
using postgres::session;
using test::frozen;
using test::journal_test;
using test::postgres_backend;
using test::shared_postgres;

namespace {

std::vector<pid_t> processes(const std::string& database, const std::string& sql) {
  std::istringstream lines{shared_postgres().query(database, sql)};
  std::vector<pid_t> out;
  for (pid_t pid = 0; lines >> pid;)
    out.push_back(pid);
  return out;
}

/// The backend that has the node's lock.
std::vector<pid_t> writers_backend(const std::string& database) {
  return processes(database,
                   "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 1885434476 AND objid = 2 "
                   "AND granted AND database = (SELECT oid FROM pg_database WHERE datname = "
                   "current_database())");
}

/// Who takes new connections, and all that there are to the database.
std::vector<pid_t> server_of(const std::string& database) {
  std::vector<pid_t> out{shared_postgres().process()};
  for (const auto pid : processes("postgres", "SELECT pid FROM pg_stat_activity WHERE datname = '" + database + "'"))
    out.push_back(pid);
  REQUIRE(out.size() > 1);
  return out;
}

/// No commit is confirmed as long as this lives.
class dead_standby {
public:
  dead_standby() { set("SET synchronous_standby_names = 'nobody'"); }
  ~dead_standby() { over(); }
  dead_standby(const dead_standby&) = delete;
  void over() {
    if (std::exchange(lives_, false))
      set("RESET synchronous_standby_names");
  }

private:
  static void set(const std::string& what) {
    shared_postgres().query("postgres", "ALTER SYSTEM " + what);
    shared_postgres().query("postgres", "SELECT pg_reload_conf()");
  }
  bool lives_ = true;
};

struct hang_test : journal_test {
  hang_test() {
    be_brief(*this);
    restart();
  }
  /// An answer may take two seconds then.
  static postgres_settings& be_brief(journal_test& of) {
    auto& out = static_cast<postgres_backend&>(*of.backend).settings;
    out.statement_timeout = 1s;
    return out;
  }
  postgres_backend& postgres() const { return static_cast<postgres_backend&>(*backend); }
  /// What the writer does by itself after its start is done behind an answer.
  void quiet() {
    store({campaign("quiet " + std::to_string(++numbers))});
    store({campaign("quiet " + std::to_string(++numbers))});
  }
};

} // namespace

TEST_CASE_METHOD(hang_test, "a statement without an answer ends as a connection that is lost") {
  auto& b = postgres();
  session db{b.settings, b.settings.url, "", session::access::write};
  const auto own = [&] { return std::vector<pid_t>{db.execute("SELECT pg_backend_pid()")[0][0].as<int>()}; };
  SECTION("within its time") {
    const frozen backend_{own()};
    const auto began = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(db.run("SELECT 1"), postgres::connection_lost);
    CHECK(std::chrono::steady_clock::now() - began >= b.settings.answer_limit());
    CHECK(std::chrono::steady_clock::now() - began < b.settings.answer_limit() + 10s);
    CHECK_THROWS_AS(db.run("SELECT 1"), postgres::connection_lost); // of no use any more
  }
  SECTION("and it says so") {
    const frozen backend_{own()};
    CHECK_THROWS_WITH(db.execute("SELECT 1"), Contains("no answer within 2s"));
  }
  SECTION("but not where it may take as long as it does") {
    db.without_limits();
    frozen backend_{own()};
    auto answer = std::async(std::launch::async, [&] { return db.execute("SELECT 7")[0][0].as<int>(); });
    const auto waits = answer.wait_for(b.settings.answer_limit() + 1s);
    backend_.go_on();
    CHECK(waits == std::future_status::timeout);
    CHECK(answer.get() == 7);
  }
}

TEST_CASE_METHOD(hang_test, "while the writer's session hangs writes wait, and each of them is stored once") {
  const auto id = stream();
  must<committed>(batch({write(id, 0)}));
  quiet();
  frozen writer{writers_backend(postgres().name)};
  auto appending = (*self)->request(port, 60s, batch({write(id, 1)}));
  await_outage();
  CHECK(refused<committed>(batch({write(stream(), 0)})) == ec::journal_unavailable); // a dial does not wait
  CHECK(must<loaded_stream>(load_stream{id}).version == 1); // questions have sessions of their own
  // The session that was cut still has the lock, so nobody else writes.
  CHECK(writers_backend(postgres().name).size() == 1);
  CHECK(refused<committed>(batch({})) == ec::journal_unavailable);
  writer.go_on();
  appending.receive([](const committed&) {}, [&](const caf::error& e) { FAIL(sys->render(e)); });
  CHECK(must<events_read>(read_events{id}).events.size() == 2);
  await_store();
  must<committed>(batch({write(id, 2)}));
}

TEST_CASE_METHOD(hang_test, "a commit that waits for a dead standby is not told, and is stored once") {
  auto& b = postgres();
  const auto id = stream();
  must<committed>(batch({write(id, 0)}));
  quiet();
  shared_postgres().query(b.name, "CREATE TABLE canary (x int)");
  dead_standby standby;
  // The server takes the setting up when it gets to it.
  const auto hangs = [&] {
    try {
      session db{b.settings, b.settings.url, "", session::access::write};
      db.execute("INSERT INTO canary VALUES (1)");
      return false;
    } catch (const postgres::connection_lost&) {
      return true;
    }
  };
  bool in_force = false;
  for (int i = 0; i < 200 && !(in_force = hangs()); ++i)
    std::this_thread::sleep_for(20ms);
  REQUIRE(in_force);
  caf::scoped_actor other{*sys};
  other->send(port, batch({write(id, 1)}));
  await_outage();
  // Committed already, but for the standby, and held by the session that was cut.
  CHECK(writers_backend(b.name).size() == 1);
  CHECK(must<loaded_stream>(load_stream{id}).version == 1);
  other->receive([](const committed&) { FAIL("told a commit that no standby has"); },
                 [&](const caf::error& e) { FAIL(sys->render(e)); }, caf::after(0s) >> [] {});
  standby.over();
  other->receive([](const committed&) {}, [&](const caf::error& e) { FAIL(sys->render(e)); }, // "conflict" if repeated
                 caf::after(30s) >> [] { FAIL("no answer"); });
  CHECK(must<events_read>(read_events{id}).events.size() == 2);
  await_store();
  must<committed>(batch({write(id, 2)}));
}

TEST_CASE("a node on a server that hangs answers in time, and ends in time") {
  const test::temporary_folder folder;
  std::optional<journal_test> node;
  node.emplace(&folder.path());
  const auto database = static_cast<postgres_backend&>(*node->backend).name;
  auto& settings = hang_test::be_brief(*node);
  settings.connect_timeout = 2s;
  settings.outage_wait = settings.append_wait = 1s;
  node->restart();
  const auto id = node->stream();
  node->must<committed>(node->batch({node->write(id, 0)}));
  node->must<loaded_stream>(load_stream{id});
  {
    const frozen server{server_of(database)};
    CHECK(node->refused<loaded_stream>(load_stream{id}) == ec::journal_unavailable);
    CHECK(node->refused<committed>(node->batch({node->write(id, 1)})) == ec::journal_unavailable);
  }
  node->await_store();
  CHECK(node->must<loaded_stream>(load_stream{id}).version == 1); // refused is not stored
  {
    const frozen server{server_of(database)};
    caf::anon_send(node->port, node->batch({node->write(id, 1)}));
    caf::anon_send(node->port, load_stream{id});
    const auto began = std::chrono::steady_clock::now();
    node.reset();
    CHECK(std::chrono::steady_clock::now() - began < 30s);
  }
  node.emplace(&folder.path()); // the sessions that were cut let go of the lock
  CHECK(node->must<events_read>(read_events{id}).events.size() <= 2);
}

} // namespace postgres_hang_test
