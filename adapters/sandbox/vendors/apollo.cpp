#include "adapters/sandbox/vendors/apollo.hpp"

#include "adapters/sandbox/model/text.hpp"
#include "adapters/sandbox/vendors/json_http.hpp"
#include "adapters/sandbox/vendors/vendor_faults.hpp"

#include <array>
#include <cctype>
#include <memory>
#include <set>

namespace parley::sandbox::vendors {
namespace {

using nlohmann::json;

constexpr auto industries
  = std::to_array<const char*>({"logistics & supply chain", "retail", "machinery", "food & beverages",
                                "hospital & health care", "construction", "computer software", "insurance"});
constexpr auto stages = std::to_array<const char*>({"Seed", "Series A", "Series B", "Private Equity"});
constexpr auto tools = std::to_array<const char*>(
  {"Salesforce", "SAP", "Microsoft Office 365", "Google Analytics", "Slack", "Shopify", "Oracle NetSuite", "Zendesk"});
constexpr auto titles = std::to_array<const char*>(
  {"Head of Operations", "Operations Manager", "Chief Operating Officer", "Plant Manager"});
constexpr auto events = std::to_array<const char*>({"opens a second site in Ohio", "hires a new head of supply chain",
                                                    "renews its ISO certification", "moves its headquarters downtown"});

http_response refused(unsigned status, const std::string& message, const std::string& code = {}) {
  json body{{"error", message}};
  if (!code.empty())
    body["error_code"] = code;
  return json_response(status, body);
}

http_response apollo_unlucky(mishap what) {
  if (what == mishap::rate_limit)
    return json_response(429, {{"message", "The maximum number of api calls allowed is 50 times per minute."}});
  return refused(what == mishap::outage ? 503 : 500, "Something went wrong.");
}

bool is_everybodys(const std::string& domain) {
  static const std::set<std::string> known{"gmail.com",   "yahoo.com",  "outlook.com",
                                           "hotmail.com", "icloud.com", "aol.com"};
  return known.contains(domain);
}

std::string domain_of(const std::string& email) {
  const auto at = email.rfind('@');
  return at == std::string::npos ? std::string{} : lower(email.substr(at + 1));
}

/// "byrondental.example" is Byrondental.
std::string name_of(const std::string& domain) {
  auto name = domain.substr(0, domain.find('.'));
  for (auto& c : name)
    if (c == '-')
      c = ' ';
  if (!name.empty())
    name.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(name.front())));
  return name;
}

std::string slug_of(const std::string& name) {
  std::string out;
  for (const unsigned char c : name)
    if (std::isalnum(c))
      out += static_cast<char>(std::tolower(c));
    else if (!out.empty() && out.back() != '-')
      out += '-';
  return out;
}

std::string hex_id(const std::string& of, uint64_t seed) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (int i = 0; i < 24; ++i)
    out += digits[draw(seed, "id " + of + std::to_string(i), digits.size())];
  return out;
}

class apollo {
public:
  explicit apollo(world& around) : world_{around} {}

  http_response match(const http_request& request) {
    const auto body = json::parse(request.body, nullptr, false);
    if (!body.is_object() || body.empty())
      return refused(422, "Invalid parameters");
    const auto email = body.value("email", "");
    const auto name = body.value("name", "");
    auto domain = body.value("domain", domain_of(email));
    if (email.empty() && (name.empty() || (domain.empty() && body.value("organization_name", "").empty())))
      return refused(422, "Invalid parameters");
    testify("match_person", email.empty() ? name : email);
    const auto company = company_record(domain, world_.seed());
    if (company.is_null() && !body.contains("organization_name"))
      return json_response(200, {{"person", nullptr}});
    const auto who = name.empty() ? lower(email.substr(0, email.find('@'))) : name;
    json person{{"id", id_of("person " + who + domain)},
                {"name", who},
                {"title", titles[world_.draw("title " + who, titles.size())]},
                {"linkedin_url", "http://www.linkedin.com/in/" + slug_of(who)},
                {"email", email.empty() ? json{} : json(email)},
                {"email_status", email.empty() ? "unavailable" : "verified"}};
    if (!company.is_null()) // the short form, as in a person's record
      person["organization"] = {{"id", company["id"]},
                                {"name", company["name"]},
                                {"primary_domain", domain},
                                {"industry", company["industry"]},
                                {"estimated_num_employees", company["estimated_num_employees"]}};
    return json_response(200, {{"person", std::move(person)}});
  }

