#pragma once

#include "runtime/names.hpp"

#include <cstdint>
#include <string>

namespace parley::simulation {

/// What must hold whatever goes wrong (docs/simulation.md).
enum class promise : uint8_t {
  one_dial,    ///< no call and no attempt is submitted twice
  one_ring,    ///< no number rings twice at once, and no attempt twice
  in_time,     ///< no dial after its `not_after`
  known,       ///< no dial and no talk that the journal does not know of
  lawful,      ///< no dial outside the law's hours
  limits,      ///< attempts, calls per day and calls at once
  left_alone,  ///< no dial after an opt-out
  orders_kept, ///< no dial of a campaign that is paused or stopped; an order to hang up outlives a crash
  inbox_first, ///< no webhook is acknowledged before it is stored
  slots,       ///< slots are where the open calls are
  one_truth,   ///< what lives and what the events come to is what is stored
  one_end,     ///< each call ends once, with one disposition
  true_end,    ///< the disposition is what carrier and person did
  delivered,   ///< CRM, calendar and mail show what the journal says, once
  one_meeting, ///< nobody is booked twice
  finished,    ///< everything that was begun comes to its end
  nobody_lost, ///< whoever waits for a call is woken for it
  sound,       ///< the node and the harness themselves
  count_
};
PARLEY_NAMES(promise, "one_dial", "one_ring", "in_time", "known", "lawful", "limits", "left_alone", "orders_kept",
             "inbox_first", "slots", "one_truth", "one_end", "true_end", "delivered", "one_meeting", "finished",
             "nobody_lost", "sound")

/// A promise that was broken, and how.
struct breach {
  promise which = promise::sound;
  std::string what;
  bool operator==(const breach&) const = default;
};

/// Bugs that a test plants to see that they are found.
enum class bug : uint8_t {
  none,
  dial_before_commit,    ///< an append that intends a call is answered before it is stored
  skip_gate,             ///< the compliance gate lets everybody through
  ignore_pause,          ///< the pacer says that a campaign is closed, and closes nothing
  retry_dial_on_timeout, ///< a dial without an answer is sent again
  forget_grace,          ///< one list of the carrier without the call is taken for two
  return_slot_early,     ///< a slot is returned at the dial and once more at the end
  acknowledge_early,     ///< a webhook is acknowledged before it is in the inbox
  forget_opt_out,        ///< the opt-out is lost between the call and the line
  double_crm_delivery,   ///< a repeated delivery makes a second activity
  reload_without_calls,  ///< a node that starts takes up no open call
  forget_slots,          ///< a node that starts does not adopt the slots of open calls
  deliver_at_most_once,  ///< a delivery counts as done before it is made
  accept_stale_versions, ///< the journal checks no version
  ignore_not_after,      ///< a dial is written whenever its turn comes
  late_is_not_created,   ///< a dial without an answer counts as never made
  deaf_watchdog,         ///< the carrier's answer about a call never comes
  leak_slot,             ///< a slot that is returned never reaches the pacer
  hang_up_unstored,      ///< an order to hang up is answered before it is stored
  settle_unasked,        ///< no line is asked whether a dial is under way to a number that is to be left alone
  line_per_person,       ///< people who share a number have a line each
  ignore_hours,          ///< no hour is unlawful
  close_twice,           ///< the end of a call is stored once more
  mistake_busy,          ///< the carrier's adapter takes an engaged line for one that nobody answers
  book_unconfirmed,      ///< a meeting counts as booked that no diary confirmed
  blind_calendar,        ///< the calendar never shows an appointment
  forget_due,            ///< who goes to sleep is taken off the list of the due
  outlive_node,          ///< an actor of each node that nothing ends
  count_
};
PARLEY_NAMES(bug, "none", "dial_before_commit", "skip_gate", "ignore_pause", "retry_dial_on_timeout", "forget_grace",
             "return_slot_early", "acknowledge_early", "forget_opt_out", "double_crm_delivery", "reload_without_calls",
             "forget_slots", "deliver_at_most_once", "accept_stale_versions", "ignore_not_after", "late_is_not_created",
             "deaf_watchdog", "leak_slot", "hang_up_unstored", "settle_unasked", "line_per_person", "ignore_hours",
             "close_twice", "mistake_busy", "book_unconfirmed", "blind_calendar", "forget_due", "outlive_node")

/// The promise that a bug breaks: found is who breaks that one.
promise broken_by(bug planted);

} // namespace parley::simulation
