#pragma once

#include "runtime/messages/campaigns.hpp"

#include <deque>
#include <optional>
#include <string>

namespace parley::campaigns {

/// The circuit breaker of a campaign: looks back over the calls that ended
/// within the policy's window and says when too many of them failed. What
/// counts as failed says `is_failure` (runtime/messages/telephony.hpp).
///
/// It is not journalled, only the pause that it leads to is: a campaign that is
/// taken up again begins to count anew, and needs the minimum of calls again.
class breaker {
public:
  /// So many calls ended, of which so many failed.
  void count(uint32_t ended, uint32_t failed, wall_time now);

  /// Why the campaign must not go on, as a sentence; nothing when it may.
  std::optional<std::string> trips(const campaign_policy& policy, wall_time now);

  /// A manager had a look: what was before counts no more.
  void reset() { seen_.clear(); }

private:
  struct share {
    wall_time at{};
    uint64_t ended = 0;
    uint64_t failed = 0;
  };
  std::deque<share> seen_; ///< oldest first; one entry per second at most
};

} // namespace parley::campaigns
