#pragma once

#include "runtime/guard.hpp"
#include "runtime/ports/journal.hpp"

#include <functional>
#include <map>
#include <set>

namespace parley::test {

/// A store in memory, for one actor system: what a test writes into it is
/// there, and what the actors wrote can be read.
struct fake_store {
  struct stream {
    uint64_t version = 0;
    stream_kind kind = stream_kind::campaign;
    std::string state;
    std::string personal_state;
    std::vector<stored_event> events;
  };
  using enrolment_key = std::pair<campaign_id, prospect_id>;

  /// What becomes of an append: stored; refused; neither stored nor answered;
  /// stored but not answered; kept until `release`.
  enum class fate { commit, refuse, lose, silent, hold };

  uint16_t shards = 2;
  std::map<uuid, stream> streams;
  std::map<prospect_id, prospect_row> prospects;
  std::map<enrolment_key, enrolment_row> enrolments;
  std::map<enrolment_key, wall_time> due;
  std::set<prospect_id> reopenable; ///< whose block may be gone
  std::map<campaign_id, campaign_row> campaigns;
  std::vector<ledger_row> ledger;
  std::vector<context_row> contexts; ///< newest first
  std::vector<manager_row> managers;
  std::map<meeting_id, meeting_row> meetings;
  std::map<call_id, call_row> calls;
  bool reports_readable = true;
  std::map<call_id, recording_row> recordings;
  std::map<call_id, std::vector<carrier_event>> inbox;
  std::vector<outbox_entry> outbox;
  std::map<uuid, wall_time> outbox_due; ///< of those that are tried again
  std::vector<outbox_result> delivered;
  std::set<line_id> suppressed;
  std::vector<append> appends; ///< all that were asked for
  std::function<fate(const append&)> decide = [](const append&) { return fate::commit; };
  bool lists_readable = true;
  bool inbox_readable = true;
  bool meetings_readable = true;
  bool sids_readable = true;
  bool hold_enrolling = false;
  bool hold_due = false;
  bool hold_meetings = false;

  /// Events of this type in a stream.
  size_t count(const uuid& stream, const std::string& type) const;

  caf::expected<committed> write(const append& x);
  enrolled enrol(const parley::enrol& x);
  parley::reopenable may_reopen(const find_reopenable& x) const;
  outbox_entries due_deliveries(const outbox_query& x) const;
  void settle(const outbox_result& x);

  /// A promise is kept only inside its actor, so these are read as a wish when
  /// somebody asks for the events of the nil stream (see world::release).
  std::vector<std::pair<append, reply<committed>>> held;
  std::vector<std::pair<enrolled, reply<enrolled>>> enrolling;
  std::vector<std::pair<due_prospects, reply<due_prospects>>> due_asked;
  std::vector<std::pair<meeting_rows, reply<meeting_rows>>> meetings_asked;
  uint64_t position = 0;

  void release();
  void release_enrolling();
};

/// The JOURNAL port over it.
journal_port::behavior_type fake_journal(journal_port::pointer self, fake_store* store);

} // namespace parley::test
