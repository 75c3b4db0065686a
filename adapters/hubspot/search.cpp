// People of the CRM by filter, page by page.
#include "adapters/hubspot/core.hpp"
#include "adapters/hubspot/objects.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace parley::hubspot {

using nlohmann::json;

// HubSpot's bounds of one search.
static constexpr size_t filters_max = 6;
static constexpr size_t values_max = 100;
static constexpr uint32_t page_max = 100;
static constexpr uint64_t results_max = 10'000;

/// What an import wants to know of a person and research does not: the custom
/// properties of docs/crm-setup.md, by our columns' own names, and where the
/// person is. HubSpot passes over names that an account does not have.
/// Source: HubSpot, CRM API, "Contacts": properties that are not present on the
/// requested objects are ignored.
static const std::vector<std::string> imported{
  "state", "zip", "hs_timezone", "consent_type", "consent_at", "consent_source", "consent_text", "consent_seller"};

/// HubSpot's options of hs_timezone are names of the tz database, written
/// "america_slash_port_hyphen_au_hyphen_prince".
static std::string zone_name(std::string text) {
  for (const auto& [word, sign] : {std::pair{"_slash_", "/"}, std::pair{"_hyphen_", "-"}})
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at))
      text.replace(at, std::string_view{word}.size(), sign);
  return text;
}

static std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// Of properties that the account has HubSpot tells also those without a value,
/// as null; of others it says nothing.
static crm_contact
with_properties(crm_contact contact, const json& properties, const std::vector<std::string>& wanted) {
  for (const auto& name : wanted)
    if (properties.contains(name))
      contact.properties.insert_or_assign(name, text_of(properties, name));
  if (const auto zone = contact.properties.find("hs_timezone"); zone != contact.properties.end())
    zone->second = zone_name(zone->second);
  return contact;
}

static caf::error refused(const std::string& why) {
  return caf::make_error(ec::invalid_input, "hubspot search: " + why);
}

/// IN compares texts in lower case, whatever case they are kept in; EQ minds
/// no case.
static json filter_of(const std::string& property, const std::vector<std::string>& values) {
  if (values.size() == 1)
    return filter(property, values.front());
  auto list = json::array();
  for (const auto& value : values)
    list.push_back(in_lower_case(value));
  return {{"propertyName", property}, {"operator", "IN"}, {"values", std::move(list)}};
}

dialogue<crm_contacts> core::search(const search_contacts& x) const {
  if (x.filter.size() > filters_max)
    return refused("at most " + std::to_string(filters_max) + " properties can be filtered by at once");
  auto filters = json::array();
  for (const auto& [property, values] : x.filter) {
    if (values.empty() || values.size() > values_max)
      return refused("the filter on " + property + " needs 1 to " + std::to_string(values_max) + " values");
    filters.push_back(filter_of(property, values));
  }
  auto groups = json::array();
  if (!filters.empty())
    groups.push_back({{"filters", std::move(filters)}});
  auto wanted = imported;
  for (const auto* more : {&settings_.properties, &x.properties})
    wanted.insert(wanted.end(), more->begin(), more->end());
  const auto names = contact_properties(wanted);
  auto body = search_body(std::move(groups), names, std::clamp<uint32_t>(x.limit, 1, page_max));
  // By an order that new contacts do not disturb.
  body["sorts"] = json::array({{{"propertyName", "createdate"}, {"direction", "ASCENDING"}}});
  if (!x.after.empty()) {
    uint64_t position = 0;
    const auto [end, error] = std::from_chars(x.after.data(), x.after.data() + x.after.size(), position);
    if (error != std::errc{} || end != x.after.data() + x.after.size())
      return refused("`after` is not what an earlier page gave");
    if (position >= results_max)
      return refused("HubSpot shows only the first " + std::to_string(results_max)
                     + " contacts of a search; narrow the filter");
    body["after"] = x.after;
  }
  exchange<crm_contacts> asked;
  asked.operation = "search_contacts";
  asked.request = json_request("POST", objects("contacts/search"), body);
  asked.then = [this, wanted = std::move(wanted)](const http_response& response) -> dialogue<crm_contacts> {
    if (response.status == 400 && response.body.find("PROPERTY_DOESNT_EXIST") != std::string::npos)
      return refused("the account has no contact property of a name in the filter; use HubSpot's internal names");
    if (!response.ok())
      return error_of(response);
    const auto answer = json_of(response);
    crm_contacts out;
    const auto& total = answer.at("total");
    if (!total.is_number_unsigned())
      throw json::other_error::create(501, "no count", &total);
    out.total = total.get<uint64_t>();
    for (const auto& object : answer.at("results"))
      out.contacts.push_back(with_properties(contact_of(object), object.at("properties"), wanted));
    const json::json_pointer next{"/paging/next/after"};
    if (answer.contains(next))
      out.next = answer.at(next).get<std::string>();
    return out;
  };
  return asked;
}

} // namespace parley::hubspot
