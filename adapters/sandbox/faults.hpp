#pragma once

#include "adapters/sandbox/world.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace parley::sandbox {

/// Decides when a fault of the scenario strikes; safe from any thread.
///
/// Occasions are counted by a key that says whom or what they concern, such as
/// a called number: the same seed hits the same ones, in whatever order they
/// come. `every = N` hits each Nth occasion of a key; the first one, of the
/// first N, is drawn by seed unless the scenario names it.
class fault_gate {
public:
  fault_gate(const world& around, std::string name, fault how) : world_{around}, name_{std::move(name)}, how_{how} {}

  /// Counts an occasion of that key; true when this one goes wrong.
  bool strikes(const std::string& key);
  /// False when it never strikes.
  bool is_armed() const { return how_.every > 0 || how_.probability > 0; }

private:
  const world& world_;
  std::string name_;
  fault how_;
  std::mutex mutex_;
  std::map<std::string, uint64_t> occasions_;
};

/// How a request to a vendor ends before the vendor looks at it.
enum class mishap : uint8_t { none, outage, error, rate_limit };

/// The faults that all vendors have in common; safe from any thread.
class vendor_gate {
public:
  vendor_gate(const world& around, const std::string& vendor, const vendor_faults& how)
    : world_{around}, how_{how}, errors_{around, vendor + " error", how.errors}, rate_limits_{around,
                                                                                              vendor + " rate limit",
                                                                                              how.rate_limits} {}

  /// Counts a request with that key. An empty key is not counted: then only
  /// an outage can hit it.
  mishap next(const std::string& key);
  /// False when `next` ignores the key.
  bool is_armed() const { return errors_.is_armed() || rate_limits_.is_armed(); }
  /// True during the scenario's outage, by practice time.
  bool is_down() const;
  milliseconds latency() const { return how_.latency; }
  /// For a Retry-After header: whole seconds.
  std::string retry_after() const { return std::to_string(how_.retry_after.count()); }

private:
  const world& world_;
  vendor_faults how_;
  fault_gate errors_;
  fault_gate rate_limits_;
};

} // namespace parley::sandbox
