#pragma once

#include "runtime/ids.hpp"

#include <optional>
#include <string>

namespace parley::commands {

/// What an estimate of a campaign's end is made from.
struct funnel_pace {
  wall_time now{};
  uint64_t left = 0;           ///< people who are not through yet
  uint64_t done = 0;           ///< people who are through
  uint64_t done_last_hour = 0; ///< of these
  std::optional<wall_time> started_at;
  std::optional<wall_time> last_due; ///< the latest instant that anybody waits for
};

struct funnel_end {
  std::optional<wall_time> at; ///< empty: cannot be told yet, or nobody is left
  std::string basis;           ///< how it was estimated, a sentence
};

/// When a campaign will be through: whoever is left at the pace of the last
/// hour or, if nobody came through in it, of all the time since the launch;
/// not before the last instant that somebody waits for. Hours in which nobody
/// may be called are in it only as far as they were in the time looked at.
funnel_end estimated_end(const funnel_pace& x);

} // namespace parley::commands
