#pragma once

#include "adapters/sql/journal.hpp"
#include "adapters/sql/write_queue.hpp"

namespace parley {

/// Starts the thread that gathers writes into group commits, linked to `parent`.
/// What comes in while a commit is under way shares the next.
///
/// While the store is away, requests wait in their order and are done once it
/// is back, each once: a commit whose answer was lost is looked up. An intent to
/// dial does not wait, it is refused with `ec::journal_unavailable` at once. So
/// is, after its time, what has waited too long; and with `ec::queue_full` what
/// comes in while too many bytes wait. Ends when another node has the store.
journal_writer_actor start_writer(journal_actor::stateful_pointer<journal_state> parent, const context_ptr& context,
                                  std::unique_ptr<sql::store_writer> store, const journal_writer_limits& limits);

} // namespace parley
