#pragma once

#include "adapters/sandbox/world.hpp"

#include <atomic>
#include <string>

namespace parley::sandbox {

/// Decides when a fault of the scenario strikes; safe from any thread.
class fault_gate {
public:
  fault_gate(const world& around, std::string name, fault how) : world_{around}, name_{std::move(name)}, how_{how} {}

  /// Counts an occasion; true when this one goes wrong.
  bool strikes() {
    const auto occasion = ++count_;
    if (how_.every > 0)
      return occasion % how_.every == 0;
    return how_.probability > 0 && world_.draw("fault " + name_ + " " + std::to_string(occasion)) < how_.probability;
  }

private:
  const world& world_;
  std::string name_;
  fault how_;
  std::atomic<uint64_t> count_ = 0;
};

} // namespace parley::sandbox
