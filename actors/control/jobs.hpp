#pragma once

#include "runtime/ids.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley::commands {

/// How far a long command is. Written by whoever works on it, also on another
/// thread, read by anybody.
struct progress {
  std::atomic<const char*> phase{"begins"}; ///< a word or two, as in "reads rows"
  std::atomic<uint64_t> done{0};
  std::atomic<uint64_t> total{0}; ///< 0: not known

  void now(const char* what, uint64_t of = 0) {
    done = 0;
    total = of;
    phase = what;
  }
};
using progress_ptr = std::shared_ptr<progress>;

/// A command whose answer is fetched later.
struct job {
  std::string id;
  std::string command;
  wall_time began{};
  progress_ptr how_far = std::make_shared<progress>();
  std::optional<wall_time> ended;
  std::string result;  ///< JSON; empty when it failed
  std::string error;   ///< code
  std::string message; ///< a sentence
};

/// The jobs of a control actor: those under way and the last ones that ended.
/// They are lost with it, what they have done so far is not.
class job_book {
public:
  /// Nothing when too many are under way already.
  job* begin(std::string id, std::string command, wall_time now);
  job* find(const std::string& id);
  /// Those whose id begins so; upper case and dashes do not matter. None for a
  /// beginning that is too short.
  std::vector<const job*> beginning_with(const std::string& text) const;
  /// Oldest first.
  const std::vector<std::unique_ptr<job>>& all() const { return jobs_; }

  static constexpr size_t running_max = 8;
  static constexpr size_t ended_max = 32;
  /// Of a beginning, as of other ids.
  static constexpr size_t id_digits_min = 6;

private:
  std::vector<std::unique_ptr<job>> jobs_;
};

/// As `job show` answers: job, command, began, phase, done, total, finished,
/// then result or error and message.
nlohmann::json shown(const job& x);

} // namespace parley::commands
