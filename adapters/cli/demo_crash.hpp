#pragma once

#include "adapters/cli/demo_world.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace parley::cli {

/// What a crash met, and how long it lasted.
struct demo_crash {
  std::string at; ///< practice time, ISO
  size_t up = 0;  ///< calls at the carrier when the node was dead
  size_t ringing = 0;
  size_t talking = 0;
  size_t booking = 0;             ///< of those that talked: about the meeting
  std::vector<std::string> calls; ///< ids of those that rang or talked
  double away_seconds = 0;        ///< real time until the node was ready again
};

/// Kills the node of a demo at moments that hurt: while calls ring, talk and
/// book. How the calls stand is the node's own word of a few milliseconds before.
class demo_crasher {
public:
  /// @param wanted How many crashes.
  demo_crasher(demo_world& world, std::string campaign, int wanted)
    : world_{world}, campaign_{std::move(campaign)}, wanted_{wanted} {}

  /// Looks, and crashes the node if this is such a moment. Where none has come
  /// for a while, any talk that is up will do.
  void look();
  bool is_done() const { return made_.size() >= static_cast<size_t>(wanted_); }
  const std::vector<demo_crash>& made() const { return made_; }

private:
  std::optional<demo_crash> moment(bool any_talk) const;

  demo_world& world_;
  std::string campaign_;
  int wanted_;
  size_t calls_before_ = 0; ///< made by the last crash
  std::chrono::steady_clock::time_point waiting_since_ = std::chrono::steady_clock::now();
  std::vector<demo_crash> made_;
};

} // namespace parley::cli
