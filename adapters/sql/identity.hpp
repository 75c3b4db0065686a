#pragma once

#include "runtime/journal/sealing.hpp"
#include "runtime/journal/store_identity.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace parley::sql {

/// What the store keeps about itself in its table `meta`.
struct identity_source {
  std::function<std::optional<std::string>(const std::string& key)> stored; ///< a key's value, none if it lacks
  std::string name;                                                         ///< of the store, as operators know it
  std::string keys;                                                         ///< where its keys lie
};

/// Reads it and opens the hash secret, which also shows whether the keys belong
/// to the store; the epoch is left to the caller. Throws `store_unusable` with
/// the remedy, `sealing_failed` under another master key.
store_identity read_identity(const identity_source& from, const sealer& seal);

/// What a new store's `meta` begins with: the hash secret, sealed, and what is
/// fixed for the store's life.
/// @param chance  of practice: the same makes the same ids; else the secret is random
std::map<std::string, std::string>
new_identity(const sealer& seal, const clock_origin& origin, uint16_t shards, std::optional<uint64_t> chance);

/// Throws `store_unusable` when the store was made for a clock of another speed.
/// @param remedy  what to do instead of starting with that speed
void check_speed(const store_identity& made, const clock_origin& wanted, const std::string& where,
                 const std::string& remedy);

} // namespace parley::sql
