#pragma once

#include "tests/support/stub_server.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace parley::test {

/// The part of HubSpot's CRM that matters to an adapter: objects with
/// properties, search, unique properties and associations. `meddle` may answer
/// in its place.
class fake_hubspot {
public:
  using json = nlohmann::json;
  struct object {
    json properties;
    json associations; ///< as sent with the creation
  };

  std::function<std::optional<stub_answer>(const stub_server::request&)> meddle;
  std::string token = "pat-1";
  bool search_lags = false; ///< the search sees nothing, as right after a write

  std::string url() const { return server_.url(); }
  std::vector<stub_server::request> seen() const { return server_.seen(); }

  std::string add(const std::string& type, json properties, json associations = json::array()) {
    std::lock_guard guard{mutex_};
    const auto id = std::to_string(++last_id_);
    objects_[type][id] = {std::move(properties), std::move(associations)};
    return id;
  }
  std::map<std::string, object> all(const std::string& type) const {
    std::lock_guard guard{mutex_};
    const auto found = objects_.find(type);
    return found == objects_.end() ? std::map<std::string, object>{} : found->second;
  }
  /// How many requests had this method and target so far.
  size_t count(const std::string& method, const std::string& path) const {
    size_t n = 0;
    for (const auto& x : seen())
      n += x.method_string() == method && path_of(x) == path;
    return n;
  }
  static std::string path_of(const stub_server::request& x) {
    const std::string target{x.target()};
    return target.substr(0, target.find('?'));
  }
  static stub_answer error(int status, const std::string& category, const std::string& message = "no") {
    return {status,
            json{{"status", "error"}, {"message", message}, {"correlationId", "c-1"}, {"category", category}}.dump()};
  }

  /// What HubSpot itself would answer.
  stub_answer answer(const stub_server::request& x) {
    if (x[boost::beast::http::field::authorization] != "Bearer " + token)
      return error(401, "INVALID_AUTHENTICATION");
    const auto path = path_of(x);
    const std::string prefix = "/crm/v3/objects/";
    if (!path.starts_with(prefix))
      return error(404, "OBJECT_NOT_FOUND");
    const auto rest = path.substr(prefix.size());
    const auto slash = rest.find('/');
    const auto type = rest.substr(0, slash);
    const auto id = slash == std::string::npos ? "" : rest.substr(slash + 1);
    std::lock_guard guard{mutex_};
    if (x.method_string() == "POST" && id == "search")
      return search(type, json::parse(x.body()));
    if (x.method_string() == "POST")
      return create(type, json::parse(x.body()));
    const auto found = find(type, id, std::string{x.target()});
    if (found == objects_[type].end())
      return error(404, "OBJECT_NOT_FOUND");
    if (x.method_string() == "PATCH")
      found->second.properties.update(json::parse(x.body()).at("properties"));
    return {200, shown(found->first, found->second).dump()};
  }

private:
  std::map<std::string, object>::iterator
  find(const std::string& type, const std::string& id, const std::string& target) {
    auto& all = objects_[type];
    const auto at = target.find("idProperty=");
    if (at == std::string::npos)
      return all.find(id);
    const auto property = target.substr(at + 11);
    return std::find_if(all.begin(), all.end(),
                        [&](const auto& entry) { return decoded(id) == entry.second.properties.value(property, ""); });
  }

  static std::string decoded(const std::string& text) {
    const auto at = text.find("%40");
    return at == std::string::npos ? text : text.substr(0, at) + "@" + text.substr(at + 3);
  }

  static json shown(const std::string& id, const object& x) {
    json out{{"id", id},
             {"properties", x.properties},
             {"createdAt", "2026-08-04T12:00:00Z"},
             {"updatedAt", "2026-08-04T12:00:00Z"}};
    for (const auto& link : x.associations)
      out["associations"]["contacts"]["results"].push_back({{"id", link["to"]["id"]}, {"type", "any_to_contact"}});
    return out;
  }

  static bool matches(const object& x, const json& filter) {
    const auto name = filter["propertyName"].get<std::string>();
    if (filter.at("operator") == "IN") { // of lower-case values, as HubSpot has it
      auto have = x.properties.value(name, "");
      std::transform(have.begin(), have.end(), have.begin(), [](unsigned char c) { return std::tolower(c); });
      const auto& values = filter.at("values");
      return std::find(values.begin(), values.end(), have) != values.end();
    }
    const auto value = filter["value"].get<std::string>();
    if (name != "associations.contact")
      return x.properties.value(name, "") == value;
    return std::any_of(x.associations.begin(), x.associations.end(),
                       [&](const json& link) { return link["to"]["id"] == value; });
  }

  stub_answer search(const std::string& type, const json& asked) {
    std::vector<json> results;
    const auto everybody = json::array({{{"filters", json::array()}}});
    if (!search_lags)
      for (const auto& [id, x] : objects_[type])
        for (const auto& group : asked["filterGroups"].empty() ? everybody : asked["filterGroups"])
          if (std::all_of(group["filters"].begin(), group["filters"].end(),
                          [&, &x = x](const json& filter) { return matches(x, filter); })) {
            results.push_back(shown(id, x));
            break;
          }
    if (asked.contains("sorts"))
      std::sort(results.begin(), results.end(), [](const json& a, const json& b) {
        return a["properties"].value("hs_timestamp", "") > b["properties"].value("hs_timestamp", "");
      });
    const auto total = results.size();
    const auto from = std::min<size_t>(total, std::stoul(asked.value("after", "0")));
    const auto until = std::min<size_t>(total, from + asked.value("limit", 10));
    json answer{{"total", total}, {"results", json::array()}};
    for (auto i = from; i < until; ++i)
      answer["results"].push_back(results[i]);
    if (until < total)
      answer["paging"]["next"]["after"] = std::to_string(until);
    return {200, answer.dump()};
  }

  stub_answer create(const std::string& type, const json& asked) {
    for (const auto& [name, value] : asked.at("properties").items())
      if (!value.is_string())
        return error(400, "VALIDATION_ERROR", name + " is no text");
    for (const auto* unique : {"email", "parley_key"})
      for (const auto& [id, x] : objects_[type])
        if (x.properties.contains(unique) && asked["properties"].value(unique, "") == x.properties[unique])
          return error(409, "CONFLICT");
    const auto id = std::to_string(++last_id_);
    auto& x = objects_[type][id] = {asked["properties"], asked.value("associations", json::array())};
    return {201, shown(id, x).dump()};
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, object>> objects_;
  int last_id_ = 100;
  stub_server server_{[this](const stub_server::request& x) {
    const auto other = meddle ? meddle(x) : std::nullopt;
    return other ? *other : answer(x);
  }};
};

} // namespace parley::test
