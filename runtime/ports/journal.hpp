#pragma once

#include "runtime/messages/journal.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The JOURNAL port: the store of a node. Appends are committed in groups by
/// one writer and answered after the commit; `ec::append_refused` means that
/// a version or epoch was stale and nothing was written,
/// `ec::journal_unavailable` that the storage failed. Reads see what is
/// committed. An append of nothing asks whether the store takes writes.
using journal_port = caf::typed_actor<
  caf::replies_to<append>::with<committed>, caf::replies_to<record_inbox>::with<inbox_recorded>,
  caf::replies_to<enrol>::with<enrolled>, caf::replies_to<import_prospects>::with<prospects_imported>,
  caf::replies_to<import_national_list>::with<national_list_imported>, caf::replies_to<outbox_result>::with<committed>,
  // Reads.
  caf::replies_to<load_stream>::with<loaded_stream>, caf::replies_to<read_events>::with<events_read>,
  caf::replies_to<due_query>::with<due_prospects>,
  caf::replies_to<load_prospect>::with<prospect_row>,   // `ec::not_found`
  caf::replies_to<load_enrolment>::with<enrolment_row>, // `ec::not_found`
  caf::replies_to<check_lists>::with<list_hits>, caf::replies_to<read_inbox>::with<inbox_events>,
  caf::replies_to<find_known_sids>::with<known_sids>, caf::replies_to<load_meetings>::with<meeting_rows>,
  caf::replies_to<find_open_calls>::with<open_calls>, caf::replies_to<outbox_query>::with<outbox_entries>,
  caf::replies_to<load_context>::with<context_rows>, caf::replies_to<load_campaigns>::with<campaign_rows>,
  caf::replies_to<load_recording>::with<recording_row>, // `ec::not_found`
  caf::replies_to<load_managers>::with<manager_rows>, caf::replies_to<report_query>::with<report>,
  caf::replies_to<find_stale_context>::with<context_page>, caf::replies_to<load_vectors>::with<context_page>,
  caf::replies_to<search_prospects>::with<prospect_page>, caf::replies_to<load_targets>::with<prospect_page>,
  caf::replies_to<find_reopenable>::with<reopenable>>;

} // namespace parley
