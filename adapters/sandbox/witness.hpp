#pragma once

#include "adapters/sandbox/scenario.hpp"
#include "runtime/clock.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sandbox {

/// Sees everything that reaches the outside world and judges it by the
/// scenario's own truth. One JSON object a line, in the order in which things
/// happened: `{"at":"2026-11-24T15:00:00.000Z","kind":"create",…}`. Safe to
/// use from any thread.
class witness {
public:
  /// @param file Appended to; empty keeps the log in memory only. Throws
  ///   `std::runtime_error` when it cannot be opened.
  witness(const clock& time, std::vector<territory> territories, const std::string& file);

  /// Anything but a call: `kind` is "mail", "event", "crm", … The report
  /// counts each kind as it comes.
  void record(std::string_view kind, nlohmann::json fields);

  /// A call was created at the carrier. Counts
  /// - a double dial when the same attempt had a call already, or when another
  ///   call to this number is not over (once a create, whatever the reasons);
  /// - a window violation when it is no lawful hour where the number truly is,
  ///   or when the scenario does not know the number.
  /// @param attempt Names the attempt; empty when unknown.
  void call_created(const std::string& sid, const std::string& to, const std::string& from, const std::string& attempt);
  void call_rings(const std::string& sid);
  /// @param by "human" or "machine"
  void call_answered(const std::string& sid, std::string_view by);
  /// @param status The carrier's final status.
  void call_ended(const std::string& sid, std::string_view status);

  /// `{"calls":{"created":…,"rung":…,"answered":…,"ended":…,"open":…,
  /// "statuses":{…}},"records":{"mail":…},"double_dials":…,
  /// "window_violations":…,"findings":[…]}`; a finding says what, when, which
  /// number and why.
  nlohmann::json report() const;
  /// The log from line `from` on, at most `count` lines.
  std::vector<nlohmann::json> events(size_t from = 0, size_t count = 1000000) const;

private:
  struct open_call {
    std::string to;
    std::string attempt;
  };

  void write(std::string_view kind, nlohmann::json fields);
  void step(const std::string& sid, std::string_view kind, nlohmann::json fields);
  void find(std::string_view what, const std::string& sid, const std::string& to, std::string reason);

  const clock& clock_;
  const std::vector<territory> territories_;
  mutable std::mutex mutex_;
  std::ofstream file_;
  std::vector<nlohmann::json> log_;
  std::map<std::string, size_t> counts_;   // by kind
  std::map<std::string, size_t> statuses_; // of ended calls
  std::map<std::string, open_call> open_;  // by SID
  std::set<std::string> attempts_;
  std::vector<nlohmann::json> findings_;
  size_t double_dials_ = 0;
  size_t window_violations_ = 0;
};

class world;
class http_server;
/// Adds `GET /report` and `GET /events?from=N` to a server.
void serve_witness(http_server& server, witness& log);

} // namespace parley::sandbox
