#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <memory>
#include <string>

namespace parley {

/// The node's metrics, by Prometheus' conventions. Instruments are thread-safe
/// and live as long as the node; take them once and keep the reference. Text
/// logs go through spdlog directly and carry ids, never a number, a name or
/// spoken words.
class telemetry {
public:
  telemetry() : registry_{std::make_shared<prometheus::Registry>()} {}

  prometheus::Counter& counter(const std::string& name, const std::string& help, const prometheus::Labels& labels = {});
  prometheus::Gauge& gauge(const std::string& name, const std::string& help, const prometheus::Labels& labels = {});
  /// Seconds, in buckets from 1 ms to 60 s.
  prometheus::Histogram&
  seconds(const std::string& name, const std::string& help, const prometheus::Labels& labels = {});
  /// Text of /metrics.
  std::string exposition() const;

private:
  std::shared_ptr<prometheus::Registry> registry_;
};

} // namespace parley
