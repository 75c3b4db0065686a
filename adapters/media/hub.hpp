#pragma once

#include "adapters/media/link.hpp"
#include "runtime/telemetry/port_book.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

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

/// Nonces that have let a stream in. They outlive the sessions of their call:
/// one that was used is worth nothing to the call's next session either. Any
/// thread.
class spent_nonces {
public:
  /// How many are remembered: at 10 streams a second those of two hours.
  static constexpr size_t kept_max = 1u << 16;

  /// @returns false if it was spent before.
  bool spend(const std::string& nonce);

private:
  std::mutex mutex_;
  std::unordered_set<std::string> all_;
  std::deque<const std::string*> oldest_first_; // of `all_`
};

/// What all calls of a media plane share; lives longer than any of them.
struct media_hub {
  media_hub(const media_settings& settings, telemetry& t);

  /// The call's latest bridge.
  std::shared_ptr<call_bridge> find(const call_id& call) const;
  /// One that was there before is closed, and kept until it is.
  void enter(const call_id& call, std::shared_ptr<call_bridge> bridge);
  /// Called by a bridge that is closed.
  void forget(const call_id& call, const call_bridge* bridge);
  /// All that are not closed yet.
  std::vector<std::shared_ptr<call_bridge>> open_bridges() const;
  /// Forgets all, closed or not. @returns how many there were.
  size_t forget_all();
  /// Calls with a bridge, closing or not.
  size_t live() const;

  const media_settings settings;
  const realtime_address address;
  boost::asio::ssl::context tls;
  media_metrics metrics;
  const port_book_ptr book; ///< of the voice_model port
  spent_nonces nonces;
  std::atomic<size_t> waiting_streams{0};
  mutable std::mutex mutex;
  std::unordered_map<call_id, std::shared_ptr<call_bridge>> calls;
  std::vector<std::shared_ptr<call_bridge>> replaced; ///< by a later one of their call
  /// Last: what its handlers hold goes first. None before start and after stop.
  std::unique_ptr<boost::asio::io_context> io;
};

} // namespace parley::media
