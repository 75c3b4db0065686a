#include "adapters/sandbox/model/tools.hpp"

#include "adapters/sandbox/model/text.hpp"

#include <algorithm>
#include <optional>

namespace parley::sandbox::model {
namespace {

using nlohmann::json;

/// The schema's type; of several the first that isn't null.
std::string type_of(const json& schema) {
  const auto type = schema.value("type", json{});
  if (type.is_string())
    return type.get<std::string>();
  if (type.is_array())
    for (const auto& one : type)
      if (one.is_string() && one != "null")
        return one.get<std::string>();
  for (const char* choice : {"anyOf", "oneOf"})
    if (schema.contains(choice))
      for (const auto& one : schema[choice])
        if (auto found = type_of(one); found != "null")
          return found;
  if (schema.contains("properties"))
    return "object";
  if (schema.contains("items"))
    return "array";
  return "string";
}

bool may_be_null(const json& schema) {
  const auto type = schema.value("type", json{});
  return type == "null" || (type.is_array() && std::find(type.begin(), type.end(), "null") != type.end());
}

json number_in(const json& schema, double wish, bool whole) {
  wish = std::max(wish, schema.value("minimum", wish));
  wish = std::min(wish, schema.value("maximum", wish));
  return whole ? json(static_cast<int64_t>(wish)) : json(wish);
}

json text_for(const std::string& name, const json& schema, const known_facts& facts) {
  const auto about = as_words(name + " " + schema.value("description", "") + " " + schema.value("format", ""));
  if (about.find("mail") != about.npos)
    return facts.email;
  if (about.find("time") != about.npos || has_any(about, {"date", "when", "slot", "start", "day"}))
    return schema.value("format", "") == "date" ? facts.moment.substr(0, 10) : facts.moment;
  if (has_any(about, {"company", "organization", "organisation", "employer"}))
    return facts.company;
  if (has_any(about, {"name", "person", "prospect", "attendee"}))
    return facts.person;
  return facts.words;
}

json fill(const std::string& name, const json& schema, const known_facts& facts);

json object_for(const json& schema, const known_facts& facts) {
  json result = json::object();
  const auto properties = schema.value("properties", json::object());
  const auto required = schema.value("required", json::array());
  for (const auto& [name, property] : properties.items()) {
    const bool needed = std::find(required.begin(), required.end(), name) != required.end();
    if (needed || facts.by_name.contains(name))
      result[name] = fill(name, property, facts);
  }
  return result;
}

/// What is known under this name, where the schema's type allows it.
std::optional<json> known(const std::string& name, const json& schema, const known_facts& facts) {
  const auto found = facts.by_name.find(name);
  if (found == facts.by_name.end())
    return std::nullopt;
  const auto& value = found->second;
  if (schema.contains("enum")) {
    const auto& choices = schema["enum"];
    return std::find(choices.begin(), choices.end(), value) != choices.end() ? std::optional{value} : std::nullopt;
  }
  const auto type = type_of(schema);
  if (value.is_null())
    return may_be_null(schema) ? std::optional{value} : std::nullopt;
  if (type == "string" && value.is_string())
    return value;
  if (type == "string" && value.is_array() && !value.empty() && value[0].is_string())
    return value[0];
  if (type == "array" && value.is_array())
    return value;
  if (type == "array")
    return json::array({value});
  if (type == "integer" && value.is_number())
    return number_in(schema, value.get<double>(), true);
  if (type == "number" && value.is_number())
    return number_in(schema, value.get<double>(), false);
  if (type == "boolean" && value.is_boolean())
    return value;
  if (type == "object" && value.is_object()) {
    auto inside = facts;
    inside.by_name.clear();
    for (const auto& [key, entry] : value.items())
      inside.by_name[key] = entry;
    return schema.contains("properties") ? object_for(schema, inside) : value;
  }
  if (type == "string" && value.is_number())
    return value.dump();
  return std::nullopt;
}

json fill(const std::string& name, const json& schema, const known_facts& facts) {
  if (auto value = known(name, schema, facts))
    return *value;
  if (schema.contains("const"))
    return schema["const"];
  if (schema.contains("enum") && !schema["enum"].empty())
    return schema["enum"][0];
  if (schema.contains("default"))
    return schema["default"];
  const auto type = type_of(schema);
  if (type == "object")
    return object_for(schema, facts);
  if (type == "array")
    return json::array({fill(name, schema.value("items", json::object()), facts)});
  if (type == "boolean")
    return true;
  if (type == "integer" || type == "number") {
    const bool minutes = as_words(name + " " + schema.value("description", "")).find("minute") != std::string::npos;
    return number_in(schema, minutes ? 30 : 1, type == "integer");
  }
  if (may_be_null(schema) && type == "null")
    return nullptr;
  return text_for(name, schema, facts);
}

} // namespace

const tool* find_tool(const std::vector<tool>& tools, std::string_view name) {
  const auto found = std::find_if(tools.begin(), tools.end(), [&](const tool& x) { return x.name == name; });
  return found != tools.end() ? &*found : nullptr;
}

json arguments_for(const tool& which, const known_facts& facts) {
  return object_for(which.parameters, facts);
}

} // namespace parley::sandbox::model
