#pragma once

#include "adapters/sqlite/database.hpp"
#include "runtime/journal/sealing.hpp"

#include <vector>

namespace parley::sqlite {

/// Sealing keys in a database file of their own, wrapped with the master key.
/// Apart from the journal, so that backups of the journal hold no key and a
/// destroyed one is gone for all of them.
class key_file final : public key_store {
public:
  /// Throws `failure` or `sealing_failed` (another master key).
  key_file(const std::filesystem::path& file, const sealing_key& master, std::chrono::milliseconds busy_timeout);

  std::optional<sealing_key> obtain(const uuid& subject) override;
  std::optional<sealing_key> find(const uuid& subject) override;
  void persist() override;
  void destroy(const uuid& subject) override;

private:
  std::optional<sealing_key> load(const uuid& subject, bool& known);
  void remember(const uuid& subject, const std::optional<sealing_key>& key);
  void commit();
  void forget_unpersisted();

  std::mutex mutex_;
  database db_;
  const sealing_key master_;
  /// Recently used keys; empty for a destroyed one.
  std::unordered_map<uuid, std::optional<sealing_key>> cache_;
  std::vector<uuid> unpersisted_;
};

} // namespace parley::sqlite
