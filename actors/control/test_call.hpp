#pragma once

#include "runtime/node_context.hpp"
#include "runtime/ports/control.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <string>

namespace parley {

/// One call to a number whose owner agreed to it a moment ago.
struct test_call_order {
  std::string campaign;   ///< unique name of the campaign that such calls belong to
  campaign_policy policy; ///< of that campaign, if it has to be made; without its id
  prospect_row person;    ///< a new one for each call, with the consent; without the seller
};

/// A TEST_CALL: a worker that takes one person through a campaign of test
/// calls. The call goes the way of every call: the same research, gate, line
/// and carrier. What differs is that it happens now or not at all: whoever
/// agreed to be called now is not called tomorrow.
///
/// Ends when the call is over, or when it is clear that there is none.
using test_call_actor = control_port::extend<
  // "call test": answered once the call is under way, with the ids of call,
  // prospect and campaign. `ec::wrong_state` with the reason when there will be
  // no call. The arguments are not read.
  //
  // INTERNAL: time to look how far it is.
  caf::reacts_to<tick_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

struct test_call_state {
  explicit test_call_state(test_call_actor::pointer self) : self{self} {}
  caf::result<control_answer> begin_call();
  void look();

  test_call_actor::pointer self;
  context_ptr ctx;
  test_call_order order;
  campaign_id campaign;
  bool known = false; ///< the campaign exists already
  std::optional<call_id> call;
  caf::actor_clock::time_point began;
  std::string step = "idle";
  alarm timer;
  std::optional<reply<control_answer>> asker;
  static inline constexpr const char* name = "test_call";

private:
  void find_campaign();
  void check_time();
  void make_campaign();
  void store_person();
  void launch();
  void judge(const std::string& report);
  void tell_call(call_id id);
  void refuse(const std::string& why);
  void retire(const std::string& why);
  void end();
  auto fails();
};

/// @param order Its person's id lies in the shard of the number.
test_call_actor::behavior_type test_call(test_call_actor::stateful_pointer<test_call_state> self, context_ptr ctx,
                                         caf::actor_id parent_id, test_call_order order);

} // namespace parley
