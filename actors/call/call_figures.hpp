#pragma once

#include "actors/call/core.hpp"

namespace parley {

/// Makes the campaign's series of all dispositions appear at 0: Prometheus
/// cannot tell the first rise of a series that was not there before.
void show_call_figures(telemetry& t, const campaign_policy& campaign);

/// The carrier is asked for this call.
void count_dialled(telemetry& t, const campaign_policy& campaign);

/// The call's end is stored, with its disposition and the seconds talked.
void count_ended(telemetry& t, const calls::state& call);

/// Calls whose fate only an operator can tell.
prometheus::Gauge& gauge_unresolved(telemetry& t, const campaign_policy& campaign);

/// From the start of the media stream to our first audio.
void count_first_audio(telemetry& t, std::chrono::milliseconds after);

} // namespace parley
