#pragma once

#include "adapters/sandbox/carrier/call_resource.hpp"

#include <nlohmann/json.hpp>

#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace parley::sandbox {

/// What a create-recording request asks for, checked.
struct recording_request {
  std::string status_callback;
  std::string status_callback_method = "POST";
  std::set<std::string> status_events{"completed"};
  bool dual = false; ///< a channel for each side
};

/// The recording of one call while it is made and after. Thread-safe.
class call_recording {
public:
  call_recording(std::string sid, const call_resource& call, recording_request what, wall_time at);

  const std::string& sid() const { return sid_; }
  const std::string& account_sid() const { return account_sid_; }
  const std::string& call_sid() const { return call_sid_; }
  const recording_request& wanted() const { return wanted_; }

  /// A frame of each side, or less; missing sound is silence.
  void take(std::string_view person, std::string_view agent);
  /// No sound comes any more. False if it was so before.
  bool finish();
  bool is_running() const;
  /// Nothing was recorded.
  bool is_absent() const;
  milliseconds length() const;
  wall_time started() const { return started_; }

  /// The resource as the REST API shows it.
  nlohmann::json show() const;
  /// What was recorded as a WAV file: mu-law, 8 kHz.
  std::string wav() const;

private:
  const std::string sid_;
  const std::string account_sid_;
  const std::string call_sid_;
  const recording_request wanted_;
  const wall_time started_;
  mutable std::mutex mutex_; // guards the next two
  std::string sound_;        // interleaved when dual
  bool running_ = true;
};

} // namespace parley::sandbox
