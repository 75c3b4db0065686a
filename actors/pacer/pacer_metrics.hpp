#pragma once

#include "runtime/telemetry/telemetry.hpp"

namespace parley {

/// What the pacer counts: held = granted + adopted - returned.
struct pacer_metrics {
  explicit pacer_metrics(telemetry& t)
    : granted{t.counter("parley_slots_granted_total", "Slots for a call start that were granted.")},
      returned{t.counter("parley_slots_returned_total", "Slots that came back: the call is over or was never begun.")},
      expired{t.counter("parley_slots_expired_total",
                        "Slots that were taken back because nobody used or dialled them in time; also returned.")},
      adopted{t.counter("parley_slots_adopted_total", "Slots of calls that were open when the node started.")},
      refused{t.counter("parley_slot_requests_refused_total", "Requests that were refused because too many waited.")},
      held{t.gauge("parley_slots_held", "Slots that are out: calls being dialled or up.")},
      leaked{t.counter("parley_slots_leaked_total",
                       "Slots that were out without an open call and were taken back by the check; also returned.")},
      missing{t.counter("parley_slots_missing_total",
                        "Slots of open calls that were not out and were adopted by the check; also adopted.")},
      checks{t.counter("parley_slot_checks_total", "Comparisons of the slots that are out with the open calls.")},
      open_calls{t.gauge("parley_slots_of_open_calls", "Slots that the journal's open calls hold, at the last check.")},
      waiting{t.gauge("parley_slot_requests_waiting", "Prospects that wait for a slot.")},
      limit{t.gauge("parley_slots_limit", "Slots that may be out at the same time, by the settings.")} {}

  prometheus::Counter& granted;
  prometheus::Counter& returned;
  prometheus::Counter& expired;
  prometheus::Counter& adopted;
  prometheus::Counter& refused;
  prometheus::Gauge& held;
  prometheus::Counter& leaked;
  prometheus::Counter& missing;
  prometheus::Counter& checks;
  prometheus::Gauge& open_calls;
  prometheus::Gauge& waiting;
  prometheus::Gauge& limit;
};

} // namespace parley
