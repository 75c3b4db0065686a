#pragma once

#include "adapters/postgres/migrations.hpp"
#include "adapters/postgres/values.hpp"
#include "runtime/messages/rows.hpp"

#include <map>
#include <tuple>

namespace parley::postgres {

/// Rows of one transaction, written table by table: one statement for each,
/// however many rows. Where a key comes twice, the last row counts.
class row_batch {
public:
  row_batch(const sealer& seal, uint16_t shards, vector_column vectors)
    : seal_{seal}, shards_{shards}, vectors_{vectors} {}

  /// The row must outlive the batch.
  void add(const row& x) {
    std::visit([this](const auto& r) { add(r); }, x);
  }
  void add(const prospect_row& x) { put(x); }
  void add(const campaign_row& x) { put(x); }
  void add(const enrolment_row& x) { put(x); }
  void add(const call_row& x) { put(x); }
  void add(const meeting_row& x) { put(x); }
  void add(const manager_row& x) { put(x); }
  void add(const context_row& x) { put(x); }
  void add(const ledger_row& x) { put(x); }
  void add(const recording_row& x) { put(x); }
  void add(const suppression_row& x) { suppressions_.push_back(&x); }
  void add(const due_row& x) { due_[{x.campaign, x.prospect}] = &x; }
  void add(const outbox_row& x) { outbox_.push_back(&x); }

  /// Whose keys the rows need.
  void subjects(std::vector<uuid>& out) const;

  /// Writes all, what others refer to first.
  void write(session& db);

private:
  using key = std::pair<uuid, uuid>; // in order, so that two nodes never wait for each other
  template <class Row>
  using rows_by_key = std::map<key, const Row*>;

  template <class Row>
  void put(const Row& x) {
    const auto fields = tables::table<Row>::fields(x);
    const uuid& first = std::get<0>(fields);
    if constexpr (tables::table<Row>::keys == 2)
      std::get<rows_by_key<Row>>(by_key_)[{first, std::get<1>(fields)}] = &x;
    else
      std::get<rows_by_key<Row>>(by_key_)[{first, {}}] = &x;
  }
  template <class Row>
  void upsert(session& db);
  void write_suppressions(session& db);
  void write_due(session& db);
  void write_outbox(session& db);

  const sealer& seal_;
  const uint16_t shards_;
  const vector_column vectors_;
  std::tuple<rows_by_key<prospect_row>, rows_by_key<campaign_row>, rows_by_key<enrolment_row>, rows_by_key<call_row>,
             rows_by_key<meeting_row>, rows_by_key<manager_row>, rows_by_key<context_row>, rows_by_key<ledger_row>,
             rows_by_key<recording_row>>
    by_key_;
  std::vector<const suppression_row*> suppressions_;
  rows_by_key<due_row> due_;
  std::vector<const outbox_row*> outbox_;
};

} // namespace parley::postgres
