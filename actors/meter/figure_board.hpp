#pragma once

#include "runtime/telemetry/telemetry.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <mutex>
#include <optional>

namespace parley {

/// The last figures of the store, for /metrics. Any thread.
class figure_board {
public:
  using time_point = std::chrono::steady_clock::time_point;
  /// Figures that are older than this are not shown: missing ones are noticed,
  /// stale ones are believed.
  static constexpr std::chrono::seconds age_max{60};

  /// @param figures The answer to `report_kind::store_figures`.
  void put(nlohmann::json figures, time_point now);
  void read(scrape& out, telemetry& labels, time_point now) const;

private:
  mutable std::mutex mutex_;
  std::optional<nlohmann::json> figures_;
  time_point at_;
};

} // namespace parley
