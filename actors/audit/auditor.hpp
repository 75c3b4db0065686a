#pragma once

#include "actors/audit/check.hpp"
#include "actors/control/jobs.hpp"
#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <set>

namespace parley {

using auditor_actor = caf::typed_actor<
  // Reads the whole store and answers once: what was looked at, and findings.
  // Fails when the store cannot be read at all.
  caf::replies_to<audit_journal>::with<report>,
  // INTERNAL: the time has come to look again at what was not settled.
  caf::reacts_to<tick_atom>>;

struct auditor_state {
  explicit auditor_state(auditor_actor::pointer self) : self{self} {}
  caf::result<report> run(const audit_journal& order);
  void look_again();

  auditor_actor::pointer self;
  context_ptr ctx;
  journal_audit_port store;
  commands::progress_ptr how_far;
  static inline constexpr const char* name = "auditor";

private:
  /// A look at one stream; the store may move on under it.
  struct look {
    uuid stream;
    uint32_t tries = 0;
    uint64_t version = 0;
    audit::stream_check result;
  };
  using look_ptr = std::shared_ptr<look>;

  template <class Reply, class Question, class F>
  void ask(Question question, F then);
  void next_page(const uuid& after);
  void look_at_some();
  void look_at(const look_ptr& x);
  void hold_against_rows(const look_ptr& x);
  void again_if_moved(const look_ptr& x);
  void take(const look_ptr& x);
  void next_seals(size_t table, const uuid& after);
  /// Open calls against lines, and lines against calls.
  void compare_calls();
  std::vector<audit::finding> call_findings() const;
  void found(audit::finding x);
  void finish();

  audit_journal order_;
  std::optional<reply<report>> answer_;
  bool over_ = false;
  std::vector<uuid> waiting_;
  size_t under_way_ = 0;
  std::optional<uuid> further_; ///< the next page begins behind it
  uint64_t streams_ = 0, events_ = 0, stored_events_ = 0, rows_ = 0, erased_ = 0, busy_ = 0;
  uint64_t sealed_ = 0, sealed_erased_ = 0, unsettled_ = 0;
  std::map<call_id, audit::call_facts> calls_; ///< the open ones, and those that lines name
  std::set<call_id> ended_;
  std::map<line_id, call_id> up_; ///< lines that have a call up
  std::set<uuid> suspects_;       ///< to be looked at once more
  bool second_look_ = false;
  std::vector<audit::finding> findings_;
  uint64_t findings_total_ = 0;
};

/// Checks a journal through its audit port: every stream by replay and against
/// the rows that it makes, every sealed field, and calls against lines. What
/// changes while it is looked at is looked at again; calls and lines that do not
/// agree get a second look after some seconds, since one hears from the other.
auditor_actor::behavior_type auditor(auditor_actor::stateful_pointer<auditor_state> self, context_ptr ctx,
                                     journal_audit_port store, commands::progress_ptr how_far);

} // namespace parley
