#pragma once

#include "adapters/postgres/postgres_journal.hpp"
#include "tests/adapters/journal_suite.hpp"
#include "tests/support/port_context.hpp"
#include "tests/support/postgres_server.hpp"

#include <fstream>
#include <sstream>

namespace parley::test {

/// One server for all tests of a program.
inline postgres_server& shared_postgres() {
  static postgres_server server;
  return server;
}

/// The server is stopped as by a crash; it comes back whatever the test does.
class server_stop final : public store_outage {
public:
  server_stop() { shared_postgres().stop_immediately(); }
  ~server_stop() override { shared_postgres().start(); }
};

/// A database of its own for each folder. The folder says which, so that a
/// process that is told the folder finds the database of another one.
class postgres_backend final : public journal_backend {
public:
  explicit postgres_backend(const std::filesystem::path& folder) {
    settings.data_dir = folder.string();
    const auto note = folder / "database";
    if (std::ifstream in{note}; in) {
      std::getline(in, settings.url);
      return;
    }
    auto& server = shared_postgres();
    static int number = 0;
    name = "test_" + std::to_string(++number);
    server.create_database(name);
    settings.url = server.url(name);
    std::ofstream{note} << settings.url << '\n';
  }

  journal_port start(caf::actor_system& sys) override {
    store = open_store(settings, wanted);
    return sys.spawn(postgres_journal, world.ctx(), store);
  }
  void stop() override {
    std::weak_ptr<postgres_store> gone = store;
    store.reset();
    if (!gone.expired())
      throw std::logic_error{"somebody still has the store"};
  }
  void set(const journal_patience& x) override {
    settings.outage_wait = x.outage_wait;
    settings.append_wait = x.append_wait;
    settings.waiting_bytes_max = x.waiting_bytes_max;
  }
  std::unique_ptr<store_outage> go_away() override { return std::make_unique<server_stop>(); }
  std::map<std::string, std::string> columns(const std::string& table) const override {
    std::istringstream lines{shared_postgres().query(
      name, "SELECT attname, coalesce(replace(btrim(regexp_replace(pg_get_expr(adbin, adrelid), '::.*$', ''), ''''), "
            "'false', '0'), '') FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum "
            "WHERE attnum > 0 AND NOT attisdropped AND attrelid = '"
              + table + "'::regclass")};
    std::map<std::string, std::string> out;
    for (std::string line; std::getline(lines, line);)
      if (const auto bar = line.find('|'); bar != std::string::npos)
        out.emplace(line.substr(0, bar), line.substr(bar + 1));
    return out;
  }
  store_identity identity() const override { return store->identity(); }
  key_store& keys() override { return store->sealer().keys(); }
  /// The database's own files and the log that is written ahead of them.
  std::vector<std::filesystem::path> files() const override {
    auto& server = shared_postgres();
    server.query(name, "CHECKPOINT");
    auto id = server.query(name, "SELECT oid FROM pg_database WHERE datname = current_database()");
    id.erase(id.find_last_not_of('\n') + 1);
    std::vector<std::filesystem::path> out;
    for (const auto& folder : {server.data() / "base" / id, server.data() / "pg_wal"})
      for (const auto& entry : std::filesystem::directory_iterator{folder})
        if (entry.is_regular_file())
          out.push_back(entry.path());
    return out;
  }

  postgres_settings settings;
  clock_origin wanted;
  port_context world;
  telemetry& metrics = world.metrics;
  std::shared_ptr<postgres_store> store;
  std::string name;
};

} // namespace parley::test
