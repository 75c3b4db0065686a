#pragma once

#include "runtime/ids.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace parley {

/// Asks for leave to start one call; answered when a channel is free, the
/// carrier's rate allows it and it is this campaign's turn. Fails with
/// `ec::queue_full`, or `ec::wrong_state` once the campaign is closed. Another
/// request of the same prospect takes the place of its first one, which is
/// answered with `ec::abandoned`.
struct slot_request {
  campaign_id campaign;
  prospect_id prospect;
  int32_t calls_at_once = 1;                                 ///< the campaign's own limit
  std::chrono::milliseconds patience{std::chrono::hours{1}}; ///< real time: nobody waits for the answer any longer
};
PARLEY_INSPECT(slot_request, x.campaign, x.prospect, x.calls_at_once, x.patience)

struct slot_grant {
  slot_id slot;
  wall_time expires{};
};
PARLEY_INSPECT(slot_grant, x.slot, x.expires)

/// The line is about to commit an intent on this slot. Fails with
/// `ec::slot_expired` when it was revoked or is too old.
struct use_slot {
  slot_id slot;
  std::string call; ///< id of the call it is for
};
PARLEY_INSPECT(use_slot, x.slot, x.call)

struct slot_used {
  slot_id slot;
};
PARLEY_INSPECT(slot_used, x.slot)

/// The request behind this slot was handed to the carrier or given up: from
/// now on the slot only counts towards the channels that are busy.
struct slot_dialled {
  slot_id slot;
  bool known = true; ///< false: the request may still be on its way, until its `not_after`
};
PARLEY_INSPECT(slot_dialled, x.slot, x.known)

/// Answered when no dial on these slots can be handed to the carrier any more:
/// what became of it is known, it was given up, or its time is over. That is
/// within the slots' expiry, to which a margin is added. Fails with
/// `ec::queue_full` when too many ask.
struct settle_dials {
  std::vector<slot_id> slots; ///< of calls that are believed to be up; none: all slots that are out now
};
PARLEY_INSPECT(settle_dials, x.slots)

struct dials_settled {
  /// Their time is over and nobody knows what became of them, or they were asked for
  /// and are not out: they may still ring.
  uint32_t unknown = 0;
};
PARLEY_INSPECT(dials_settled, x.unknown)

/// The carrier asks for a pause (429, `Retry-After`): nothing is granted for
/// so long, real time.
struct hold_dials {
  std::chrono::milliseconds pause{0};
};
PARLEY_INSPECT(hold_dials, x.pause)

/// Whether calls can be dialled at all. While they cannot, nothing is granted
/// and a slot that was granted before may not be used.
struct open_dials {
  bool open = true;
};
PARLEY_INSPECT(open_dials, x.open)

/// The slot is free again. Returning it twice is harmless.
struct return_slot {
  slot_id slot;
};
PARLEY_INSPECT(return_slot, x.slot)

/// Opens a campaign for grants, or closes it: answered when no slot of it can
/// start a call any more.
struct gate_campaign {
  campaign_id campaign;
  bool open = true;
};
PARLEY_INSPECT(gate_campaign, x.campaign, x.open)

struct campaign_gated {
  campaign_id campaign;
  bool open = true;
};
PARLEY_INSPECT(campaign_gated, x.campaign, x.open)

/// The channel of an open call.
struct held_slot {
  slot_id slot;
  campaign_id campaign;
  bool known = false; ///< what became of its dial: the carrier named the call, or never had it
};
PARLEY_INSPECT(held_slot, x.slot, x.campaign, x.known)

/// After a restart: calls that are up and hold a channel.
struct adopt_slots {
  std::vector<held_slot> slots;
};
PARLEY_INSPECT(adopt_slots, x.slots)

/// The slots that the journal's open calls hold, to be compared with those that
/// are out: what is wrong twice in a row is put right and counted.
struct check_slots {
  std::vector<held_slot> slots;
};
PARLEY_INSPECT(check_slots, x.slots)

struct slots_checked {
  uint32_t held = 0;    ///< out by now
  uint32_t open = 0;    ///< of open calls
  uint32_t leaked = 0;  ///< out without an open call, at two checks in a row: given back
  uint32_t missing = 0; ///< an open call's, and not out, at two checks in a row: adopted
};
PARLEY_INSPECT(slots_checked, x.held, x.open, x.leaked, x.missing)

} // namespace parley
