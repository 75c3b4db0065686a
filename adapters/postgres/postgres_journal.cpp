#include "adapters/postgres/postgres_journal.hpp"

#include "adapters/postgres/writer.hpp"
#include "adapters/sql/journal_writer.hpp"
#include "runtime/registry.hpp"

namespace parley {

namespace {

/// What is worth another try, besides a connection that was lost: what a
/// server without means could not do; also what took too long, unless it may
/// be too much for one statement; or whatever it was.
enum class patience { some, more, endless };

template <class F>
auto told(patience how, F&& work) {
  try {
    return work();
  } catch (const postgres::connection_lost& e) {
    throw sql::store_away{e.what()};
  } catch (const postgres::failure& e) {
    if (how == patience::endless || e.no_means() || (how == patience::more && e.too_slow()))
      throw sql::store_away{e.what()};
    if (e.input_at_fault())
      throw sql::refusal{ec::invalid_input, e.what()};
    throw;
  }
}

/// The writer as the shared thread of writes sees it.
class postgres_store_writer final : public sql::store_writer {
public:
  explicit postgres_store_writer(std::shared_ptr<postgres_store> store) : writer_{std::move(store)} {}

  std::vector<sql::outcome> run(const std::vector<const sql::change*>& changes) override {
    return told(patience::more, [&] { return writer_.run(changes); });
  }
  void probe() override {
    told(patience::more, [&] { writer_.probe(); });
  }
  void let_go() override { writer_.disconnect(); }
  void reconnect() override {
    told(patience::endless, [&] {
      if (!writer_.connected())
        writer_.connect();
    });
  }
  // Waits for the lost session, which may have its row for a while.
  bool last_commit_stored() override {
    return told(patience::endless, [&] { return writer_.last_commit_stored(); });
  }
  const std::vector<sql::outcome>& outcomes_of_last_run() const override { return writer_.outcomes_of_last_run(); }
  void check_epoch(uint16_t shard, uint64_t epoch) override {
    told(patience::some, [&] { writer_.check_epoch(shard, epoch); });
  }
  uint64_t position() const override { return writer_.position(); }
  void import(const import_prospects& x, size_t from, size_t count, prospects_imported& tally) override {
    told(patience::some, [&] { writer_.import(x, from, count, tally); });
  }
  uint64_t import(const import_national_list& x, size_t from, size_t count) override {
    return told(patience::some, [&] { return writer_.import(x, from, count); });
  }
  bool clear_retired_numbers(size_t count) override {
    return told(patience::some, [&] { return writer_.clear_retired_numbers(count); });
  }

private:
  postgres::writer writer_;
};

journal_writer_limits limits_of(const postgres_settings& x) {
  return {x.batch_requests_max, x.waiting_bytes_max, x.outage_wait, x.append_wait, x.reconnect_min, x.reconnect_max};
}

class postgres_reader final : public sql::reader {
public:
  postgres_reader(std::shared_ptr<postgres_store> store, bool reports)
    : reader{std::make_unique<postgres::reading_connection>(
               [store, reports] { return reports ? store->connect_reports() : store->connect_reader(); },
               store->settings()),
             store->sealer()},
      store_{std::move(store)} {}

protected:
  std::vector<stored_event> events_of(const uuid& stream) override {
    auto row
      = db().query("SELECT type, data, personal, at, version FROM events WHERE stream = ? ORDER BY version", stream);
    std::vector<stored_event> out;
    while (row.next())
      out.push_back(event_in(row, stream));
    return out;
  }

private:
  std::shared_ptr<postgres_store> store_;
};

} // namespace

journal_actor::behavior_type postgres_journal(journal_actor::stateful_pointer<journal_state> self,
                                              const context_ptr& context, std::shared_ptr<postgres_store> store) {
  begin(self, context, context->root, "journal", "postgres");
  auto& state = self->state;
  state.book = std::make_shared<port_book>(context->telemetry, "journal", "postgres");
  state.waiting_max = store->settings().waiting_requests_max;
  const auto read = [&](bool reports) {
    return self->spawn<caf::detached + caf::linked>(
      read_journal, [store, reports] { return std::make_unique<postgres_reader>(store, reports); }, state.book);
  };
  for (uint32_t i = 0; i < store->settings().readers; ++i)
    state.threads.loads.push_back(read(false));
  state.threads.reports = read(true);
  const auto limits = limits_of(store->settings());
  state.threads.writer = start_writer(self, context, std::make_unique<postgres_store_writer>(std::move(store)), limits);
  return serve_journal(self);
}

journal_reader_actor
postgres_questions(caf::actor_system& system, const context_ptr& context, std::shared_ptr<postgres_store> store) {
  return system.spawn<caf::detached>(
    read_journal, [store = std::move(store)] { return std::make_unique<postgres_reader>(store, true); },
    std::make_shared<port_book>(context->telemetry, "journal", "postgres"));
}

} // namespace parley
