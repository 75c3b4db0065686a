#include "adapters/media/hub.hpp"

#include "adapters/media/bridge.hpp"

namespace parley::media {

static prometheus::Counter& frames(telemetry& t, const char* direction) {
  return t.counter("parley_media_frames_total", "Messages of audio and control passed on by the bridge.",
                   {{"direction", direction}});
}

static prometheus::Counter& overflows(telemetry& t, const char* peer) {
  return t.counter("parley_media_buffer_overflows_total",
                   "Calls that lost a connection because the peer read too slowly.", {{"peer", peer}});
}

media_metrics::media_metrics(telemetry& t)
  : all{t}, sessions{t.gauge("parley_media_sessions", "Voice-model sessions that are open.")},
    streams{t.gauge("parley_media_streams", "Carrier media streams that are joined to a session.")},
    frames_up{frames(t, "to_model")}, frames_down{frames(t, "to_carrier")},
    open_seconds{t.seconds("parley_media_open_seconds", "From asking for a session until the model is configured.")},
    first_audio_seconds{
      t.seconds("parley_media_first_audio_seconds", "From the start of a stream until the agent's first sound.")},
    barge_in_seconds{
      t.seconds("parley_media_barge_in_seconds", "From the model's speech_started until `clear` is on the wire.")},
    carrier_overflows{overflows(t, "carrier")}, model_overflows{overflows(t, "model")} {}

void media_metrics::failed(const std::string& reason) {
  all
    .counter("parley_media_failures_total", "Media streams and voice sessions that failed, by reason.",
             {{"reason", reason.substr(0, reason.find(':'))}})
    .Increment();
}

static realtime_address address_of(const media_settings& settings) {
  auto address = realtime_address_of(settings.base_url, settings.model);
  if (!address)
    throw settings::invalid{{"voice_model base_url: \"" + settings.base_url + "\" is no http(s) or ws(s) address"}};
  return *std::move(address);
}

media_hub::media_hub(const media_settings& s, telemetry& t)
  : settings{s}, address{address_of(s)}, tls{make_tls_context(s.ca_file)}, metrics{t} {}

std::shared_ptr<call_bridge> media_hub::find(const call_id& call) const {
  std::lock_guard guard{mutex};
  const auto it = calls.find(call);
  return it == calls.end() ? nullptr : it->second;
}

void media_hub::enter(const call_id& call, std::shared_ptr<call_bridge> bridge) {
  std::shared_ptr<call_bridge> previous; // dies outside the lock
  std::lock_guard guard{mutex};
  previous = std::exchange(calls[call], std::move(bridge));
}

void media_hub::forget(const call_id& call, const call_bridge* bridge) {
  std::lock_guard guard{mutex};
  const auto it = calls.find(call);
  if (it != calls.end() && it->second.get() == bridge)
    calls.erase(it);
}

} // namespace parley::media
