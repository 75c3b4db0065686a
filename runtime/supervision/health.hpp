#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace parley {

/// What keeps a node from working, by the part that says so. Any thread.
class node_health {
public:
  /// Replaces what this part said before; an empty problem clears it.
  void report(const std::string& part, const std::string& problem) {
    std::lock_guard lock{mutex_};
    if (problem.empty())
      problems_.erase(part);
    else
      problems_[part] = problem;
  }

  /// "journal: does not answer", a line each; none: the node is ready.
  std::vector<std::string> problems() const {
    std::lock_guard lock{mutex_};
    std::vector<std::string> out;
    for (const auto& [part, problem] : problems_)
      out.push_back(part + ": " + problem);
    return out;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> problems_;
};

} // namespace parley
