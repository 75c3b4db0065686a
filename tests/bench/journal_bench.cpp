// Durable events a second and commit latency of the journal port, on SQLite or
// PostgreSQL, for 1, 10 and 100 writers. Each writer has a stream of its own and appends
// to it through the port, with some appends in flight: 1 means that it waits
// for each answer, as an aggregate does that must gate on it.
//
//   journal_bench [--postgres [URL]] [FOLDER] [SECONDS] [LOG_PAGES]
//
// The store is made in a new folder inside FOLDER; each line takes SECONDS;
// LOG_PAGES is SQLite's setting log_pages_max. With --postgres it is made in
// the empty database at URL (postgresql://…), or on a server of its own in a
// temporary folder, fsync on.
#include "adapters/postgres/postgres_journal.hpp"
#include "adapters/sqlite/sqlite_journal.hpp"
#include "tests/support/port_context.hpp"
#include "tests/support/postgres_server.hpp"
#include "runtime/guard.hpp"
#include "runtime/registry.hpp"
#include "runtime/system_config.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numeric>

using namespace parley;
using steady = std::chrono::steady_clock;
namespace fs = std::filesystem;

namespace {

struct load {
  const char* name;
  size_t writers;
  size_t in_flight;
  size_t events; // per append
  bool personal; // with a sealed part in event and state
};

struct tally {
  std::vector<double> milliseconds; // one per append
  size_t failed = 0;
};

append next_append(const load& x, const uuid& stream, const prospect_id& subject, uint64_t version,
                   const store_identity& store) {
  static const std::string data(180, 'x');
  append out;
  out.shard = shard_of(stream, store.shards);
  out.epoch = store.epoch;
  stream_write write;
  write.stream = stream;
  write.kind = stream_kind::call;
  write.expected = version;
  for (size_t i = 0; i < x.events; ++i) {
    stored_event event;
    event.type = "call_status_changed";
    event.data = R"({"status":"ringing","note":")" + data + "\"}";
    if (x.personal)
      event.personal = R"({"text":"Thank you, Thursday at ten works for me."})";
    write.events.push_back(std::move(event));
  }
  write.state = R"({"status":"ringing","note":")" + data + data + "\"}";
  if (x.personal) {
    write.personal_state = R"({"name":"Ann Example","turns":["Hello","Hi"]})";
    write.subject = subject;
  }
  out.streams.push_back(std::move(write));
  return out;
}

struct writer_state {
  uuid stream;
  prospect_id subject;
  uint64_t version = 0;
  size_t waiting = 0;
  std::shared_ptr<tally> result;
};

caf::behavior bench_writer(caf::stateful_actor<writer_state>* self, journal_port port, load x, uint64_t seed,
                           store_identity store, steady::time_point end, std::shared_ptr<tally> result) {
  guard(self);
  id_source ids{seed};
  const wall_time now{real_now()};
  self->state.stream = ids.next<uuid>(now);
  self->state.subject = ids.next<prospect_id>(now);
  self->state.result = std::move(result);
  const auto go = [=] {
    auto& state = self->state;
    while (state.waiting < x.in_flight && steady::now() < end) {
      ++state.waiting;
      const auto sent = steady::now();
      self->request(port, std::chrono::seconds{30}, next_append(x, state.stream, state.subject, state.version, store))
        .then(
          [=](const committed&) {
            --self->state.waiting;
            self->state.result->milliseconds.push_back(
              std::chrono::duration<double, std::milli>{steady::now() - sent}.count());
            self->send(self, caf::ok_atom::value);
          },
          [=](caf::error& e) {
            if (self->state.result->failed++ == 0)
              std::fprintf(stderr, "append failed: %s\n", self->system().render(e).c_str());
            self->quit();
          });
      state.version += x.events;
    }
    if (state.waiting == 0)
      self->quit();
  };
  return {[=](caf::ok_atom) { go(); }};
}

