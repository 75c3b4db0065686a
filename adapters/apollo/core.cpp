#include "adapters/apollo/core.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <memory>

namespace parley::apollo {

using nlohmann::json;

namespace {

struct task {
  apollo_settings settings;
  enrich who;
  std::string domain; ///< of the company, as far as the asker knows
};
using task_ptr = std::shared_ptr<const task>;

/// Apollo writes null for what it does not know.
std::string text_of(const json& x, const char* name) {
  const auto found = x.find(name);
  return found != x.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

http_request prepared(const task& work, http_request request) {
  request.headers.emplace_back("Accept", "application/json");
  request.headers.emplace_back("Cache-Control", "no-cache");
  request.connect_timeout = work.settings.connect_timeout;
  request.timeout = work.settings.request_timeout;
  return request;
}

http_request posted(const task& work, const std::string& path, const json& body) {
  return prepared(work, post_json(work.settings.base_url + path, to_body(body)));
}

/// "$12.5 million" of an amount in dollars; nothing of one that is no company's.
std::string dollars(double amount) {
  if (!(amount < 1e15))
    return {};
  struct unit {
    double size;
    const char* name;
  };
  for (const auto& [size, name] : {unit{1e9, " billion"}, unit{1e6, " million"}, unit{1e3, " thousand"}})
    if (amount >= size) {
      const auto tenths = std::llround(amount / size * 10);
      auto text = "$" + std::to_string(tenths / 10);
      if (tenths % 10 && tenths < 1'000)
        text += "." + std::to_string(tenths % 10);
      return text + name;
    }
  return "$" + std::to_string(std::llround(amount));
}

/// The latest round and the total, e.g. "Series B in 2025-03, $40 million in
/// all".
std::string funding_of(const json& company) {
  std::string out = text_of(company, "latest_funding_stage");
  const auto day = text_of(company, "latest_funding_round_date");
  if (!out.empty() && day.size() >= 7)
    out += " in " + day.substr(0, 7);
  auto total = text_of(company, "total_funding_printed");
  if (!total.empty() && total.front() != '$')
    total = "$" + total;
  const auto amount = company.find("total_funding");
  if (total.empty() && amount != company.end() && amount->is_number() && amount->get<double>() > 0)
    total = dollars(amount->get<double>());
  if (!total.empty())
    out += (out.empty() ? "" : ", ") + total + " in all";
  return out;
}

std::vector<std::string> technologies_of(const json& company, size_t max) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && out.size() < max && std::find(out.begin(), out.end(), name) == out.end())
      out.push_back(name);
  };
  if (const auto names = company.find("technology_names"); names != company.end() && names->is_array())
    for (const auto& name : *names)
      if (name.is_string())
        add(name.get<std::string>());
  if (const auto current = company.find("current_technologies"); current != company.end() && current->is_array())
    for (const auto& one : *current)
      if (one.is_object())
        add(text_of(one, "name"));
  return out;
}

bool is_record(const json& x) {
  return x.is_object() && !x.empty();
}

/// Takes over what the company's record says and is not known yet.
void take_company(enriched& out, const json& company, const apollo_settings& settings) {
  out.found = true;
  const auto fill = [](std::string& field, std::string value) {
    if (field.empty())
      field = std::move(value);
  };
  fill(out.company, text_of(company, "name"));
  fill(out.industry, text_of(company, "industry"));
  auto revenue = text_of(company, "annual_revenue_printed");
  if (!revenue.empty() && revenue.front() != '$')
    revenue = "$" + revenue;
  fill(out.revenue, std::move(revenue));
  fill(out.funding, funding_of(company));
  if (const auto size = company.find("estimated_num_employees");
      out.employees == 0 && size != company.end() && size->is_number_integer())
    out.employees = static_cast<int32_t>(std::clamp<int64_t>(size->get<int64_t>(), 0, INT32_MAX));
  if (out.technologies.empty())
    out.technologies = technologies_of(company, settings.technologies_max);
}

caf::error error_of(const http_response& response) {
  return http_error(response, "apollo");
}

/// A later exchange went wrong: what earlier ones brought was paid for and is
/// kept. Without anything it is the asker's to know.
dialogue<enriched> give_up(enriched so_far, const http_response& response) {
  if (so_far.found)
    return so_far;
  return error_of(response);
}

dialogue<enriched> ask_news(const task_ptr& work, enriched so_far, const std::string& company_id) {
  if (work->settings.news_max == 0 || company_id.empty())
    return so_far;
  exchange<enriched> x;
  x.operation = "search_news";
  x.request
    = posted(*work, "/api/v1/news_articles/search",
             {{"organization_ids", json::array({company_id})}, {"per_page", work->settings.news_max}, {"page", 1}});
  x.then = [work, so_far = std::move(so_far)](const http_response& response) -> dialogue<enriched> {
    if (!response.ok())
      return give_up(so_far, response);
    auto out = so_far;
    const auto answer = parse_foreign(response.body);
    if (!answer.is_object() || !answer.contains("news_articles") || !answer["news_articles"].is_array())
      return out; // the rest holds without it
    std::vector<std::pair<std::string, std::string>> dated;
    for (const auto& article : answer["news_articles"])
      if (article.is_object())
        if (auto title = text_of(article, "title"); !title.empty())
          dated.emplace_back(text_of(article, "published_at").substr(0, 10), std::move(title));
    std::stable_sort(dated.begin(), dated.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [day, title] : dated)
      if (out.news.size() < work->settings.news_max)
        out.news.push_back(day.empty() ? title : day + ": " + title);
    return out;
  };
  return x;
}

dialogue<enriched> ask_company(const task_ptr& work, enriched so_far, const std::string& domain) {
  exchange<enriched> x;
  x.operation = "enrich_company";
  x.request = prepared(*work, get(work->settings.base_url + "/api/v1/organizations/enrich", {{"domain", domain}}));
  x.then = [work, so_far = std::move(so_far)](const http_response& response) -> dialogue<enriched> {
    const bool unknown = response.failure == http_failure::none && response.status == 404;
    if (unknown)
      return so_far;
    if (!response.ok())
      return give_up(so_far, response);
    const auto answer = json_of(response);
    const auto company = answer.is_object() ? answer.value("organization", json{}) : json{};
    auto out = so_far;
    if (!is_record(company))
      return out;
    take_company(out, company, work->settings);
    return ask_news(work, std::move(out), text_of(company, "id"));
  };
  return x;
}

dialogue<enriched> after_person(const task_ptr& work, enriched so_far, const json& company) {
  auto domain = work->domain;
  if (is_record(company)) {
    take_company(so_far, company, work->settings);
    // People change employers: the domain of an old address is another company's.
    if (auto own = text_of(company, "primary_domain"); !own.empty())
      domain = std::move(own);
    // The person's record usually has the whole company in it.
    if (!so_far.technologies.empty() && so_far.employees > 0)
      return ask_news(work, std::move(so_far), text_of(company, "id"));
  }
  if (domain.size() < 3)
    return so_far;
  return ask_company(work, std::move(so_far), domain);
}

dialogue<enriched> ask_person(const task_ptr& work) {
  auto body = json::object();
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty())
      body[name] = value;
  };
  put("email", work->who.email);
  put("name", work->who.name);
  put("organization_name", work->who.company);
  put("domain", work->domain);
  exchange<enriched> x;
  x.operation = "match_person";
  x.request = posted(*work, "/api/v1/people/match", body);
  x.then = [work](const http_response& response) -> dialogue<enriched> {
    if (!response.ok())
      return error_of(response);
    const auto answer = json_of(response);
    const auto& person = answer.at("person");
    enriched out;
    if (!is_record(person))
      return after_person(work, std::move(out), {});
    out.found = true;
    out.role = text_of(person, "title");
    out.linkedin_url = text_of(person, "linkedin_url");
    return after_person(work, std::move(out), person.value("organization", json{}));
  };
  return x;
}

} // namespace

