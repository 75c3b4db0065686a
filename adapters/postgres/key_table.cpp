#include "adapters/postgres/key_table.hpp"

#include "adapters/postgres/migrations.hpp"
#include "adapters/postgres/values.hpp"

#include <set>

namespace parley::postgres {

using namespace std::chrono_literals;

/// Bound of the cache: about 10 MB.
static constexpr size_t cached_keys_max = 100'000;
/// So long another node's erasure may take to be noticed here.
static constexpr auto cached_for = 1min;

key_table::key_table(connect_function connect, const sealing_key& master, table wanted)
  : connect_{std::move(connect)}, master_{master}, session_{connect_()} {
  if (wanted == table::made)
    make_key_table(*session_);
}

pqxx::result key_table::run(const char* sql, const std::vector<parameter>& parameters) {
  if (session_) {
    try {
      return session_->run(sql, parameters);
    } catch (const connection_lost&) { // below with another one
      session_.reset();
    }
  }
  session_ = connect_();
  try {
    return session_->run(sql, parameters);
  } catch (const connection_lost&) {
    session_.reset();
    throw;
  }
}

const key_table::known_key* key_table::cached(const uuid& subject) const {
  const auto at = cache_.find(subject);
  if (at == cache_.end())
    return nullptr;
  // A destroyed key stays destroyed.
  return !at->second.key || std::chrono::steady_clock::now() - at->second.read < cached_for ? &at->second : nullptr;
}

void key_table::read(const std::vector<uuid>& subjects) {
  array ids;
  for (const auto& subject : subjects)
    ids.add(subject);
  auto row
    = rows_of(run("SELECT subject, wrapped FROM parley_keys.keys WHERE subject = ANY ($1::uuid[])", {ids.done()}));
  if (cache_.size() + subjects.size() > cached_keys_max)
    cache_.clear(); // rare, and they are quickly read again
  const auto now = std::chrono::steady_clock::now();
  while (row.next()) {
    const auto subject = row.get<uuid>(0);
    cache_[subject] = {row.is_null(1) ? std::nullopt : std::optional{unwrap_key(row.bytes(1), master_, subject)}, now};
  }
}

void key_table::prepare(const std::vector<uuid>& subjects) {
  std::lock_guard guard{mutex_};
  std::set<uuid> unknown; // in order, so that two nodes do not wait for each other
  for (const auto& subject : subjects)
    if (!cached(subject))
      unknown.insert(subject);
  if (unknown.empty())
    return;
  const std::vector<uuid> all{unknown.begin(), unknown.end()};
  read(all);
  array ids;
  array wrapped;
  for (const auto& subject : all)
    if (!cached(subject)) {
      const auto fresh = wrap_key(random_key(), master_, subject);
      ids.add(subject);
      wrapped.add(sql::blob{fresh});
    }
  if (ids.empty())
    return;
  // Committed by itself: a key without a field harms nobody.
  run("INSERT INTO parley_keys.keys (subject, wrapped) SELECT * FROM unnest($1::uuid[], $2::bytea[]) "
      "ON CONFLICT (subject) DO NOTHING",
      {ids.done(), wrapped.done()});
  read(all);
}

std::optional<sealing_key> key_table::obtain(const uuid& subject) {
  {
    std::lock_guard guard{mutex_};
    if (const auto* known = cached(subject))
      return known->key;
  }
  prepare({subject});
  std::lock_guard guard{mutex_};
  const auto* known = cached(subject);
  if (!known)
    throw failure{"", "the key of a subject was stored and is not there"};
  return known->key;
}

std::optional<sealing_key> key_table::find(const uuid& subject) {
  std::lock_guard guard{mutex_};
  if (!cached(subject))
    read({subject});
  const auto* known = cached(subject);
  return known ? known->key : std::nullopt;
}

void key_table::destroy(const uuid& subject) {
  if (!subject)
    throw std::invalid_argument{"the store's own key cannot be destroyed"};
  std::lock_guard guard{mutex_};
  run("INSERT INTO parley_keys.keys (subject, destroyed_at) VALUES ($1::uuid, now()) ON CONFLICT (subject) DO UPDATE "
      "SET wrapped = NULL, destroyed_at = coalesce(parley_keys.keys.destroyed_at, excluded.destroyed_at)",
      {to_string(subject)});
  cache_[subject] = {std::nullopt, {}};
  // The row as it was lies in the table until it is cleared away.
  session_->execute("VACUUM parley_keys.keys");
}

} // namespace parley::postgres
