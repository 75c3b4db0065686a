#pragma once

#include "adapters/sqlite/sqlite_journal.hpp"
#include "tests/adapters/journal_suite.hpp"
#include "tests/support/port_context.hpp"

namespace parley::test {

/// Somebody else holds the lock of the file.
class held_lock final : public store_outage {
public:
  explicit held_lock(std::unique_ptr<sqlite::database> db) : db_{std::move(db)} { db_->execute("BEGIN IMMEDIATE"); }

private:
  std::unique_ptr<sqlite::database> db_;
};

/// The embedded store in a folder.
class sqlite_backend final : public journal_backend {
public:
  explicit sqlite_backend(const std::filesystem::path& folder) { settings.data_dir = folder.string(); }

  journal_port start(caf::actor_system& sys) override {
    store = open_store(settings, wanted);
    return sys.spawn(sqlite_journal, world.ctx(), store);
  }
  void stop() override {
    std::weak_ptr<sqlite_store> gone = store;
    store.reset();
    if (!gone.expired())
      throw std::logic_error{"somebody still has the store"};
  }
  void set(const journal_patience& x) override {
    settings.outage_wait = x.outage_wait;
    settings.append_wait = x.append_wait;
    settings.waiting_bytes_max = x.waiting_bytes_max;
    settings.busy_timeout = std::chrono::milliseconds{100}; // an outage is soon one
  }
  std::unique_ptr<store_outage> go_away() override {
    return std::make_unique<held_lock>(store->connect(sqlite::database::access::write));
  }
  std::map<std::string, std::string> columns(const std::string& table) const override {
    std::map<std::string, std::string> out;
    auto db = store->connect(sqlite::database::access::read);
    auto row
      = db->query_once("SELECT name, trim(coalesce(dflt_value, ''), '''') FROM pragma_table_info('" + table + "')");
    while (row.next())
      out.emplace(row.text(0), row.text(1));
    return out;
  }
  store_identity identity() const override { return store->identity(); }
  key_store& keys() override { return store->sealer().keys(); }
  std::vector<std::filesystem::path> files() const override {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator{settings.data_dir})
      out.push_back(entry.path());
    return out;
  }

  sqlite_settings settings;
  clock_origin wanted;
  port_context world;
  telemetry& metrics = world.metrics;
  std::shared_ptr<sqlite_store> store;
};

} // namespace parley::test
