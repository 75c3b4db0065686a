#pragma once

#include "adapters/sql/connection.hpp"
#include "runtime/journal/sealing.hpp"
#include "runtime/messages/journal_upkeep.hpp"

namespace parley::sql {

/// Everything that is asked of a store: plain SQL on a connection that cannot
/// write, one thread. Sees what is committed. Throws `refusal` for what does
/// not exist, and what the connection throws when the storage fails.
class reader {
public:
  reader(std::unique_ptr<connection> db, const sealer& seal) : db_{std::move(db)}, seal_{seal} {}
  virtual ~reader() = default;

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
  reopenable load(const find_reopenable& x);
  // Of a store that may be damaged (audit.cpp).
  stream_page load(const list_streams& x);
  audited_stream load(const audit_stream& x);
  audited_rows load(const audit_rows& x);
  audited_seals load(const audit_seals& x);
  exported_events load(const export_events& x);

protected:
  /// The events up to `out.version`, oldest first, or as many as can be found
  /// and why not more.
  virtual void audit_events(const uuid& stream, audited_stream& out);
  /// The event in the columns version, type, data, personal and at, from
  /// `first` on.
  audited_event audited(const rows& row, int first, const uuid& stream) const;
  /// All events of a stream, oldest first: how they are found is the store's.
  virtual std::vector<stored_event> events_of(const uuid& stream) = 0;
  /// Empty for NULL, `erased_json` when the key was destroyed.
  std::string opened(const rows& row, int column, const sealed_place& place) const;
  /// The event in the columns type, data, personal, at and version.
  stored_event event_in(const rows& row, const uuid& stream) const;
  connection& db() const { return *db_; }
  const sealer& seal() const { return seal_; }

private:
  std::unique_ptr<connection> db_;
  const sealer& seal_;
};

} // namespace parley::sql
