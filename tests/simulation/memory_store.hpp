#pragma once

#include "tests/simulation/store.hpp"

#include <map>
#include <set>

namespace parley::simulation {

/// The journal's semantics in plain containers: versions, epochs, the inbox's
/// uniqueness, due rows, the outbox in order per person. What it does is held
/// against the real store by the same campaigns (docs/simulation.md).
class memory_store final : public store {
public:
  explicit memory_store(uint16_t shards, uint64_t seed);

  uint16_t shards() const override { return shards_; }
  number_hasher::secret secret() const override { return secret_; }
  uint64_t claim() override { return ++epoch_; }
  std::vector<uuid> streams_of(stream_kind kind) override;

  caf::expected<committed> ask(const append& x) override;
  caf::expected<inbox_recorded> ask(const record_inbox& x) override;
  caf::expected<enrolled> ask(const enrol& x) override;
  caf::expected<prospects_imported> ask(const import_prospects& x) override;
  caf::expected<national_list_imported> ask(const import_national_list& x) override;
  caf::expected<committed> ask(const outbox_result& x) override;
  caf::expected<outbox_changed> ask(const outbox_order& x) override;

  caf::expected<loaded_stream> ask(const load_stream& x) override;
  caf::expected<events_read> ask(const read_events& x) override;
  caf::expected<due_prospects> ask(const due_query& x) override;
  caf::expected<prospect_row> ask(const load_prospect& x) override;
  caf::expected<enrolment_row> ask(const load_enrolment& x) override;
  caf::expected<list_hits> ask(const check_lists& x) override;
  caf::expected<inbox_events> ask(const read_inbox& x) override;
  caf::expected<known_sids> ask(const find_known_sids& x) override;
  caf::expected<meeting_rows> ask(const load_meetings& x) override;
  caf::expected<open_calls> ask(const find_open_calls& x) override;
  caf::expected<outbox_entries> ask(const outbox_query& x) override;
  caf::expected<context_rows> ask(const load_context& x) override;
  caf::expected<campaign_rows> ask(const load_campaigns& x) override;
  caf::expected<recording_row> ask(const load_recording& x) override;
  caf::expected<manager_rows> ask(const load_managers& x) override;
  caf::expected<report> ask(const report_query& x) override;
  caf::expected<context_page> ask(const find_stale_context& x) override;
  caf::expected<context_page> ask(const load_vectors& x) override;
  caf::expected<prospect_page> ask(const search_prospects& x) override;
  caf::expected<prospect_page> ask(const load_targets& x) override;
  caf::expected<reopenable> ask(const find_reopenable& x) override;

private:
  bool may_reopen(const enrolment_row& row, wall_time before) const;
  using enrolment_key = std::pair<campaign_id, prospect_id>;
  struct stream {
    stream_kind kind = stream_kind::campaign;
    std::string state;
    std::string personal_state;
    std::vector<stored_event> events; ///< as many as its version
  };
  struct delivery_row {
    outbox_row row;
    wall_time due{};
    uint32_t tries = 0;
    delivery state = delivery::again; ///< again: waiting
    bool dropped = false;             ///< by an operator; counts as neither
    bool waits() const { return state == delivery::again && !dropped; }
  };
  struct list_copy {
    std::string version;
    wall_time date{};
    std::set<int64_t> numbers;
  };

  uint16_t home(const uuid& id) const { return shard_of(id, shards_); }
  std::string why_not(const append& x) const;
  bool first_in_line(size_t index) const;
  bool overtaken(size_t index) const;
  void retry(size_t index, wall_time at);
  void put(const prospect_row& x) { prospects_[x.id] = x; }
  void put(const campaign_row& x) { campaigns_[x.id] = x; }
  void put(const enrolment_row& x) { enrolments_[{x.campaign, x.prospect}] = x; }
  void put(const call_row& x) { calls_[x.id] = x; }
  void put(const meeting_row& x) { meetings_[x.id] = x; }
  void put(const manager_row& x) { managers_[x.id] = x; }
  void put(const context_row& x) { contexts_[x.id] = x; }
  void put(const ledger_row& x) { ledger_.push_back(x); }
  void put(const suppression_row& x);
  void put(const due_row& x);
  void put(const outbox_row& x);
  void put(const recording_row& x) { recordings_[x.call] = x; }

  uint16_t shards_;
  number_hasher::secret secret_{};
  uint64_t epoch_ = 0;
  uint64_t position_ = 0;
  std::map<uuid, stream> streams_;
  std::map<prospect_id, prospect_row> prospects_;
  std::map<campaign_id, campaign_row> campaigns_;
  std::map<enrolment_key, enrolment_row> enrolments_;
  std::map<enrolment_key, wall_time> due_;
  std::map<call_id, call_row> calls_;
  std::map<meeting_id, meeting_row> meetings_;
  std::map<manager_id, manager_row> managers_;
  std::map<uuid, context_row> contexts_;
  std::map<call_id, recording_row> recordings_;
  std::vector<ledger_row> ledger_;
  std::map<line_id, bool> suppressed_; ///< false: taken off again
  std::map<std::string, list_copy> lists_;
  std::map<std::string, list_copy> incoming_;
  std::vector<carrier_event> inbox_;
  std::set<std::tuple<std::string, std::string, uint32_t>> inbox_keys_;
  std::vector<delivery_row> outbox_;
};

} // namespace parley::simulation
