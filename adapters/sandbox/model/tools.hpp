#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sandbox::model {

/// A function that the session offers, as it came over the wire.
struct tool {
  std::string name;
  std::string description;
  nlohmann::json parameters; // JSON schema of the arguments
};

/// What the agent knows and may fill into arguments.
struct known_facts {
  /// By property name ("datetime"); takes precedence.
  std::map<std::string, nlohmann::json> by_name;
  /// For properties that it does not know by name, by what they look like.
  std::string email;
  std::string person;
  std::string company;
  std::string moment; // ISO
  std::string words;  // any other text
};

const tool* find_tool(const std::vector<tool>& tools, std::string_view name);

/// Arguments that fit the tool's schema: the properties that it knows, and
/// the required ones that it doesn't, filled by type, enum, name and
/// description. A value never has another type than the schema asks for.
nlohmann::json arguments_for(const tool& which, const known_facts& facts);

} // namespace parley::sandbox::model
