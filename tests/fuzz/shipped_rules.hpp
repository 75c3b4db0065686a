#pragma once

#include "actors/compliance/rules.hpp"

namespace parley::fuzz {

/// The rules that Parley ships, read once.
inline const calling_rules& shipped_rules() {
  static const auto rules = calling_rules::load(PARLEY_SOURCE_DIR "/config/rules/us-calling-rules.json",
                                                PARLEY_SOURCE_DIR "/config/rules/nanp-timezones.csv",
                                                PARLEY_SOURCE_DIR "/config/rules/us-zip-states.csv");
  return *rules;
}

} // namespace parley::fuzz
