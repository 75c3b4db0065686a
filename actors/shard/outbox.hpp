#pragma once

#include "runtime/node_context.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <set>

namespace parley {

/// Delivers a shard's outbox: in order per prospect, at least once, each with
/// its own key, so that the other side can tell a repetition. Each kind of
/// vendor has a share of what is under way at once, so that one who hangs holds
/// up nobody's deliveries to the others. Part of the shard's actor.
class outbox_pump {
public:
  outbox_pump(shard_door::pointer self, context_ptr ctx, uint16_t shard);
  /// Looks for due deliveries, unless a look is under way or nobody can take
  /// any more.
  void look();
  size_t in_flight() const { return in_flight_.size(); }

private:
  /// Whose share a delivery takes.
  enum class taker : uint8_t { crm, calendar, mailer, telephony, nobody };
  struct under_way {
    prospect_id prospect;
    taker to;
  };

  static taker taker_of(const std::string& kind);
  size_t in_flight(taker to) const;
  bool has_room() const;
  bool has_room(taker to) const;
  /// Itself, or another one to the same person, whose order counts.
  bool waits_for_one_under_way(const outbox_row& row) const;
  void take(const outbox_entries& found, uint32_t rows);

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
  std::map<uuid, under_way> in_flight_;
  bool looking_ = false;
  bool look_again_ = false;                  ///< something was settled meanwhile
  std::set<uuid> settled_;                   ///< during a look, whose answer may show them as they were before
  uint32_t rows_;                            ///< for how many a wide look asks
  caf::actor_clock::time_point wide_from_{}; ///< looks before this are narrow
};

} // namespace parley
