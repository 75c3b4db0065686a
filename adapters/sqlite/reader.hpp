#pragma once

#include "adapters/sqlite/store.hpp"
#include "runtime/messages/journal.hpp"

namespace parley::sqlite {

/// Everything that is asked of the store: plain SQL on a connection that
/// cannot write, one thread. Sees what is committed. Throws `refusal` for what
/// does not exist, `failure` when the storage fails.
class reader {
public:
  explicit reader(std::shared_ptr<const sqlite_store> store);

  loaded_stream load(const load_stream& x);
  events_read load(const read_events& x);
  due_prospects load(const due_query& x);
  prospect_row load(const load_prospect& x);
  enrolment_row load(const load_enrolment& x);
  list_hits load(const check_lists& x);
  inbox_events load(const read_inbox& x);
  known_sids load(const find_known_sids& x);
  meeting_rows load(const load_meetings& x);
  open_calls load(const find_open_calls& x);
  outbox_entries load(const outbox_query& x);
  context_rows load(const load_context& x);
  context_page load(const find_stale_context& x);
  context_page load(const load_vectors& x);
  prospect_page load(const search_prospects& x);
  campaign_rows load(const load_campaigns& x);
  recording_row load(const load_recording& x);
  manager_rows load(const load_managers& x);
  report load(const report_query& x);
  prospect_page load(const load_targets& x);

private:
  std::string opened(const rows& row, int column, const sealed_place& place) const;

  std::shared_ptr<const sqlite_store> store_;
  std::unique_ptr<database> db_;
  const sealer& seal_;
};

} // namespace parley::sqlite
