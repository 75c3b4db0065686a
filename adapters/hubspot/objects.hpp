#pragma once

#include "adapters/http/dialogue.hpp"

#include <initializer_list>
#include <string>

namespace parley::hubspot {

/// Path of a type of CRM objects, or of what follows it.
inline std::string objects(const std::string& type) {
  return "/crm/v3/objects/" + type;
}

/// A property's text; HubSpot writes null for one without a value.
inline std::string text_of(const nlohmann::json& properties, const std::string& name) {
  const auto found = properties.find(name);
  return found != properties.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// HubSpot takes property values as text only, and "" would clear one.
inline void put(nlohmann::json& properties, const char* name, const std::string& value) {
  if (!value.empty())
    properties[name] = value;
}

inline nlohmann::json filter(const std::string& property, const std::string& value) {
  return {{"propertyName", property}, {"operator", "EQ"}, {"value", value}};
}

/// Groups are alternatives, the filters of one group hold together.
inline nlohmann::json any_of(std::initializer_list<nlohmann::json> filters) {
  auto groups = nlohmann::json::array();
  for (const auto& one : filters)
    groups.push_back({{"filters", nlohmann::json::array({one})}});
  return groups;
}

/// The first of a search's results, or null.
inline nlohmann::json first_result(const http_response& response) {
  auto body = json_of(response);
  auto& results = body.at("results");
  return results.empty() ? nlohmann::json{} : results.at(0);
}

} // namespace parley::hubspot
