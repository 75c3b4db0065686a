// Goal: every request of the Apollo adapter follows the description of Apollo's
// API, and the mock would notice if one did not.
#include "adapters/apollo/apollo_enrichment.hpp"
#include "tests/prism/mock.hpp"
#include "tests/support/port_fixture.hpp"

namespace apollo_prism_test {

using namespace parley;
using nlohmann::json;
using parley::test::asks;
using parley::test::made_up;
using parley::test::prism_mock;
using parley::test::with_body;

namespace {

struct apollo_mock : test::port_fixture, prism_mock {
  apollo_settings settings;
  apollo_mock() {
    settings.base_url = url;
    settings.api_key = "key";
  }
  static enrich ada() {
    enrich x;
    x.name = "Ada Byron";
    x.email = "ada@example.com";
    x.company = "Acme";
    return x;
  }
};

} // namespace

TEST_CASE_METHOD(apollo_mock, "enriching a person follows Apollo's description", "[prism][apollo]") {
  auto step = apollo::find(settings, ada());
  const auto match = asks(step);
  CHECK(refuses(match.request, false));
  CHECK(refuses(with_body(match.request, [](json& x) { x["email"] = 5; })));
  CHECK(refuses(with_body(match.request, [](json& x) { x = json::object(); })));
  step = match.then(accepted(match.request));

  const auto company = asks(step); // the mock's person does not tell the technologies
  auto without = company.request;
  without.url = without.url.substr(0, without.url.find('?'));
  CHECK(refuses(without));
  step = company.then(accepted(company.request));

  const auto news = asks(step);
  CHECK(refuses(with_body(news.request, [](json& x) { x.erase("organization_ids"); })));
  CHECK(refuses(with_body(news.request, [](json& x) { x["per_page"] = "many"; })));
  step = news.then(accepted(news.request));
  REQUIRE(std::holds_alternative<enriched>(step));
  const auto& found = std::get<enriched>(step);
  CHECK(found.role == "CTO");
  CHECK(found.company == "Acme");
  CHECK(found.employees == 170);
  CHECK(found.news.size() == 1);
}

TEST_CASE_METHOD(apollo_mock, "the Apollo adapter works against its description", "[prism][apollo]") {
  auto port = sys.spawn(apollo_enrichment, ctx(), settings);
  const auto found = get<enriched>(port, ada());
  CHECK(found.found);
  CHECK(found.industry == "computer software");
  self->send_exit(port, caf::exit_reason::user_shutdown);
}

} // namespace apollo_prism_test
