#include "runtime/telemetry/telemetry.hpp"

#include <prometheus/text_serializer.h>

namespace parley {

prometheus::Counter&
telemetry::counter(const std::string& name, const std::string& help, const prometheus::Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Gauge&
telemetry::gauge(const std::string& name, const std::string& help, const prometheus::Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Histogram&
telemetry::seconds(const std::string& name, const std::string& help, const prometheus::Labels& labels) {
  static const prometheus::Histogram::BucketBoundaries bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                              0.5,   1,      2.5,   5,    10,    30,   60};
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, bounds);
}

void telemetry::read_at_exposition(std::function<void(scrape&)> source) {
  std::lock_guard guard{mutex_};
  sources_.push_back(std::move(source));
}

std::string telemetry::bounded(const std::string& label, const std::string& value) {
  std::lock_guard guard{mutex_};
  auto& known = labels_[label];
  if (known.size() < labels_max)
    known.insert(value);
  return known.contains(value) ? value : "other";
}

std::string telemetry::exposition() const {
  auto sources = [this] {
    std::lock_guard guard{mutex_};
    return sources_;
  }();
  scrape read;
  for (const auto& source : sources)
    source(read);
  auto all = registry_->Collect();
  for (auto& family : read.families())
    all.push_back(std::move(family));
  return prometheus::TextSerializer{}.Serialize(all);
}

prometheus::ClientMetric& scrape::add(const std::string& name, const std::string& help, prometheus::MetricType type,
                                      const prometheus::Labels& labels) {
  auto& family = families_[name];
  family.name = name;
  family.help = help;
  family.type = type;
  auto& metric = family.metric.emplace_back();
  for (const auto& [label, value] : labels)
    metric.label.push_back({label, value});
  return metric;
}

void scrape::counter(const std::string& name, const std::string& help, double value, const prometheus::Labels& labels) {
  add(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
}

void scrape::gauge(const std::string& name, const std::string& help, double value, const prometheus::Labels& labels) {
  add(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

std::vector<prometheus::MetricFamily> scrape::families() const {
  std::vector<prometheus::MetricFamily> out;
  for (const auto& [name, family] : families_)
    out.push_back(family);
  return out;
}

} // namespace parley
