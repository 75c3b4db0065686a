#pragma once

#include "runtime/names.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// `parley doctor`: is this node fit to make calls? Probes gather facts (of the
/// machine, of the vendors' answers); checks are functions over facts.
namespace parley::doctor {

enum class health : uint8_t {
  ok,
  skipped, ///< says nothing: does not apply here, or cannot be told
  warning, ///< works, but not as it should, or not for long
  failure, ///< calls, or something that a call needs, will fail
  count_
};
PARLEY_NAMES(health, "ok", "skipped", "warning", "failure")

/// What one check found.
struct finding {
  std::string check; ///< what was looked at, e.g. "telephony" or "port 8080"
  health state = health::ok;
  std::string sentence; ///< what was found
  std::string remedy;   ///< what to do about it; empty when nothing is to be done
};
using findings = std::vector<finding>;

inline finding ok(std::string check, std::string sentence) {
  return {std::move(check), health::ok, std::move(sentence), {}};
}
inline finding skipped(std::string check, std::string why) {
  return {std::move(check), health::skipped, std::move(why), {}};
}
inline finding warning(std::string check, std::string sentence, std::string remedy) {
  return {std::move(check), health::warning, std::move(sentence), std::move(remedy)};
}
inline finding failure(std::string check, std::string sentence, std::string remedy) {
  return {std::move(check), health::failure, std::move(sentence), std::move(remedy)};
}

inline void add(findings& all, findings more) {
  for (auto& x : more)
    all.push_back(std::move(x));
}

/// Whether there is no failure among them.
bool is_fit(const findings& all);

/// `{"fit": …, "mode": …, "findings": [{"check", "state", "finding", "remedy"}]}`
nlohmann::ordered_json to_json(const findings& all, const std::string& mode);

/// A line for each finding, the remedy beneath, a summary at the end.
/// @param colours For a terminal.
std::string to_text(const findings& all, const std::string& mode, bool colours);

} // namespace parley::doctor
