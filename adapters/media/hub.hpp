#pragma once

#include "adapters/media/link.hpp"
#include "runtime/telemetry/telemetry.hpp"

#include <atomic>
#include <mutex>
#include <unordered_map>

namespace parley::media {

class call_bridge;

/// The media plane's instruments.
struct media_metrics {
  explicit media_metrics(telemetry& t);
  /// A session or stream ended, or never began, for this reason. What follows
  /// a colon is detail and no label.
  void failed(const std::string& reason);

  telemetry& all;
  prometheus::Gauge& sessions;
  prometheus::Gauge& streams;
  prometheus::Counter& frames_up;
  prometheus::Counter& frames_down;
  prometheus::Histogram& open_seconds;
  prometheus::Histogram& first_audio_seconds;
  prometheus::Histogram& barge_in_seconds;
  prometheus::Counter& carrier_overflows;
  prometheus::Counter& model_overflows;
};

/// What all calls of a media plane share; lives longer than any of them.
struct media_hub {
  media_hub(const media_settings& settings, telemetry& t);

  std::shared_ptr<call_bridge> find(const call_id& call) const;
  void enter(const call_id& call, std::shared_ptr<call_bridge> bridge);
  /// Only if it is still this one.
  void forget(const call_id& call, const call_bridge* bridge);

  const media_settings settings;
  const realtime_address address;
  boost::asio::ssl::context tls;
  media_metrics metrics;
  std::atomic<size_t> waiting_streams{0};
  mutable std::mutex mutex;
  std::unordered_map<call_id, std::shared_ptr<call_bridge>> calls;
  /// Last: what its handlers hold goes first. None before start and after stop.
  std::unique_ptr<boost::asio::io_context> io;
};

} // namespace parley::media
