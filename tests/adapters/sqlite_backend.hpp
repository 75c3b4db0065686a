#pragma once

#include "adapters/sqlite/sqlite_journal.hpp"
#include "tests/adapters/journal_suite.hpp"
#include "tests/support/port_context.hpp"

namespace parley::test {

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
