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

std::string telemetry::exposition() const {
  return prometheus::TextSerializer{}.Serialize(registry_->Collect());
}

} // namespace parley
