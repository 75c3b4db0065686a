#include "adapters/sandbox/faults.hpp"

namespace parley::sandbox {

bool fault_gate::strikes(const std::string& key) {
  if (!is_armed())
    return false;
  uint64_t occasion = 0;
  {
    std::lock_guard lock{mutex_};
    occasion = ++occasions_[key];
  }
  const auto subject = "fault " + name_ + " " + key;
  if (how_.every == 0)
    return world_.draw(subject + " " + std::to_string(occasion)) < how_.probability;
  const auto first = how_.first > 0 ? how_.first : 1 + world_.draw(subject, how_.every);
  return occasion >= first && (occasion - first) % how_.every == 0;
}

bool vendor_gate::is_down() const {
  const auto now = world_.time().now();
  return how_.outage_from <= now && now < how_.outage_until;
}

mishap vendor_gate::next(const std::string& key) {
  if (is_down())
    return mishap::outage;
  if (key.empty())
    return mishap::none;
  if (rate_limits_.strikes(key))
    return mishap::rate_limit;
  return errors_.strikes(key) ? mishap::error : mishap::none;
}

} // namespace parley::sandbox
