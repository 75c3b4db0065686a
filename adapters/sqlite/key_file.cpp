#include "adapters/sqlite/key_file.hpp"

#include "runtime/clock.hpp"

#include <sqlite3.h>

namespace parley::sqlite {

/// Bound of the cache: about 10 MB.
static constexpr size_t cached_keys_max = 100'000;

key_file::key_file(const std::filesystem::path& file, const sealing_key& master, std::chrono::milliseconds busy_timeout)
  : db_{file, database::access::write, busy_timeout}, master_{master} {
  db_.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
  db_.execute("CREATE TABLE IF NOT EXISTS keys ("
              "subject UUID BLOB PRIMARY KEY, wrapped BLOB, destroyed_at INSTANT INTEGER) WITHOUT ROWID");
}

std::optional<sealing_key> key_file::load(const uuid& subject, bool& known) {
  known = true;
  if (const auto at = cache_.find(subject); at != cache_.end())
    return at->second;
  auto row = db_.query("SELECT wrapped FROM keys WHERE subject = ?", subject);
  known = row.next();
  if (!known)
    return std::nullopt;
  std::optional<sealing_key> key;
  if (!row.is_null(0))
    key = unwrap_key(row.bytes(0), master_, subject);
  remember(subject, key);
  return key;
}

void key_file::remember(const uuid& subject, const std::optional<sealing_key>& key) {
  if (cache_.size() >= cached_keys_max)
    cache_.clear(); // rare, and they are quickly read again
  cache_[subject] = key;
}

std::optional<sealing_key> key_file::obtain(const uuid& subject) {
  std::lock_guard guard{mutex_};
  bool known = false;
  if (auto key = load(subject, known); known)
    return key;
  const auto key = random_key();
  try {
    if (!db_.in_transaction())
      db_.execute("BEGIN IMMEDIATE");
    db_.run("INSERT INTO keys (subject, wrapped) VALUES (?, ?)", subject, blob{wrap_key(key, master_, subject)});
  } catch (const failure&) {
    forget_unpersisted();
    throw;
  }
  unpersisted_.push_back(subject);
  remember(subject, key);
  return key;
}

std::optional<sealing_key> key_file::find(const uuid& subject) {
  std::lock_guard guard{mutex_};
  bool known = false;
  return load(subject, known);
}

// A key that never reached the disk must not seal anything again.
void key_file::forget_unpersisted() {
  for (const auto& subject : unpersisted_)
    cache_.erase(subject);
  unpersisted_.clear();
  if (db_.in_transaction())
    db_.execute("ROLLBACK");
}

void key_file::persist() {
  std::lock_guard guard{mutex_};
  commit();
}

void key_file::commit() {
  if (unpersisted_.empty() && !db_.in_transaction())
    return;
  try {
    if (!db_.in_transaction()) // SQLite rolled back by itself, the disk is full
      throw failure{SQLITE_FULL, "new keys could not be stored"};
    db_.execute("COMMIT");
    unpersisted_.clear();
  } catch (const failure&) {
    forget_unpersisted();
    throw;
  }
}

void key_file::destroy(const uuid& subject) {
  if (!subject)
    throw std::invalid_argument{"the store's own key cannot be destroyed"};
  std::lock_guard guard{mutex_};
  commit();
  db_.run("INSERT INTO keys (subject, wrapped, destroyed_at) VALUES (?, NULL, ?) ON CONFLICT (subject) DO UPDATE SET "
          "wrapped = NULL, destroyed_at = coalesce(destroyed_at, excluded.destroyed_at)",
          subject, wall_time{real_now()});
  cache_[subject] = std::nullopt;
  // The log still holds the page as it was.
  db_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

} // namespace parley::sqlite
