#include "adapters/hubspot/core.hpp"

#include "adapters/hubspot/objects.hpp"

#include <algorithm>

namespace parley::hubspot {

using nlohmann::json;
using std::chrono::milliseconds;

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words)
    out += (out.empty() ? "" : ",") + word;
  return out;
}

/// People type numbers in many forms. HubSpot keeps a normalised copy without
/// the country code, whose length is known here for +1 only.
json phone_filters(const std::string& e164) {
  if (e164.starts_with("+1") && e164.size() == 12) {
    const auto national = e164.substr(2);
    return any_of({filter("phone", e164), filter("mobilephone", e164),
                   filter("hs_searchable_calculated_phone_number", national),
                   filter("hs_searchable_calculated_mobile_number", national)});
  }
  return any_of({filter("phone", e164), filter("mobilephone", e164)});
}

} // namespace

std::optional<milliseconds> throttled(const http_response& response) {
  if (response.status == 423) // locked for a moment by another write
    return milliseconds{2'000};
  if (response.status != 429 || response.retry_after)
    return std::nullopt;
  const auto says = [&](const char* policy) { return response.body.find(policy) != std::string::npos; };
  if (says("DAILY"))
    return std::chrono::hours{1}; // beyond any patience: the caller comes back later
  return says("SECONDLY") && !says("TEN_SECONDLY") ? milliseconds{1'000} : milliseconds{10'000};
}

caf::error error_of(const http_response& response) {
  if (response.failure != http_failure::none)
    return http_error(response, "hubspot");
  auto context = "hubspot " + std::to_string(response.status);
  // A broken error answer is still an error answer: its status says enough.
  const auto body = parse_foreign(response.body);
  if (body.is_object()) {
    for (const auto* field : {"category", "correlationId"})
      if (const auto text = text_of(body, field); !text.empty())
        context += " " + text;
    if (response.body.find("PROPERTY_DOESNT_EXIST") != std::string::npos)
      context += " (a property is missing in the account, see docs/crm-setup.md)";
  }
  const auto code = response.ok()            ? ec::vendor_answered_rubbish
                    : response.status == 423 ? ec::vendor_unavailable
                                             : error_code(response);
  return caf::make_error(code, std::move(context));
}

http_request core::request(const std::string& method, const std::string& path, const http_fields& query) const {
  auto out = get(settings_.base_url + path, query);
  out.method = method;
  out.headers.emplace_back("Accept", "application/json");
  out.connect_timeout = settings_.connect_timeout;
  out.timeout = settings_.request_timeout;
  return out;
}

http_request core::json_request(const std::string& method, const std::string& path, const json& body) const {
  auto out = request(method, path);
  out.headers.emplace_back("Content-Type", "application/json");
  out.body = to_body(body);
  return out;
}

json core::search_body(json filter_groups, std::vector<std::string> properties, size_t limit) const {
  return {{"filterGroups", std::move(filter_groups)}, {"properties", std::move(properties)}, {"limit", limit}};
}

std::vector<std::string> core::contact_properties(const std::vector<std::string>& further) const {
  std::vector<std::string> out{"email",       "firstname", "lastname", "phone",
                               "mobilephone", "company",   "jobtitle", "hubspot_owner_id"};
  for (const auto* names : {&settings_.properties, &further})
    for (const auto& name : *names)
      if (std::find(out.begin(), out.end(), name) == out.end())
        out.push_back(name);
  return out;
}

/// Tries id, e-mail and phone in turn; goes on with null when nobody is found. An
/// id of another system is no id here: it may be somebody else's.
template <class T>
dialogue<T> core::locate(const find_contact& who, const located<T>& then) const {
  exchange<T> x;
  if (!who.crm_id.empty() && who.source == "hubspot") {
    x.operation = "get_contact";
    x.request = request("GET", objects("contacts") + "/" + url_encode(who.crm_id),
                        {{"properties", joined(contact_properties())}});
    x.then = [this, who, then](const http_response& response) -> dialogue<T> {
      if (response.failure == http_failure::none && response.status == 404) {
        auto rest = who;
        rest.crm_id.clear(); // deleted or merged away
        return locate<T>(rest, then);
      }
      if (!response.ok())
        return error_of(response);
      const auto contact = json_of(response);
      return then(&contact);
    };
    return x;
  }
  auto rest = who;
  json filters;
  if (!who.email.empty()) {
    filters = any_of({filter("email", who.email)});
    rest.email.clear();
  } else if (!who.phone.empty()) {
    filters = phone_filters(who.phone);
    rest.phone.clear();
  } else {
    return then(nullptr);
  }
  x.operation = "search_contact";
  x.request = json_request("POST", objects("contacts/search"), search_body(filters, contact_properties(), 1));
  x.then = [this, rest, then](const http_response& response) -> dialogue<T> {
    if (!response.ok())
      return error_of(response);
    const auto contact = first_result(response);
    return contact.is_null() ? locate<T>(rest, then) : then(&contact);
  };
  return x;
}

template dialogue<crm_contact> core::locate(const find_contact&, const located<crm_contact>&) const;
template dialogue<crm_written> core::locate(const find_contact&, const located<crm_written>&) const;

crm_contact core::contact_of(const json& object) const {
  const auto& properties = object.at("properties");
  crm_contact out;
  out.found = true;
  out.crm_id = object.at("id").get<std::string>();
  const auto first = text_of(properties, "firstname");
  const auto last = text_of(properties, "lastname");
  out.name = first + (first.empty() || last.empty() ? "" : " ") + last;
  out.email = text_of(properties, "email");
  out.phone = text_of(properties, "phone");
  if (out.phone.empty())
    out.phone = text_of(properties, "mobilephone");
  out.company = text_of(properties, "company");
  out.role = text_of(properties, "jobtitle");
  out.owner_id = text_of(properties, "hubspot_owner_id");
  for (const auto& name : settings_.properties)
    if (auto value = text_of(properties, name); !value.empty())
      out.properties[name] = std::move(value);
  return out;
}

dialogue<crm_contact> core::find(const find_contact& who) const {
  return locate<crm_contact>(who, [this](const json* contact) -> dialogue<crm_contact> {
    if (!contact)
      return crm_contact{};
    return read_history(contact_of(*contact));
  });
}

} // namespace parley::hubspot
