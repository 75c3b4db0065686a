// Goal: every request of the HubSpot adapter follows the description of
// HubSpot's API, and the mock would notice if one did not.
#include "adapters/hubspot/hubspot_crm.hpp"
#include "runtime/clock.hpp"
#include "tests/prism/mock.hpp"
#include "tests/support/port_fixture.hpp"

namespace hubspot_prism_test {

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using parley::test::asks;
using parley::test::made_up;
using parley::test::prism_mock;
using parley::test::with_body;
using parley::test::with_query;

namespace {

crm_activity activity(crm_activity_kind kind) {
  crm_activity x;
  x.key = "key-7";
  x.kind = kind;
  x.contact = {"101", "ada@example.com", "+15551230001", "hubspot"};
  x.contact_name = "Ada Byron";
  x.contact_company = "Acme";
  x.contact_role = "CTO";
  x.at = *parse_iso("2026-08-04T12:00:00Z");
  x.title = "Outbound call";
  x.body = "Asked for a demo.";
  x.outcome = "busy";
  x.from = "+15005550006";
  x.to = "+15551230001";
  x.duration = 42s;
  x.end = x.at + 30min;
  x.location = "https://meet.example.com/7";
  return x;
}

struct hubspot_mock : test::port_fixture, prism_mock {
  hubspot_settings settings;
  hubspot_mock() {
    settings.base_url = url;
    settings.access_token = "token";
  }
  hubspot::core core() const { return hubspot::core{settings}; }
};

const auto nobody = made_up(200, R"({"total":0,"results":[]})");
const auto absent = made_up(404, "{}");

void number_in_properties(json& body) {
  body["properties"]["hs_timestamp"] = 42;
}

} // namespace

TEST_CASE_METHOD(hubspot_mock, "reading a contact follows HubSpot's description", "[prism][hubspot]") {
  const auto hubspot = core();
  auto step = hubspot.find({"101", "ada@example.com", "+15551230001", "hubspot"});
  const auto get_contact = asks(step);
  CHECK(refuses(get_contact.request, false));
  CHECK(refuses(with_query(get_contact.request, "archived=perhaps")));
  accepted(get_contact.request);

  step = get_contact.then(absent);
  const auto by_email = asks(step);
  CHECK(refuses(with_body(by_email.request, [](json& x) { x["filterGroups"][0]["filters"][0]["operator"] = "=="; })));
  accepted(by_email.request);
  step = by_email.then(nobody);
  const auto by_phone = asks(step);
  CHECK(refuses(with_body(by_phone.request, [](json& x) { x["limit"] = 201; })));
  step = by_phone.then(accepted(by_phone.request));

  const auto notes = asks(step);
  CHECK(refuses(with_body(notes.request, [](json& x) { x["sorts"][0]["direction"] = "down"; })));
  step = notes.then(accepted(notes.request));
  const auto calls = asks(step);
  CHECK(refuses(with_body(calls.request, [](json& x) { x["properties"] = "all"; })));
  step = calls.then(accepted(calls.request));
  const auto mails = asks(step);
  CHECK(refuses(with_body(mails.request, [](json& x) { x["filterGroups"][0]["filters"][0].erase("propertyName"); })));
  step = mails.then(accepted(mails.request));
  REQUIRE(std::holds_alternative<crm_contact>(step));
  const auto& contact = std::get<crm_contact>(step);
  CHECK(contact.name == "Ada Byron");
  CHECK(contact.interactions.size() == 2);
  REQUIRE(contact.emails.size() == 1);
  CHECK(contact.emails[0].incoming);
}

TEST_CASE_METHOD(hubspot_mock, "searching contacts follows HubSpot's description", "[prism][hubspot]") {
  const auto hubspot = core();
  search_contacts ask;
  ask.filter = {{"state", {"TX", "OK"}}, {"lifecyclestage", {"lead"}}};
  ask.after = "100";
  const auto page = asks(hubspot.search(ask));
  CHECK(refuses(page.request, false));
  CHECK(refuses(with_body(page.request, [](json& x) { x["filterGroups"][0]["filters"][0]["operator"] = "=="; })));
  CHECK(refuses(with_body(page.request, [](json& x) { x["after"] = 100; })));
  const auto step = page.then(accepted(page.request));
  REQUIRE(std::holds_alternative<crm_contacts>(step));
  CHECK(std::get<crm_contacts>(step).contacts.at(0).email == "ada@example.com");
}

TEST_CASE_METHOD(hubspot_mock, "writing an activity follows HubSpot's description", "[prism][hubspot]") {
  const auto hubspot = core();
  for (const auto kind : {crm_activity_kind::call, crm_activity_kind::meeting, crm_activity_kind::note}) {
    auto x = activity(kind);
    x.contact.crm_id.clear();
    auto step = hubspot.write(x, "");
    const auto by_key = asks(step);
    CHECK(
      refuses(with_body(by_key.request, [](json& body) { body["filterGroups"][0]["filters"][0].erase("operator"); })));
    accepted(by_key.request);
    step = by_key.then(nobody);                                // the object is not there,
    step = asks(step).then(nobody);                            // nobody has the e-mail
    const auto create_contact = asks(asks(step).then(nobody)); // or the phone
    CHECK(refuses(with_body(create_contact.request, [](json& body) { body["properties"]["email"] = 5; })));
    step = create_contact.then(accepted(create_contact.request));

    const auto create = asks(step);
    CHECK(refuses(with_body(create.request, [](json& body) { body["properties"].erase("hs_timestamp"); })));
    CHECK(refuses(with_body(create.request, number_in_properties)));
    CHECK(refuses(with_body(create.request, [](json& body) { body["associations"][0].erase("to"); })));
    step = create.then(accepted(create.request));
    REQUIRE(std::holds_alternative<crm_written>(step));

    const auto lost = create.then(made_up(500, ""));
    const auto read_back = asks(lost);
    CHECK(refuses(with_query(read_back.request, "archived=perhaps")));
    accepted(read_back.request);
  }
}

TEST_CASE_METHOD(hubspot_mock, "reading a taken contact and changing a meeting follow HubSpot's description",
                 "[prism][hubspot]") {
  const auto hubspot = core();
  auto x = activity(crm_activity_kind::meeting);
  x.contact.crm_id.clear();
  x.contact.phone.clear();
  auto step = hubspot.write(x, "");
  const auto found = made_up(200, R"({"total":1,"results":[{"id":"101","properties":{}}]})");
  const auto update = asks(asks(step).then(found));
  CHECK(refuses(with_body(update.request, number_in_properties)));
  step = update.then(accepted(update.request));
  const auto read = asks(step);
  CHECK(refuses(with_query(read.request, "archived=perhaps")));
  accepted(read.request);

  step = asks(hubspot.write(x, "")).then(nobody);
  step = asks(step).then(nobody);
  const auto taken = asks(asks(step).then(made_up(409, R"({"category":"CONFLICT"})")));
  CHECK(refuses(taken.request, false));
  accepted(taken.request);

  x.contact.prospect = prospect_id{uuid{7, 1}};
  step = asks(hubspot.write(x, "")).then(nobody);
  const auto create = asks(asks(step).then(nobody));
  accepted(create.request);
  const auto by_key = asks(create.then(made_up(500, "")));
  CHECK(refuses(with_query(by_key.request, "archived=perhaps")));
  accepted(by_key.request);
}

TEST_CASE_METHOD(hubspot_mock, "the HubSpot adapter works against its description", "[prism][hubspot]") {
  SECTION("with a private app's token") {}
  SECTION("with OAuth") {
    settings.access_token.clear();
    settings.client_id = "app";
    settings.client_secret = "secret";
    settings.refresh_token = "refresh";
  }
  const auto crm = sys.spawn(hubspot_crm, ctx(), settings);
  CHECK(get<crm_contact>(crm, find_contact{"101", "", "", "hubspot"}).email == "ada@example.com");
  CHECK(get<crm_written>(crm, activity(crm_activity_kind::meeting)).object_id == "101");
  CHECK(get<crm_written>(crm, activity(crm_activity_kind::call)).object_id == "101");
}

TEST_CASE_METHOD(hubspot_mock, "the mock notices a broken token request to HubSpot", "[prism][hubspot]") {
  CHECK(refuses(post_form(url + "/oauth/v1/token", {{"grant_type", "telepathy"}}), false));
}

} // namespace hubspot_prism_test
