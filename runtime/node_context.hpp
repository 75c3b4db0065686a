#pragma once

#include "runtime/alarm.hpp"
#include "runtime/clock.hpp"
#include "runtime/guard.hpp"
#include "runtime/ports/calendar.hpp"
#include "runtime/ports/compliance.hpp"
#include "runtime/ports/crm.hpp"
#include "runtime/ports/embedder.hpp"
#include "runtime/ports/enrichment.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/journal_upkeep.hpp"
#include "runtime/ports/llm.hpp"
#include "runtime/ports/mailer.hpp"
#include "runtime/ports/memory.hpp"
#include "runtime/ports/pacer.hpp"
#include "runtime/ports/shard.hpp"
#include "runtime/ports/telephony.hpp"
#include "runtime/ports/vector_index.hpp"
#include "runtime/ports/voice_model.hpp"
#include "runtime/settings/section.hpp"
#include "runtime/supervision/actor_tree.hpp"
#include "runtime/telemetry/telemetry.hpp"

#include <functional>
#include <bitset>
#include <memory>
#include <optional>
#include <vector>

namespace parley {

/// Limits that hold for all actors of a node. Real time unless it says wall.
struct actor_settings {
  std::chrono::milliseconds journal_timeout{10'000};
  /// Of an actor's own append: longer than those wait while the store is away.
  std::chrono::milliseconds append_timeout{10'000};
  std::chrono::milliseconds request_timeout{10'000}; ///< between actors
  std::chrono::milliseconds vendor_timeout{30'000};  ///< to ports, retries included
  std::chrono::milliseconds dial_timeout{15'000};
  std::chrono::milliseconds watchdog_floor{2'000}; ///< no timer that asks the carrier is shorter
  std::chrono::milliseconds drain_limit{20'000};
  /// Wall time. What the carrier was asked for and did not confirm counts as
  /// never created when two complete lists without it are this far apart.
  std::chrono::milliseconds submission_grace{600'000};
  std::chrono::milliseconds slot_check_interval{30'000};

  /// Longest way from the pacer's leave to dial to the carrier: the line commits the
  /// intent, the call loads it and asks the carrier.
  std::chrono::milliseconds dial_limit() const { return journal_timeout * 2 + dial_timeout; }

  void describe(settings::section& s) {
    using namespace std::chrono_literals;
    s.duration("journal_timeout", journal_timeout, 100ms, 5min, "For the journal's answer to a question or order.");
    s.duration("request_timeout", request_timeout, 100ms, 5min, "Between actors.");
    s.duration("vendor_timeout", vendor_timeout, 1s, 10min, "To outside systems, retries included.");
    s.duration("dial_timeout", dial_timeout, 1s, 5min, "For the carrier's answer to a dial; then nobody knows.");
    s.duration("watchdog_floor", watchdog_floor, 100ms, 5min, "Shortest wait before a call is looked up.");
    s.duration("drain_limit", drain_limit, 0s, 1h, "How long a stopping node waits for live calls.");
    s.duration("submission_grace", submission_grace, 1min, 24h,
               "Between two complete lists of the carrier without a call before it counts as never created (wall "
               "time); where no list comes for three times as long, an operator has to say.");
    s.duration("slot_check_interval", slot_check_interval, 1s, 1h,
               "Between two comparisons of the slots that are out with the open calls of the journal.");
  }
};

/// What every actor of a node is given at birth. The handles are set by the
/// node before the first message is sent and never change afterwards.
struct node_context {
  const parley::clock& clock;
  actor_tree& tree;
  parley::telemetry& telemetry;
  number_hasher hasher;
  uint64_t seed = 0; ///< of all chance on this node
  uint16_t shard_count = 16;
  uint64_t epoch = 1; ///< of the shards this node owns
  actor_settings settings;
  caf::actor_id root = 0; ///< parent of the node's own services in the tree

  journal_port journal;
  journal_upkeep_port upkeep; ///< of the same store, for operators
  telephony_port telephony;
  voice_model_port voice_model;
  llm_port llm;
  crm_port crm;
  enrichment_port enrichment;
  embedder_port embedder;
  vector_index_port vector_index;
  calendar_port calendar;
  mailer_port mailer;
  compliance_actor compliance;
  pacer_actor pacer;
  memory_actor memory;
  std::vector<shard_door> doors; ///< by shard
  /// Kinds that do not live behind our doors but behind the opposite ones, on another node.
  std::bitset<static_cast<size_t>(entity::count_)> elsewhere;
  /// By shard, if that node is known when ours are made; else each door is told.
  std::vector<shard_door> opposite_doors;

  std::string stream_secret;                     ///< of the nonces in media streams
  std::string event_uid_domain = "parley";       ///< the calendar's: an event's iCalendar UID is its id at this
  std::string caller_number;                     ///< E.164, when a campaign names none
  double media_speed = 1;                        ///< audio time per real time, over 1 only in practice
  std::chrono::milliseconds slot_expiry{20'000}; ///< the pacer's: a granted slot must be dialled by then, real time
  bool has_llm = false;                          ///< provider is not "none"
  /// Real time left until this node's own lease deadline, past which it dials
  /// nothing; empty where a store has one node and no lease.
  std::function<std::chrono::milliseconds()> lease_left;

  bool lives_here(entity kind) const { return !elsewhere.test(static_cast<size_t>(kind)); }
  const shard_door& door_of(const uuid& id) const { return doors[shard_of(id, shard_count)]; }
  /// The lease deadline as wall time, for `dial_deadline`.
  std::optional<wall_time> lease_end() const {
    return lease_left ? std::optional{clock.now() + clock.wall(lease_left())} : std::nullopt;
  }
  /// Chance for one owner: the same owner draws the same numbers in each run.
  uint64_t seed_for(const uuid& owner) const { return seed ^ std::hash<uuid>{}(owner); }
};

using context_ptr = std::shared_ptr<const node_context>;

/// First line of every behaviour: survives stray errors, enters the tree,
/// counts its messages.
inline void
begin(caf::scheduled_actor* self, const context_ptr& ctx, caf::actor_id parent, std::string kind, std::string key) {
  guard(self, ctx->tree.add(self, parent, std::move(kind), std::move(key)));
}

/// Sends an order to the one who lives under this id, wherever that is.
template <class Self, class Order>
void tell_to(Self* self, const node_context& ctx, entity kind, const uuid& id, Order what) {
  self->send(ctx.door_of(id), tell{{kind, id}, 0, std::move(what)});
}

/// Real time until wall time has moved on by `wall_delay`, at most a minute:
/// clocks are set and machines sleep, so whoever wakes looks at the clock.
inline caf::actor_clock::duration_type wake_after(const node_context& ctx, std::chrono::milliseconds wall_delay) {
  const auto real = std::min<std::chrono::nanoseconds>(ctx.clock.real(wall_delay), std::chrono::minutes{1});
  return std::max(real, std::chrono::nanoseconds{0});
}

} // namespace parley