  http_response enrich(const http_request& request) {
    auto domain = lower(value_or(request.query, "domain"));
    if (request.method == "POST") {
      const auto body = json::parse(request.body, nullptr, false);
      domain = body.is_object() ? lower(body.value("domain", "")) : "";
    }
    if (domain.size() < 3)
      return refused(422, "Invalid parameters");
    testify("enrich_company", domain);
    return json_response(200, {{"organization", company_record(domain, world_.seed())}});
  }

  http_response news(const http_request& request) {
    const auto body = json::parse(request.body, nullptr, false);
    if (!body.is_object() || !body.contains("organization_ids") || !body["organization_ids"].is_array()
        || body["organization_ids"].empty())
      return refused(422, "organization_ids is required");
    const auto id = body["organization_ids"][0].get<std::string>();
    testify("search_news", id);
    auto articles = json::array();
    const auto count = std::min<size_t>(body.value("per_page", size_t{10}), world_.draw("news " + id, 3));
    for (size_t i = 0; i < count; ++i)
      articles.push_back(
        {{"id", id_of("article " + id + std::to_string(i))},
         {"organization_ids", json::array({id})},
         {"title", "The company " + std::string{events[world_.draw("event " + id + std::to_string(i), events.size())]}},
         {"url", "https://news.example/" + id + "/" + std::to_string(i)},
         {"published_at", "2026-0" + std::to_string(9 - i) + "-14T09:00:00.000+00:00"}});
    return json_response(200, {{"pagination",
                                {{"page", 1},
                                 {"per_page", body.value("per_page", 10)},
                                 {"total_entries", articles.size()},
                                 {"total_pages", 1}}},
                               {"news_articles", articles}});
  }

  /// What every request has to pass.
  http_response admit(const http_request& request, http_response (apollo::*handle)(const http_request&)) {
    if (request.header("x-api-key").empty() && bearer_of(request).empty())
      return refused(401, "Invalid access credentials.");
    return (this->*handle)(request);
  }

  http_response health(const http_request&) { return json_response(200, {{"healthy", true}, {"is_logged_in", true}}); }

private:
  void testify(const char* operation, const std::string& whom) {
    world_.log().record("enrichment", {{"vendor", "apollo"}, {"operation", operation}, {"whom", whom}});
  }

  std::string id_of(const std::string& of) const { return hex_id(of, world_.seed()); }

  world& world_;
};

} // namespace

json company_record(const std::string& domain, uint64_t seed) {
  if (domain.size() < 3 || is_everybodys(domain) || domain == "unknown.example")
    return nullptr;
  const auto chosen = [&](const char* what, const auto& list) {
    return list[draw(seed, std::string{what} + " " + domain, list.size())];
  };
  const auto size = size_t{12} << draw(seed, "size " + domain, 9); // 12 to 3072
  auto names = json::array();
  for (size_t i = 0; i < tools.size(); ++i)
    if (draw(seed, "tool " + domain + std::to_string(i), 2) == 0)
      names.push_back(tools[i]);
  json out{{"id", hex_id("company " + domain, seed)},
           {"name", name_of(domain)},
           {"website_url", "http://www." + domain},
           {"primary_domain", domain},
           {"linkedin_url", "http://www.linkedin.com/company/" + slug_of(name_of(domain))},
           {"industry", chosen("industry", industries)},
           {"estimated_num_employees", size},
           {"annual_revenue_printed", std::to_string(1 + size / 6) + "M"},
           {"technology_names", names},
           {"total_funding", nullptr}};
  if (draw(seed, "funded " + domain, 3) == 0) {
    out["latest_funding_stage"] = chosen("stage", stages);
    out["latest_funding_round_date"] = "2025-03-01T00:00:00.000+00:00";
    out["total_funding"] = 1'000'000 * (1 + draw(seed, "funding " + domain, 40));
  }
  return out;
}

void serve_apollo(http_server& server, world& around) {
  auto service = std::make_shared<apollo>(around);
  using handler = http_response (apollo::*)(const http_request&);
  const auto add = [&](const char* method, const char* path, handler handle) {
    server.route(method, path,
                 answering([service, handle](const http_request& request) { return service->admit(request, handle); },
                           refused(422, "Invalid parameters")));
  };
  add("POST", "/api/v1/people/match", &apollo::match);
  add("GET", "/api/v1/organizations/enrich", &apollo::enrich);
  add("POST", "/api/v1/organizations/enrich", &apollo::enrich);
  add("POST", "/api/v1/news_articles/search", &apollo::news);
  add("GET", "/v1/auth/health", &apollo::health);
  let_fail(
    server, std::make_shared<vendor_gate>(around, "enrichment", around.script().faults.enrichment),
    [](const http_request& request) {
      return operation_of(request) + " " + person_in(request.body + " " + value_or(request.query, "domain"));
    },
    apollo_unlucky);
}

} // namespace parley::sandbox::vendors
