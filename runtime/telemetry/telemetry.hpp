#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace parley {

/// Figures that are read when somebody asks for them, by Prometheus'
/// conventions; a name keeps its help and its type.
class scrape {
public:
  void counter(const std::string& name, const std::string& help, double value, const prometheus::Labels& labels = {});
  void gauge(const std::string& name, const std::string& help, double value, const prometheus::Labels& labels = {});
  std::vector<prometheus::MetricFamily> families() const;

private:
  prometheus::ClientMetric&
  add(const std::string& name, const std::string& help, prometheus::MetricType type, const prometheus::Labels& labels);
  std::map<std::string, prometheus::MetricFamily> families_;
};

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
  /// Figures that are read at each exposition, on the thread of who asks: the
  /// source must not block and may be called by several threads at once.
  void read_at_exposition(std::function<void(scrape&)> source);
  /// The value of a label whose values come from people, e.g. a campaign's
  /// name: the first `labels_max` of a label keep theirs, later ones are
  /// "other", so that the number of series stays bounded.
  std::string bounded(const std::string& label, const std::string& value);
  static constexpr size_t labels_max = 100;
  /// Text of /metrics.
  std::string exposition() const;

private:
  std::shared_ptr<prometheus::Registry> registry_;
  mutable std::mutex mutex_; // guards the two below
  std::vector<std::function<void(scrape&)>> sources_;
  std::map<std::string, std::set<std::string>> labels_;
};

} // namespace parley
