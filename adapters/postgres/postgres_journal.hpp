#pragma once

#include "adapters/postgres/store.hpp"
#include "adapters/sql/journal.hpp"

namespace parley {

/// The journal port on PostgreSQL. Writes are gathered into group commits on
/// one connection, questions are answered on others beside it, long ones on
/// that for reports.
///
/// While the database is away, writes wait in a bounded buffer and are done in
/// their order once it is back; a commit whose answer was lost is looked up,
/// not repeated. What has waited for `outage_wait` is refused with
/// `ec::journal_unavailable`, what comes when the buffer is full with
/// `ec::queue_full`, and an append of nothing at once. Ends when another node
/// has taken the store over, and when one of its threads ends.
/// @param store Opened by `open_store`; no other node has it until the last one
/// who has it lets go.
journal_actor::behavior_type postgres_journal(journal_actor::stateful_pointer<journal_state> self,
                                              const context_ptr& context, std::shared_ptr<postgres_store> store);

/// Only the questions, on a thread of its own: for a store that nobody writes
/// to, as `open_stopped_store` opens it.
journal_reader_actor
postgres_questions(caf::actor_system& system, const context_ptr& context, std::shared_ptr<postgres_store> store);

} // namespace parley
