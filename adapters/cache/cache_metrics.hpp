#pragma once

#include "runtime/telemetry/telemetry.hpp"

namespace parley {

/// Requests to a port that its cache answered, and those that it passed on.
struct cache_metrics {
  cache_metrics(telemetry& t, const std::string& port)
    : hits{counted(t, port, "hit")}, misses{counted(t, port, "miss")} {}

  prometheus::Counter& hits;
  prometheus::Counter& misses;

private:
  static prometheus::Counter& counted(telemetry& t, const std::string& port, const char* result) {
    return t.counter("parley_port_cache_requests_total",
                     "Requests to a port's cache: answered from it (hit) or passed on to the vendor (miss).",
                     {{"port", port}, {"result", result}});
  }
};

} // namespace parley
