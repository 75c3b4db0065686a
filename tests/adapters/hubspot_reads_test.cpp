// Goal: people can be taken over from HubSpot by filter, and research gets to
// see their mails. Method: as in hubspot_test.cpp.
#include "tests/adapters/hubspot_fixture.hpp"

namespace hubspot_reads_test {

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using parley::test::fake_hubspot;
using parley::test::hubspot_fixture;
using parley::test::stub_answer;
using parley::test::stub_server;

namespace {

std::vector<std::string> names(const crm_contacts& x) {
  std::vector<std::string> out;
  for (const auto& one : x.contacts)
    out.push_back(one.name);
  return out;
}

} // namespace

TEST_CASE_METHOD(hubspot_fixture, "hubspot's people are found by every column of a filter", "[hubspot]") {
  hubspot.add("contacts", {{"firstname", "Ann"}, {"state", "TX"}, {"lifecyclestage", "lead"}});
  hubspot.add("contacts", {{"firstname", "Bob"}, {"state", "OK"}, {"lifecyclestage", "lead"}});
  hubspot.add("contacts", {{"firstname", "Cas"}, {"state", "TX"}, {"lifecyclestage", "customer"}});
  hubspot.add("contacts", {{"firstname", "Dan"}, {"state", "NY"}, {"lifecyclestage", "lead"}});
  const auto crm = start();
  search_contacts ask;
  ask.filter = {{"state", {"TX", "OK"}}, {"lifecyclestage", {"lead"}}};
  const auto found = get<crm_contacts>(crm, ask);
  CHECK(names(found) == std::vector<std::string>{"Ann", "Bob"});
  CHECK(found.total == 2);
  CHECK(found.next.empty());
  CHECK(found.contacts[0].properties.at("state") == "TX");
  ask.filter.clear();
  CHECK(get<crm_contacts>(crm, ask).total == 4);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot's search goes on where the page before ended", "[hubspot]") {
  for (const auto* name : {"Ann", "Bob", "Cas", "Dan", "Eve"})
    hubspot.add("contacts", {{"firstname", name}});
  const auto crm = start();
  search_contacts ask;
  ask.limit = 2;
  std::vector<std::string> all;
  for (int page = 0; page < 10; ++page) {
    const auto found = get<crm_contacts>(crm, ask);
    CHECK(found.total == 5);
    for (const auto& name : names(found))
      all.push_back(name);
    ask.after = found.next;
    if (ask.after.empty())
      break;
  }
  CHECK(all == std::vector<std::string>{"Ann", "Bob", "Cas", "Dan", "Eve"});
}

TEST_CASE_METHOD(hubspot_fixture,
                 "hubspot is asked for consent, place and what is wanted besides, and tells empty ones", "[hubspot]") {
  hubspot.add("contacts", {{"firstname", "Ann"},
                           {"consent_type", "express_written"},
                           {"zip", "43004"},
                           {"hs_timezone", "america_slash_port_hyphen_au_hyphen_prince"},
                           {"mobilephone", "614 555 0101"},
                           {"opt_in", nullptr}});
  hubspot.add("contacts", {{"firstname", "Bob"}, {"consent_type", nullptr}});
  const auto crm = start();
  search_contacts ask;
  ask.properties = {"opt_in", "mobilephone"};
  const auto found = get<crm_contacts>(crm, ask);
  REQUIRE(found.contacts.size() == 2);
  const auto& ann = found.contacts[0].properties;
  CHECK(ann.at("consent_type") == "express_written");
  CHECK(ann.at("zip") == "43004");
  CHECK(ann.at("hs_timezone") == "america/port-au-prince");
  CHECK(ann.at("mobilephone") == "614 555 0101");
  CHECK(ann.at("opt_in").empty());
  const auto& bob = found.contacts[1].properties;
  CHECK(bob.at("consent_type").empty());
  CHECK_FALSE(bob.contains("opt_in")); // hubspot said nothing of it
  auto names = json::parse(hubspot.seen().back().body()).at("properties").get<std::vector<std::string>>();
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  for (const auto* name : {"consent_type", "consent_at", "consent_source", "consent_text", "consent_seller", "zip",
                           "hs_timezone", "state", "opt_in", "mobilephone"}) {
    CAPTURE(name);
    CHECK(std::binary_search(names.begin(), names.end(), name));
  }
}

TEST_CASE_METHOD(hubspot_fixture, "a filter that hubspot cannot take is refused with the reason", "[hubspot]") {
  const auto crm = start();
  search_contacts ask;
  for (const auto* name : {"a", "b", "c", "d", "e", "f", "g"})
    ask.filter[name] = {"x"};
  CHECK(error_of<crm_contacts>(crm, ask) == ec::invalid_input);
  ask.filter = {{"state", {}}};
  CHECK(error_of<crm_contacts>(crm, ask) == ec::invalid_input);
  ask.filter = {{"state", {"TX"}}};
  ask.after = "10000";
  CHECK(sys.render(error_of<crm_contacts>(crm, ask)).find("narrow the filter") != std::string::npos);
  ask.after = "next";
  CHECK(error_of<crm_contacts>(crm, ask) == ec::invalid_input);
  CHECK(hubspot.seen().empty());
  ask.after.clear();
  hubspot.meddle = [](const stub_server::request&) {
    return std::optional{fake_hubspot::error(400, "VALIDATION_ERROR", "PROPERTY_DOESNT_EXIST")};
  };
  const auto unknown = error_of<crm_contacts>(crm, ask);
  CHECK(unknown == ec::invalid_input);
  CHECK(sys.render(unknown).find("internal names") != std::string::npos);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot's mails come newest first, with who wrote them", "[hubspot]") {
  const auto ada = hubspot.add("contacts", {{"email", "ada@example.com"}});
  const auto of_ada = json::array({{{"to", {{"id", ada}}}}});
  hubspot.add("emails",
              {{"hs_timestamp", "2026-07-01T10:00:00Z"},
               {"hs_email_direction", "EMAIL"},
               {"hs_email_subject", "Our offer"},
               {"hs_email_html", "<p>Would <b>Tuesday</b> suit you?</p>"}},
              of_ada);
  const auto newer = hubspot.add("emails",
                                 {{"hs_timestamp", "1783332000000"},
                                  {"hs_email_direction", "INCOMING_EMAIL"},
                                  {"hs_email_subject", "Re: Our offer"},
                                  {"hs_email_thread_id", "987"},
                                  {"hs_email_text", "Too expensive.\nMaybe next year."}},
                                 of_ada);
  hubspot.add("emails", {{"hs_timestamp", "2026-07-02T10:00:00Z"}, {"hs_email_direction", "EMAIL"}}, of_ada); // empty
  const auto found = get<crm_contact>(start(), find_contact{ada, "", "", "hubspot"});
  REQUIRE(found.emails.size() == 2);
  CHECK(found.emails[0].id == newer);
  CHECK(found.emails[0].incoming);
  CHECK(found.emails[0].thread == "987");
  CHECK(found.emails[1].thread.empty());
  CHECK(found.emails[0].text == "Too expensive.\nMaybe next year.");
  CHECK(found.emails[0].at == wall_time{1783332000000ms});
  CHECK(found.emails[1].subject == "Our offer");
  CHECK(found.emails[1].text == "Would Tuesday suit you?");
  CHECK_FALSE(found.emails[1].incoming);
}

TEST_CASE_METHOD(hubspot_fixture, "a contact is found without its mails where they may not be read", "[hubspot]") {
  const auto ada = hubspot.add("contacts", {{"email", "ada@example.com"}, {"company", "Acme"}});
  int status = 403;
  hubspot.meddle = [&](const stub_server::request& x) -> std::optional<stub_answer> {
    if (fake_hubspot::path_of(x) != "/crm/v3/objects/emails/search")
      return std::nullopt;
    return fake_hubspot::error(status, "MISSING_SCOPES");
  };
  const auto crm = start();
  const auto found = get<crm_contact>(crm, find_contact{ada, "", "", "hubspot"});
  CHECK(found.company == "Acme");
  CHECK(found.emails.empty());
  status = 400; // anything else is an error
  CHECK(error_of<crm_contact>(crm, find_contact{ada, "", "", "hubspot"}) == ec::vendor_refused);

  settings.emails_max = 0;
  const auto before = hubspot.count("POST", "/crm/v3/objects/emails/search");
  CHECK(get<crm_contact>(start(), find_contact{ada, "", "", "hubspot"}).found);
  CHECK(hubspot.count("POST", "/crm/v3/objects/emails/search") == before);
}

} // namespace hubspot_reads_test
