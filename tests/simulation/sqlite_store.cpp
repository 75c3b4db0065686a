#include "tests/simulation/sqlite_store.hpp"

#include "adapters/sql/reader.hpp"
#include "adapters/sqlite/writer.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace parley::simulation {
namespace {

namespace fs = std::filesystem;

/// A folder in memory where the machine has one.
fs::path fresh_folder() {
  const auto parent = fs::is_directory("/dev/shm") ? fs::path{"/dev/shm"} : fs::temp_directory_path();
  auto name = (parent / "parley-simulation-XXXXXX").string();
  if (!::mkdtemp(name.data()))
    throw std::runtime_error{"cannot make a folder in " + parent.string()};
  return name;
}

/// Finds a stream's events as the embedded journal does: backwards along their chain.
class chain_reader final : public sql::reader {
public:
  explicit chain_reader(const sqlite_store& store)
    : reader{std::make_unique<sqlite::connection>(store.connect(sqlite::database::access::read)), store.sealer()} {}

protected:
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
        throw sql::refusal{ec::journal_unavailable, "a stream lacks an event"};
      out.push_back(event_in(row, stream));
      position = row.get<std::optional<int64_t>>(5);
    }
    std::reverse(out.begin(), out.end());
    return out;
  }
};

class sqlite_simulated final : public store {
public:
  explicit sqlite_simulated(uint64_t seed) : seed_{seed}, folder_{fresh_folder()} {
    settings_.data_dir = folder_.string();
    open();
  }
  ~sqlite_simulated() override {
    close();
    std::error_code ignored; // a folder that stays harms nobody
    fs::remove_all(folder_, ignored);
  }

  uint16_t shards() const override { return opened_->identity().shards; }
  number_hasher::secret secret() const override { return opened_->identity().secret; }
  /// Opened anew, as a process does.
  uint64_t claim() override {
    close();
    open();
    return opened_->identity().epoch;
  }
  void begin() override {
    writer_->begin();
    in_transaction_ = true;
  }
  void commit() override {
    writer_->commit();
    in_transaction_ = false;
  }
  std::vector<uuid> streams_of(stream_kind kind) override {
    std::vector<uuid> out;
    auto db = opened_->connect(sqlite::database::access::read);
    auto row = db->query("SELECT id FROM streams WHERE kind = ? ORDER BY id", kind);
    while (row.next())
      out.push_back(row.get<uuid>(0));
    return out;
  }

  caf::expected<committed> ask(const append& x) override {
    return write([&] {
      writer_->append(x);
      return committed{++position_};
    });
  }
  caf::expected<inbox_recorded> ask(const record_inbox& x) override {
    return write([&] { return writer_->record(x); });
  }
  caf::expected<enrolled> ask(const enrol& x) override {
    return write([&] { return writer_->enrol(x); });
  }
  caf::expected<prospects_imported> ask(const import_prospects& x) override {
    return write([&] {
      prospects_imported tally;
      writer_->import(x, 0, x.prospects.size(), tally);
      return tally;
    });
  }
  caf::expected<national_list_imported> ask(const import_national_list& x) override {
    return write([&] { return national_list_imported{writer_->import(x, 0, x.numbers.size())}; });
  }
  caf::expected<committed> ask(const outbox_result& x) override {
    return write([&] {
      writer_->settle(x);
      return committed{++position_};
    });
  }

  caf::expected<outbox_changed> ask(const outbox_order& x) override {
    return write([&] { return writer_->change(x); });
  }

  caf::expected<loaded_stream> ask(const load_stream& x) override { return read(x); }
  caf::expected<events_read> ask(const read_events& x) override { return read(x); }
  caf::expected<due_prospects> ask(const due_query& x) override { return read(x); }
  caf::expected<prospect_row> ask(const load_prospect& x) override { return read(x); }
  caf::expected<enrolment_row> ask(const load_enrolment& x) override { return read(x); }
  caf::expected<list_hits> ask(const check_lists& x) override { return read(x); }
  caf::expected<inbox_events> ask(const read_inbox& x) override { return read(x); }
  caf::expected<known_sids> ask(const find_known_sids& x) override { return read(x); }
  caf::expected<meeting_rows> ask(const load_meetings& x) override { return read(x); }
  caf::expected<open_calls> ask(const find_open_calls& x) override { return read(x); }
  caf::expected<outbox_entries> ask(const outbox_query& x) override { return read(x); }
  caf::expected<context_rows> ask(const load_context& x) override { return read(x); }
  caf::expected<campaign_rows> ask(const load_campaigns& x) override { return read(x); }
  caf::expected<recording_row> ask(const load_recording& x) override { return read(x); }
  caf::expected<manager_rows> ask(const load_managers& x) override { return read(x); }
  caf::expected<report> ask(const report_query& x) override { return read(x); }
  caf::expected<context_page> ask(const find_stale_context& x) override { return read(x); }
  caf::expected<context_page> ask(const load_vectors& x) override { return read(x); }
  caf::expected<prospect_page> ask(const search_prospects& x) override { return read(x); }
  caf::expected<prospect_page> ask(const load_targets& x) override { return read(x); }
  caf::expected<reopenable> ask(const find_reopenable& x) override { return read(x); }

private:
  void open() {
    opened_ = open_store(settings_, {}, seed_);
    writer_.emplace(opened_);
    reader_.emplace(*opened_);
  }
  void close() {
    if (std::exchange(in_transaction_, false))
      writer_->rollback(); // what a killed process leaves behind
    writer_.reset();
    reader_.reset();
    opened_.reset();
  }

  /// In a transaction of its own unless one is open.
  template <class F>
  auto write(F change) -> caf::expected<decltype(change())> {
    const bool alone = !in_transaction_;
    if (alone)
      begin();
    try {
      auto out = change();
      if (alone)
        commit();
      return out;
    } catch (const sql::refusal& e) {
      if (alone)
        commit();
      return caf::make_error(e.code(), std::string{e.what()});
    }
  }

  template <class Query>
  auto read(const Query& x) -> caf::expected<decltype(std::declval<chain_reader>().load(x))> {
    try {
      return reader_->load(x);
    } catch (const sql::refusal& e) {
      return caf::make_error(e.code(), std::string{e.what()});
    }
  }

  uint64_t seed_;
  fs::path folder_;
  sqlite_settings settings_;
  std::shared_ptr<sqlite_store> opened_;
  std::optional<sqlite::writer> writer_;
  std::optional<chain_reader> reader_;
  uint64_t position_ = 0;
  bool in_transaction_ = false;
};

} // namespace

std::unique_ptr<store> make_sqlite_store(uint64_t seed) {
  return std::make_unique<sqlite_simulated>(seed);
}

} // namespace parley::simulation
