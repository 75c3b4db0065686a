// Goal: research learns what Apollo knows of a person and their company, and
// no credit is spent twice. Method: the adapter against a stub of Apollo on a
// real socket.
#include "adapters/apollo/apollo_enrichment.hpp"
#include "tests/support/port_fixture.hpp"
#include "tests/support/stub_server.hpp"

#include <map>
#include <mutex>

namespace apollo_test {

using namespace parley;
using nlohmann::json;
using parley::test::stub_answer;
using parley::test::stub_server;

namespace {

const json company{{"id", "org-1"},
                   {"name", "Acme"},
                   {"primary_domain", "acme.example"},
                   {"industry", "machinery"},
                   {"estimated_num_employees", 170},
                   {"annual_revenue_printed", "25M"},
                   {"latest_funding_stage", "Series B"},
                   {"latest_funding_round_date", "2025-03-01T00:00:00.000+00:00"},
                   {"total_funding", 40'500'000},
                   {"technology_names", {"SAP", "Slack", "SAP"}}};

const json news{{"news_articles",
                 {{{"title", "Acme opens a plant"}, {"published_at", "2026-07-01T09:00:00.000+00:00"}},
                  {{"title", "Acme hires"}, {"published_at", "2026-08-01T09:00:00.000+00:00"}},
                  {{"title", nullptr}}}}};

struct stub_apollo : test::port_fixture {
  std::map<std::string, stub_answer> answers{
    {"/api/v1/people/match",
     {200, json{{"person",
                 {{"title", "CTO"}, {"linkedin_url", "http://www.linkedin.com/in/ada"}, {"organization", company}}}}
             .dump()}},
    {"/api/v1/organizations/enrich", {200, json{{"organization", company}}.dump()}},
    {"/api/v1/news_articles/search", {200, news.dump()}}};
  std::mutex mutex;
  stub_server server{[this](const stub_server::request& asked) {
    std::lock_guard guard{mutex};
    const std::string target{asked.target()};
    return answers.at(target.substr(0, target.find('?')));
  }};
  apollo_settings settings;

