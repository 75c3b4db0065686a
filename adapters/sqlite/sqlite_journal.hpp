#pragma once

#include "adapters/sqlite/store.hpp"
#include "runtime/node_context.hpp"
#include "runtime/telemetry/port_book.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>

namespace parley {

using commit_atom = caf::atom_constant<caf::atom("commit")>;

/// Writes for the journal: one thread, one connection.
using sqlite_writer_actor = caf::typed_actor<
  caf::replies_to<append>::with<committed>, caf::replies_to<record_inbox>::with<inbox_recorded>,
  caf::replies_to<enrol>::with<enrolled>, caf::replies_to<import_prospects>::with<prospects_imported>,
  caf::replies_to<import_national_list>::with<national_list_imported>, caf::replies_to<outbox_result>::with<committed>,
  // INTERNAL: everything that waited before this is in the transaction.
  caf::reacts_to<commit_atom>>;

/// Reads for the journal: a thread and a connection of its own.
using sqlite_reader_actor = caf::typed_actor<
  caf::replies_to<load_stream>::with<loaded_stream>, caf::replies_to<read_events>::with<events_read>,
  caf::replies_to<due_query>::with<due_prospects>, caf::replies_to<load_prospect>::with<prospect_row>,
  caf::replies_to<load_enrolment>::with<enrolment_row>, caf::replies_to<check_lists>::with<list_hits>,
  caf::replies_to<read_inbox>::with<inbox_events>, caf::replies_to<find_known_sids>::with<known_sids>,
  caf::replies_to<load_meetings>::with<meeting_rows>, caf::replies_to<find_open_calls>::with<open_calls>,
  caf::replies_to<outbox_query>::with<outbox_entries>, caf::replies_to<load_context>::with<context_rows>,
  caf::replies_to<load_campaigns>::with<campaign_rows>, caf::replies_to<load_managers>::with<manager_rows>,
  caf::replies_to<load_recording>::with<recording_row>, caf::replies_to<report_query>::with<report>,
  caf::replies_to<load_targets>::with<prospect_page>, caf::replies_to<find_stale_context>::with<context_page>,
  caf::replies_to<load_vectors>::with<context_page>, caf::replies_to<search_prospects>::with<prospect_page>>;

using sqlite_journal_actor = journal_port::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

struct sqlite_journal_state {
  sqlite_journal_state() = default; // else CAF takes the aggregate for one that wants its actor

  sqlite_writer_actor writer;
  sqlite_reader_actor loads;
  sqlite_reader_actor reports; ///< long questions don't hold up short ones
  std::shared_ptr<std::atomic<uint32_t>> waiting = std::make_shared<std::atomic<uint32_t>>(0);
  uint32_t waiting_max = 0;
  port_book_ptr book; ///< of all its threads
  static inline constexpr const char* name = "journal";
};

/// The journal port on SQLite. It hands each request on to one of three
/// threads: writes are gathered into group commits, reads run beside them.
/// Refuses writes with `ec::queue_full` while too many wait; fails with
/// `ec::journal_unavailable` while the disk is full or broken, and works again
/// when it does. Ends when one of its threads ends; it can be started again on
/// the same store.
/// @param store Opened by `open_store`; its folder stays locked until the last
/// one who has it lets go.
sqlite_journal_actor::behavior_type sqlite_journal(sqlite_journal_actor::stateful_pointer<sqlite_journal_state> self,
                                                   const context_ptr& context, std::shared_ptr<sqlite_store> store);

} // namespace parley
