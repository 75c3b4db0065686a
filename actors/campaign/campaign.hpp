#pragma once

#include "actors/campaign/core.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// The CAMPAIGN: policy, status and counters; steers its parts in the shards.
using campaign_actor = caf::typed_actor<
  // A manager's command; answered when it is in force everywhere.
  // `ec::wrong_state` when it does not fit, `ec::not_found` for no campaign.
  caf::replies_to<campaign_command>::with<campaign_state>,
  // A part's counters.
  caf::reacts_to<shard_progress>,
  // INTERNAL: reminds the parts, and the door lets us go.
  caf::reacts_to<tick_atom>, caf::reacts_to<retire_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct campaign_actor_state {
  explicit campaign_actor_state(campaign_actor::pointer self) : self{self} {}

  void start(context_ptr context, campaign_id campaign);
  caf::result<campaign_state> command(const campaign_command& order);
  void receive(const shard_progress& progress);

  campaign_actor::pointer self;
  context_ptr ctx;
  campaign_id id;
  aggregate<campaigns::core> journal;
  std::map<uint16_t, shard_progress> parts;
  uint64_t enrolled = 0;
  std::deque<std::pair<campaign_action, reply<campaign_state>>> commands; ///< in force in this order
  bool enforcing = false;
  std::vector<std::function<void()>> before_load;
  static inline constexpr const char* name = "campaign";

private:
  void run(campaign_action action, const reply<campaign_state>& answer);
  void perform(campaigns::core::effect& effect);
  void enforce(campaign_action action);
  void send_orders(bool cancel_ringing, bool hang_up);
  campaign_state view() const;
};

campaign_actor::behavior_type campaign(campaign_actor::stateful_pointer<campaign_actor_state> self, context_ptr ctx,
                                       caf::actor_id parent_id, campaign_id id);

} // namespace parley
