#pragma once

#include "runtime/guard.hpp"
#include "runtime/supervision/tree_order.hpp"

#include <caf/actor_addr.hpp>
#include <caf/local_actor.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley {

struct actor_entry {
  caf::actor_id parent = 0;
  std::string kind; ///< as in the tree of docs/architecture.md
  std::string key;  ///< id of what it stands for, never a number or name
  caf::actor_addr address;
  std::chrono::steady_clock::time_point born;
  std::shared_ptr<const actor_tally> tally;
  uint64_t children = 0;
  uint64_t restarts = 0;  ///< how often one of this kind and key failed before
  std::string last_error; ///< name of its code, empty if there was none; also one that ended it before
  std::chrono::steady_clock::time_point last_error_at;
  double rate = 0; ///< messages a second, when a page sorted them last
};

/// Which actors a page shows. They stand in the order of their birth: parents come
/// before their children, newborns at the end, so that pages stay whole while the
/// tree moves. A page that is chosen by something else is the only one.
struct tree_query {
  caf::actor_id under = 0; ///< 0: the whole tree
  uint32_t depth = 0;      ///< levels, `under` itself being the first; 0: all
  std::string kind;        ///< empty: all
  caf::actor_id after = 0; ///< the last id of the page before
  uint32_t limit = 0;      ///< 0: all
  std::string with{};      ///< in kind, key or last error, or the id itself; empty: all
  tree_order by = tree_order::born;
  bool reversed = false; ///< the last ones by that come onto the page
};

struct tree_row {
  caf::actor_id id = 0;
  actor_entry entry;
};

struct tree_page {
  std::vector<tree_row> rows;
  bool more = false;
  std::optional<size_t> matching{}; ///< how many there are, where all were looked at
  bool sorted = false;              ///< has no next page; rates are known
};

struct tree_change {
  enum class kind : uint8_t { born, ended, failed, trouble };
  uint64_t position = 0;
  kind what = kind::born; ///< `failed`: ended by an error; `trouble`: an error that it survived
  caf::actor_id id = 0;
  caf::actor_id parent = 0;
  std::string actor_kind;
  std::string key;
  std::string reason; ///< name of the error's code
  std::chrono::system_clock::time_point at;
};

struct tree_changes {
  uint64_t position = 0; ///< for the next time
  bool lost = false;     ///< some were forgotten before they were read: read the tree anew
  std::vector<tree_change> changes;
};

/// Of one kind, since the node started.
struct kind_figures {
  uint64_t living = 0;
  uint64_t born = 0;
  uint64_t failed = 0;    ///< ended by an error
  uint64_t restarted = 0; ///< born after one of the same key had failed
  uint64_t handled = 0;   ///< messages
  uint64_t troubles = 0;  ///< errors that were survived
  uint64_t backlog = 0;   ///< messages that wait, by the last samples
};

/// Who lives, under whom. CAF 0.17 cannot list actors, so each enters itself
/// here at birth; it leaves when it ends. Holds no state of anybody: that is
/// asked of the living actor. Outlives the actor system.
///
/// Any thread. The lock is held for a few microseconds at a birth or an end,
/// for at most some hundred rows of a page or steps through the tree, never by
/// an actor that handles a message: looking at the tree costs the node next to
/// nothing.
class actor_tree {
public:
  static constexpr size_t changes_max = 16'384;
  static constexpr size_t failures_max = 4'096; ///< kinds and keys whose failures are remembered

  actor_tree();

  /// Called by the actor itself. What it counts from now on goes there.
  std::shared_ptr<actor_tally> add(caf::local_actor* self, caf::actor_id parent, std::string kind, std::string key);

  std::optional<actor_entry> find(caf::actor_id id) const;
  tree_page page(const tree_query& query) const;
  /// Changes behind this position, oldest first; 0: none yet, but where to go on.
  tree_changes changes(uint64_t since, uint32_t limit) const;
  /// One look at each living actor's counters, which stand in a row for that.
  /// What has been handled never becomes less from one time to the next.
  std::map<std::string, kind_figures> figures() const;

  /// All at once; for small trees and for ending a node.
  std::map<caf::actor_id, actor_entry> snapshot() const;
  size_t size() const;
  /// How many of this kind live.
  size_t count(const std::string& kind) const;
  std::map<std::string, size_t> counts() const;

private:
  struct living;
  /// What of a living actor's counters is in the sums of its kind already.
  struct counted {
    caf::actor_id id;
    living* who;
    const actor_tally* tally;
    uint64_t handled = 0;
    uint64_t troubles = 0;
    uint64_t backlog = 0;
    // For the rate: what was handled when somebody looked last.
    uint64_t seen = 0;
    std::chrono::steady_clock::time_point seen_at{};
    double rate = 0; // messages a second up to then

    void look(std::chrono::steady_clock::time_point now);
    void add_news_to(kind_figures& sums);
  };
  struct figures_of_kind {
    kind_figures sums;
    std::vector<counted> tallies; // in no order: the last one takes the place of one that ends
    std::map<caf::actor_id, living*> living_ones;
  };
  using kinds = std::map<std::string, figures_of_kind, std::less<>>;
  struct living {
    caf::actor_id parent;
    kinds::value_type* kind; // nodes of a map stay where they are
    std::string key;
    caf::actor_addr address;
    std::chrono::steady_clock::time_point born;
    std::shared_ptr<actor_tally> tally;
    uint64_t restarts = 0;
    std::string last_error;
    std::chrono::steady_clock::time_point last_error_at;
    size_t place = 0; // in its kind's `tallies`
  };
  struct failures {
    uint64_t count = 0;
    std::string reason;
    std::chrono::steady_clock::time_point at;
  };

  void remove(caf::actor_id id, const caf::error& reason);
  void trouble(caf::actor_id id, const std::string& what);
  void remember_failure(const living& x, const std::string& reason);
  void note(tree_change::kind what, caf::actor_id id, const living& x, std::string reason);
  actor_entry entry_of(caf::actor_id id, const living& x) const;
  std::vector<caf::actor_id> subtree(const tree_query& query) const;
  bool is_within(caf::actor_id id, const tree_query& query) const;
  template <class Ordered>
  bool walk(const Ordered& all, const tree_query& query, size_t enough, size_t steps_max,
            std::vector<caf::actor_id>& ids) const;
  void keep_those_of(const figures_of_kind& kind, std::vector<caf::actor_id>& ids) const;
  std::vector<caf::actor_id> choose(const tree_query& query, size_t enough) const;
  std::vector<tree_row> rows_of(const std::vector<caf::actor_id>& ids) const;
  // tree_choice.cpp
  struct placed;
  void look() const;
  placed place_of(caf::actor_id id, const living& x, tree_order by) const;
  std::vector<placed> places(const tree_query& query, std::deque<std::string>& words) const;
  std::vector<placed> places_by_rate(const tree_query& query) const;
  tree_page best(const tree_query& query) const;

  mutable std::mutex mutex_; // guards all below
  std::map<caf::actor_id, living> entries_;
  mutable kinds kinds_; // `figures` and `look` bring them up to date
  mutable std::chrono::steady_clock::time_point looked_at_;
  std::unordered_map<caf::actor_id, std::set<caf::actor_id>> children_; // by parent, living ones
  std::set<caf::actor_id> roots_;                                       // whose parent is not here
  std::deque<tree_change> changes_;
  uint64_t position_;                      // of the last change
  std::map<std::string, failures> failed_; // by kind and key
  std::deque<std::string> failed_order_;   // oldest first
};

} // namespace parley
