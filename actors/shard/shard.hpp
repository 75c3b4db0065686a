#pragma once

#include "actors/shard/outbox.hpp"
#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>

namespace parley {

/// A SHARD: the one door to the actors of its ids. Starts them when an order
/// comes, lets them end when they have nothing to do, starts them again when
/// they fail, and delivers the shard's outbox.
struct shard_state {
  explicit shard_state(shard_door::pointer self) : self{self} {}

  void start(context_ptr context, uint16_t shard);
  void receive(tell order);
  void retire(const retire_request& request);
  void child_ended(const caf::down_msg& down);
  void look();

  template <class Handle, class Message>
  auto pass_on(entity kind, const uuid& id, const Message& message);

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
  std::optional<outbox_pump> outbox;
  alarm timer;
  static inline constexpr const char* name = "shard";

  /// The living actor of this key, started if need be.
  child& of(const entity_key& key);

private:
  void prospect_ended(prospect_id prospect, const caf::error& reason, bool too_often);
  caf::actor spawn(const entity_key& key);
};

shard_door::behavior_type shard(shard_door::stateful_pointer<shard_state> self, context_ptr ctx, uint16_t number);

} // namespace parley
