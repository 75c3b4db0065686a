#pragma once

#include "runtime/node_context.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// Delivers a shard's outbox: in order per prospect, at least once, each with
/// its own key, so that the other side can tell a repetition. Part of the
/// shard's actor.
class outbox_pump {
public:
  outbox_pump(shard_door::pointer self, context_ptr ctx, uint16_t shard);
  /// Looks for due deliveries, unless a look is under way.
  void look();
  size_t in_flight() const { return in_flight_; }

private:
  void deliver(const outbox_entry& entry);
  /// A call's recording comes home, then the carrier's copy goes; what is
  /// stored already is not fetched again.
  void bring_home(const outbox_entry& entry, const keep_recording& what);
  void fetch(const outbox_entry& entry, const keep_recording& what);
  /// A recording of a call that has ended is not told yet: what our inbox holds
  /// of it, then what the carrier shows, is told to the call.
  void expect(const outbox_entry& entry, const keep_recording& what);
  void ask_for_recording(const outbox_entry& entry, const keep_recording& what);
  void tell_call(const keep_recording& what, bool available, std::chrono::seconds duration);
  void remove(const outbox_entry& entry, const keep_recording& what);
  void settle(const outbox_entry& entry, std::string detail);
  void fail(const outbox_entry& entry, const caf::error& e);
  void write(outbox_result result);

  shard_door::pointer self_;
  context_ptr ctx_;
  uint16_t shard_;
  size_t in_flight_ = 0;
  bool looking_ = false;
};

} // namespace parley
