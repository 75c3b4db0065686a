#pragma once

#include "runtime/journal/sealing.hpp"
#include "runtime/journal/store_identity.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/journal_upkeep.hpp"
#include "runtime/registry.hpp"
#include "runtime/system_config.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// The journal port's behaviour, tested the same for every store. A store
/// joins by a test program that links the suite's files and defines
/// `make_journal_backend` (sqlite_backend.cpp, postgres_backend.cpp).
namespace parley::test {

/// A store takes no writes as long as this lives.
class store_outage {
public:
  virtual ~store_outage() = default;
};

/// How long and how much may wait for a store that is away.
struct journal_patience {
  std::chrono::milliseconds outage_wait{50'000};
  std::chrono::milliseconds append_wait{600'000};
  uint64_t waiting_bytes_max = 256u * 1024 * 1024;
};

/// A store under test.
class journal_backend {
public:
  virtual ~journal_backend() = default;
  /// Counts from the next start.
  virtual void set(const journal_patience& x) = 0;
  virtual std::unique_ptr<store_outage> go_away() = 0;
  /// The columns of a table with their defaults: "" for none, text without
  /// quotes, false as 0.
  virtual std::map<std::string, std::string> columns(const std::string& table) const = 0;
  /// Opens the store, the second time with what it holds, and starts its port.
  virtual journal_port start(caf::actor_system& sys) = 0;
  /// Lets go of the store, after the actor system is gone.
  virtual void stop() = 0;
  virtual store_identity identity() const = 0;
  virtual key_store& keys() = 0;
  /// All files in which the store keeps data.
  virtual std::vector<std::filesystem::path> files() const = 0;
};

std::unique_ptr<journal_backend> make_journal_backend(const std::filesystem::path& folder);

/// An empty folder that goes with the test.
class temporary_folder {
public:
  temporary_folder();
  ~temporary_folder();
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

/// A store with its port, and typed questions to it. The clock stands still.
class journal_test {
public:
  journal_test() : journal_test{nullptr} {}
  /// On a folder that somebody else keeps.
  explicit journal_test(const std::filesystem::path* folder);
  ~journal_test();

  /// Ends the port and opens the store again, as a restart of the node does.
  void restart();

  template <class R, class T>
  caf::expected<R> ask(T message) {
    caf::expected<R> out{caf::make_error(caf::sec::request_timeout)};
    (*self)
      ->request(whom<T>(), std::chrono::seconds{20}, std::move(message))
      .receive([&](R& r) { out = std::move(r); }, [&](caf::error& e) { out = std::move(e); });
    return out;
  }
  /// The answer to a question that must succeed.
  template <class R, class T>
  R must(T message) {
    auto out = ask<R>(std::move(message));
    if (!out)
      FAIL(sys->render(out.error()));
    return std::move(*out);
  }
  /// Waits until it is noticed that the store takes no writes.
  void await_outage();
  /// Waits until it takes them again.
  void await_store();
  /// The error of one that must fail.
  template <class R, class T>
  caf::error refused(T message) {
    auto out = ask<R>(std::move(message));
    if (out)
      FAIL("was not refused");
    return out.error();
  }

  uint16_t shard(const uuid& id) const { return shard_of(id, backend->identity().shards); }
  uint64_t epoch() const { return backend->identity().epoch; }
  bool stored_in_plain(const std::string& words) const;

  // Things to store, in a shard of one's choice.
  uuid stream(uint16_t home = 3) { return ids.next<uuid>(now, home); }
  stream_write write(const uuid& id, uint64_t expected, std::vector<std::string> types = {"happened"}) const;
  append batch(std::vector<stream_write> streams, std::vector<row> rows = {}, uint16_t shard = 3) const;
  /// Appends rows only.
  void store(std::vector<row> rows) { must<committed>(batch({}, std::move(rows))); }
  campaign_row campaign(const std::string& name);
  prospect_row prospect(const std::string& name, uint16_t home = 3);
  call_row call(const campaign_id& campaign, const prospect_id& prospect);

  std::unique_ptr<temporary_folder> own_folder;
  std::unique_ptr<journal_backend> backend;
  std::unique_ptr<system_config> config;
  std::unique_ptr<caf::actor_system> sys;
  std::unique_ptr<caf::scoped_actor> self;
  journal_port port;
  id_source ids{7};
  wall_time now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};
  int64_t numbers = 0;

private:
  /// The store as operators see it, for what they ask of it.
  template <class T>
  auto whom() const {
    using upkeep_only
      = std::disjunction<std::is_same<T, outbox_order>, std::is_same<T, list_streams>, std::is_same<T, audit_stream>,
                         std::is_same<T, audit_rows>, std::is_same<T, audit_seals>, std::is_same<T, export_events>>;
    if constexpr (upkeep_only::value)
      return caf::actor_cast<journal_upkeep_port>(caf::actor_cast<caf::actor>(port));
    else
      return port;
  }

  void start();
  void stop();
};

} // namespace parley::test
