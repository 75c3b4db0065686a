#pragma once

#include <caf/actor_addr.hpp>
#include <caf/local_actor.hpp>

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace parley {

struct actor_entry {
  caf::actor_id parent = 0;
  std::string kind; ///< as in the tree of docs/architecture.md
  std::string key;  ///< id of what it stands for, never a number or name
  caf::actor_addr address;
  std::chrono::steady_clock::time_point born;
};

/// Who lives, under whom. CAF 0.17 cannot list actors, so each enters itself
/// here at birth; it leaves when it ends. Holds no state of anybody: that is
/// asked of the living actor. Outlives the actor system.
class actor_tree {
public:
  void add(caf::local_actor* self, caf::actor_id parent, std::string kind, std::string key);
  std::map<caf::actor_id, actor_entry> snapshot() const;
  std::optional<actor_entry> find(caf::actor_id id) const;
  size_t size() const;
  /// How many of this kind live.
  size_t count(const std::string& kind) const;

private:
  mutable std::mutex mutex_;
  std::map<caf::actor_id, actor_entry> entries_;
};

} // namespace parley