double percentile(const std::vector<double>& sorted, double share) {
  return sorted.empty() ? 0 : sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void measure(caf::actor_system& sys, const journal_port& port, const store_identity& store, telemetry& metrics,
             const load& x, std::chrono::milliseconds length) {
  caf::scoped_actor self{sys};
  const auto position
    = [&] { return metrics.counter("parley_journal_commits_total", "Transactions committed.").Value(); };
  const auto commits = position();
  const auto begin = steady::now();
  std::vector<caf::actor> writers;
  std::vector<std::shared_ptr<tally>> tallies;
  static uint64_t seed = 0;
  for (size_t i = 0; i < x.writers; ++i) {
    tallies.push_back(std::make_shared<tally>());
    writers.push_back(sys.spawn(bench_writer, port, x, ++seed, store, begin + length, tallies.back()));
  }
  for (auto& writer : writers)
    caf::anon_send(writer, caf::ok_atom::value);
  for (auto& writer : writers)
    self->wait_for(writer);
  const auto seconds = std::chrono::duration<double>{steady::now() - begin}.count();
  std::vector<double> all;
  size_t failed = 0;
  for (const auto& t : tallies) {
    all.insert(all.end(), t->milliseconds.begin(), t->milliseconds.end());
    failed += t->failed;
  }
  std::sort(all.begin(), all.end());
  const auto appends = static_cast<double>(all.size());
  std::printf("%-22s %7zu %9zu %7zu %11.0f %9.0f %8.2f %8.2f %8.2f %6.1f%s\n", x.name, x.writers, x.in_flight, x.events,
              appends * static_cast<double>(x.events) / seconds, (position() - commits) / seconds, percentile(all, 0.5),
              percentile(all, 0.99), percentile(all, 1.0), appends / (position() - commits), failed ? "  FAILED" : "");
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  std::unique_ptr<test::postgres_server> server;
  postgres_settings postgres;
  const bool on_postgres = !words.empty() && words.front() == "--postgres";
  if (on_postgres) {
    words.erase(words.begin());
    if (!words.empty() && words.front().find("://") != std::string::npos) {
      postgres.url = words.front();
      words.erase(words.begin());
    } else {
      server = std::make_unique<test::postgres_server>();
      server->create_database("bench");
      postgres.url = server->url("bench");
    }
  }
  auto folder = fs::path{!words.empty() ? words[0] : fs::temp_directory_path().string()} / "journal-bench-XXXXXX";
  auto name = folder.string();
  if (!::mkdtemp(name.data())) {
    std::perror(name.c_str());
    return 1;
  }
  const std::chrono::milliseconds length{static_cast<int>(1000 * (words.size() > 1 ? std::stod(words[1]) : 3.0))};
  {
    test::port_context world;
    auto& metrics = world.metrics;
    system_config config;
    caf::actor_system sys{config};
    store_identity identity;
    journal_port port;
    if (on_postgres) {
      postgres.data_dir = name;
      auto store = open_store(postgres, {});
      identity = store->identity();
      port = sys.spawn(postgres_journal, world.ctx(), std::move(store));
    } else {
      sqlite_settings settings;
      settings.data_dir = name;
      if (words.size() > 2)
        settings.log_pages_max = static_cast<uint32_t>(std::stoul(words[2]));
      auto store = open_store(settings, {});
      identity = store->identity();
      port = sys.spawn(sqlite_journal, world.ctx(), std::move(store));
    }
    std::printf("%-22s %7s %9s %7s %11s %9s %8s %8s %8s %6s\n", "appends", "writers", "in flight", "events", "events/s",
                "commits/s", "p50 ms", "p99 ms", "max ms", "batch");
    for (const size_t writers : {1, 10, 100})
      measure(sys, port, identity, metrics, {"plain, one by one", writers, 1, 1, false}, length);
    for (const size_t writers : {1, 10, 100})
      measure(sys, port, identity, metrics, {"plain, pipelined", writers, 8, 1, false}, length);
    for (const size_t writers : {1, 10, 100})
      measure(sys, port, identity, metrics, {"sealed, one by one", writers, 1, 3, true}, length);
    for (const size_t writers : {1, 10, 100})
      measure(sys, port, identity, metrics, {"sealed, pipelined", writers, 8, 3, true}, length);
    caf::anon_send_exit(port, caf::exit_reason::user_shutdown);
    port = nullptr;
  }
  fs::remove_all(name);
  return 0;
}
