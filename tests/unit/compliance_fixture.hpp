#pragma once

#include "actors/compliance/gate.hpp"
#include "runtime/clock.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

namespace parley::test {

inline const std::string rules_dir = PARLEY_SOURCE_DIR "/config/rules/";

/// The rules that Parley ships; read once.
inline const calling_rules& shipped_rules() {
  static const auto rules = calling_rules::load(rules_dir + "us-calling-rules.json", rules_dir + "nanp-timezones.csv",
                                                rules_dir + "us-zip-states.csv");
  return *rules;
}

inline std::string contents(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// An instant from "2026-11-24T15:00Z", with or without seconds.
inline wall_time utc(std::string text) {
  if (text.size() == 17)
    text.insert(16, ":00");
  const auto at = parse_iso(text);
  if (!at)
    throw std::invalid_argument{"not an instant: " + text};
  return *at;
}

inline phone_number number(const std::string& text) {
  const auto parsed = parse_number(text, "US", shipped_rules());
  if (const auto* problem = std::get_if<number_problem>(&parsed))
    throw std::invalid_argument{text + ": " + problem->sentence};
  return std::get<phone_number>(parsed);
}

/// Tuesday, 12:00 in New York, 09:00 in Los Angeles: lawful in most places.
inline const wall_time a_tuesday = utc("2026-11-24T17:00Z");

/// The facts of a call that every rule allows at `a_tuesday`.
inline gate_input callable(const std::string& phone = "+1 614 555 0132") {
  gate_input x;
  x.number = number(phone);
  x.seller = "Acme Robotics";
  x.subject = "spring";
  x.consent = {consent_type::express_written, utc("2026-03-01T00:00Z"), "web form",
               "I agree that Acme Robotics may call me with an artificial voice.", "Acme Robotics"};
  x.lists = {{"national", "2026-11-20", a_tuesday - std::chrono::days{4}, false}};
  return x;
}

inline gate_verdict judge(const gate_input& x, wall_time now = a_tuesday, const gate_policy& policy = {}) {
  return check(shipped_rules(), policy, x, now);
}

inline const rule_check* find_rule(const gate_verdict& x, std::string_view rule) {
  for (const auto& check : x.rules)
    if (rule == check.rule)
      return &check;
  return nullptr;
}

} // namespace parley::test
