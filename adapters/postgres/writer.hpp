#pragma once

#include "adapters/postgres/rows.hpp"
#include "adapters/postgres/store.hpp"
#include "adapters/sql/store_writer.hpp"

namespace parley::postgres {

using sql::change;
using sql::outcome;

/// Everything that changes the store: plain SQL, one thread. Many changes share
/// a transaction; each is all or nothing. Throws `connection_lost` when the
/// database is away, `failure` when it cannot do it; nothing is stored then,
/// or `last_commit_stored` tells.
class writer {
public:
  explicit writer(std::shared_ptr<postgres_store> store);

  /// Makes the connection anew. Throws `connection_lost` while the database is
  /// away, `sql::refusal` when another node has the store by now.
  void connect();
  bool connected() const { return session_ != nullptr; }
  /// Commits nothing but its position.
  void probe();
  /// Lets go of a connection that was lost.
  void disconnect() { session_.reset(); }

  /// Does changes in a transaction and commits it. The outcomes are in their
  /// order.
  std::vector<outcome> run(const std::vector<const change*>& changes);

  /// After a loss and `connect`: is the transaction stored whose commit was not
  /// answered? Waits until the lost session is over.
  bool last_commit_stored();
  /// What the changes of that transaction come to.
  const std::vector<outcome>& outcomes_of_last_run() const { return outcomes_; }

  /// Throws `refusal` when the epoch is stale. Only reads.
  void check_epoch(uint16_t shard, uint64_t epoch);
  uint64_t position() const { return position_; }

  /// Imports the prospects from index `from`, `count` at most, in a transaction
  /// of their own, and adds to the tally. Repeating it changes nothing.
  void import(const import_prospects& x, size_t from, size_t count, prospects_imported& tally);
  /// The same for a part of a do-not-call list; returns the numbers so far.
  uint64_t import(const import_national_list& x, size_t from, size_t count);
  /// Clears away numbers of lists that were replaced. False when none is left.
  bool clear_retired_numbers(size_t count);

private:
  /// How changes share their transaction: all at once, which is quick; or each
  /// behind a savepoint, so that one that breaks a rule harms no other.
  std::vector<outcome> run_at_once(const std::vector<const change*>& changes);
  std::vector<outcome> run_one_by_one(const std::vector<const change*>& changes);
  /// Appends that stand one behind the other. Those that cannot be are told in
  /// their outcomes. False: some stream or epoch is not where it should be, so
  /// that the transaction must be given up.
  bool append_all(const std::vector<const append*>& appends, std::vector<outcome>& out);
  outcome append_one(const append& x);
  sql::refusal why_refused(const append& x);
  outcome change_one(const change& x);
  outcome record(const record_inbox& x);
  outcome settle(const outbox_result& x);
  outcome decide(const outbox_order& x);
  void decide_on(const outbox_order& x, const uuid& id);
  outcome enrol_more(const enrol& x);

  void begin();
  void commit();
  /// Runs a transaction of its own.
  template <class F>
  auto transaction(F&& work) {
    try {
      begin();
      auto result = work();
      commit();
      return result;
    } catch (const connection_lost&) {
      session_.reset();
      throw;
    } catch (const std::exception&) {
      give_up();
      throw;
    }
  }
  void give_up();
  session& db() {
    if (!session_)
      throw connection_lost{"the database is away"};
    return *session_;
  }
  uint16_t home(const uuid& id) const { return shard_of(id, shards_); }
  row_batch batch() const { return {seal_, shards_, store_->vectors()}; }

  std::shared_ptr<postgres_store> store_;
  const sealer& seal_;
  const uint16_t shards_;
  std::unique_ptr<session> session_;
  std::vector<outcome> outcomes_; ///< of the transaction that was begun last
  uint64_t begun_ = 0;            ///< position of the transaction that was begun last; 0: it was not
  uint64_t position_ = 0;         ///< of the last commit
};

} // namespace parley::postgres