std::string company_domain(const std::string& email) {
  static constexpr auto everybodys = std::to_array<std::string_view>(
    {"aol.com",    "comcast.net",    "gmail.com",     "gmx.com",     "gmx.net",   "googlemail.com", "hotmail.com",
     "icloud.com", "live.com",       "mac.com",       "mail.com",    "me.com",    "msn.com",        "outlook.com",
     "proton.me",  "protonmail.com", "sbcglobal.net", "verizon.net", "yahoo.com", "ymail.com"});
  const auto at = email.rfind('@');
  if (at == std::string::npos)
    return {};
  auto domain = email.substr(at + 1);
  std::transform(domain.begin(), domain.end(), domain.begin(), [](unsigned char c) { return std::tolower(c); });
  const bool private_one = std::find(everybodys.begin(), everybodys.end(), domain) != everybodys.end();
  return private_one ? std::string{} : domain;
}

dialogue<enriched> find(const apollo_settings& settings, const enrich& who) {
  auto work = std::make_shared<task>(task{settings, who, who.domain});
  if (work->domain.empty())
    work->domain = company_domain(who.email);
  const bool has_person = !who.email.empty() || (!who.name.empty() && (!who.company.empty() || !work->domain.empty()));
  if (has_person)
    return ask_person(work);
  return after_person(work, {}, {});
}

} // namespace parley::apollo
