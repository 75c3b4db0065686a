#pragma once

#include "adapters/sql/reader.hpp"
#include "runtime/node_context.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/telemetry/port_book.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <functional>

namespace parley {

using commit_atom = caf::atom_constant<caf::atom("commit")>;

/// Writes for the journal: one thread, one connection.
using journal_writer_actor = caf::typed_actor<
  caf::replies_to<append>::with<committed>, caf::replies_to<record_inbox>::with<inbox_recorded>,
  caf::replies_to<enrol>::with<enrolled>, caf::replies_to<import_prospects>::with<prospects_imported>,
  caf::replies_to<import_national_list>::with<national_list_imported>, caf::replies_to<outbox_result>::with<committed>,
  caf::replies_to<outbox_order>::with<outbox_changed>,
  // INTERNAL: everything that waited before this is in the transaction.
  caf::reacts_to<commit_atom>>;

/// Reads for the journal: a thread and a connection of its own.
using journal_reader_actor = caf::typed_actor<
  caf::replies_to<load_stream>::with<loaded_stream>, caf::replies_to<read_events>::with<events_read>,
  caf::replies_to<due_query>::with<due_prospects>, caf::replies_to<load_prospect>::with<prospect_row>,
  caf::replies_to<load_enrolment>::with<enrolment_row>, caf::replies_to<check_lists>::with<list_hits>,
  caf::replies_to<read_inbox>::with<inbox_events>, caf::replies_to<find_known_sids>::with<known_sids>,
  caf::replies_to<load_meetings>::with<meeting_rows>, caf::replies_to<find_open_calls>::with<open_calls>,
  caf::replies_to<outbox_query>::with<outbox_entries>, caf::replies_to<load_context>::with<context_rows>,
  caf::replies_to<load_campaigns>::with<campaign_rows>, caf::replies_to<load_managers>::with<manager_rows>,
  caf::replies_to<load_recording>::with<recording_row>, caf::replies_to<report_query>::with<report>,
  caf::replies_to<load_targets>::with<prospect_page>, caf::replies_to<find_reopenable>::with<reopenable>,
  caf::replies_to<find_stale_context>::with<context_page>, caf::replies_to<load_vectors>::with<context_page>,
  caf::replies_to<search_prospects>::with<prospect_page>, caf::replies_to<list_streams>::with<stream_page>,
  caf::replies_to<audit_stream>::with<audited_stream>, caf::replies_to<audit_rows>::with<audited_rows>,
  caf::replies_to<audit_seals>::with<audited_seals>, caf::replies_to<export_events>::with<exported_events>>;

using journal_actor
  = journal_port::extend_with<journal_upkeep_port>::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

/// The threads of a store: writes, the actors' reads, and long questions that
/// shall not hold up short ones.
struct journal_threads {
  journal_writer_actor writer;
  std::vector<journal_reader_actor> loads; ///< asked in turn
  journal_reader_actor reports;
};

/// Requests that the writer has not answered yet.
using waiting_count = std::shared_ptr<std::atomic<uint32_t>>;

struct journal_state {
  journal_state() = default; // else CAF takes the aggregate for one that wants its actor

  journal_threads threads;
  size_t next_load = 0;
  waiting_count waiting = std::make_shared<std::atomic<uint32_t>>(0);
  uint32_t waiting_max = 0;
  port_book_ptr book; ///< of all its threads
  static inline constexpr const char* name = "journal";

  const journal_reader_actor& load() { return threads.loads[next_load++ % threads.loads.size()]; }
};

/// The behaviour of a journal port that hands each request on to one of its
/// threads. Refuses writes with `ec::queue_full` while too many wait.
journal_actor::behavior_type serve_journal(journal_actor::stateful_pointer<journal_state> self);

struct journal_reader_state {
  std::unique_ptr<sql::reader> store;
  port_book_ptr book;
  static inline constexpr const char* name = "journal.reader";
};

/// Answers from a reader that it makes on its own thread. What fails is
/// answered with `ec::journal_unavailable`.
journal_reader_actor::behavior_type
read_journal(journal_reader_actor::stateful_pointer<journal_reader_state> self,
             std::function<std::unique_ptr<sql::reader>()> make, port_book_ptr book);

} // namespace parley
