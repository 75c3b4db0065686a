// Pages of the tree that show what matters: of all actors those that have a
// text, and the first of them by a figure.
#include "runtime/supervision/actor_tree.hpp"

#include <algorithm>
#include <limits>

namespace parley {

using namespace std::chrono_literals;

/// Steps while the lock is held once, each some hundred nanoseconds.
static constexpr size_t looked_at_once = 128;
/// Rates are taken anew no sooner, so that two who look share them.
static constexpr auto look_interval = 900ms;
/// A rate since longer ago than this says nothing about now.
static constexpr auto look_memory = 10s;
/// Over less than this a rate is chance.
static constexpr auto look_span_min = 50ms;

/// Counters so many places further on are asked of the memory in time.
static constexpr size_t fetched_ahead = 8;

/// What an actor is placed by; the smallest comes first. A hundred thousand of
/// them are moved about, so it owns nothing.
struct actor_tree::placed {
  caf::actor_id id = 0;
  double figure = 0;
  std::string_view word;

  bool before(const placed& other, bool reversed) const {
    if (figure != other.figure)
      return (figure < other.figure) != reversed;
    if (const auto by_word = word.compare(other.word); by_word != 0)
      return (by_word < 0) != reversed;
    return id < other.id;
  }
};

/// Goes through the living as their counters stand in a row, which with 100,000
/// takes some milliseconds. Others may have the lock in between: who takes the
/// place of one that ends meanwhile may be left out.
template <class Kinds, class Visit>
static void each_counted(Kinds& kinds, std::unique_lock<std::mutex>& lock, Visit visit) {
  for (auto& [name, kind] : kinds)
    for (size_t i = 0; i < kind.tallies.size(); ++i) {
      if (i % looked_at_once == looked_at_once - 1) {
        lock.unlock();
        lock.lock();
        if (i >= kind.tallies.size())
          break;
      }
      if (i + fetched_ahead < kind.tallies.size())
        __builtin_prefetch(&kind.tallies[i + fetched_ahead].tally->handled);
      visit(kind.tallies[i]);
    }
}

// Who is left out is looked at the next time, over the time that has passed since.
void actor_tree::look() const {
  const auto now = std::chrono::steady_clock::now();
  std::unique_lock lock{mutex_};
  if (now - looked_at_ < look_interval)
    return;
  looked_at_ = now;
  each_counted(kinds_, lock, [now](counted& x) { x.look(now); });
}

void actor_tree::counted::look(std::chrono::steady_clock::time_point now) {
  const auto span = now - seen_at;
  if (span < look_span_min)
    return;
  const auto handled_now = tally->handled.load(std::memory_order_relaxed);
  rate = span > look_memory ? 0 : static_cast<double>(handled_now - seen) / std::chrono::duration<double>{span}.count();
  seen = handled_now;
  seen_at = now;
}

// The lock is held, and words stand where they are only as long.
actor_tree::placed actor_tree::place_of(caf::actor_id id, const living& x, tree_order by) const {
  const auto figure = [](const auto& counter) { return -static_cast<double>(counter.load(std::memory_order_relaxed)); };
  switch (by) {
    case tree_order::rate: return {id, -x.kind->second.tallies[x.place].rate, {}};
    case tree_order::backlog: return {id, figure(x.tally->backlog), {}};
    case tree_order::errors: return {id, figure(x.tally->troubles) - static_cast<double>(x.restarts), {}};
    case tree_order::age: return {id, static_cast<double>(x.born.time_since_epoch().count()), {}};
    case tree_order::handled: return {id, figure(x.tally->handled), {}};
    case tree_order::children: {
      const auto below = children_.find(id);
      return {id, below == children_.end() ? 0 : -static_cast<double>(below->second.size()), {}};
    }
    case tree_order::kind: return {id, 0, x.kind->first};
    case tree_order::key: return {id, 0, x.key};
    default: return {id, 0, {}};
  }
}

// The page that `parley top` shows all the time: nobody is looked up in the tree.
std::vector<actor_tree::placed> actor_tree::places_by_rate(const tree_query& query) const {
  std::vector<placed> out;
  std::unique_lock lock{mutex_};
  out.reserve(entries_.size());
  each_counted(kinds_, lock, [&](const counted& x) {
    if (x.id > query.after)
      out.push_back({x.id, -x.rate, {}});
  });
  return out;
}

/// Keeps a word behind the others, in a few large pieces: a hundred thousand
/// small ones would be far apart.
static std::string_view kept(std::string_view word, std::deque<std::string>& words) {
  constexpr size_t piece = 65'536;
  if (words.empty() || words.back().capacity() - words.back().size() < word.size())
    words.emplace_back().reserve(std::max(piece, word.size()));
  auto& last = words.back();
  const auto at = last.size();
  last += word; // within its room: what was kept before stays where it is
  return std::string_view{last}.substr(at);
}

/// @param words Keeps the keys that are compared: their actors may end.
std::vector<actor_tree::placed> actor_tree::places(const tree_query& query, std::deque<std::string>& words) const {
  std::vector<placed> out;
  const auto take = [&](caf::actor_id id, const living& x) {
    const auto& text = query.with;
    if (text.empty() || x.kind->first.find(text) != std::string::npos || x.key.find(text) != std::string::npos
        || x.last_error.find(text) != std::string::npos || std::to_string(id) == text) {
      out.push_back(place_of(id, x, query.by));
      if (query.by == tree_order::key)
        out.back().word = kept(out.back().word, words);
    }
  };
  size_t steps = 0;
  std::unique_lock lock{mutex_, std::defer_lock};
  if (query.under == 0 && query.depth == 0 && query.kind.empty()) { // the whole tree in one go
    if (query.by == tree_order::rate && query.with.empty())
      return places_by_rate(query);
    lock.lock();
    out.reserve(query.with.empty() ? entries_.size() : 0);
    for (auto next = entries_.upper_bound(query.after); next != entries_.end();) {
      take(next->first, next->second);
      if (++steps % looked_at_once != 0) {
        ++next;
        continue;
      }
      const auto last = next->first;
      lock.unlock();
      lock.lock();
      next = entries_.upper_bound(last);
    }
    return out;
  }
  const auto ids = choose(query, std::numeric_limits<size_t>::max());
  lock.lock();
  for (const auto id : ids) {
    if (const auto found = entries_.find(id); found != entries_.end())
      take(id, found->second);
    if (++steps % looked_at_once == 0) {
      lock.unlock();
      lock.lock();
    }
  }
  return out;
}

tree_page actor_tree::best(const tree_query& query) const {
  if (query.by != tree_order::born)
    look();
  std::deque<std::string> words;
  auto all = places(query, words);
  tree_page out;
  out.matching = all.size();
  out.sorted = query.by != tree_order::born;
  const auto limit = query.limit == 0 ? all.size() : size_t{query.limit};
  out.more = all.size() > limit;
  if (out.more) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(limit), all.end(),
                     [&query](const placed& a, const placed& b) { return a.before(b, query.reversed); });
    all.resize(limit);
  }
  std::vector<caf::actor_id> ids;
  ids.reserve(all.size());
  for (const auto& one : all)
    ids.push_back(one.id);
  std::sort(ids.begin(), ids.end()); // as on every page: parents before their children
  out.rows = rows_of(ids);
  return out;
}

} // namespace parley
