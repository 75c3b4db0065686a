#pragma once

#include "tests/support/json_schema.hpp"

#include <fstream>

namespace parley::test {

/// The vendor's description of its realtime events (tests/specs).
inline const json_schema& realtime_schema() {
  static const json_schema one{[] {
    std::ifstream in{PARLEY_SOURCE_DIR "/tests/specs/openai-realtime.schema.json"};
    return nlohmann::json::parse(in);
  }()};
  return one;
}

/// What is wrong with an event; empty when it is valid.
/// @param version "ga" or "beta". @param side "client" or "server".
inline std::vector<std::string>
realtime_problems(const nlohmann::json& event, const std::string& side, const std::string& version = "ga") {
  const auto& index = realtime_schema().root().at("x-index").at(version).at(side);
  const auto type = event.value("type", "");
  if (!index.contains(type))
    return {"\"" + type + "\" is no " + version + " event of a " + side};
  return realtime_schema().problems(event, index[type].get<std::string>());
}

} // namespace parley::test
