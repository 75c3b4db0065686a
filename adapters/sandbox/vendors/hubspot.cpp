#include "adapters/sandbox/vendors/hubspot.hpp"

#include "adapters/sandbox/model/text.hpp"
#include "adapters/sandbox/vendors/hubspot_store.hpp"
#include "adapters/sandbox/vendors/json_http.hpp"
#include "adapters/sandbox/vendors/vendor_faults.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>
#include <regex>

namespace parley::sandbox::vendors {
namespace {

using nlohmann::json;
using steady = std::chrono::steady_clock;

constexpr std::string_view token_prefix = "practice-oauth-";

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    if (end > begin)
      parts.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

size_t number(const std::string& text, size_t fallback) {
  size_t value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

http_response failure(const hubspot_error& wrong) {
  json body{{"status", "error"},
            {"message", wrong.message},
            {"correlationId", "00000000-0000-0000-0000-000000000000"},
            {"category", wrong.category}};
  if (!wrong.code.empty())
    body["errors"] = json::array({{{"message", wrong.message}, {"code", wrong.code}}});
  return json_response(wrong.status, body);
}

http_response hubspot_unlucky(mishap what) {
  if (what == mishap::rate_limit)
    return json_response(429, {{"status", "error"},
                               {"message", "You have reached your ten_secondly_rolling limit."},
                               {"errorType", "RATE_LIMIT"},
                               {"correlationId", "00000000-0000-0000-0000-000000000000"},
                               {"category", "RATE_LIMITS"},
                               {"policyName", "TEN_SECONDLY_ROLLING"}});
  return what == mishap::outage ? failure({503, "SERVICE_UNAVAILABLE", "Service unavailable", ""})
                                : failure({500, "INTERNAL_ERROR", "internal error", ""});
}

http_response hubspot_not_found() {
  return failure({404, "OBJECT_NOT_FOUND", "Object not found.", ""});
}

class hubspot {
public:
  hubspot(world& around, hubspot_options options) : world_{around}, options_{options} {}

  void add_to(http_server& server, const std::shared_ptr<hubspot>& self) {
    using handler = http_response (hubspot::*)(const http_request&);
    const auto add = [&](const char* method, const char* path, handler handle) {
      server.route(method, path,
                   answering([self, handle](const http_request& request) { return self->admit(request, handle); },
                             failure({400, "VALIDATION_ERROR", "Invalid input JSON", ""})));
    };
    add("POST", "/crm/v3/objects/{type}/search", &hubspot::search);
    add("POST", "/crm/v3/objects/{type}", &hubspot::create);
    add("GET", "/crm/v3/objects/{type}", &hubspot::list);
    add("GET", "/crm/v3/objects/{type}/{id}", &hubspot::get);
    add("PATCH", "/crm/v3/objects/{type}/{id}", &hubspot::update);
    add("DELETE", "/crm/v3/objects/{type}/{id}", &hubspot::archive);
    add("PUT", "/crm/v4/objects/{type}/{id}/associations/default/{to_type}/{to_id}", &hubspot::associate_default);
    add("PUT", "/crm/v4/objects/{type}/{id}/associations/{to_type}/{to_id}", &hubspot::associate);
    add("DELETE", "/crm/v4/objects/{type}/{id}/associations/{to_type}/{to_id}", &hubspot::dissociate);
    add("GET", "/crm/v4/objects/{type}/{id}/associations/{to_type}", &hubspot::associations);
    add("GET", "/crm/v3/properties/{type}/{name}", &hubspot::property);
    const auto malformed = failure({400, "VALIDATION_ERROR", "Invalid input", ""});
    server.route("POST", "/oauth/v1/token",
                 answering([self](const http_request& request) { return self->token(request); }, malformed));
    server.route("GET", "/oauth/v1/access-tokens/{token}",
                 answering([self](const http_request& request) { return self->token_info(request); }, malformed));
    let_fail(
      server, std::make_shared<vendor_gate>(world_, "crm", world_.script().faults.crm),
      [self](const http_request& request) { return self->occasion(request); }, hubspot_unlucky);
  }

private:
  /// What a request does and whom it concerns: by what it says itself, or by
  /// the contact that it names.
  std::string occasion(const http_request& request) {
    if (request.path.starts_with("/oauth/"))
      return {};
    auto what = operation_of(request);
    if (auto who = person_in(percent_decode(request.path) + " " + to_plain(request.query) + " " + request.body);
        !who.empty())
      return what + " " + who;
    static const std::regex contact{
      R"re(contacts/(\d+)|"to":\{"id":"(\d+)"|"associations\.contact"[^}]*"value":"(\d+)")re"};
    const auto text = request.path + " " + request.body;
    std::smatch found;
    if (!std::regex_search(text, found, contact))
      return what;
    const auto id = found[1].matched ? found[1].str() : found[2].matched ? found[2].str() : found[3].str();
    std::lock_guard lock{mutex_};
    const auto* record = store_.find("contacts", id);
    if (record == nullptr)
      return what;
    std::string who;
    for (const char* name : {"email", "phone"})
      if (const auto property = record->properties.find(name); who.empty() && property != record->properties.end())
        who = lower(property->second);
    return what + " " + who;
  }

  static std::string to_plain(const fields& query) {
    std::string all;
    for (const auto& [name, value] : query)
      all += " " + value;
    return all;
  }

  /// What every request to the CRM has to pass.
  http_response admit(const http_request& request, http_response (hubspot::*handle)(const http_request&)) {
    std::lock_guard lock{mutex_};
    const auto token = bearer_of(request);
    if (token.empty())
      return failure({401, "INVALID_AUTHENTICATION", "Authentication credentials not found.", ""});
    if (token.starts_with(token_prefix) && !is_valid(token))
      return failure(
        {401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired or was never issued.", ""});
    for (const char* part : {"type", "to_type"})
      if (const auto type = request.parts.find(part);
          type != request.parts.end() && !hubspot_store::is_type(type->second))
        return failure({404, "OBJECT_NOT_FOUND", "Unable to infer object type from: " + type->second, ""});
    return (this->*handle)(request);
  }

  std::string now() const { return to_iso(world_.time().now()); }
  static const std::string& part(const http_request& request, const char* name) { return request.parts.at(name); }

  void testify(const char* operation, const std::string& type, const std::string& id, json details = json::object()) {
    world_.log().record(
      "crm",
      {{"vendor", "hubspot"}, {"operation", operation}, {"object", type}, {"id", id}, {"details", std::move(details)}});
  }

  http_response create(const http_request& request) {
    const auto& type = part(request, "type");
    const auto body = json::parse(request.body, nullptr, false);
    hubspot_store::record made;
    if (const auto wrong = store_.create(type, body, now(), made))
      return failure(*wrong);
    testify("create", type, made.id, body);
    std::vector<std::string> all;
    for (const auto& [name, value] : made.properties)
      all.push_back(name);
    return json_response(201, to_json(type, made, all));
  }

  http_response list(const http_request& request) {
    const auto limit = number(value_or(request.query, "limit", "10"), 10);
    if (limit == 0 || limit > 100)
      return failure({400, "VALIDATION_ERROR", "limit must be from 1 to 100", "INVALID_LIMIT"});
    return page(part(request, "type"), store_.all(part(request, "type"), value_or(request.query, "archived") == "true"),
                limit, value_or(request.query, "after", "0"),
                store_.existing(split(value_or(request.query, "properties"))), false);
  }

  /// Every property is there, since any can be kept; those whose names end with
  /// "_key" have unique values.
  http_response property(const http_request& request) {
    const auto name = part(request, "name");
    return json_response(200, {{"name", name},
                               {"label", name},
                               {"type", "string"},
                               {"fieldType", "text"},
                               {"groupName", "practice"},
                               {"hasUniqueValue", name.ends_with("_key")}});
  }

  http_response search(const http_request& request) {
    const auto body = json::parse(request.body, nullptr, false);
    std::vector<const hubspot_store::record*> found;
    if (const auto wrong = store_.search(part(request, "type"), body, found))
      return failure(*wrong);
    const auto limit = body.value("limit", size_t{10});
    if (limit > 200)
      return failure({400, "VALIDATION_ERROR", "limit must be at most 200", "INVALID_LIMIT"});
    return page(part(request, "type"), found, limit, body.value("after", "0"),
                store_.existing(body.value("properties", std::vector<std::string>{})), true);
  }

  static http_response page(const std::string& type, const std::vector<const hubspot_store::record*>& all, size_t limit,
                            const std::string& after, const std::vector<std::string>& wanted, bool with_total) {
    const auto begin = std::min(number(after, 0), all.size());
    const auto end = std::min(begin + limit, all.size());
    json body{{"results", json::array()}};
    if (with_total)
      body["total"] = all.size();
    for (size_t i = begin; i < end; ++i)
      body["results"].push_back(to_json(type, *all[i], wanted));
    if (end < all.size() && limit > 0)
      body["paging"] = {{"next", {{"after", std::to_string(end)}}}};
    return json_response(200, body);
  }

  hubspot_store::record* find(const http_request& request) {
    return store_.find(part(request, "type"), part(request, "id"), value_or(request.query, "idProperty"));
  }

  http_response get(const http_request& request) {
    const auto& type = part(request, "type");
    const auto* found = find(request);
    if (found == nullptr)
      return hubspot_not_found();
    auto body = to_json(type, *found, store_.existing(split(value_or(request.query, "properties"))));
    for (const auto& to_type : split(value_or(request.query, "associations"))) {
      auto results = json::array();
      for (const auto& [id, types] : store_.links_of(type, found->id, to_type))
        results.push_back(
          {{"id", id}, {"type", type.substr(0, type.size() - 1) + "_to_" + to_type.substr(0, to_type.size() - 1)}});
      if (!results.empty())
        body["associations"][to_type] = {{"results", results}};
    }
    return json_response(200, body);
  }

  http_response update(const http_request& request) {
    auto* found = find(request);
    if (found == nullptr)
      return hubspot_not_found();
    const auto body = json::parse(request.body, nullptr, false);
    if (const auto wrong = store_.update(*found, body, now()))
      return failure(*wrong);
    testify("update", part(request, "type"), found->id, body);
    std::vector<std::string> all;
    for (const auto& [name, value] : found->properties)
      all.push_back(name);
    return json_response(200, to_json(part(request, "type"), *found, all));
  }

  http_response archive(const http_request& request) {
    if (auto* found = find(request)) {
      found->archived = true;
      testify("archive", part(request, "type"), found->id);
    }
    return no_content(); // archiving twice is no error
  }

  http_response associate(const http_request& request) {
    const auto specs = json::parse(request.body, nullptr, false);
    if (!specs.is_array() || specs.empty())
      return failure({400, "VALIDATION_ERROR", "Invalid input JSON: association types are missing", ""});
    for (const auto& spec : specs)
      if (auto answer = link(request, spec.at("associationTypeId").get<int>()))
        return *answer;
    return json_response(201, {{"fromObjectTypeId", part(request, "type")},
                               {"fromObjectId", part(request, "id")},
                               {"toObjectTypeId", part(request, "to_type")},
                               {"toObjectId", part(request, "to_id")},
                               {"labels", json::array()}});
  }

  http_response associate_default(const http_request& request) {
    const auto type_id = hubspot_store::default_type(part(request, "type"), part(request, "to_type"));
    if (auto answer = link(request, type_id))
      return *answer;
    const auto at = now();
    return json_response(
      200,
      {{"status", "COMPLETE"},
       {"startedAt", at},
       {"completedAt", at},
       {"results", json::array({{{"from", {{"id", part(request, "id")}}},
                                 {"to", {{"id", part(request, "to_id")}}},
                                 {"associationSpec",
                                  {{"associationCategory", "HUBSPOT_DEFINED"}, {"associationTypeId", type_id}}}}})}});
  }

  /// The answer if it fails.
  std::optional<http_response> link(const http_request& request, int type_id) {
    if (const auto wrong = store_.link(part(request, "type"), part(request, "id"), part(request, "to_type"),
                                       part(request, "to_id"), type_id))
      return failure(*wrong);
    testify("associate", part(request, "type"), part(request, "id"),
            {{"to", part(request, "to_type")}, {"to_id", part(request, "to_id")}});
    return std::nullopt;
  }

  http_response dissociate(const http_request& request) {
    store_.unlink(part(request, "type"), part(request, "id"), part(request, "to_type"), part(request, "to_id"));
    testify("dissociate", part(request, "type"), part(request, "id"),
            {{"to", part(request, "to_type")}, {"to_id", part(request, "to_id")}});
    return no_content();
  }

  http_response associations(const http_request& request) {
    if (find(request) == nullptr)
      return hubspot_not_found();
    auto results = json::array();
    for (const auto& [id, types] :
         store_.links_of(part(request, "type"), part(request, "id"), part(request, "to_type"))) {
      auto kinds = json::array();
      for (const auto type : types)
        kinds.push_back({{"typeId", type}, {"label", nullptr}, {"category", "HUBSPOT_DEFINED"}});
      results.push_back({{"toObjectId", id}, {"associationTypes", kinds}});
    }
    return json_response(200, {{"results", results}});
  }

  http_response token(const http_request& request) {
    const auto form = parse_form(request.body);
    const auto refuse = [](const char* status, const char* message) {
      return json_response(
        400, {{"status", status}, {"message", message}, {"correlationId", "00000000-0000-0000-0000-000000000000"}});
    };
    if (value_or(form, "client_id").empty() || value_or(form, "client_secret").empty())
      return refuse("BAD_CLIENT_ID", "missing or unknown client id");
    const auto grant = value_or(form, "grant_type");
    if (grant != "refresh_token" && grant != "authorization_code")
      return refuse("BAD_GRANT_TYPE", "missing or unknown grant type");
    const auto proof = value_or(form, grant == "refresh_token" ? "refresh_token" : "code");
    if (proof.empty())
      return grant == "refresh_token" ? refuse("BAD_REFRESH_TOKEN", "missing or unknown refresh token")
                                      : refuse("BAD_AUTH_CODE", "missing or unknown auth code");
    std::lock_guard lock{mutex_};
    const auto made = std::string{token_prefix} + std::to_string(++last_token_);
    tokens_[made] = steady::now() + options_.token_lifetime;
    return json_response(200, {{"access_token", made},
                               {"refresh_token", grant == "refresh_token" ? proof : "practice-refresh"},
                               {"token_type", "bearer"},
                               {"expires_in", options_.token_lifetime.count()}});
  }

  http_response token_info(const http_request& request) {
    std::lock_guard lock{mutex_};
    const auto& asked = part(request, "token");
    if (!is_valid(asked))
      return failure({404, "OBJECT_NOT_FOUND", "access token not found", ""});
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(tokens_[asked] - steady::now()).count();
    return json_response(200, {{"token", asked},
                               {"hub_id", 1},
                               {"user_id", 1},
                               {"app_id", 1},
                               {"scopes", {"crm.objects.contacts.read", "crm.objects.contacts.write"}},
                               {"token_type", "access"},
                               {"expires_in", left}});
  }

  bool is_valid(const std::string& token) const {
    const auto found = tokens_.find(token);
    return found != tokens_.end() && steady::now() < found->second;
  }

  world& world_;
  hubspot_options options_;
  std::mutex mutex_;
  hubspot_store store_;
  std::map<std::string, steady::time_point> tokens_;
  uint64_t last_token_ = 0;
};

} // namespace

void serve_hubspot(http_server& server, world& around, hubspot_options options) {
  auto service = std::make_shared<hubspot>(around, options);
  service->add_to(server, service);
}

} // namespace parley::sandbox::vendors
