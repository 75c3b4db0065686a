#pragma once

#include "adapters/postgres/session.hpp"
#include "runtime/journal/sealing.hpp"

#include <mutex>

namespace parley::postgres {

/// Sealing keys in the table parley_keys.keys, wrapped with the master key.
/// Every node of a store reads and makes them there: who is first has made the
/// key, so that two nodes never seal with different ones.
class key_table final : public key_store {
public:
  using connect_function = std::function<std::unique_ptr<session>()>;

  /// Whether a table that is not there is made.
  enum class table : uint8_t { made, found };

  /// Connects, and makes the table at the first time unless it is to be found.
  key_table(connect_function connect, const sealing_key& master, table wanted = table::made);

  std::optional<sealing_key> obtain(const uuid& subject) override;
  std::optional<sealing_key> find(const uuid& subject) override;
  void persist() override {} ///< a key is stored before it is handed out
  void destroy(const uuid& subject) override;

  /// Makes or reads the keys of many in one go, before they are obtained one by
  /// one.
  void prepare(const std::vector<uuid>& subjects);

private:
  struct known_key {
    std::optional<sealing_key> key; ///< empty: destroyed
    std::chrono::steady_clock::time_point read;
  };
  const known_key* cached(const uuid& subject) const;
  void read(const std::vector<uuid>& subjects);
  /// A lost connection is made anew once: reading or making a key twice
  /// changes nothing.
  pqxx::result run(const char* sql, const std::vector<parameter>& parameters);

  connect_function connect_;
  const sealing_key master_;
  std::mutex mutex_;
  std::unique_ptr<session> session_;
  std::unordered_map<uuid, known_key> cache_;
};

} // namespace parley::postgres
