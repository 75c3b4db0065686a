#include "actors/call/call_figures.hpp"

namespace parley {

static prometheus::Counter& ended(telemetry& t, const std::string& campaign, disposition outcome) {
  return t.counter("parley_calls_total", "Calls that ended, by campaign and disposition.",
                   {{"campaign", campaign}, {"disposition", std::string{to_string(outcome)}}});
}

static prometheus::Counter& talked(telemetry& t, const std::string& campaign) {
  return t.counter("parley_call_talk_seconds_total", "Seconds of answered calls, as the carrier bills them.",
                   {{"campaign", campaign}});
}

static prometheus::Counter& asked_for(telemetry& t, const std::string& campaign) {
  return t.counter("parley_calls_dialled_total", "Calls that the carrier was asked for.", {{"campaign", campaign}});
}

void show_call_figures(telemetry& t, const campaign_policy& policy) {
  const auto campaign = t.bounded("campaign", policy.name);
  for (auto i = static_cast<uint8_t>(disposition::none) + 1; i < static_cast<uint8_t>(disposition::count_); ++i)
    ended(t, campaign, static_cast<disposition>(i));
  talked(t, campaign);
  asked_for(t, campaign);
}

void count_dialled(telemetry& t, const campaign_policy& policy) {
  show_call_figures(t, policy);
  asked_for(t, t.bounded("campaign", policy.name)).Increment();
}

void count_ended(telemetry& t, const calls::state& call) {
  const auto campaign = t.bounded("campaign", call.brief.policy.name);
  ended(t, campaign, call.outcome).Increment();
  talked(t, campaign).Increment(static_cast<double>(std::max<int64_t>(0, call.duration_s)));
}

prometheus::Gauge& gauge_unresolved(telemetry& t, const campaign_policy& policy) {
  return t.gauge("parley_calls_unresolved",
                 "Calls of which nobody knows whether the carrier has them; an operator says.",
                 {{"campaign", t.bounded("campaign", policy.name)}});
}

void count_first_audio(telemetry& t, std::chrono::milliseconds after) {
  t.seconds("parley_first_audio_seconds", "From the start of the media stream to our first audio.")
    .Observe(std::chrono::duration<double>{after}.count());
}

} // namespace parley
