#pragma once

#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <set>

namespace parley {

/// A CAMPAIGN_SHARD: a campaign's part in one shard. It enrols the shard's
/// prospects and wakes as many of the due ones as there is work for.
using campaign_shard_actor = caf::typed_actor<
  // What holds from now on.
  caf::reacts_to<shard_orders>,
  // A prospect went back to sleep or is through; failed ones are reported by
  // the door in the same words.
  caf::reacts_to<prospect_rested>,
  // The door gave up on a prospect that we woke: its enrolment is blocked.
  caf::reacts_to<prospect_failed>,
  // A call of one of our prospects changed its phase.
  caf::reacts_to<call_phase_changed>,
  // INTERNAL: time to look for due prospects; the door lets us go.
  caf::reacts_to<tick_atom>, caf::reacts_to<retire_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct campaign_shard_state {
  explicit campaign_shard_state(campaign_shard_actor::pointer self) : self{self} {}

  void receive(shard_orders order);
  void receive(const prospect_rested& rested);
  void receive(const prospect_failed& failed);
  void receive(const call_phase_changed& change);
  void start();
  void look();

  campaign_shard_actor::pointer self;
  context_ptr ctx;
  campaign_id id;
  uint16_t shard = 0;
  std::optional<shard_orders> orders;
  std::map<prospect_id, caf::actor_clock::time_point> awake;
  std::map<call_id, std::string> calls; ///< phase of each call that is up
  uint64_t asleep = 0;
  bool counted = false; ///< in this round
  uint64_t newly_enrolled = 0;
  uint32_t newly_ended = 0;       ///< calls that the campaign has not heard of
  uint32_t newly_failed = 0;      ///< of these
  std::set<call_id> ends_counted; ///< an end that is told again counts once
  bool enrolling = true;
  /// Of this round: whose block may be gone is looked for, in the order of ids,
  /// a page at a time; those of a page are waited for before the next one.
  struct reopening_round {
    bool through = false;
    wall_time begun{};
    std::optional<prospect_id> after;
    std::set<prospect_id> told;
  } reopening;
  bool looking = false;
  bool look_again = false;
  alarm timer;
  static inline constexpr const char* name = "campaign_shard";

private:
  void tell_prospect(prospect_id prospect, order what);
  void set_aside(prospect_id prospect);
  bool running() const { return orders && orders->status == campaign_status::running; }
  size_t window() const;
  void enrol_more();
  void reopen_more();
  void reopened(const prospect_rested& rested);
  void wake_due();
  void looked();
  bool may_have_more() const;
  void report();
};

campaign_shard_actor::behavior_type
campaign_shard(campaign_shard_actor::stateful_pointer<campaign_shard_state> self, context_ptr ctx,
               caf::actor_id parent_id, campaign_id id, uint16_t shard);

} // namespace parley
