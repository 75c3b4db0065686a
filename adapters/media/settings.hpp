#pragma once

#include "adapters/http/endpoint.hpp"
#include "runtime/settings/section.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace parley {

/// The media plane and its OpenAI Realtime client. All timeouts are real
/// time; audio lengths are audio time.
struct media_settings {
  using ms = std::chrono::milliseconds;

  std::string base_url{"https://api.openai.com/v1"};
  std::string model{"gpt-realtime"};
  std::string api{"ga"}; ///< which shape of the API's events: ga, or the older beta
  std::string api_key;
  std::string ca_file;
  std::string voice{"marin"};
  std::string transcription_model{"gpt-4o-mini-transcribe"};
  std::string noise_reduction{"near_field"};
  std::string turn_detection{"server_vad"};
  double vad_threshold = 0.5;
  ms vad_prefix_padding{300};
  ms vad_silence_duration{500};
  uint32_t response_tokens_max = 1024;

  ms open_timeout{10'000};
  ms start_timeout{10'000};
  ms join_timeout{180'000};
  ms rejoin_timeout{60'000};
  ms response_timeout{15'000};
  ms keepalive{15'000};
  ms close_timeout{2'000};

  ms mark_interval{100};
  ms unplayed_audio_max{120'000};
  uint32_t model_events_per_second_max = 1'000;
  uint32_t carrier_buffer_max = 1u << 20;
  uint32_t model_buffer_max = 64u << 10;
  uint32_t carrier_message_max = 64u << 10;
  uint32_t model_message_max = 1u << 20;
  uint32_t waiting_streams_max = 256;

  uint32_t threads = 1;
  /// Practice only: how much faster than life audio runs. Not in the file; the
  /// node sets it from `--media-speed`.
  double media_speed = 1.0;

  bool speaks_beta() const { return api == "beta"; }

  void describe(settings::section& s) {
    using namespace std::chrono_literals;
    s.url("base_url", base_url, "Root of the API, http(s) or ws(s); /realtime is appended unless it is there.");
    s.required("model", model, "Realtime model, such as gpt-realtime.");
    s.choice("api", api, {"ga", "beta"},
             "Shape of the API's events; beta for servers that know only the older one (OpenAI-Beta: realtime=v1).");
    s.secret("api_key", api_key, "The vendor's API key.");
    s.file("ca_file", ca_file, "PEM file of certificate authorities to trust; empty: the system's.");
    s.required("voice", voice, "Voice of sessions that name none.");
    s.required("transcription_model", transcription_model, "Model that writes down what the person says.");
    s.choice("noise_reduction", noise_reduction, {"near_field", "far_field", "none"}, "What the microphone is like.");
    s.choice("turn_detection", turn_detection, {"server_vad", "semantic_vad"}, "How the end of a turn is noticed.");
    s.number("vad_threshold", vad_threshold, 0.0, 1.0, "0 to 1", "Loudness that counts as speech (server_vad).");
    s.duration("vad_prefix_padding", vad_prefix_padding, 0ms, 5s, "Audio kept before detected speech (server_vad).");
    s.duration("vad_silence_duration", vad_silence_duration, 50ms, 10s, "Silence that ends a turn (server_vad).");
    s.number<uint32_t>("response_tokens_max", response_tokens_max, 16, 4096, "tokens", "Longest answer of the model.");
    s.duration("open_timeout", open_timeout, 500ms, 2min,
               "From connecting until the session is configured, further tries included.");
    s.duration("start_timeout", start_timeout, 500ms, 2min,
               "A media socket that did not say `start` by then is closed.");
    s.duration("join_timeout", join_timeout, 1s, 1h, "How long a session waits for the call's media socket.");
    s.duration("rejoin_timeout", rejoin_timeout, 1s, 1h, "How long a session outlives its media socket.");
    s.duration("response_timeout", response_timeout, 500ms, 5min,
               "A model silent for so long where it owes an answer has failed.");
    s.duration("keepalive", keepalive, 500ms, 5min,
               "A silent connection is pinged after this and given up after twice this.");
    s.duration("close_timeout", close_timeout, 100ms, 1min, "For a peer to take part in closing.");
    s.duration("mark_interval", mark_interval, 20ms, 2s,
               "Audio between two marks: how exactly an interruption is placed.");
    s.duration("unplayed_audio_max", unplayed_audio_max, 5s, 1h,
               "Audio waiting at the carrier; a model that sends more floods.");
    s.number<uint32_t>("model_events_per_second_max", model_events_per_second_max, 10, 1'000'000, "events/s",
                       "Events other than audio; a model that sends more floods.");
    s.number<uint32_t>("carrier_buffer_max", carrier_buffer_max, 4096, 64u << 20, "bytes",
                       "Unsent towards the carrier; a call whose carrier reads slower loses its stream.");
    s.number<uint32_t>("model_buffer_max", model_buffer_max, 4096, 64u << 20, "bytes",
                       "Unsent towards the model; a call whose model reads slower loses its voice.");
    s.number<uint32_t>("carrier_message_max", carrier_message_max, 1024, 16u << 20, "bytes",
                       "Longest message of a carrier.");
    s.number<uint32_t>("model_message_max", model_message_max, 16384, 64u << 20, "bytes",
                       "Longest message of the model.");
    s.number<uint32_t>("waiting_streams_max", waiting_streams_max, 1, 100'000, "sockets",
                       "Media sockets that may be open without having named their call.");
    s.number<uint32_t>("threads", threads, 1, 64, "threads", "I/O threads of the media plane.");
    if (!api_key.empty() && !is_protected(base_url))
      s.problem("base_url", "the API key would travel in the clear; use https:// (http:// only to this machine)");
  }
};

} // namespace parley
