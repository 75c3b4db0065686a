#pragma once

#include "adapters/sql/connection.hpp"
#include "runtime/messages/journal_upkeep.hpp"

#include <variant>
#include <vector>

namespace parley::sql {

/// What a writer is asked to change.
using change = std::variant<append, record_inbox, outbox_result, outbox_order, enrol>;

/// What came of it: its answer, or why it was refused.
using outcome = std::variant<committed, inbox_recorded, outbox_changed, enrolled, refusal>;

size_t events_in(const change& x);

/// Begins a call: somebody is to be dialled, now or not at all.
bool is_intent(const change& x);

/// An actor's own append: a refused one ends the actor, and with a call's the
/// talk, so it waits longer than what can be asked again.
bool moves_stream(const change& x);

/// About what a request takes of memory while it waits.
size_t bytes_of(const change& x);
size_t bytes_of(const import_prospects& x);
size_t bytes_of(const import_national_list& x);

/// The storage takes nothing at the moment: no room, no connection, somebody
/// else's lock. The same again may work later.
class store_away : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// How a store writes, for `write_journal`. One thread. Many changes share a
/// transaction; each is all or nothing. Throws `store_away` while the storage
/// takes nothing; other exceptions mean that it cannot do this, ever. Nothing
/// is stored then, or `last_commit_stored` tells.
class store_writer {
public:
  virtual ~store_writer() = default;

  /// Does changes in a transaction and commits it. The outcomes are in their
  /// order.
  virtual std::vector<outcome> run(const std::vector<const change*>& changes) = 0;
  /// Commits nothing: throws as `run` would.
  virtual void probe() = 0;

  /// After `store_away`: lets go of what may be lost.
  virtual void let_go() = 0;
  /// Takes it up again. Throws `refusal` when another node has the store by
  /// now.
  virtual void reconnect() = 0;
  /// Is the transaction stored whose commit was not answered? Only after
  /// `reconnect`.
  virtual bool last_commit_stored() = 0;
  /// What the changes of that transaction come to.
  virtual const std::vector<outcome>& outcomes_of_last_run() const = 0;

  /// Throws `refusal` when the epoch is stale. Only reads.
  virtual void check_epoch(uint16_t shard, uint64_t epoch) = 0;
  virtual uint64_t position() const = 0; ///< of the last commit

  /// Imports the prospects from index `from`, `count` at most, in a transaction
  /// of their own, and adds to the tally. Repeating it changes nothing.
  virtual void import(const import_prospects& x, size_t from, size_t count, prospects_imported& tally) = 0;
  /// The same for a part of a do-not-call list; returns the numbers so far.
  virtual uint64_t import(const import_national_list& x, size_t from, size_t count) = 0;
  /// Clears away numbers of lists that were replaced. False when none is left.
  virtual bool clear_retired_numbers(size_t count) = 0;
};

} // namespace parley::sql
