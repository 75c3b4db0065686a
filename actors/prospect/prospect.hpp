#pragma once

#include "actors/prospect/core.hpp"
#include "actors/research/research.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// A PROSPECT: one person, awake only while something happens to them.
using prospect_actor = caf::typed_actor<
  // The campaign's turn has come for this person.
  caf::reacts_to<wake_prospect>,
  // The campaign no longer runs.
  caf::reacts_to<campaign_halted>,
  // What blocked an enrolment may be gone.
  caf::reacts_to<reopen_enrolment>,
  // The line's decision on our request.
  caf::reacts_to<dial_answer>,
  // Our call is over.
  caf::reacts_to<call_ended>,
  // Nobody can find out what became of our call.
  caf::reacts_to<call_unresolved>,
  // INTERNAL: something took too long, or the door lets us go.
  caf::reacts_to<tick_atom>, caf::reacts_to<retire_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct prospect_state {
  explicit prospect_state(prospect_actor::pointer self) : self{self} {}

  void start(context_ptr context, shard_door parent, prospect_id prospect);
  void receive(wake_prospect order);
  void receive(const campaign_halted& order);
  void receive(const reopen_enrolment& order);
  void receive(const dial_answer& answer);
  void receive(const call_ended& end);
  void receive(const call_unresolved& told);
  void look_around();
  void rest();

  prospect_actor::pointer self;
  context_ptr ctx;
  shard_door door;
  prospect_id id;
  aggregate<prospects::core> journal;
  std::optional<campaign_policy> policy; ///< of the campaign that woke us; one at a time
  uint64_t turn = 0;                     ///< grows with each waking: an answer to an earlier one is of no use
  std::optional<prospect_row> person;    ///< as it was at the turn's beginning
  research_actor researcher;
  std::vector<std::string> recalled; ///< what memory knows, newest first
  std::optional<meeting_row> next_meeting;
  const char* busy_with = ""; ///< what we wait for; empty when nothing
  caf::actor_clock::time_point busy_since;
  std::vector<std::function<void()>> before_load;
  uint64_t handled = 0;
  alarm timer;
  bool halted = false;
  static inline constexpr const char* name = "prospect";

private:
  void continue_with();
  void research();
  void find_time();
  void hear_time(const call_time& time);
  void recall_then_ask(const call_time& time);
  void find_meeting(const call_time& time);
  void ask_slot(const call_time& time);
  void ask_line(const slot_grant& grant, const call_time& time);
  void refuse();
  bool talks_elsewhere(campaign_id campaign);
  void lie_down();
  void end_turn();
  void give_up(uint64_t of_turn, const caf::error& e, const char* what);
  uint64_t chance() const;
  uuid ledger_id() const;
  void set_busy(const char* what);
  void perform(prospects::core::effect& effect);
  template <class Order>
  bool too_early(Order& order);
};

prospect_actor::behavior_type prospect(prospect_actor::stateful_pointer<prospect_state> self, context_ptr ctx,
                                       shard_door parent, caf::actor_id parent_id, prospect_id id);

} // namespace parley
