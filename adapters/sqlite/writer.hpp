#pragma once

#include "adapters/sql/store_writer.hpp"
#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/store.hpp"

namespace parley::sqlite {

using sql::refusal;

/// Everything that changes the store: plain SQL, one thread. Many requests
/// share a transaction; each is all or nothing by a savepoint of its own and
/// throws `refusal` when it is refused. `failure` means that the storage
/// failed and the whole transaction is void.
class writer {
public:
  explicit writer(std::shared_ptr<const sqlite_store> store);

  /// Starts a transaction; returns the position that its commit will have.
  uint64_t begin();
  /// Returns when all of it, and the keys that sealed it, are on the disk.
  void commit();
  /// Gives the transaction up. Safe after any failure.
  void rollback();
  /// Position of the last commit, as it is stored.
  uint64_t stored_position();

  /// Does a change in the open transaction. What the input is at fault for is
  /// in the outcome.
  sql::outcome change(const sql::change& x);
  void append(const parley::append& x);
  /// Throws `refusal` when the epoch is stale. Only reads.
  void check_epoch(uint16_t shard, uint64_t epoch);
  inbox_recorded record(const record_inbox& x);
  void settle(const outbox_result& x);
  outbox_changed change(const outbox_order& x);
  enrolled enrol(const parley::enrol& x);

  /// Imports the prospects from index `from`, `count` at most, and adds to the
  /// tally: a large import is many small transactions, between which others
  /// have their turn. Repeating it changes nothing.
  void import(const import_prospects& x, size_t from, size_t count, prospects_imported& tally);

  /// The same for a part of a do-not-call list; returns the numbers so far.
  uint64_t import(const import_national_list& x, size_t from, size_t count);
  /// Numbers of lists that were replaced are left. Only reads.
  bool has_retired_numbers();
  /// Clears away numbers of lists that were replaced. False when none is left.
  bool clear_retired_numbers(size_t count);

private:
  /// Runs a change in a savepoint: what it did is undone when it is refused.
  template <class F>
  auto atomically(F&& change) {
    db_->run("SAVEPOINT request");
    const auto undo = [this] {
      db_->run("ROLLBACK TO request");
      db_->run("RELEASE request");
    };
    try {
      if constexpr (std::is_void_v<decltype(change())>) {
        change();
        db_->run("RELEASE request");
      } else {
        auto result = change();
        db_->run("RELEASE request");
        return result;
      }
    } catch (const refusal&) {
      undo();
      throw;
    } catch (const sealing_failed& e) {
      undo();
      throw refusal{ec::journal_unavailable, e.what()};
    } catch (const failure& e) {
      if (!e.constraint())
        throw;
      undo();
      throw refusal{ec::conflict, e.what()};
    }
  }
  void change_one(const outbox_order& x, const uuid& id);
  struct stream_position {
    int64_t row = 0;
    std::optional<int64_t> last_event;
  };
  stream_position find_stream(const stream_write& x);
  void write_stream(const stream_write& x, uint16_t shard);
  void write_row(const prospect_row& x);
  void write_row(const suppression_row& x);
  void write_row(const due_row& x);
  void write_row(const outbox_row& x);
  template <class Row>
  void write_row(const Row& x);
  void start_list(const import_national_list& x);
  std::optional<prospect_row> find_same_person(const prospect_row& x);
  void import_one(const prospect_row& x, const import_prospects& from, prospects_imported& tally);
  std::vector<prospect_id> find_to_enrol(const parley::enrol& x);
  uint16_t home(const uuid& id) const { return shard_of(id, shards_); }

  std::shared_ptr<const sqlite_store> store_;
  std::shared_ptr<database> db_;
  connection shared_; ///< the same, for what the stores ask alike
  const sealer& seal_;
  const uint16_t shards_;
  uint64_t begun_ = 0; ///< position of the transaction that was begun last
};

} // namespace parley::sqlite
