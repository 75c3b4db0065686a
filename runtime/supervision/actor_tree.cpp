#include "runtime/supervision/actor_tree.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <cassert>
#include <limits>

namespace parley {

/// Rows and steps while the lock is held once: some 20 microseconds, a few
/// times that where each step asks who is above.
static constexpr size_t rows_at_once = 128;
static constexpr size_t steps_at_once = 256;
/// Actors of a kind that are asked whether they belong to a page, before the
/// part of the tree that it shows is walked instead.
static constexpr size_t asked_at_most = 8'192;

// Positions go on rising when the node is started again, so that a reader
// that comes back with an old one learns that it missed something.
actor_tree::actor_tree()
  : position_{static_cast<uint64_t>(
    std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count())} {}

std::shared_ptr<actor_tally>
actor_tree::add(caf::local_actor* self, caf::actor_id parent, std::string kind, std::string key) {
  const auto id = self->id();
  auto tally = std::make_shared<actor_tally>();
  tally->failed = [this, id](const std::string& what) { trouble(id, what); };
  {
    std::lock_guard lock{mutex_};
    auto& kind_entry = *kinds_.try_emplace(std::move(kind)).first;
    assert(!entries_.contains(id));
    living born{parent, &kind_entry, std::move(key), self->address(), std::chrono::steady_clock::now(), tally};
    auto& tallies = kind_entry.second.tallies;
    born.place = tallies.size();
    ++kind_entry.second.sums.born;
    if (const auto before = failed_.find(kind_entry.first + '/' + born.key); before != failed_.end()) {
      born.restarts = before->second.count;
      born.last_error = before->second.reason;
      born.last_error_at = before->second.at;
      ++kind_entry.second.sums.restarted;
    }
    auto& siblings = children_[parent];
    siblings.insert(siblings.end(), id);
    if (!entries_.contains(parent))
      roots_.insert(id);
    note(tree_change::kind::born, id, born, {});
    const auto entered = entries_.insert_or_assign(entries_.end(), id, std::move(born));
    auto& of_kind = kind_entry.second.living_ones;
    of_kind.insert_or_assign(of_kind.end(), id, &entered->second);
    counted fresh{id, &entered->second, tally.get()};
    fresh.seen_at = entered->second.born;
    tallies.push_back(fresh);
  }
  self->attach_functor([this, id](const caf::error& reason) { remove(id, reason); });
  return tally;
}

// What ends an actor and is no failure: its own wish, somebody's order, and
// that nobody needs it any more.
static std::string failure_of(const caf::error& reason) {
  if (!reason || reason == caf::exit_reason::user_shutdown || reason == caf::exit_reason::kill
      || reason == caf::exit_reason::unreachable)
    return {};
  return failure_name(reason);
}

void actor_tree::counted::add_news_to(kind_figures& sums) {
  const auto bring = [](uint64_t& sum, uint64_t& before, uint64_t now) {
    sum += now - before; // a backlog that shrinks wraps around, twice
    before = now;
  };
  bring(sums.handled, handled, tally->handled.load(std::memory_order_relaxed));
  bring(sums.troubles, troubles, tally->troubles.load(std::memory_order_relaxed));
  bring(sums.backlog, backlog, tally->backlog.load(std::memory_order_relaxed));
}

void actor_tree::remove(caf::actor_id id, const caf::error& reason) {
  const auto why = failure_of(reason);
  std::lock_guard lock{mutex_};
  const auto found = entries_.find(id);
  if (found == entries_.end())
    return;
  const auto& x = found->second;
  auto& kind = x.kind->second;
  kind.living_ones.erase(id);
  auto& last_words = kind.tallies[x.place];
  last_words.add_news_to(kind.sums);
  kind.sums.backlog -= last_words.backlog; // nobody will handle it
  kind.tallies.back().who->place = x.place;
  std::swap(last_words, kind.tallies.back());
  kind.tallies.pop_back();
  if (const auto siblings = children_.find(x.parent); siblings != children_.end()) {
    siblings->second.erase(id);
    if (siblings->second.empty())
      children_.erase(siblings);
  }
  roots_.erase(id);
  if (const auto orphans = children_.find(id); orphans != children_.end())
    roots_.insert(orphans->second.begin(), orphans->second.end());
  if (!why.empty()) {
    ++kind.sums.failed;
    remember_failure(x, why);
  }
  note(why.empty() ? tree_change::kind::ended : tree_change::kind::failed, id, x, why);
  entries_.erase(found);
}

void actor_tree::remember_failure(const living& x, const std::string& reason) {
  auto name = x.kind->first + '/' + x.key;
  auto [found, fresh] = failed_.try_emplace(name);
  ++found->second.count;
  found->second.reason = reason;
  found->second.at = std::chrono::steady_clock::now();
  if (!fresh)
    return;
  failed_order_.push_back(std::move(name));
  if (failed_order_.size() > failures_max) {
    failed_.erase(failed_order_.front());
    failed_order_.pop_front();
  }
}

void actor_tree::trouble(caf::actor_id id, const std::string& what) {
  std::lock_guard lock{mutex_};
  const auto found = entries_.find(id);
  if (found == entries_.end())
    return;
  found->second.last_error = what;
  found->second.last_error_at = std::chrono::steady_clock::now();
  note(tree_change::kind::trouble, id, found->second, what);
}

void actor_tree::note(tree_change::kind what, caf::actor_id id, const living& x, std::string reason) {
  changes_.push_back(
    {++position_, what, id, x.parent, x.kind->first, x.key, std::move(reason), std::chrono::system_clock::now()});
  if (changes_.size() > changes_max)
    changes_.pop_front();
}

actor_entry actor_tree::entry_of(caf::actor_id id, const living& x) const {
  const auto below = children_.find(id);
  return {x.parent,
          x.kind->first,
          x.key,
          x.address,
          x.born,
          x.tally,
          below == children_.end() ? 0 : below->second.size(),
          x.restarts,
          x.last_error,
          x.last_error_at,
          x.kind->second.tallies[x.place].rate};
}

std::optional<actor_entry> actor_tree::find(caf::actor_id id) const {
  std::lock_guard lock{mutex_};
  const auto found = entries_.find(id);
  return found == entries_.end() ? std::nullopt : std::optional{entry_of(id, found->second)};
}

// The lock is held.
bool actor_tree::is_within(caf::actor_id id, const tree_query& query) const {
  uint32_t level = 1;
  for (auto at = id;; ++level) {
    if (query.depth != 0 && level > query.depth)
      return false;
    if (at == query.under)
      return true;
    const auto found = entries_.find(at);
    if (found == entries_.end())
      return false;
    if (query.under == 0 && !entries_.contains(found->second.parent))
      return true;
    at = found->second.parent;
  }
}

// Level by level; a few thousand steps, then others may have the lock. Who
// comes or goes meanwhile is in it or not.
std::vector<caf::actor_id> actor_tree::subtree(const tree_query& query) const {
  std::vector<caf::actor_id> all;
  std::unique_lock lock{mutex_};
  if (query.under == 0)
    all.assign(roots_.begin(), roots_.end());
  else if (entries_.contains(query.under))
    all.push_back(query.under);
  size_t steps = 0;
  size_t begin = 0;
  for (uint32_t level = 1; begin < all.size() && (query.depth == 0 || level < query.depth); ++level) {
    const auto end = all.size();
    for (; begin < end; ++begin) {
      const auto below = children_.find(all[begin]);
      if (below != children_.end()) {
        all.insert(all.end(), below->second.begin(), below->second.end());
        steps += below->second.size();
      }
      if (++steps >= steps_at_once) {
        steps = 0;
        lock.unlock();
        lock.lock();
      }
    }
  }
  return all;
}

/// Goes through these in the order of birth. False if that took too many steps.
template <class Ordered>
bool actor_tree::walk(const Ordered& all, const tree_query& query, size_t enough, size_t steps_max,
                      std::vector<caf::actor_id>& ids) const {
  const bool everywhere = query.under == 0 && query.depth == 0;
  std::unique_lock lock{mutex_};
  auto last = query.after;
  auto next = all.upper_bound(last);
  for (size_t steps = 1; ids.size() < enough && next != all.end(); ++steps, ++next) {
    if (steps > steps_max)
      return false;
    if (steps % steps_at_once == 0) {
      lock.unlock();
      lock.lock();
      next = all.upper_bound(last);
      if (next == all.end())
        break;
    }
    last = next->first;
    if (everywhere || is_within(last, query))
      ids.push_back(last);
  }
  return true;
}

void actor_tree::keep_those_of(const figures_of_kind& kind, std::vector<caf::actor_id>& ids) const {
  std::unique_lock lock{mutex_};
  size_t steps = 0;
  std::erase_if(ids, [&](auto id) {
    if (++steps % steps_at_once == 0) {
      lock.unlock();
      lock.lock();
    }
    return !kind.living_ones.contains(id);
  });
}

/// The ids of a page and one more, if there is one.
std::vector<caf::actor_id> actor_tree::choose(const tree_query& query, size_t enough) const {
  constexpr auto no_limit = std::numeric_limits<size_t>::max();
  const bool everywhere = query.under == 0 && query.depth == 0;
  std::vector<caf::actor_id> ids;
  const figures_of_kind* kind = nullptr;
  if (!query.kind.empty()) {
    {
      std::lock_guard lock{mutex_};
      const auto found = kinds_.find(query.kind);
      if (found == kinds_.end())
        return ids;
      kind = &found->second; // kinds stay where they are
    }
    if (walk(kind->living_ones, query, enough, everywhere ? no_limit : asked_at_most, ids))
      return ids;
  } else if (everywhere) {
    walk(entries_, query, enough, no_limit, ids);
    return ids;
  }
  // Of all kinds, or of one that mostly lives elsewhere.
  ids = subtree(query);
  std::erase_if(ids, [&](auto id) { return id <= query.after; });
  if (kind)
    keep_those_of(*kind, ids);
  const auto kept = std::min(enough, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(kept), ids.end());
  ids.resize(kept);
  return ids;
}

std::vector<tree_row> actor_tree::rows_of(const std::vector<caf::actor_id>& ids) const {
  std::vector<tree_row> rows;
  rows.reserve(ids.size());
  for (size_t begin = 0; begin < ids.size(); begin += rows_at_once) {
    std::lock_guard lock{mutex_};
    for (auto i = begin; i < std::min(begin + rows_at_once, ids.size()); ++i)
      if (const auto found = entries_.find(ids[i]); found != entries_.end())
        rows.push_back({ids[i], entry_of(ids[i], found->second)});
  }
  return rows;
}

tree_page actor_tree::page(const tree_query& query) const {
  if (query.by != tree_order::born || !query.with.empty())
    return best(query);
  const auto limit = query.limit == 0 ? std::numeric_limits<size_t>::max() - 1 : size_t{query.limit};
  auto ids = choose(query, limit + 1);
  tree_page out;
  out.more = ids.size() > limit;
  ids.resize(std::min(ids.size(), limit));
  out.rows = rows_of(ids);
  return out;
}

tree_changes actor_tree::changes(uint64_t since, uint32_t limit) const {
  std::lock_guard lock{mutex_};
  tree_changes out;
  out.position = position_;
  if (since == 0 || since == position_)
    return out;
  const auto before_first = position_ - changes_.size();
  out.lost = since < before_first || since > position_;
  if (out.lost)
    since = before_first;
  const auto count = std::min<uint64_t>(limit, position_ - since);
  const auto begin = changes_.begin() + static_cast<std::ptrdiff_t>(since - before_first);
  out.changes.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
  out.position = since + count;
  return out;
}

// Others may have the lock in between: who ends then brings its last news
// itself, and who takes its place unseen brings them the next time.
std::map<std::string, kind_figures> actor_tree::figures() const {
  std::map<std::string, kind_figures> out;
  std::unique_lock lock{mutex_};
  for (auto& [name, kind] : kinds_) {
    for (size_t i = 0; i < kind.tallies.size(); ++i) {
      if (i % steps_at_once == steps_at_once - 1) {
        lock.unlock();
        lock.lock();
        if (i >= kind.tallies.size())
          break;
      }
      kind.tallies[i].add_news_to(kind.sums);
    }
    auto sums = kind.sums;
    sums.living = kind.living_ones.size();
    out.emplace(name, sums);
  }
  return out;
}

std::map<caf::actor_id, actor_entry> actor_tree::snapshot() const {
  std::lock_guard lock{mutex_};
  std::map<caf::actor_id, actor_entry> out;
  for (const auto& [id, x] : entries_)
    out.emplace_hint(out.end(), id, entry_of(id, x));
  return out;
}

size_t actor_tree::count(const std::string& kind) const {
  std::lock_guard lock{mutex_};
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? 0 : found->second.living_ones.size();
}

std::map<std::string, size_t> actor_tree::counts() const {
  std::lock_guard lock{mutex_};
  std::map<std::string, size_t> out;
  for (const auto& [name, kind] : kinds_)
    if (!kind.living_ones.empty())
      out.emplace(name, kind.living_ones.size());
  return out;
}

size_t actor_tree::size() const {
  std::lock_guard lock{mutex_};
  return entries_.size();
}

} // namespace parley
