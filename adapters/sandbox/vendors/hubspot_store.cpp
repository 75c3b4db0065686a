#include "adapters/sandbox/vendors/hubspot_store.hpp"

#include "adapters/sandbox/model/text.hpp"
#include "runtime/clock.hpp"

#include <algorithm>

namespace parley::sandbox::vendors {
namespace {

using nlohmann::json;

const std::set<std::string> operators{"EQ",
                                      "NEQ",
                                      "LT",
                                      "LTE",
                                      "GT",
                                      "GTE",
                                      "BETWEEN",
                                      "IN",
                                      "NOT_IN",
                                      "HAS_PROPERTY",
                                      "NOT_HAS_PROPERTY",
                                      "CONTAINS_TOKEN",
                                      "NOT_CONTAINS_TOKEN"};

/// HubSpot-defined association types between the objects that we know.
const std::map<std::pair<std::string, std::string>, int> association_types{
  {{"calls", "contacts"}, 194},    {{"contacts", "calls"}, 193}, {{"meetings", "contacts"}, 200},
  {{"contacts", "meetings"}, 199}, {{"notes", "contacts"}, 202}, {{"contacts", "notes"}, 201},
  {{"tasks", "contacts"}, 204},    {{"contacts", "tasks"}, 203}, {{"emails", "contacts"}, 198},
  {{"contacts", "emails"}, 197},
};

bool is_timestamp(const std::string& text) {
  if (!text.empty() && text.find_first_not_of("0123456789") == text.npos)
    return true; // Unix milliseconds
  return parse_iso(text).has_value();
}

/// Numbers compare as numbers, everything else as text.
int compare(const std::string& a, const std::string& b) {
  const auto is_number
    = [](const std::string& x) { return !x.empty() && x.size() < 16 && x.find_first_not_of("0123456789") == x.npos; };
  if (is_number(a) && is_number(b)) {
    const auto x = std::stoll(a), y = std::stoll(b);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  return lower(a).compare(lower(b));
}

bool has_token(const std::string& text, std::string token) {
  const bool open_end = token.ends_with('*');
  const bool open_start = token.starts_with('*');
  std::erase(token, '*');
  const auto words = model::as_words(text);
  const auto wanted = model::as_words(token);
  const auto core = std::string{model::trim(wanted)};
  if (open_start || open_end)
    return words.find((open_start ? "" : " ") + core + (open_end ? "" : " ")) != words.npos;
  return words.find(wanted) != words.npos;
}

std::optional<hubspot_error> check_filter(const json& filter) {
  const auto name = filter.value("operator", "");
  if (!operators.contains(name))
    return hubspot_error{400, "VALIDATION_ERROR", "Invalid input JSON: operator \"" + name + "\" is unknown",
                         "INVALID_OPERATOR"};
  if (filter.value("propertyName", "").empty())
    return hubspot_error{400, "VALIDATION_ERROR", "a filter needs a propertyName", "REQUIRED_FIELD"};
  const bool list = name == "IN" || name == "NOT_IN";
  const bool none = name == "HAS_PROPERTY" || name == "NOT_HAS_PROPERTY";
  if ((list && !filter.contains("values")) || (!list && !none && !filter.contains("value"))
      || (name == "BETWEEN" && !filter.contains("highValue")))
    return hubspot_error{400, "VALIDATION_ERROR", "operator " + name + " misses its value", "REQUIRED_FIELD"};
  return std::nullopt;
}

bool passes(const hubspot_store::record& which, const json& filter) {
  const auto found = which.properties.find(filter["propertyName"].get<std::string>());
  const auto name = filter["operator"].get<std::string>();
  const bool there = found != which.properties.end() && !found->second.empty();
  if (name == "HAS_PROPERTY" || name == "NOT_HAS_PROPERTY")
    return there == (name == "HAS_PROPERTY");
  const bool negative = name == "NEQ" || name == "NOT_IN" || name == "NOT_CONTAINS_TOKEN";
  if (!there)
    return negative;
  const auto& have = found->second;
  if (name == "IN" || name == "NOT_IN") {
    const bool in = std::any_of(filter["values"].begin(), filter["values"].end(),
                                [&](const json& x) { return compare(have, x.get<std::string>()) == 0; });
    return in != negative;
  }
  const auto value = filter["value"].get<std::string>();
  if (name == "CONTAINS_TOKEN" || name == "NOT_CONTAINS_TOKEN")
    return has_token(have, value) != negative;
  const auto order = compare(have, value);
  if (name == "BETWEEN")
    return order >= 0 && compare(have, filter["highValue"].get<std::string>()) <= 0;
  return name == "EQ"    ? order == 0
         : name == "NEQ" ? order != 0
         : name == "LT"  ? order < 0
         : name == "LTE" ? order <= 0
         : name == "GT"  ? order > 0
                         : order >= 0;
}

} // namespace

bool hubspot_store::is_type(const std::string& type) {
  static const std::set<std::string> types{"contacts", "calls", "emails", "meetings", "notes", "tasks"};
  return types.contains(type);
}

int hubspot_store::default_type(const std::string& type, const std::string& to_type) {
  const auto found = association_types.find({type, to_type});
  return found != association_types.end() ? found->second : 0;
}

std::optional<hubspot_error> hubspot_store::check(const std::string& type, const json& body, bool creating) const {
  if (!body.is_object() || !body.contains("properties") || !body["properties"].is_object())
    return hubspot_error{400, "VALIDATION_ERROR", "Invalid input JSON: properties are missing", "REQUIRED_FIELD"};
  for (const auto& [key, value] : body.items())
    if (key != "properties" && !(creating && key == "associations"))
      return hubspot_error{400, "VALIDATION_ERROR", "Invalid input JSON: unknown field \"" + key + "\"", ""};
  for (const auto& [key, value] : body["properties"].items())
    if (!value.is_string())
      return hubspot_error{400, "VALIDATION_ERROR", "Invalid input JSON: property \"" + key + "\" must be a string",
                           "INVALID_TYPE"};
  if (type == "contacts")
    return std::nullopt;
  const auto stamp = body["properties"].find("hs_timestamp");
  if (creating && stamp == body["properties"].end())
    return hubspot_error{400, "VALIDATION_ERROR",
                         "Error creating " + type + ". Some required properties were not set: hs_timestamp.",
                         "REQUIRED_FIELD"};
  if (stamp != body["properties"].end() && !is_timestamp(stamp->get<std::string>()))
    return hubspot_error{400, "VALIDATION_ERROR", "hs_timestamp is no date and time", "INVALID_DATE"};
  return std::nullopt;
}

std::optional<hubspot_error>
hubspot_store::conflict(const std::string& type, const std::map<std::string, std::string>& properties) {
  for (const auto& [name, value] : properties) {
    const bool unique = name.ends_with("_key") || (type == "contacts" && name == "email");
    if (const auto* other = unique && !value.empty() ? find(type, value, name) : nullptr)
      return hubspot_error{
        409, "CONFLICT",
        (type == "contacts" ? "Contact" : "Object") + std::string{" already exists. Existing ID: "} + other->id, ""};
  }
  return std::nullopt;
}

std::optional<hubspot_error>
hubspot_store::create(const std::string& type, const json& body, const std::string& now, record& out) {
  if (auto wrong = check(type, body, true))
    return wrong;
  record made;
  made.properties = body["properties"].get<std::map<std::string, std::string>>();
  if (auto wrong = conflict(type, made.properties))
    return wrong;
  const auto associations = body.value("associations", json::array());
  struct wish {
    std::string to_type;
    std::string to_id;
    int type_id;
  };
  std::vector<wish> wishes;
  for (const auto& association : associations)
    for (const auto& spec : association.at("types")) {
      const auto type_id = spec.at("associationTypeId").get<int>();
      const auto known = std::find_if(association_types.begin(), association_types.end(),
                                      [&](const auto& x) { return x.second == type_id && x.first.first == type; });
      const auto to = association.at("to").at("id").get<std::string>();
      if (known == association_types.end())
        return hubspot_error{400, "VALIDATION_ERROR",
                             "association type " + std::to_string(type_id) + " does not start at " + type,
                             "INVALID_ASSOCIATION_TYPE"};
      if (find(known->first.second, to) == nullptr)
        return hubspot_error{404, "OBJECT_NOT_FOUND", "No " + known->first.second + " has the id " + to, ""};
      wishes.push_back({known->first.second, to, type_id});
    }
  made.id = std::to_string(++last_id_);
  made.created = made.updated = now;
  made.properties["hs_object_id"] = made.id;
  made.properties[type == "contacts" ? "createdate" : "hs_createdate"] = now;
  made.properties[type == "contacts" ? "lastmodifieddate" : "hs_lastmodifieddate"] = now;
  for (const auto& [key, value] : made.properties)
    names_.insert(key);
  records_[type][made.id] = made;
  for (const auto& one : wishes)
    link(type, made.id, one.to_type, one.to_id, one.type_id);
  out = made;
  return std::nullopt;
}

std::optional<hubspot_error> hubspot_store::update(record& which, const json& body, const std::string& now) {
  if (auto wrong = check("", body, false))
    return wrong;
  for (const auto& [key, value] : body["properties"].items()) {
    which.properties[key] = value.get<std::string>();
    names_.insert(key);
  }
  which.properties[which.properties.contains("createdate") ? "lastmodifieddate" : "hs_lastmodifieddate"] = now;
  which.updated = now;
  return std::nullopt;
}

hubspot_store::record*
hubspot_store::find(const std::string& type, const std::string& id, const std::string& id_property) {
  auto& all = records_[type];
  if (id_property.empty()) {
    const auto found = all.find(id);
    return found != all.end() && !found->second.archived ? &found->second : nullptr;
  }
  for (auto& [key, one] : all)
    if (const auto property = one.properties.find(id_property);
        !one.archived && property != one.properties.end() && lower(property->second) == lower(id))
      return &one;
  return nullptr;
}

std::vector<const hubspot_store::record*> hubspot_store::all(const std::string& type, bool archived) const {
  std::vector<const record*> result;
  if (const auto found = records_.find(type); found != records_.end())
    for (const auto& [id, one] : found->second)
      if (one.archived == archived)
        result.push_back(&one);
  std::sort(result.begin(), result.end(), [](const record* a, const record* b) { return compare(a->id, b->id) < 0; });
  return result;
}

std::optional<hubspot_error>
hubspot_store::search(const std::string& type, const json& request, std::vector<const record*>& out) const {
  if (!request.is_object())
    return hubspot_error{400, "VALIDATION_ERROR", "Invalid input JSON", ""};
  for (const auto& [key, value] : request.items())
    if (key != "query" && key != "limit" && key != "after" && key != "sorts" && key != "properties"
        && key != "filterGroups")
      return hubspot_error{400, "VALIDATION_ERROR", "Invalid input JSON: unknown field \"" + key + "\"", ""};
  const auto groups = request.value("filterGroups", json::array());
  if (groups.size() > 5)
    return hubspot_error{400, "VALIDATION_ERROR", "at most 5 filterGroups", ""};
  for (const auto& group : groups)
    for (const auto& filter : group.at("filters"))
      if (auto wrong = check_filter(filter))
        return wrong;
  // HubSpot's pseudo-property finds what belongs to a contact.
  const auto fits = [&](const record& one, const json& filter) {
    if (filter["propertyName"] == "associations.contact" && filter["operator"] == "EQ")
      return links_of(type, one.id, "contacts").contains(filter["value"].get<std::string>());
    return passes(one, filter);
  };
  const auto query = request.value("query", "");
  for (const auto* one : all(type)) {
    const bool in_groups = groups.empty() || std::any_of(groups.begin(), groups.end(), [&](const json& group) {
                             return std::all_of(group["filters"].begin(), group["filters"].end(),
                                                [&](const json& filter) { return fits(*one, filter); });
                           });
    const bool in_query
      = query.empty() || std::any_of(one->properties.begin(), one->properties.end(), [&](const auto& x) {
          return lower(x.second).find(lower(query)) != std::string::npos;
        });
    if (in_groups && in_query)
      out.push_back(one);
  }
  for (const auto& sort : request.value("sorts", json::array())) {
    const auto name = sort.is_string() ? sort.get<std::string>() : sort.at("propertyName").get<std::string>();
    const bool down = sort.is_object() && sort.value("direction", "ASCENDING") == "DESCENDING";
    const auto value
      = [&](const record* x) { return x->properties.contains(name) ? x->properties.at(name) : std::string{}; };
    std::stable_sort(out.begin(), out.end(), [&](const record* a, const record* b) {
      return down ? compare(value(b), value(a)) < 0 : compare(value(a), value(b)) < 0;
    });
  }
  return std::nullopt;
}

std::optional<hubspot_error> hubspot_store::link(const std::string& type, const std::string& id,
                                                 const std::string& to_type, const std::string& to_id, int type_id) {
  if (find(type, id) == nullptr || find(to_type, to_id) == nullptr)
    return hubspot_error{404, "OBJECT_NOT_FOUND", "One of the objects to associate does not exist", ""};
  if (type_id == 0 || type_id != default_type(type, to_type))
    return hubspot_error{400, "VALIDATION_ERROR",
                         "association type " + std::to_string(type_id) + " does not lead from " + type + " to "
                           + to_type,
                         "INVALID_ASSOCIATION_TYPE"};
  links_[{type, id, to_type}][to_id].insert(type_id);
  links_[{to_type, to_id, type}][id].insert(default_type(to_type, type));
  return std::nullopt;
}

std::vector<std::string> hubspot_store::existing(std::vector<std::string> names) const {
  std::erase_if(names, [this](const auto& name) { return !names_.contains(name); });
  return names;
}

void hubspot_store::unlink(const std::string& type, const std::string& id, const std::string& to_type,
                           const std::string& to_id) {
  links_[{type, id, to_type}].erase(to_id);
  links_[{to_type, to_id, type}].erase(id);
}

hubspot_store::links
hubspot_store::links_of(const std::string& type, const std::string& id, const std::string& to_type) const {
  const auto found = links_.find({type, id, to_type});
  return found != links_.end() ? found->second : links{};
}

json to_json(const std::string& type, const hubspot_store::record& which, const std::vector<std::string>& wanted) {
  auto names = wanted;
  if (type == "contacts")
    names.insert(names.end(), {"hs_object_id", "createdate", "lastmodifieddate"});
  else
    names.insert(names.end(), {"hs_object_id", "hs_createdate", "hs_lastmodifieddate"});
  if (wanted.empty() && type == "contacts")
    names.insert(names.end(), {"email", "firstname", "lastname"});
  json properties = json::object();
  for (const auto& name : names) {
    const auto found = which.properties.find(name);
    properties[name] = found != which.properties.end() ? json(found->second) : json(nullptr);
  }
  return {{"id", which.id},
          {"properties", properties},
          {"createdAt", which.created},
          {"updatedAt", which.updated},
          {"archived", which.archived}};
}

} // namespace parley::sandbox::vendors
