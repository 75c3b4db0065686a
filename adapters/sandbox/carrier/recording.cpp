#include "adapters/sandbox/carrier/recording.hpp"

#include "adapters/sandbox/audio.hpp"

#include <algorithm>

namespace parley::sandbox {

using nlohmann::json;

namespace {

void put(std::string& out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i)
    out += static_cast<char>(value >> (8 * i) & 0xff);
}

} // namespace

call_recording::call_recording(std::string sid, const call_resource& call, recording_request what, wall_time at)
  : sid_{std::move(sid)}, account_sid_{call.account_sid}, call_sid_{call.sid}, wanted_{std::move(what)}, started_{at} {}

void call_recording::take(std::string_view person, std::string_view agent) {
  std::lock_guard lock{mutex_};
  if (!running_)
    return;
  for (size_t i = 0; i < frame_bytes; ++i) {
    const char theirs = i < person.size() ? person[i] : silence_byte;
    const char ours = i < agent.size() ? agent[i] : silence_byte;
    if (wanted_.dual) {
      sound_ += theirs;
      sound_ += ours;
    } else { // words in audio cannot be mixed; who talks over the other is heard
      sound_ += theirs != silence_byte ? theirs : ours;
    }
  }
}

bool call_recording::finish() {
  std::lock_guard lock{mutex_};
  return std::exchange(running_, false);
}

bool call_recording::is_running() const {
  std::lock_guard lock{mutex_};
  return running_;
}

bool call_recording::is_absent() const {
  std::lock_guard lock{mutex_};
  return sound_.empty();
}

milliseconds call_recording::length() const {
  std::lock_guard lock{mutex_};
  return play_time(sound_.size() / (wanted_.dual ? 2 : 1));
}

json call_recording::show() const {
  const bool running = is_running();
  const auto uri = "/2010-04-01/Accounts/" + account_sid_ + "/Recordings/" + sid_;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(length()).count();
  return {{"sid", sid_},
          {"account_sid", account_sid_},
          {"call_sid", call_sid_},
          {"api_version", "2010-04-01"},
          {"conference_sid", nullptr},
          {"channels", wanted_.dual ? 2 : 1},
          {"date_created", rfc2822(started_)},
          {"date_updated", rfc2822(started_)},
          {"start_time", rfc2822(started_)},
          {"duration", running ? json(nullptr) : json(std::to_string(seconds))},
          {"encryption_details", nullptr},
          {"error_code", nullptr},
          {"price", nullptr},
          {"price_unit", "USD"},
          {"source", "StartCallRecordingAPI"},
          {"status", running       ? "in-progress"
                     : is_absent() ? "absent"
                                   : "completed"},
          {"track", "both"},
          {"uri", uri + ".json"}};
}

std::string call_recording::wav() const {
  constexpr uint32_t rate = 8000;
  constexpr uint32_t mu_law = 7;
  std::lock_guard lock{mutex_};
  const uint32_t channels = wanted_.dual ? 2 : 1;
  const auto size = static_cast<uint32_t>(sound_.size());
  std::string out = "RIFF";
  put(out, 4 + 8 + 18 + 8 + 4 + 8 + size, 4);
  out += "WAVEfmt ";
  put(out, 18, 4);
  put(out, mu_law, 2);
  put(out, channels, 2);
  put(out, rate, 4);
  put(out, rate * channels, 4);
  put(out, channels, 2);
  put(out, 8, 2);
  put(out, 0, 2);
  out += "fact";
  put(out, 4, 4);
  put(out, size / channels, 4);
  out += "data";
  put(out, size, 4);
  return out + sound_;
}

} // namespace parley::sandbox
