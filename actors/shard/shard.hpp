#pragma once

#include "actors/shard/outbox.hpp"
#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>

namespace parley {

/// A SHARD: the one door to the actors of its ids. Starts them when an order
/// comes, lets them end when they have nothing to do, starts them again when
/// they fail, and delivers the shard's outbox. What lives on another node is
/// passed on to the same shard's door there. While that is away, orders for it
/// are dropped, as if the node had died with them in its mailboxes: all that
/// counts is in the journal, and who waits for an answer asks again.
struct shard_state {
  explicit shard_state(shard_door::pointer self) : self{self} {}

  void start(context_ptr context, uint16_t shard);
  void receive(tell order);
  void retire(const retire_request& request);
  void child_ended(const caf::down_msg& down);
  void look();

  void receive(const carrier_event& event);
  /// The door behind which the kinds live that do not live here.
  void meet(const caf::actor& door);

  template <class Handle, class Reply, class Message>
  caf::result<Reply> pass_on(entity kind, const uuid& id, const Message& message);

  struct child {
    caf::actor handle;   ///< typed by kind; cast where it is used
    uint64_t orders = 0; ///< handed to it so far
  };
  struct failures {
    uint32_t count = 0;
    caf::actor_clock::time_point first;
  };

  shard_door::pointer self;
  context_ptr ctx;
  uint16_t number = 0;
  std::map<entity_key, child> children;
  std::map<caf::actor_addr, entity_key> keys;
  std::map<entity_key, failures> failed;
  shard_door opposite;               ///< none: nothing lives elsewhere, or that node is away
  uint64_t lost = 0;                 ///< orders for whom nobody was there to take them
  std::optional<outbox_pump> outbox; ///< where the shard's prospects live
  alarm timer;
  static inline constexpr const char* name = "shard";

  /// The living actor of this key, started if need be.
  child& of(const entity_key& key);

private:
  template <class Message>
  void hand_over(const Message& message);
  void prospect_ended(prospect_id prospect, const caf::error& reason, bool too_often);
  caf::actor spawn(const entity_key& key);
};

shard_door::behavior_type shard(shard_door::stateful_pointer<shard_state> self, context_ptr ctx, uint16_t number);

} // namespace parley
