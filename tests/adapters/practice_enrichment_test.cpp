// Goal: the practice Apollo answers as the real one does, and the practice
// HubSpot keeps mails. Method: libcurl over real sockets.
#include "tests/adapters/practice_vendor_world.hpp"

namespace practice_enrichment_test {

using namespace parley::sandbox;
using namespace parley::sandbox::test;

TEST_CASE("enrichment tells of a person and a company, the same each time", "[practice]") {
  practice_vendors all;
  const json who{{"name", "Dana Fuller"}, {"email", "dana@fuller-logistics.example"}};
  const auto got = http("POST", all.apollo("/api/v1/people/match"), who);
  REQUIRE(got.status == 200);
  const auto& person = got.body["person"];
  CHECK(person["linkedin_url"] == "http://www.linkedin.com/in/dana-fuller");
  CHECK(person["organization"]["name"] == "Fuller logistics");
  const auto company = http("GET", all.apollo("/api/v1/organizations/enrich?domain=fuller-logistics.example"));
  REQUIRE(company.status == 200);
  CHECK(company.body["organization"]["id"] == person["organization"]["id"]);
  CHECK(company.body["organization"]["technology_names"].is_array());
  CHECK(http("POST", all.apollo("/api/v1/people/match"), who).body == got.body);
  CHECK(all.seen("enrichment", "match_person") == 2);
  CHECK(all.seen("enrichment", "enrich_company") == 1);

  const auto news = http("POST", all.apollo("/api/v1/news_articles/search"),
                         {{"organization_ids", json::array({person["organization"]["id"]})}, {"per_page", 3}});
  CHECK(news.status == 200);
  CHECK(news.body["news_articles"].size() <= 3);
}

TEST_CASE("enrichment knows not everybody, and answers nobody without a key", "[practice]") {
  practice_vendors all;
  const auto match = [&](const json& body, const std::string& token = "key") {
    return http("POST", all.apollo("/api/v1/people/match"), body, token);
  };
  CHECK(match({{"email", "ann@unknown.example"}}).body["person"].is_null());
  CHECK(match({{"email", "ann@gmail.com"}}).body["person"].is_null());
  CHECK(match({{"email", "ann@acme.example"}}, "").status == 401);
  CHECK(match(json::object()).status == 422);
  CHECK(match({{"name", "Ann"}}).status == 422); // which Ann?
  CHECK(match({{"email", 5}}).status == 422);
  CHECK(http("GET", all.apollo("/api/v1/organizations/enrich")).status == 422);
  CHECK(http("POST", all.apollo("/api/v1/news_articles/search"), json::object()).status == 422);
  CHECK(http("GET", all.apollo("/v1/auth/health")).body["is_logged_in"] == true);
}

TEST_CASE("the CRM keeps a contact's mails", "[practice]") {
  practice_vendors all;
  const auto ada
    = http("POST", all.hubspot("/crm/v3/objects/contacts"), {{"properties", {{"email", "ada@acme.example"}}}});
  REQUIRE(ada.status == 201);
  const json types = json::array({{{"associationCategory", "HUBSPOT_DEFINED"}, {"associationTypeId", 198}}});
  const auto kept = http("POST", all.hubspot("/crm/v3/objects/emails"),
                         {{"properties",
                           {{"hs_timestamp", "2026-08-04T12:00:00Z"},
                            {"hs_email_direction", "INCOMING_EMAIL"},
                            {"hs_email_subject", "Re: Offer"},
                            {"hs_email_text", "Too dear."}}},
                          {"associations", json::array({{{"to", {{"id", ada.body["id"]}}}, {"types", types}}})}});
  REQUIRE(kept.status == 201);
  const json filter{{"propertyName", "associations.contact"}, {"operator", "EQ"}, {"value", ada.body["id"]}};
  const auto found
    = http("POST", all.hubspot("/crm/v3/objects/emails/search"),
           {{"filterGroups", json::array({{{"filters", json::array({filter})}}})}, {"properties", {"hs_email_text"}}});
  REQUIRE(found.body["results"].size() == 1);
  CHECK(found.body["results"][0]["properties"]["hs_email_text"] == "Too dear.");
}

} // namespace practice_enrichment_test
