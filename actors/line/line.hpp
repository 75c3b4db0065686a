#pragma once

#include "actors/line/core.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <set>

namespace parley {

/// The LINE of one phone number: decides every dial to it. A number has one
/// line, whoever shares it.
using line_actor = caf::typed_actor<
  // Runs the gate and, if all allows it, commits the intent. Answered by a
  // `dial_answer` order to the prospect.
  caf::reacts_to<dial_request>,
  // The call that was up is over.
  caf::reacts_to<line_released>,
  // Puts the number on our own do-not-call list or takes it off; refuses what is
  // not decided yet and what its call has not been told. Answered at once when
  // no dial is under way, else when it is settled, by its `not_after` and a
  // margin at the latest. What goes on the list is stored already or is told again: the
  // answer does not wait for the line's own commit.
  caf::replies_to<suppress_line>::with<line_settled>,
  // INTERNAL: nothing to do for a while; or the door lets us go.
  caf::reacts_to<tick_atom>, caf::reacts_to<retire_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct line_state {
  explicit line_state(line_actor::pointer self) : self{self} {}
  ~line_state();

  void start(context_ptr context, shard_door parent, line_id line);
  void receive(dial_request request);
  void receive(const line_released& order);
  caf::result<line_settled> receive(const suppress_line& order);
  void rest();

  line_actor::pointer self;
  context_ptr ctx;
  shard_door door;
  line_id id;
  aggregate<lines::core> journal;
  id_source ids{0};
  std::deque<dial_request> waiting; ///< one gate at a time, so that caps count every attempt
  bool gating = false;
  std::set<slot_id> slots; ///< in our hands: neither returned nor a call's yet
  std::vector<std::function<void()>> before_load;
  size_t settling = 0; ///< who asked waits for the end of a dial
  uint64_t handled = 0;
  alarm timer;
  static inline constexpr const char* name = "line";

private:
  void next();
  void check_lists();
  void check_gate(const list_hits& lists);
  void confirm_slot(gate_answer gate);
  void finish(const gate_answer& gate, bool slot_ok);
  void give_up(const caf::error& e, const char* reason, const char* sentence);
  void refuse(const dial_answer& answer);
  void return_to_pacer(slot_id slot);
  void suppress(const suppress_line& order, const reply<line_settled>& answer);
  void settle(const reply<line_settled>& answer);
  void perform(lines::core::effect& effect);
};

line_actor::behavior_type line(line_actor::stateful_pointer<line_state> self, context_ptr ctx, shard_door parent,
                               caf::actor_id parent_id, line_id id);

} // namespace parley
