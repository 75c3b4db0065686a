#pragma once

#include "runtime/messages/booking.hpp"
#include "runtime/messages/inspection.hpp"

#include <variant>

namespace parley {

/// What lives behind a shard's door, each found by kind and id.
enum class entity : uint8_t { campaign, campaign_shard, prospect, line, call, diary, count_ };
PARLEY_NAMES(entity, "campaign", "campaign_shard", "prospect", "line", "call", "diary")

struct entity_key {
  entity kind = entity::prospect;
  uuid id; ///< of a campaign_shard: the campaign's
  auto operator<=>(const entity_key&) const = default;
};
PARLEY_INSPECT(entity_key, x.kind, wire::checked(x.kind), x.id)

/// Every order that may come through a door.
using order = std::variant<shard_progress, shard_orders, prospect_rested, call_phase_changed, wake_prospect,
                           campaign_halted, dial_answer, call_ended, dial_request, line_released, suppress_line,
                           start_call, ask_call_end, end_call, carrier_event, release_slot, prospects_added,
                           campaign_trouble, calendar_changed, call_unresolved, reopen_enrolment>;

/// The one message that crosses nodes: the door of the key's shard hands the
/// order to its actor, starting it when it sleeps. An epoch other than the
/// shard's current one is refused (0 means: whoever owns it now).
struct tell {
  entity_key to;
  uint64_t epoch = 0;
  order what;
};
PARLEY_INSPECT(tell, x.to, x.epoch, x.what)

/// A child has nothing to do and has handled `handled` orders: if no other
/// order is on its way, the door forgets it and lets it end.
struct retire_request {
  entity_key key;
  uint64_t handled = 0;
};
PARLEY_INSPECT(retire_request, x.key, x.handled)

} // namespace parley
