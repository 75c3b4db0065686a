#pragma once

#include "adapters/sql/journal.hpp"
#include "adapters/sqlite/store.hpp"

namespace parley {

/// The journal port on SQLite. It hands each request on to one of three
/// threads: writes are gathered into group commits, reads run beside them.
/// Refuses writes with `ec::queue_full` while too many wait. While the disk is
/// full or takes nothing, writes wait as `start_writer` says; reads go on. Ends
/// when one of its threads ends; it can be started again on the same store.
/// @param store Opened by `open_store`; its folder stays locked until the last
/// one who has it lets go.
journal_actor::behavior_type sqlite_journal(journal_actor::stateful_pointer<journal_state> self,
                                            const context_ptr& context, std::shared_ptr<sqlite_store> store);

/// Only the questions, on a thread of its own: for a store that nobody writes
/// to, as `open_stopped_store` opens it.
journal_reader_actor
sqlite_questions(caf::actor_system& system, const context_ptr& context, std::shared_ptr<sqlite_store> store);

} // namespace parley
