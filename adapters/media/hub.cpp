#include "adapters/media/hub.hpp"

#include "adapters/media/bridge.hpp"

#include <algorithm>

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

bool spent_nonces::spend(const std::string& nonce) {
  std::lock_guard guard{mutex_};
  const auto [entry, fresh] = all_.insert(nonce);
  if (!fresh)
    return false;
  oldest_first_.push_back(&*entry);
  if (oldest_first_.size() > kept_max) {
    all_.erase(all_.find(*oldest_first_.front()));
    oldest_first_.pop_front();
  }
  return true;
}

static realtime_address address_of(const media_settings& settings) {
  auto address = realtime_address_of(settings.base_url, settings.model, settings.speaks_beta());
  if (!address)
    throw settings::invalid{{"voice_model base_url: \"" + settings.base_url + "\" is no http(s) or ws(s) address"}};
  return *std::move(address);
}

static port_book_ptr book_of(telemetry& t) {
  return std::make_shared<port_book>(t, "voice_model", "openai");
}

media_hub::media_hub(const media_settings& s, telemetry& t)
  : settings{s}, address{address_of(s)}, tls{make_tls_context(s.ca_file)}, metrics{t}, book{book_of(t)} {}

std::shared_ptr<call_bridge> media_hub::find(const call_id& call) const {
  std::lock_guard guard{mutex};
  const auto it = calls.find(call);
  return it == calls.end() ? nullptr : it->second;
}

void media_hub::enter(const call_id& call, std::shared_ptr<call_bridge> bridge) {
  std::shared_ptr<call_bridge> previous;
  {
    std::lock_guard guard{mutex};
    previous = std::exchange(calls[call], std::move(bridge));
    if (previous)
      replaced.push_back(previous);
  }
  if (previous)
    previous->close();
}

void media_hub::forget(const call_id& call, const call_bridge* bridge) {
  std::shared_ptr<call_bridge> gone; // dies outside the lock
  std::lock_guard guard{mutex};
  if (const auto it = calls.find(call); it != calls.end() && it->second.get() == bridge) {
    gone = std::move(it->second);
    calls.erase(it);
    return;
  }
  const auto it = std::find_if(replaced.begin(), replaced.end(), [&](const auto& x) { return x.get() == bridge; });
  if (it == replaced.end())
    return;
  gone = std::move(*it);
  replaced.erase(it);
}

std::vector<std::shared_ptr<call_bridge>> media_hub::open_bridges() const {
  std::lock_guard guard{mutex};
  auto all = replaced;
  for (const auto& [call, bridge] : calls)
    all.push_back(bridge);
  return all;
}

size_t media_hub::forget_all() {
  decltype(calls) latest; // both die outside the lock
  decltype(replaced) earlier;
  std::lock_guard guard{mutex};
  latest.swap(calls);
  earlier.swap(replaced);
  return latest.size() + earlier.size();
}

size_t media_hub::live() const {
  std::lock_guard guard{mutex};
  return calls.size() + replaced.size();
}

} // namespace parley::media
