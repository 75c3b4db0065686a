#include "runtime/supervision/actor_tree.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>

namespace parley {

void actor_tree::add(caf::local_actor* self, caf::actor_id parent, std::string kind, std::string key) {
  {
    std::lock_guard lock{mutex_};
    entries_[self->id()] = {parent, std::move(kind), std::move(key), self->address(), std::chrono::steady_clock::now()};
  }
  self->attach_functor([this, id = self->id()](const caf::error&) {
    std::lock_guard lock{mutex_};
    entries_.erase(id);
  });
}

std::map<caf::actor_id, actor_entry> actor_tree::snapshot() const {
  std::lock_guard lock{mutex_};
  return entries_;
}

std::optional<actor_entry> actor_tree::find(caf::actor_id id) const {
  std::lock_guard lock{mutex_};
  const auto found = entries_.find(id);
  return found == entries_.end() ? std::nullopt : std::optional{found->second};
}

size_t actor_tree::count(const std::string& kind) const {
  std::lock_guard lock{mutex_};
  return static_cast<size_t>(
    std::count_if(entries_.begin(), entries_.end(), [&](const auto& x) { return x.second.kind == kind; }));
}

size_t actor_tree::size() const {
  std::lock_guard lock{mutex_};
  return entries_.size();
}

} // namespace parley
