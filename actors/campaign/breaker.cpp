#include "actors/campaign/breaker.hpp"

namespace parley::campaigns {

using namespace std::chrono_literals;

void breaker::count(uint32_t ended, uint32_t failed, wall_time now) {
  if (ended == 0)
    return;
  // Reports of many shards come together; a second is exact enough, and bounds
  // what is kept.
  if (seen_.empty() || now - seen_.back().at >= 1s)
    seen_.push_back({now, 0, 0});
  seen_.back().ended += ended;
  seen_.back().failed += failed;
}

std::optional<std::string> breaker::trips(const campaign_policy& policy, wall_time now) {
  while (!seen_.empty() && now - seen_.front().at > policy.breaker_window)
    seen_.pop_front();
  share sum;
  for (const auto& x : seen_) {
    sum.ended += x.ended;
    sum.failed += x.failed;
  }
  const bool enough = sum.ended >= static_cast<uint64_t>(std::max(policy.breaker_minimum, 1));
  if (policy.breaker_share <= 0 || !enough
      || sum.failed * 100 < sum.ended * static_cast<uint64_t>(policy.breaker_share))
    return std::nullopt;
  return std::to_string(sum.failed) + " of the last " + std::to_string(sum.ended) + " calls failed within "
         + std::to_string(policy.breaker_window.count()) + " minutes; the limit is "
         + std::to_string(policy.breaker_share)
         + " %. Look at \"call list\", and resume the campaign once the cause is " + "gone.";
}

} // namespace parley::campaigns
