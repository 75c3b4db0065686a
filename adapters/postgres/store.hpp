#pragma once

#include "adapters/postgres/key_table.hpp"
#include "adapters/postgres/migrations.hpp"
#include "runtime/clock.hpp"
#include "runtime/journal/store_identity.hpp"

namespace parley {

/// An opened store: no other node has it while it lives.
class postgres_store {
public:
  const postgres_settings& settings() const { return settings_; }
  const store_identity& identity() const { return identity_; }
  /// Seals and opens with the keys of the table.
  const parley::sealer& sealer() const { return sealer_; }
  postgres::key_table& keys() const { return *keys_; }
  postgres::vector_column vectors() const { return vectors_; }
  /// Names this process among those that write.
  const uuid& writer() const { return writer_; }

  /// A connection that holds the node's lock, to write by. The first one is
  /// the one that opened the store. Throws `connection_lost` as long as the
  /// database is away or the lost session of ours still has the lock, and
  /// `sql::refusal` (`ec::append_refused`) once another node has the shards.
  std::unique_ptr<postgres::session> connect_writer();
  std::unique_ptr<postgres::session> connect_reader() const;
  std::unique_ptr<postgres::session> connect_reports() const;

private:
  friend std::shared_ptr<postgres_store>
  open_store(const postgres_settings&, const clock_origin&, std::optional<uint64_t>);
  friend std::shared_ptr<postgres_store> open_stopped_store(const postgres_settings&);
  postgres_store(postgres_settings settings, std::shared_ptr<postgres::key_table> keys)
    : settings_{std::move(settings)}, keys_{std::move(keys)}, sealer_{keys_} {}

  postgres_settings settings_;
  std::shared_ptr<postgres::key_table> keys_;
  parley::sealer sealer_;
  store_identity identity_;
  postgres::vector_column vectors_ = postgres::vector_column::real_array;
  uuid writer_;
  std::unique_ptr<postgres::session> first_; ///< holds the lock until the writer takes it over
};

/// Opens the store, and makes it at the first start: 256 shards, a hash secret
/// by chance, the wanted clock origin. Afterwards the stored origin counts.
/// Brings the schema up to date and claims all shards with a new epoch. To be
/// called before the actors start. Throws `store_unusable` when the
/// database is not there, another node has it, it is of a newer Parley, or runs
/// at another clock speed.
/// @param chance Seed of the hash secret, only for practice, where the same
///        seed shall make the same ids; nothing: by true chance.
std::shared_ptr<postgres_store> open_store(const postgres_settings& settings, const clock_origin& wanted,
                                           std::optional<uint64_t> chance = std::nullopt);

/// Opens a store that no node runs on, to look at it: nothing is changed and no
/// shard claimed. Other nodes are kept out while it lives. Throws
/// `store_unusable`.
std::shared_ptr<postgres_store> open_stopped_store(const postgres_settings& settings);

} // namespace parley