  stub_apollo() {
    settings.base_url = server.url();
    settings.api_key = "key-1";
    settings.attempts_max = 1;
    settings.request_timeout = std::chrono::seconds{2};
  }
  enrichment_port start() { return sys.spawn(apollo_enrichment, ctx(), settings); }
  void tell(const std::string& path, int status, const json& body) {
    std::lock_guard guard{mutex};
    answers["/api/v1/" + path] = {status, body.dump()};
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> out;
    for (const auto& x : server.seen())
      out.push_back(std::string{x.target()});
    return out;
  }
};

enrich ada() {
  enrich x;
  x.name = "Ada Byron";
  x.email = "ada@acme.example";
  return x;
}

} // namespace

TEST_CASE_METHOD(stub_apollo, "apollo tells role, company, funding, technologies and news", "[apollo]") {
  const auto found = get<enriched>(start(), ada());
  CHECK(found.found);
  CHECK(found.role == "CTO");
  CHECK(found.linkedin_url == "http://www.linkedin.com/in/ada");
  CHECK(found.company == "Acme");
  CHECK(found.industry == "machinery");
  CHECK(found.employees == 170);
  CHECK(found.revenue == "$25M");
  CHECK(found.funding == "Series B in 2025-03, $40.5 million in all");
  CHECK(found.technologies == std::vector<std::string>{"SAP", "Slack"});
  CHECK(found.news == std::vector<std::string>{"2026-08-01: Acme hires", "2026-07-01: Acme opens a plant"});
  // The person's record had the company in it: it is not paid for twice.
  CHECK(asked() == std::vector<std::string>{"/api/v1/people/match", "/api/v1/news_articles/search"});
  const auto seen = server.seen();
  CHECK(seen[0]["X-Api-Key"] == "key-1");
  CHECK(json::parse(seen[0].body())
        == json{{"name", "Ada Byron"}, {"email", "ada@acme.example"}, {"domain", "acme.example"}});
  CHECK(json::parse(seen[1].body())["organization_ids"] == json{"org-1"});
}

TEST_CASE_METHOD(stub_apollo, "apollo is asked for the company when the person's record has too little", "[apollo]") {
  tell("people/match", 200,
       {{"person",
         {{"title", "CTO"}, {"organization", {{"id", "org-1"}, {"name", "Acme"}, {"estimated_num_employees", 170}}}}}});
  const auto found = get<enriched>(start(), ada());
  CHECK(found.industry == "machinery");
  CHECK(found.role == "CTO");
  CHECK(asked()[1] == "/api/v1/organizations/enrich?domain=acme.example");
}

TEST_CASE_METHOD(stub_apollo, "apollo is asked for the employer that it names, not for the address's", "[apollo]") {
  tell("people/match", 200,
       {{"person",
         {{"title", "CTO"},
          {"organization", {{"id", "org-2"}, {"name", "Globex"}, {"primary_domain", "globex.example"}}}}}});
  CHECK(get<enriched>(start(), ada()).company == "Globex");
  CHECK(asked()[1] == "/api/v1/organizations/enrich?domain=globex.example");
}

TEST_CASE_METHOD(stub_apollo, "apollo knows a company whose people it does not know", "[apollo]") {
  tell("people/match", 200, {{"person", nullptr}});
  const auto found = get<enriched>(start(), ada());
  CHECK(found.found);
  CHECK(found.company == "Acme");
  CHECK(found.role.empty());
}

TEST_CASE_METHOD(stub_apollo, "nobody known to apollo is no error", "[apollo]") {
  tell("people/match", 200, {{"person", nullptr}});
  tell("organizations/enrich", 200, {{"organization", json::object()}});
  CHECK_FALSE(get<enriched>(start(), ada()).found);
  // A private address leads to no company, and nothing at all to no request.
  auto who = ada();
  who.email = "Ada@GMail.com";
  const auto before = server.seen().size();
  CHECK_FALSE(get<enriched>(start(), who).found);
  CHECK(server.seen().size() == before + 1);
  CHECK_FALSE(get<enriched>(start(), enrich{}).found);
  CHECK(server.seen().size() == before + 1);
}

TEST_CASE_METHOD(stub_apollo, "what apollo has told already is kept when the rest fails", "[apollo]") {
  tell("news_articles/search", 403, {{"error", "not accessible"}});
  CHECK(get<enriched>(start(), ada()).company == "Acme");
  tell("news_articles/search", 200, "rubbish");
  CHECK(get<enriched>(start(), ada()).news.empty());
  tell("people/match", 200, {{"person", {{"title", "CTO"}}}});
  tell("organizations/enrich", 500, {{"error", "down"}});
  const auto found = get<enriched>(start(), ada());
  CHECK(found.role == "CTO");
  CHECK(found.company.empty());
}

TEST_CASE_METHOD(stub_apollo, "apollo's failures are told apart", "[apollo]") {
  const auto port = start();
  const auto answering = [&](int status, const json& body) {
    tell("people/match", status, body);
    return error_of<enriched>(port, ada());
  };
  CHECK(answering(401, {{"error", "Invalid access credentials."}}) == ec::vendor_unauthorised);
  CHECK(answering(422, {{"error", "Invalid parameters"}}) == ec::vendor_refused);
  CHECK(answering(429, {{"message", "over the limit"}}) == ec::vendor_unavailable);
  CHECK(answering(200, json::array()) == ec::vendor_answered_rubbish);
  CHECK(answering(200, {{"people", 1}}) == ec::vendor_answered_rubbish);
}

TEST_CASE_METHOD(stub_apollo, "apollo's retries wait as long as it asks, end, and are counted by operation",
                 "[apollo]") {
  settings.attempts_max = 2;
  settings.news_max = 0;
  const auto busy = GENERATE(429, 503);
  CAPTURE(busy);
  tell("people/match", busy, json::object());
  {
    std::lock_guard guard{mutex};
    answers["/api/v1/people/match"].headers = {{"Retry-After", "1"}};
  }
  const auto port = start();
  const auto begun = std::chrono::steady_clock::now();
  CHECK(error_of<enriched>(port, ada()) == ec::vendor_unavailable);
  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::seconds{1});
  CHECK(asked().size() == 2); // tries in all
  CHECK(metric("parley_port_retries_total", R"(operation="match_person",port="enrichment")") == 1);
}

TEST_CASE_METHOD(stub_apollo, "apollo's news can be saved", "[apollo]") {
  settings.news_max = 0;
  CHECK(get<enriched>(start(), ada()).news.empty());
  CHECK(asked() == std::vector<std::string>{"/api/v1/people/match"});
}

TEST_CASE("apollo's settings need a key that does not travel in the clear", "[apollo]") {
  const auto problems_of = [](const std::string& text) {
    setenv("PARLEY_TEST_KEY", "key-1", 1);
    try {
      settings::document::parse(text, "test.toml").read([](settings::section& s) { apollo_settings{}.describe(s); });
    } catch (const settings::invalid& e) {
      return std::string{e.what()};
    }
    return std::string{};
  };
  CHECK(problems_of("api_key_env = \"PARLEY_TEST_KEY\"").empty());
  CHECK(problems_of("").find("no key") != std::string::npos);
  CHECK(problems_of("api_key_env = \"PARLEY_TEST_KEY\"\nbase_url = \"http://api.example.com\"").find("in the clear")
        != std::string::npos);
}

} // namespace apollo_test
