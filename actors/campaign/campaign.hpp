#pragma once

#include "actors/campaign/breaker.hpp"
#include "actors/campaign/core.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// The CAMPAIGN: policy, status and counters; steers its parts in the shards.
using campaign_actor = caf::typed_actor<
  // A manager's command; answered when it is in force everywhere.
  // `ec::wrong_state` when it does not fit, `ec::not_found` for no campaign.
  caf::replies_to<campaign_command>::with<campaign_state>,
  // Answered when the turn is stored. `ec::not_found` for no campaign or none
  // of its account managers.
  caf::replies_to<assign_manager>::with<manager_assigned>,
  // A part's counters. Too many failed calls among them pause it.
  caf::reacts_to<shard_progress>,
  // Whoever is new on the list takes part, if it runs.
  caf::reacts_to<prospects_added>,
  // Pauses it and keeps the reason.
  caf::reacts_to<campaign_trouble>,
  // INTERNAL: the door lets us go.
  caf::reacts_to<tick_atom>, caf::reacts_to<retire_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct campaign_actor_state {
  explicit campaign_actor_state(campaign_actor::pointer self) : self{self} {}

  void start(context_ptr context, campaign_id campaign);
  caf::result<campaign_state> command(const campaign_command& order);
  caf::result<manager_assigned> assign(const assign_manager& order);
  void receive(const shard_progress& progress);
  void receive(const prospects_added& news);
  void receive(const campaign_trouble& trouble);

  campaign_actor::pointer self;
  context_ptr ctx;
  campaign_id id;
  aggregate<campaigns::core> journal;
  std::map<uint16_t, shard_progress> parts; ///< that follow the current orders
  uint64_t round = 0;                       ///< of the current orders
  uint64_t enrolled = 0;
  campaigns::breaker breaker;
  uint64_t asked = 0; ///< names requests until their effect is performed
  std::map<uint64_t, reply<campaign_state>> commands;
  std::map<uint64_t, reply<manager_assigned>> assignments;
  std::vector<std::function<void()>> before_load;
  static inline constexpr const char* name = "campaign";

private:
  void when_loaded(std::function<void()> what);
  void run(campaign_action action, const reply<campaign_state>& answer);
  void assign(const std::string& owner, const reply<manager_assigned>& answer);
  void perform(campaigns::core::effect& effect);
  void enforce(const campaigns::do_enforce& what);
  void begin_round();
  void count_ended(const shard_progress& progress);
  void send_orders(bool cancel_ringing, bool hang_up);
  shard_orders orders(bool cancel_ringing, bool hang_up) const;
  campaign_state view() const;
};

campaign_actor::behavior_type campaign(campaign_actor::stateful_pointer<campaign_actor_state> self, context_ptr ctx,
                                       caf::actor_id parent_id, campaign_id id);

} // namespace parley
