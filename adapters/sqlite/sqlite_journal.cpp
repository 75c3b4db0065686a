#include "adapters/sqlite/sqlite_journal.hpp"

#include "adapters/sql/journal_writer.hpp"
#include "adapters/sqlite/writer.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace parley {

namespace {

/// What a full or locked disk could not do is worth another try.
template <class F>
auto told(F&& work) {
  try {
    return work();
  } catch (const sqlite::failure& e) {
    if (e.passing())
      throw sql::store_away{e.what() + remedy_of(e)};
    throw sqlite::failure{e.code(), e.what() + remedy_of(e)};
  }
}

/// The writer as the shared thread of writes sees it.
class sqlite_store_writer final : public sql::store_writer {
public:
  explicit sqlite_store_writer(std::shared_ptr<const sqlite_store> store) : writer_{std::move(store)} {}

  std::vector<sql::outcome> run(const std::vector<const sql::change*>& changes) override {
    outcomes_.clear();
    transaction([&] {
      for (const auto* x : changes)
        outcomes_.push_back(writer_.change(*x));
    });
    return outcomes_;
  }
  void probe() override {
    transaction([] {});
  }
  void let_go() override {}
  void reconnect() override {} // the file is still open
  // A commit that failed while the disk was written to is none, as a rule.
  bool last_commit_stored() override {
    return told([&] { return begun_ != 0 && writer_.stored_position() == begun_; });
  }
  const std::vector<sql::outcome>& outcomes_of_last_run() const override { return outcomes_; }
  void check_epoch(uint16_t shard, uint64_t epoch) override {
    told([&] { writer_.check_epoch(shard, epoch); });
  }
  uint64_t position() const override { return position_; }
  void import(const import_prospects& x, size_t from, size_t count, prospects_imported& tally) override {
    auto sum = tally;
    transaction([&] { writer_.import(x, from, count, sum); });
    tally = sum;
  }
  uint64_t import(const import_national_list& x, size_t from, size_t count) override {
    uint64_t numbers = 0;
    transaction([&] { numbers = writer_.import(x, from, count); });
    return numbers;
  }
  bool clear_retired_numbers(size_t count) override {
    if (!told([&] { return writer_.has_retired_numbers(); }))
      return false;
    bool more = false;
    transaction([&] { more = writer_.clear_retired_numbers(count); });
    return more;
  }

private:
  template <class F>
  void transaction(F&& work) {
    begun_ = 0;
    try {
      told([&] {
        begun_ = writer_.begin();
        work();
        writer_.commit();
      });
      position_ = begun_;
    } catch (const std::exception&) {
      give_up();
      throw;
    }
  }

  void give_up() {
    try {
      writer_.rollback();
    } catch (const sqlite::failure& e) {
      spdlog::error("journal: rollback: {}", e.what());
    }
  }

  sqlite::writer writer_;
  std::vector<sql::outcome> outcomes_; ///< of the last run
  uint64_t begun_ = 0;                 ///< position of the transaction that was begun last; 0: it was not
  uint64_t position_ = 0;              ///< of the last commit
};

journal_writer_limits limits_of(const sqlite_settings& x) {
  journal_writer_limits out;
  out.batch_requests_max = x.batch_requests_max;
  out.waiting_bytes_max = x.waiting_bytes_max;
  out.outage_wait = x.outage_wait;
  out.append_wait = x.append_wait;
  return out;
}

/// Finds a stream's events backwards along their chain, since there is no
/// index by stream.
class sqlite_reader final : public sql::reader {
public:
  explicit sqlite_reader(std::shared_ptr<const sqlite_store> store)
    : reader{std::make_unique<sqlite::connection>(store->connect(sqlite::database::access::read)), store->sealer()},
      store_{std::move(store)} {}

protected:
  // Backwards along the chain, since there is no index by stream.
  void audit_events(const uuid& stream, audited_stream& out) override {
    std::optional<int64_t> position;
    {
      auto row = db().query("SELECT last_event FROM streams WHERE id = ?", stream);
      if (row.next())
        position = row.get<std::optional<int64_t>>(0);
    }
    while (position) {
      auto row = db().query("SELECT version, type, data, personal, at, previous FROM events WHERE position = ? "
                            "AND stream = ?",
                            *position, stream);
      const auto behind = out.events.empty() ? "its end" : "version " + std::to_string(out.events.back().version);
      if (!row.next()) {
        out.damage = "an event is missing before " + behind;
        break;
      }
      // A later one has come since the stream was read; the rest is in order,
      // else a circle would never end.
      const auto version = row.get<uint64_t>(0);
      if (!out.events.empty() && version >= out.events.back().version) {
        out.damage = "the order of the events is broken before " + behind;
        break;
      }
      if (version <= out.version)
        out.events.push_back(audited(row, 0, stream));
      position = row.get<std::optional<int64_t>>(5);
    }
    std::reverse(out.events.begin(), out.events.end());
  }

  std::vector<stored_event> events_of(const uuid& stream) override {
    std::optional<int64_t> position;
    {
      auto row = db().query("SELECT last_event FROM streams WHERE id = ?", stream);
      if (row.next())
        position = row.integer(0);
    }
    std::vector<stored_event> out;
    while (position) {
      auto row = db().query("SELECT type, data, personal, at, version, previous FROM events WHERE position = ? "
                            "AND stream = ?",
                            *position, stream);
      if (!row.next())
        throw sql::refusal{ec::journal_unavailable,
                           "stream " + to_string(stream) + " lacks an event: the store is damaged"};
      out.push_back(event_in(row, stream));
      position = row.get<std::optional<int64_t>>(5);
    }
    std::reverse(out.begin(), out.end());
    return out;
  }

private:
  std::shared_ptr<const sqlite_store> store_;
};

} // namespace

journal_actor::behavior_type sqlite_journal(journal_actor::stateful_pointer<journal_state> self,
                                            const context_ptr& context, std::shared_ptr<sqlite_store> store) {
  begin(self, context, context->root, "journal", "sqlite");
  auto& state = self->state;
  state.book = std::make_shared<port_book>(context->telemetry, "journal", "sqlite");
  state.waiting_max = store->settings().waiting_requests_max;
  const auto read = [&, make = [store] { return std::make_unique<sqlite_reader>(store); }] {
    return self->spawn<caf::detached + caf::linked>(read_journal, make, state.book);
  };
  state.threads.writer
    = start_writer(self, context, std::make_unique<sqlite_store_writer>(store), limits_of(store->settings()));
  state.threads.loads = {read()};
  state.threads.reports = read();
  return serve_journal(self);
}

journal_reader_actor
sqlite_questions(caf::actor_system& system, const context_ptr& context, std::shared_ptr<sqlite_store> store) {
  return system.spawn<caf::detached>(
    read_journal, [store = std::move(store)] { return std::make_unique<sqlite_reader>(store); },
    std::make_shared<port_book>(context->telemetry, "journal", "sqlite"));
}

} // namespace parley
