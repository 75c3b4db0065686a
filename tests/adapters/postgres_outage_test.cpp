// Goal: a database that goes away loses nothing and doubles nothing: writes
// wait for it, in bounds, and what cannot wait is refused. Method: a real
// server, stopped as by a crash and started again under load.
#include "runtime/errors.hpp"
#include "tests/adapters/postgres_backend.hpp"

#include <caf/event_based_actor.hpp>

#include <atomic>

namespace postgres_outage_test {

using namespace parley;
using namespace std::chrono_literals;
using test::journal_test;
using test::postgres_backend;
using test::server_stop;
using test::shared_postgres;

namespace {

struct load_tally {
  std::atomic<uint64_t> answered{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<bool> stop{false};
};

/// Appends one event after the other to a stream, each with a delivery, and
/// counts what was answered.
caf::behavior busy_writer(caf::event_based_actor* self, journal_port port, append first, id_source ids,
                          std::shared_ptr<load_tally> tally, std::shared_ptr<std::atomic<uint64_t>> version) {
  auto next = std::make_shared<append>(std::move(first));
  auto chance = std::make_shared<id_source>(std::move(ids));
  return {[=](caf::ok_atom) {
    if (tally->stop)
      return self->quit();
    outbox_row delivery;
    delivery.id = chance->next<uuid>(wall_time{}, 3);
    delivery.kind = "mail";
    delivery.payload = "{}";
    next->rows = {delivery};
    self->request(port, 60s, *next)
      .then(
        [=](const committed&) {
          ++tally->answered;
          version->store(++next->streams[0].expected);
          self->send(self, caf::ok_atom::value);
        },
        [=](caf::error&) {
          ++tally->refused;
          self->quit();
        });
  }};
}

} // namespace

TEST_CASE_METHOD(journal_test, "a database that is stopped and started under load loses nothing and doubles nothing") {
  constexpr int writers = 40;
  const auto tally = std::make_shared<load_tally>();
  std::vector<uuid> streams;
  std::vector<std::shared_ptr<std::atomic<uint64_t>>> versions;
  std::vector<caf::actor> actors;
  for (int i = 0; i < writers; ++i) {
    streams.push_back(stream());
    versions.push_back(std::make_shared<std::atomic<uint64_t>>(0));
    actors.push_back(sys->spawn(busy_writer, port, batch({write(streams.back(), 0)}),
                                id_source{static_cast<uint64_t>(1000 + i)}, tally, versions.back()));
    caf::anon_send(actors.back(), caf::ok_atom::value);
  }
  const auto grows = [&](uint64_t by) {
    const auto from = tally->answered.load();
    for (int i = 0; i < 600 && tally->answered < from + by; ++i)
      std::this_thread::sleep_for(50ms);
    return tally->answered >= from + by;
  };
  for (int round = 0; round < 4; ++round) {
    REQUIRE(grows(200));
    auto away = backend->go_away();
    const auto before = tally->answered.load();
    std::this_thread::sleep_for(round % 2 ? 1500ms : 200ms);
    CHECK(tally->answered <= before + writers); // nobody is told a commit that is not
    away.reset();
  }
  REQUIRE(grows(200));
  tally->stop = true;
  for (auto& actor : actors)
    (*self)->wait_for(actor);
  CHECK(tally->refused == 0);
  uint64_t stored = 0;
  for (size_t i = 0; i < streams.size(); ++i) {
    const auto events = must<events_read>(read_events{streams[i]}).events.size();
    CHECK(events == versions[i]->load());
    CHECK(must<loaded_stream>(load_stream{streams[i]}).version == events);
    stored += events;
  }
  CHECK(stored == tally->answered);
  const auto count = shared_postgres().query(static_cast<postgres_backend&>(*backend).name,
                                             "SELECT count(*), (SELECT count(*) FROM events) FROM outbox");
  CHECK(count == std::to_string(stored) + "|" + std::to_string(stored) + "\n");
}

TEST_CASE_METHOD(journal_test,
                 "while the database is away writes wait, questions wait, and readiness is told at once") {
  const auto id = stream();
  must<committed>(batch({write(id, 0)}));
  const auto began = std::chrono::steady_clock::now();
  auto away = backend->go_away();
  auto appending = (*self)->request(port, 60s, batch({write(id, 1)}));
  // An append of nothing asks whether the store takes writes.
  CHECK(refused<committed>(batch({})) == ec::journal_unavailable);
  caf::scoped_actor other{*sys};
  auto asking = other->request(port, 60s, load_stream{id});
  std::this_thread::sleep_for(1s);
  away.reset();
  appending.receive([](const committed&) {}, [&](const caf::error& e) { FAIL(sys->render(e)); });
  asking.receive([](const loaded_stream& x) { CHECK(x.version >= 1); },
                 [&](const caf::error& e) { FAIL(sys->render(e)); });
  CHECK(must<loaded_stream>(load_stream{id}).version == 2);
  CHECK(ask<committed>(batch({})));
  CHECK(std::chrono::steady_clock::now() - began < 20s);
}

TEST_CASE_METHOD(journal_test, "what has waited too long is refused, and the buffer has a bound") {
  auto& b = static_cast<postgres_backend&>(*backend);
  b.settings.outage_wait = b.settings.append_wait = 1s;
  b.settings.waiting_requests_max = 20;
  restart();
  const auto id = stream();
  auto away = backend->go_away();
  for (int i = 0; i < 30; ++i) {
    auto line = write(i == 0 ? id : stream(), 0);
    line.kind = stream_kind::line; // no intent to dial, which would not wait
    (*self)->send(port, batch({line}));
  }
  std::map<std::string, int> answers;
  for (int i = 0; i < 30; ++i)
    (*self)->receive([&](const committed&) { ++answers["committed"]; },
                     [&](const caf::error& e) {
                       ++answers[e == ec::queue_full ? "full" : e == ec::journal_unavailable ? "away" : sys->render(e)];
                     });
  CHECK(answers == std::map<std::string, int>{{"full", 10}, {"away", 20}});
  CHECK(refused<loaded_stream>(load_stream{id}) == ec::journal_unavailable);
  away.reset();
  await_store();
  CHECK(must<loaded_stream>(load_stream{id}).version == 0); // refused is not stored
  must<committed>(batch({write(id, 0)}));
}

TEST_CASE_METHOD(journal_test, "sessions that the database ends come back by themselves") {
  const auto& name = static_cast<postgres_backend&>(*backend).name;
  const auto id = stream();
  must<committed>(batch({write(id, 0)})); // a birth would be an intent to dial, which waits for no session
  for (uint64_t version = 1; version < 5; ++version) {
    shared_postgres().query("postgres",
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
    must<committed>(batch({write(id, version)}));
    CHECK(must<loaded_stream>(load_stream{id}).version == version + 1);
  }
  auto sealed = write(id, 5);
  sealed.events[0].personal = R"({"text":"hello"})";
  sealed.subject = prospect("ann").id;
  shared_postgres().query("postgres",
                          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
  must<committed>(batch({sealed})); // the keys have a session of their own
  CHECK(must<events_read>(read_events{id}).events[5].personal == R"({"text":"hello"})");
}

TEST_CASE_METHOD(journal_test, "a transaction that stands still too long is cut, and what was in it is stored once") {
  auto& b = static_cast<postgres_backend&>(*backend);
  b.settings.idle_in_transaction_timeout = 1s;
  restart();
  const auto id = stream();
  must<committed>(batch({write(id, 0)}));
  // The writer is amid its transaction when it fetches a key, in another session.
  postgres::session other{b.settings, b.settings.url, "", postgres::session::access::write};
  other.execute("SET idle_in_transaction_session_timeout = 0; BEGIN; LOCK TABLE parley_keys.keys");
  const auto cut = [&] {
    return shared_postgres().query(b.name, "SELECT sessions_killed + sessions_fatal FROM pg_stat_database WHERE "
                                           "datname = current_database()");
  };
  const auto before = cut();
  auto sealed = write(id, 1);
  sealed.events[0].personal = R"({"text":"hello"})";
  sealed.subject = prospect("ann").id;
  auto appending = (*self)->request(port, 60s, batch({sealed}));
  std::this_thread::sleep_for(2500ms);
  other.execute("ROLLBACK");
  appending.receive([](const committed&) {}, [&](const caf::error& e) { FAIL(sys->render(e)); });
  for (int i = 0; i < 100 && cut() == before; ++i) // its statistics come a little later
    std::this_thread::sleep_for(50ms);
  CHECK(cut() != before);
  const auto events = must<events_read>(read_events{id}).events;
  REQUIRE(events.size() == 2);
  CHECK(events[1].personal == R"({"text":"hello"})");
}

TEST_CASE_METHOD(journal_test, "a database without room is one that is away") {
  CHECK(postgres::failure{"53100", "could not extend file"}.no_means());
  CHECK(postgres::failure{"25006", "cannot execute UPDATE in a read-only transaction"}.no_means());
  CHECK_FALSE(postgres::failure{"23505", "duplicate key"}.no_means());
  // A standby that takes no writes, as after a failover.
  const auto& name = static_cast<postgres_backend&>(*backend).name;
  const auto id = stream();
  must<committed>(batch({write(id, 0)}));
  const auto standby = [&](const char* on) {
    shared_postgres().query("postgres", "ALTER DATABASE " + name + " SET default_transaction_read_only = " + on);
  };
  standby("on");
  shared_postgres().query("postgres",
                          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
  auto appending = (*self)->request(port, 60s, batch({write(id, 1)}));
  await_outage();
  standby("off");
  appending.receive([](const committed&) {}, [&](const caf::error& e) { FAIL(sys->render(e)); });
  CHECK(must<loaded_stream>(load_stream{id}).version == 2);
}

TEST_CASE_METHOD(journal_test, "a node whose shards another one took while its session was lost stops writing") {
  const auto& name = static_cast<postgres_backend&>(*backend).name;
  const auto id = stream();
  must<committed>(batch({write(id, 0)}));
  (*self)->monitor(port);
  shared_postgres().query(name, "UPDATE shards SET epoch = epoch + 1");
  shared_postgres().query("postgres",
                          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
  CHECK(refused<committed>(batch({write(id, 1)})) == ec::append_refused);
  bool ended = false;
  (*self)->receive([&](const caf::down_msg& down) { ended = down.source == port.address(); }, caf::after(20s) >> [] {});
  CHECK(ended); // and with it the node
}

} // namespace postgres_outage_test
